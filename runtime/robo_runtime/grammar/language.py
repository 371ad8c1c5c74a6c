"""The part of the grammar that comes with MicroPython itself: keywords, built-in functions, methods of types.

Sources: https://docs.micropython.org/en/latest/library/builtins.html and the differences from CPython at
https://docs.micropython.org/en/latest/genrst/index.html. What kits of this kind do not use (classes, files,
`eval`, generators) is left out, so that a model cannot write it.
"""

from __future__ import annotations

import keyword

KEYWORDS = frozenset(keyword.kwlist)

FORBIDDEN = frozenset(
    ["eval", "exec", "compile", "globals", "locals", "getattr", "setattr", "delattr", "super"]
)
"""Built-ins that a program may neither call nor shadow."""

BUILTINS: dict[str, tuple[str, ...]] = {
    "abs": ("(x)",),
    "all": ("(xs)",),
    "any": ("(xs)",),
    "bin": ("(x)",),
    "bool": ("(x)",),
    "bytearray": ("(x)", "(x: str, encoding: str)"),
    "bytes": ("(x)", "(x: str, encoding: str)"),
    "chr": ("(x: int)",),
    "dict": ("()",),
    "divmod": ("(a, b)",),
    "enumerate": ("(xs)", "(xs, start: int)"),
    "float": ("(x)",),
    "hex": ("(x)",),
    "input": ("()", "(prompt: str)"),
    "int": ("(x)", "(x: str, base: int)"),
    "isinstance": ("(x, kind)",),
    "len": ("(xs)",),
    "list": ("()", "(xs)"),
    "map": ("(f, xs)",),
    "max": ("(*xs)",),
    "min": ("(*xs)",),
    "open": ("(path: str)", "(path: str, mode: str)"),
    "ord": ("(x: str)",),
    "pow": ("(a, b)", "(a, b, c)"),
    "print": ("(*xs, sep: str = ..., end: str = ...)",),
    "range": ("(stop: int)", "(start: int, stop: int)", "(start: int, stop: int, step: int)"),
    "repr": ("(x)",),
    "reversed": ("(xs)",),
    "round": ("(x)", "(x, digits: int)"),
    "set": ("()", "(xs)"),
    "sorted": ("(xs, *, key: Callable = ..., reverse: bool = ...)",),
    "str": ("(x)", "(x: bytes, encoding: str)"),
    "sum": ("(xs)", "(xs, start)"),
    "tuple": ("()", "(xs)"),
    "zip": ("(*xs)",),
}
"""Signatures in stub syntax; a parameter without a type takes anything."""

METHODS: dict[str, tuple[str, ...]] = {
    "append": ("(x)",),
    "clear": ("()",),
    "close": ("()",),
    "copy": ("()",),
    "count": ("(x)",),
    "decode": ("()", "(encoding: str)"),
    "encode": ("()", "(encoding: str)"),
    "endswith": ("(x)",),
    "extend": ("(xs)",),
    "find": ("(x)", "(x, start: int)"),
    "flush": ("()",),
    "format": ("(*xs)",),
    "get": ("(key)", "(key, default)"),
    "index": ("(x)",),
    "insert": ("(i: int, x)",),
    "isalpha": ("()",),
    "isdigit": ("()",),
    "isspace": ("()",),
    "items": ("()",),
    "join": ("(xs)",),
    "keys": ("()",),
    "lower": ("()",),
    "lstrip": ("()", "(x)"),
    "pop": ("()", "(i)", "(i, default)"),
    "read": ("()", "(n: int)"),
    "readline": ("()",),
    "remove": ("(x)",),
    "replace": ("(a, b)", "(a, b, n: int)"),
    "reverse": ("()",),
    "rstrip": ("()", "(x)"),
    "setdefault": ("(key, x)",),
    "sort": ("(*, key: Callable = ..., reverse: bool = ...)",),
    "split": ("()", "(x)", "(x, n: int)"),
    "startswith": ("(x)",),
    "strip": ("()", "(x)"),
    "update": ("(x)",),
    "upper": ("()",),
    "values": ("()",),
    "write": ("(x)",),
}
"""Methods of `str`, `bytes`, `list`, `dict`, and of files: types that no module has as a class."""

EXCEPTIONS = (
    "Exception", "OSError", "ValueError", "TypeError", "IndexError", "KeyError", "ZeroDivisionError",
    "RuntimeError", "MemoryError", "ImportError", "KeyboardInterrupt",
)  # fmt: skip
"""What `except` may name; a bare `except:` would also swallow Ctrl-C."""
