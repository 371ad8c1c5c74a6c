"""Types in words, and the sentence about a value of the wrong type."""

from __future__ import annotations

from typing import Any

from robo_runtime.check.lookup import Known
from robo_runtime.check.problem import Problem

ACCEPTS: dict[str, frozenset[str]] = {
    "int": frozenset(["int", "bool"]), "float": frozenset(["int", "float", "bool"]),
    "bool": frozenset(["bool", "int", "None"]), "str": frozenset(["str", "bytes"]),
    "bytes": frozenset(["bytes", "str", "bytearray"]), "bytearray": frozenset(["bytearray"]),
    "list": frozenset(["list", "tuple"]), "tuple": frozenset(["tuple", "list"]), "dict": frozenset(["dict"]),
    "None": frozenset(["None"]), "function": frozenset(),
}  # fmt: skip
"""Python types that an annotation takes, as MicroPython converts them."""
_WORDS = {
    "int": "a whole number", "float": "a number", "bool": "True or False", "str": "a text", "bytes": "bytes",
    "bytearray": "a bytearray", "list": "a list", "tuple": "a tuple", "dict": "a dict", "None": "None",
    "function": "a function", "range": "a range", "set": "a set",
}  # fmt: skip


def wrong_type(where: tuple[int, int], label: str, wanted: str, known: Known, value: Any = None) -> Problem:
    """The problem that a value is not of the type wanted.

    Args:
        wanted: types of an annotation, separated by ` | `.
        value: the value itself, where it is known.
    """
    words = " or ".join(_WORDS.get(w, f"a {w}") for w in wanted.split(" | "))
    fix = ""
    kind: Any = "api"
    if known.kind == "python" and known.name == "float":
        kind, fix = "range", "Use `int(…)` or `//`."
    elif known.kind == "python" and known.name == "str" and wanted in ("int", "float"):
        fix = "Remove the quotes."
    elif wanted == "Pin" and known.name == "int":
        fix = "Write `Pin(…)` around it."
    elif wanted in ("str", "bytes") and known.name in ("int", "float"):
        fix = "Write `str(…)` around it."
    elif _is_function(known):
        fix = "Write `()` after it to get its value."
    shown = repr(value) if value is not None else describe(known)
    return Problem(*where, kind, f"{label} must be {words}, not {shown}.", fix)


def _is_function(known: Known) -> bool:
    return known.kind in ("function", "method", "kit", "user", "builtin")


def describe(known: Known) -> str:
    """What a value is, in words."""
    if known.kind == "python":
        return _WORDS.get(known.name, known.name)
    if known.kind == "instance":
        return f"a {known.name.rpartition('.')[2]}"
    return f"the {'function' if _is_function(known) else known.kind} `{known.name}`"
