"""Derived text kept between processes: building the grammar costs more than writing a program.

Entries are named by a hash of everything they were made from, so that no entry is ever stale.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from robo_runtime.errors import RoboError
from robo_runtime.files import write_text
from robo_runtime.paths import configs_dir

if TYPE_CHECKING:
    from robo_runtime.registry import Registry
    from robo_runtime.scope.table import Table

_KEEP = 16
Parsed = TypeVar("Parsed")


def cache_dir() -> Path:
    """`$ROBO_CACHE`, else `robolm` in the system's folder for caches."""
    if named := os.environ.get("ROBO_CACHE"):
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "robolm"


def fingerprint(files: Iterable[Path], *words: str) -> str:
    """A hash of the names and contents of `files`, and of `words`."""
    digest = hashlib.sha256()
    for path in sorted(files):
        data = path.read_bytes()
        digest.update(f"{path.name}\0{len(data)}\0".encode() + data)
    digest.update("\0".join(words).encode())
    return digest.hexdigest()[:32]


def cached_text(name: str, make: Callable[[], str], *, fresh: bool = False) -> str:
    """The text kept as `name`, or what `make` gives, which is then kept; a failing disk is no error.

    Args:
        fresh: make it anew, whatever is kept.
    """
    if not fresh and (kept := kept_text(name)) is not None:
        return kept
    path = cache_dir() / name
    text = make()
    with contextlib.suppress(OSError, RoboError):
        write_text(path, text)
        forget_oldest(path)
    return text


def kept_text(name: str) -> str | None:
    """The text kept as `name`, if there is one."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return (cache_dir() / name).read_text(encoding="utf-8")
    return None


def forget_oldest(path: Path) -> None:
    """Remove all but the newest files of this kind beside `path`."""
    kept = sorted(path.parent.glob(f"*{path.suffix}"), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in kept[_KEEP:]:
        old.unlink(missing_ok=True)


def grammar_text(board: str, *, fresh: bool = False, blocks: bool = False) -> str:
    """The grammar of the configured registry for `board`, from the cache when nothing has changed.

    Args:
        fresh: make it anew, whatever is kept.
        blocks: of the programs that Blockly can show, in place of all.

    Raises:
        RoboError: the registry cannot be read, or has no such board.
    """

    def make() -> str:
        from robo_runtime.grammar import blocks_gbnf, micropython_gbnf
        from robo_runtime.registry import load_registry

        return (blocks_gbnf if blocks else micropython_gbnf)(load_registry(), board)

    name = f"{fingerprint(_sources('registry', 'grammar'), board, *['blocks'] * blocks)}.gbnf"
    return cached_text(name, make, fresh=fresh)


def scope_table() -> Table:
    """What a program may name, for the configured registry; from the cache when nothing has changed.

    Raises:
        RoboError: the registry cannot be read.
    """
    from robo_runtime.scope.table import from_json, to_json

    def make() -> str:
        from robo_runtime.registry import load_registry
        from robo_runtime.scope.compiler import compile_table

        return to_json(compile_table(load_registry()))

    name = f"{fingerprint(_sources('registry', 'scope'))}.scope"
    return _cached(name, make, from_json)


def configured_registry() -> Registry:
    """`load_registry()` of the configuration folder, from the cache when nothing has changed.

    Raises:
        RoboError: the registry cannot be read.
    """
    from robo_runtime.registry import Registry, load_registry

    name = f"{fingerprint(_sources('registry'))}.json"
    return _cached(name, lambda: load_registry().model_dump_json(), Registry.model_validate_json)


def _cached(name: str, make: Callable[[], str], parse: Callable[[str], Parsed]) -> Parsed:
    """What `parse` reads from the text kept as `name`; the text is made anew when it is damaged."""
    with contextlib.suppress(ValueError):
        return parse(cached_text(name, make))
    return parse(cached_text(name, make, fresh=True))


def _sources(*rooms: str) -> list[Path]:
    """The registry's YAML files, and the code of `rooms`, which turns them into something else."""
    package = Path(__file__).resolve().parent
    code = [path for room in rooms for path in (package / room).rglob("*.py")]
    folders = ("firmware", "micropython", "boards")
    return code + [path for folder in folders for path in (configs_dir() / folder).glob("*.yaml")]
