"""Values as MicroPython prints them: floats of 32 bits, texts in ASCII where quoted, errors in its words."""

from __future__ import annotations

import errno
import math
import re
import struct
from types import BuiltinFunctionType, FunctionType, GeneratorType, MethodType
from typing import Any

from robo_runtime.simulate.names import PROGRAM


def text(value: Any) -> str:
    """`str(value)` as the board prints it: an ESP32 has floats of 32 bits."""
    kind = type(value)
    if kind is float:
        return float_text(value)
    if kind in (list, tuple, dict):
        return represent(value)
    if isinstance(value, Exception):
        return error_text(value)
    return _thing(value) or str(value)


_FUNCTIONS = (FunctionType, BuiltinFunctionType)
ADDRESS = "3ffe6000"
"""Where every object is said to be, so that each run prints the same."""


def _thing(value: Any) -> str | None:
    """Classes, functions and objects without a text of their own, as MicroPython shows them."""
    if isinstance(value, type):
        return f"<class '{value.__name__}'>"
    if isinstance(value, _FUNCTIONS):
        own = isinstance(value, FunctionType) and value.__code__.co_filename == PROGRAM
        return f"<function {value.__name__} at 0x{ADDRESS}>" if own else "<function>"
    if isinstance(value, MethodType):
        return "<bound_method>"
    if isinstance(value, GeneratorType):
        return f"<generator object '{value.__name__}' at {ADDRESS}>"
    kind = type(value)
    if kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__:
        return f"<{kind.__name__} object at {ADDRESS}>"
    return None


def represent(value: Any, depth: int = 0) -> str:
    """`repr(value)` as the board prints it."""
    kind = type(value)
    if kind is float:
        return float_text(value)
    if kind is str:
        return ascii(value)
    if isinstance(value, OSError) and value.errno is not None:
        return f"OSError({value.errno},)"
    if isinstance(value, Exception):
        said = tuple(_in_its_words(a) if type(a) is str else a for a in value.args)
        return f"{kind.__name__}{represent(said, depth + 1)}"
    if kind not in (list, tuple, dict):
        return _thing(value) or repr(value)
    if depth > 20:
        return repr(value)
    if kind is dict:
        return (
            "{"
            + ", ".join(f"{represent(k, depth + 1)}: {represent(v, depth + 1)}" for k, v in value.items())
            + "}"
        )
    items = ", ".join([represent(item, depth + 1) for item in value])
    return f"[{items}]" if kind is list else f"({items},)" if len(value) == 1 else f"({items})"


def float_text(value: float) -> str:
    """Seven significant digits of the nearest 32-bit float, as MicroPython prints it."""
    try:
        (single,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        return "inf" if value > 0 else "-inf"
    shown = f"{single:.7g}"
    return shown if "." in shown or "e" in shown or "n" in shown else shown + ".0"


_WORDS = (
    (re.compile(r"^name '(.*)' is not defined$"), r"name '\1' isn't defined"),
    (
        re.compile(r"^invalid literal for int\(\) with base (\d+): "),
        r"invalid syntax for integer with base \1: ",
    ),
    (re.compile(r"^(integer |float )?(division|modulo)( or modulo)?( by zero)?$"), "divide by zero"),
    (re.compile(r"^could not convert string to float: .*$"), "invalid syntax for number"),
)  # fmt: skip
"""What CPython says, and what MicroPython says instead."""


def error_text(error: BaseException) -> str:
    """`str` of an exception."""
    if isinstance(error, OSError):
        number = error.errno if error.errno is not None else error.args[0] if len(error.args) == 1 else None
        if isinstance(number, int):
            name = errno.errorcode.get(number) or (str(error.args[1]) if len(error.args) > 1 else "")
            return f"[Errno {number}] {name}" if name else str(number)
    if isinstance(error, KeyError) and len(error.args) == 1:
        return text(error.args[0])
    return _in_its_words(str(error))


def _in_its_words(said: str) -> str:
    for pattern, words in _WORDS:
        if pattern.search(said):
            return pattern.sub(words, said)
    return said


class Shown(float):
    """A float whose text is the board's, and which rounds as the board does when it is formatted."""

    def __str__(self) -> str:
        return float_text(float(self))

    def __format__(self, spec: str) -> str:
        value = float(self)
        if not spec:
            return float_text(value)
        kind = spec[-1]
        if kind not in "fF%":
            return format(value, spec)
        digits = spec[:-1].rpartition(".")
        places = int(digits[2]) if digits[1] and digits[2].isdigit() else 6
        return format(nudged(value, places + 2 * (kind == "%")), spec)


def nudged(value: float, places: int) -> float:
    """MicroPython rounds an exact half away from zero, CPython to even: 2.5 becomes a bit more than 2.5."""
    if not math.isfinite(value) or places > 30:
        return value
    top, bottom = value.as_integer_ratio()
    halves, rest = divmod(top * 2 * 10**places, bottom)
    return math.nextafter(value, math.copysign(math.inf, value)) if not rest and halves % 2 else value
