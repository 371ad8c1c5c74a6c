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
_EXAMPLES = {
    "int": "Write a number, e.g. 1.", "float": "Write a number, e.g. 0.5.",
    "bool": "Write `True` or `False`.", "str": "Put it in quotes.", "bytes": 'Write e.g. `b"…"`.',
    "bytearray": "Write `bytearray(…)`.",
    "list": "Write e.g. `[1, 2]`.", "tuple": "Write e.g. `(255, 0, 0)`.", "dict": 'Write e.g. `{"a": 1}`.',
    "None": "Leave it out.", "function": "Write the name of a function, without brackets.",
}  # fmt: skip
"""What to write where a value of such a type is wanted."""


def wrong_type(where: tuple[int, int], label: str, wanted: str, known: Known, value: Any = None) -> Problem:
    """The problem that a value is not of the type wanted.

    Args:
        wanted: types of an annotation, separated by ` | `.
        value: the value itself, where it is known.
    """
    words = " or ".join(map(in_words, wanted.split(" | ")))
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
    else:
        fix = _EXAMPLES.get(wanted.split(" | ")[0]) or f"Make one first: `{wanted.split(' | ')[0]}(…)`."
    shown = repr(value) if value is not None else describe(known)
    if value is None and known.name == "float" and wanted == "int":
        shown = "one with a fraction"
    return Problem(*where, kind, f"{label} must be {words}, not {shown}.", fix)


def in_words(name: str) -> str:
    """A type of Python or MicroPython, given by its name, in words."""
    name = {"NoneType": "None", "method": "function"}.get(name, name)
    return _WORDS.get(name) or f"{_article(name)} {name}"


def _article(name: str) -> str:
    """`an ADC`, `a UART`, `an ESPNow`: letters that are spelled out count by their sound."""
    spelled = name[:2].isupper() or name[1:2].isdigit()
    return "an" if name[:1] in ("AEFHILMNORSX" if spelled else "aeioAEIO") else "a"


def _is_function(known: Known) -> bool:
    return known.kind in ("function", "method", "kit", "user", "builtin")


def describe(known: Known) -> str:
    """What a value is, in words."""
    if known.kind == "python":
        return _WORDS.get(known.name, known.name)
    if known.kind == "instance":
        return in_words(known.name.rpartition(".")[2])
    return f"the {'function' if _is_function(known) else known.kind} `{known.name}`"
