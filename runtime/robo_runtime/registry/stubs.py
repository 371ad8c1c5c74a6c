"""Reading type stubs (`.pyi`) into the entries of `configs/micropython/`: names, signatures, docstrings.

Written for the PyPI packages `micropython-esp32-stubs` and `micropython-stdlib-stubs` (both MIT), which are
generated from MicroPython's documentation and sources. Types are mapped onto the few words that the registry
knows; what has no word becomes `object`.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.registry.micropython import TYPES, Signature

Entry = dict[str, Any]
_WORDS = {
    "AnyReadableBuf": "bytes", "AnyWritableBuf": "bytearray", "ReadableBuffer": "bytes",
    "WriteableBuffer": "bytearray", "Callable": "function", "Sequence": "list", "Iterable": "list",
    "Iterator": "list", "List": "list", "Tuple": "tuple", "Dict": "dict", "memoryview": "bytearray",
    "LiteralString": "str", "Buffer": "bytes", "PathLike": "str", "StrPath": "str", "NoReturn": "None",
    "Never": "None", "Self": "object",
}  # fmt: skip
_ALIASES = {"PinLike": "Pin", "ID_T": "int", "PinType": "Pin", "Incomplete": "object", "Any": "object"}


def find_stub(roots: list[Path], module: str) -> Path | None:
    """The stub of a module in the first of `roots` (and their `stdlib/`) that has it."""
    tail = Path(*module.split("."))
    for root in roots:
        for folder in (root, root / "stdlib"):
            for path in (folder / f"{tail}.pyi", folder / tail / "__init__.pyi"):
                if path.exists():
                    return path
    return None


def read_stub(path: Path, module: str, classes: set[str]) -> Entry:
    """One module's public names, as a file of `configs/micropython/` has them.

    Args:
        classes: names of classes that the registry knows, which annotations may keep.

    Raises:
        RoboError: the file cannot be read or is no Python.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError) as e:
        raise RoboError(f"{path}: cannot be read as a stub: {e}") from None
    known = set(TYPES) | classes | {n.name for n in tree.body if isinstance(n, ast.ClassDef)}
    entry: Entry = {"name": module, "doc": _doc(tree), "functions": {}, "classes": {}, "constants": {}}
    for name, node in _public(tree.body):
        if isinstance(node, ast.ClassDef):
            entry["classes"][name] = _class(node, known)
        elif isinstance(node, ast.FunctionDef):
            _add(entry["functions"], name, node, known, method=False)
        else:
            entry["constants"][name] = _type(node, known)
    return {key: value for key, value in entry.items() if value}


def _public(body: list[ast.stmt]) -> Iterator[tuple[str, Any]]:
    """Functions, classes and constants; constants are given as their annotation, None where there is none."""
    for node in body:
        if isinstance(node, ast.If | ast.Try):
            yield from _public([*node.body, *node.orelse])
        elif isinstance(node, ast.AsyncFunctionDef):
            continue
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            if not node.name.startswith("_") or node.name in ("__init__", "__call__"):
                yield node.name, node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            alias = isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias"
            if not node.target.id.startswith("_") and not alias:
                yield node.target.id, node.annotation


def _class(node: ast.ClassDef, known: set[str]) -> Entry:
    methods: Entry = {}
    constants: Entry = {}
    for name, member in _public(node.body):
        if isinstance(member, ast.FunctionDef):
            _add(methods, name, member, known, method=True)
        elif not isinstance(member, ast.ClassDef):
            constants[name] = _type(member, known)
    constructor = methods.pop("__init__", {"signatures": ["()"]})
    call = methods.pop("__call__", None)
    found = {
        "doc": _doc(node), "constructor": constructor["signatures"], "methods": methods,
        "constants": {k: v for k, v in constants.items() if k not in methods},
    }  # fmt: skip
    if call:
        found["call"] = call["signatures"]
    return {key: value for key, value in found.items() if value}


def _add(into: Entry, name: str, node: ast.FunctionDef, known: set[str], method: bool) -> None:
    decorators = {ast.unparse(d).split("(")[0] for d in node.decorator_list}
    if "property" in decorators:
        return
    text = signature(node, known, bound=method and "staticmethod" not in decorators)
    entry = into.setdefault(name, {"signatures": [], "doc": ""})
    if text not in entry["signatures"]:
        entry["signatures"].append(text)
    entry["doc"] = entry["doc"] or _doc(node)


def signature(node: ast.FunctionDef, known: set[str], bound: bool = False) -> str:
    """`(pin: int, *, value: int = ...) -> None`, in the registry's words.

    Args:
        bound: leave the first parameter (`self`, `cls`) out.
    """
    a = node.args
    for arg in [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]:
        if arg is not None:
            word = _type(arg.annotation, known)
            arg.annotation = None if word == "object" else ast.parse(word, mode="eval").body
    if bound:
        (a.posonlyargs or a.args)[:1] = []
    for values in (a.defaults, a.kw_defaults):
        for i, value in enumerate(values):
            if value is not None and not isinstance(value, ast.Constant | ast.UnaryOp | ast.Attribute):
                values[i] = ast.Constant(...)
    returns = _type(node.returns, known) if node.returns is not None else ""
    single = returns if "|" not in returns else "object"
    text = f"({ast.unparse(a)})" + (f" -> {single}" if single and node.name != "__init__" else "")
    Signature.parse(text)
    return text


def _type(node: ast.expr | None, known: set[str]) -> str:
    """The registry's words for an annotation, `int | None`; `object` for what it has none for."""
    words = list(dict.fromkeys(_words(node, known)))
    return "object" if not words or "object" in words else " | ".join(words)


def _words(node: ast.expr | None, known: set[str]) -> Iterator[str]:
    if node is None:
        yield "object"
    elif isinstance(node, ast.BinOp):
        yield from _words(node.left, known)
        yield from _words(node.right, known)
    elif isinstance(node, ast.Subscript):
        outer = ast.unparse(node.value).split(".")[-1]
        if outer in ("Optional", "Union", "Final", "ClassVar"):
            inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            for item in inner:
                yield from _words(item, known)
            if outer == "Optional":
                yield "None"
        else:
            yield from _words(node.value, known)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield from _words(ast.parse(node.value, mode="eval").body, known)
        else:
            yield "None" if node.value is None else "object"
    else:
        word = ast.unparse(node).split(".")[-1]
        word = _WORDS.get(word) or _ALIASES.get(word) or word
        yield word if word in known else "object"


def _doc(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> str:
    """The docstring's first paragraph that says something, on one line."""
    text = inspect.cleandoc(ast.get_docstring(node) or "")
    for paragraph in text.split("\n\n"):
        line = " ".join(paragraph.split())
        if line and not line.startswith(("MicroPython module:", "CPython module:", ".. ", "Module:")):
            return line.replace("``", "`")
    return ""
