"""Reading configuration strictly and writing files atomically."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from robo_runtime.errors import RoboError

M = TypeVar("M", bound="Strict")
_Base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is 8 times faster


class _Loader(_Base):  # type: ignore[misc,valid-type]
    """Refuses a key given twice, of which YAML readers otherwise keep the last without a word."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._checked: set[int] = set()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Called for every mapping, and before `<<` adds keys that the mapping may give again."""
        if id(node) not in self._checked:
            self._checked.add(id(node))
            seen = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                    if key.value in seen:
                        problem = f"the key {key.value!r} is given twice"
                        raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                    seen.add(key.value)
        super().flatten_mapping(node)


class Strict(BaseModel):
    """A config section: an unknown key, a wrong type or a value out of range is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ConfigError(RoboError):
    """A YAML or JSON file that does not say what its schema expects."""


def read_data(path: Path) -> Any:
    """Parse one YAML or JSON file.

    Raises:
        ConfigError: the file is missing, unreadable, not UTF-8, or not YAML/JSON (names the line).
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        near = sorted(p.name for p in path.parent.glob(f"*{path.suffix}")) if path.parent.is_dir() else []
        hint = f"; in that folder: {', '.join(near)}" if near else ""
        raise ConfigError(f"{path}: no such file{hint}") from None
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text: {e}") from None
    try:
        return json.loads(text) if path.suffix == ".json" else yaml.load(text, _Loader)
    except (yaml.YAMLError, json.JSONDecodeError) as e:
        raise ConfigError(f"{path}: {e}") from None


def read_config(path: Path, model: type[M]) -> M:
    """Read `path` into a `Strict` model; every problem is listed with its key and what was expected."""
    return validate(read_data(path), model, str(path))


def validate(data: Any, model: type[M], where: str) -> M:
    """`model.model_validate(data)` with errors that read like sentences, prefixed by `where`."""
    try:
        return model.model_validate(data)
    except ValidationError as e:
        raise ConfigError("\n".join(_sentence(where, err, model) for err in e.errors())) from None


def _sentence(where: str, err: Any, model: type[BaseModel]) -> str:
    key = ".".join(str(part) for part in err["loc"]) or "(top level)"
    if err["type"] == "extra_forbidden":
        known = ", ".join(model.model_fields) if len(err["loc"]) == 1 else "see the schema"
        return f"{where}: {key}: unknown key; known keys: {known}"
    if err["type"] == "missing":
        return f"{where}: {key}: this key is missing"
    message = err["msg"][0].lower() + err["msg"][1:]
    return f"{where}: {key}: {message}, got {err['input']!r:.80}"


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; renamed onto it on success, removed on any failure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as e:
        raise RoboError(
            f"{path}: could not be written: {e.strerror or f'{e}; is the disk full?'}; nothing was changed"
        ) from e
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder that replaces `path` on success; on failure the old folder stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    old = path.with_name(f".{path.name}.{os.getpid()}.old")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir()
        yield temporary
        if path.exists():
            path.replace(old)
        temporary.replace(path)
    except OSError as e:
        if old.exists() and not path.exists():
            old.replace(path)
        raise RoboError(
            f"{path}: could not be written: {e.strerror or f'{e}; is the disk full?'}; nothing was changed"
        ) from e
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, data: Any) -> None:
    """Write `data` as indented JSON, atomically."""
    write_text(path, json.dumps(data, ensure_ascii=False, indent=1) + "\n")
