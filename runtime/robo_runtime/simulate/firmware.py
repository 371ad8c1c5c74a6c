"""The kit's module from its MicroPython sources, in place of the one that is built in.

The sources are no more trusted than a program: they are compiled with the same guards, their statements cost
time, and they reach the hardware through the same modules.
"""

from __future__ import annotations

import ast
import contextlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.paths import firmware_dir
from robo_runtime.simulate.guard import compile_program
from robo_runtime.simulate.native import Module


@dataclass(frozen=True)
class Firmware:
    """A folder of MicroPython sources.

    Attributes:
        folder: holds the package.
        module: name of the package.
        settings: the constants of its `board.py`, such as `PINS`.
    """

    folder: Path
    module: str
    settings: dict[str, Any]

    def code(self, name: str) -> CodeType | None:
        """The guarded code of a module of the package; None when it has none of this name."""
        parts = name.split(".")
        if parts[0] != self.module or not all(part.isidentifier() for part in parts):
            return None
        path = self.folder.joinpath(*parts)
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                return _compiled(file, file.stat().st_mtime_ns)
        return None


@lru_cache(maxsize=256)
def _compiled(file: Path, changed: int) -> CodeType:
    name = f"{file.parent.name}/{file.name}"
    try:
        return compile_program(file.read_text(encoding="utf-8"), name)
    except SyntaxError as e:
        raise ImportError(f"{name}, line {e.lineno}: {e.msg}") from None


@lru_cache(maxsize=8)
def load_firmware(folder: Path | None = None, module: str = "robokit") -> Firmware:
    """The firmware in a folder; the kit's own when None.

    Raises:
        RoboError: the folder has no such package, or its `board.py` is missing.
    """
    folder = folder or firmware_dir()
    board = folder / module / "board.py"
    try:
        tree = ast.parse(board.read_text(encoding="utf-8"))
    except OSError:
        raise RoboError(f"{board}: not found; expected the wiring of the package {module!r}") from None
    except SyntaxError as e:
        raise RoboError(f"{board}:{e.lineno}: not valid Python: {e.msg}") from None
    settings: dict[str, Any] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            if name.isupper():
                with contextlib.suppress(ValueError):
                    settings[name] = ast.literal_eval(statement.value)
    return Firmware(folder, module, settings)


def run_module(code: CodeType, name: str, modules: dict[str, Any], built_ins: Any) -> Any:
    """Run a module of the firmware once and keep it, as an import does.

    It is kept while it runs, so that modules may import each other, and dropped when it fails.
    """
    module = modules[name] = Module(name, {"__builtins__": built_ins})
    try:
        exec(code, vars(module))  # noqa: S102 - guarded code
    except BaseException:
        del modules[name]
        raise
    parent, _, child = name.rpartition(".")
    if parent:
        vars(modules[parent])[child] = module
    return module
