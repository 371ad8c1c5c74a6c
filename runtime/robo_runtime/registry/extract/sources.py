"""A firmware's Python sources, read by `ast` and never run: functions, signatures, docstrings.

What programs call is what a package exports: functions of a module, and methods of instances that a module
makes at its top level (`robot = Robot()`). A module `motor.py` in a package gives the object `motor`, the
package's `__init__.py` gives plain functions and objects.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError


@dataclass(frozen=True)
class SourceFunction:
    """One callable of the firmware: `name` as programs write it, `node` its definition."""

    name: str
    node: ast.FunctionDef
    path: Path
    bound: bool
    """Its first parameter is `self`."""

    @property
    def where(self) -> str:
        """File and line, for messages."""
        return f"{self.path}, line {self.node.lineno}"

    @property
    def doc(self) -> str:
        """Its docstring without indentation; empty where it has none."""
        return inspect.cleandoc(ast.get_docstring(self.node) or "")


def read_sources(folder: Path) -> list[SourceFunction]:
    """Public callables of a firmware folder, in order of file and line.

    Raises:
        RoboError: no Python file in the folder, or one that is not Python.
    """
    paths = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder] if folder.suffix == ".py" else []
    if not paths:
        raise RoboError(f"{folder}: no Python files here; give the folder of the firmware's sources")
    found: dict[str, SourceFunction] = {}
    for path in paths:
        for function in _module(path):
            found.setdefault(function.name, function)
    return list(found.values())


def _module(path: Path) -> Iterator[SourceFunction]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError, OSError) as e:
        raise RoboError(f"{path}: is not readable as Python: {e}") from None
    classes = {n.name: n for n in tree.body if isinstance(n, ast.ClassDef)}
    prefix = "" if path.stem in ("__init__", "main", "kit") else f"{path.stem}."
    made_here = {
        t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)
    }
    hidden = path.stem in made_here  # `from kit import motor` gives the object of that name, not the module
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not hidden:
            yield SourceFunction(f"{prefix}{node.name}", node, path, bound=False)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = node.value.func.id if isinstance(node.value.func, ast.Name) else ""
            for target in node.targets:
                public = isinstance(target, ast.Name) and not target.id.startswith("_")
                if public and made in classes:
                    yield from _methods(target.id, classes[made], classes, path)  # type: ignore[attr-defined]


def _methods(
    name: str, klass: ast.ClassDef, classes: dict[str, ast.ClassDef], path: Path
) -> Iterator[SourceFunction]:
    for base in klass.bases:
        if isinstance(base, ast.Name) and base.id in classes:
            yield from _methods(name, classes[base.id], classes, path)
    for node in klass.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            kinds = {ast.unparse(d) for d in node.decorator_list}
            if "property" not in kinds:
                yield SourceFunction(f"{name}.{node.name}", node, path, "staticmethod" not in kinds)


_TYPES = {
    "int": "int", "float": "float", "bool": "bool", "str": "str", "list": "list", "tuple": "tuple",
    "dict": "dict", "None": "None", "Callable": "function", "callable": "function",
}  # fmt: skip
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_RANGE = re.compile(rf"{_NUMBER}\s*(?:\.\.+|-|–|to|and|,|<=? *\w+ *<=?)\s*{_NUMBER}")
_UNITS = (
    ("%", r"%|percent"), ("ms", r"\bms\b|milliseconds?"), ("s", r"\bs\b|seconds?"),
    ("cm", r"\bcm\b|centimet"), ("mm", r"\bmm\b|millimet"), ("Hz", r"\bhz\b|hertz"),
    ("degrees", r"degrees?|°|\bdeg\b"),
)  # fmt: skip


def parameters(function: SourceFunction) -> dict[str, dict[str, Any]]:
    """Parameters as the registry's YAML writes them: types from annotations, defaults or docstrings."""
    a = function.node.args
    every = [*a.posonlyargs, *a.args][1 if function.bound else 0 :]
    defaults: list[ast.expr | None] = [None] * (len(every) - len(a.defaults)) + list(a.defaults)
    every += a.kwonlyargs
    defaults += a.kw_defaults
    found = {}
    for arg, default in zip(every, defaults, strict=True):
        text = _described(arg.arg, function.doc)
        entry: dict[str, Any] = {"type": _type(arg.annotation, default, text)}
        if span := _RANGE.search(text):
            low, high = (float(n) if "." in n else int(n) for n in span.groups())
            if low < high and entry["type"] in ("int", "float", "str"):
                entry["range"] = [low, high]
                entry["type"] = (
                    "float" if isinstance(low + high, float) or entry["type"] == "float" else "int"
                )
        for unit, pattern in _UNITS:
            if re.search(pattern, text, re.I):
                entry["unit"] = unit
                break
        if default is not None:
            try:
                value = ast.literal_eval(default)
            except ValueError:
                value = None
            entry["default"] = list(value) if isinstance(value, tuple) and entry["type"] == "list" else value
            if value is None:
                entry.pop("range", None)
        found[arg.arg] = entry
    return found


def _described(name: str, doc: str) -> str:
    """What a docstring says of a parameter: `name: text`, `:param name: text`, `name (int): text`."""
    start = rf"^\s*(?:[-*]\s*)?(?::param\s+)?(?:\w+\s+)?`?{re.escape(name)}`?\s*"
    match = re.search(rf"{start}(\([^)]*\))?\s*[:–-]\s*(.+)$", doc, re.M)
    return f"{match[1] or ''} {match[2]}" if match else ""


def _type(annotation: ast.expr | None, default: ast.expr | None, text: str) -> str:
    if annotation is not None:
        words = re.findall(r"\w+", ast.unparse(annotation))
        return next((_TYPES[w] for w in words if w in _TYPES), "str")
    if isinstance(default, ast.Constant) and default.value is not None:
        return type(default.value).__name__
    if word := re.search(r"\b(int|float|bool|str)\b", text):
        return word[1]
    return "float" if re.search(r"second|\bs\b", text) else "int" if _RANGE.search(text) else "str"


def returns(function: SourceFunction) -> str:
    """Type of the value it gives back: annotated, or guessed from its return statements."""
    node = function.node
    if node.returns is not None:
        return _TYPES.get(ast.unparse(node.returns).split("[")[0], "str")
    values = [n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value is not None]
    if not values:
        return "None"
    last = values[-1]
    if isinstance(last, ast.Constant):
        return "None" if last.value is None else type(last.value).__name__
    if isinstance(last, ast.Compare | ast.BoolOp) or (
        isinstance(last, ast.UnaryOp) and isinstance(last.op, ast.Not)
    ):
        return "bool"
    if isinstance(last, ast.JoinedStr):
        return "str"
    if isinstance(last, ast.Tuple | ast.List | ast.Dict):
        return type(last).__name__.lower()
    return "float" if any(isinstance(n, ast.Div) for n in ast.walk(last)) else "int"
