"""Operators and methods as the board does them, and no result that fills the memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import iadd
from string import Formatter
from typing import Any

from robo_runtime.simulate import names
from robo_runtime.simulate.printing import Shown, nudged, text

MAX_ITEMS = 1_000_000
"""Longest text, bytes or list that one operation may make: an ESP32 has 0.3 MB of heap."""
MAX_BITS = 100_000
LONG_RANGE = 50_000
_WIDTH = re.compile(r"\d{4,}")


def rounded(value: Any, digits: Any = None) -> Any:
    """`round` as MicroPython computes it: scaled, rounded to even, scaled back; CPython rounds decimally."""
    if type(value) is not float or digits is None:
        return round(value) if digits is None else round(value, digits)
    if value != value or abs(value) > 1e300 or not -300 < digits < 300:
        return value
    scale = 10.0**digits
    scaled = value * scale
    return value if abs(scaled) > 1e300 or not scale else round(scaled) / scale


class LongRange:
    """A `range` too long to hand to C code whole: each item costs a statement, so limits hold."""

    def __init__(self, numbers: range, tick: Callable[[], None]) -> None:
        self._numbers = numbers
        self._tick = tick

    def __iter__(self) -> Iterator[int]:
        for number in self._numbers:
            self._tick()
            yield number

    def __reversed__(self) -> Iterator[int]:
        return iter(LongRange(self._numbers[::-1], self._tick))

    def __len__(self) -> int:
        if len(self._numbers) > MAX_ITEMS:  # asked by list() too, to allocate at once
            raise MemoryError(f"memory allocation failed, allocating {len(self._numbers)} items")
        return len(self._numbers)

    def __contains__(self, item: object) -> bool:
        return item in self._numbers

    def __getitem__(self, index: Any) -> Any:
        part = self._numbers[index]
        return LongRange(part, self._tick) if isinstance(part, range) else part


def multiply(a: Any, b: Any) -> Any:
    """`a * b`, refused where the result would not fit the board."""
    if type(a) is float or type(b) is float:
        return a * b
    if isinstance(a, int) and isinstance(b, int):
        if int.bit_length(a) + int.bit_length(b) > MAX_BITS:
            raise MemoryError("memory allocation failed: the integer is too large")
    else:
        for sequence, times in ((a, b), (b, a)):
            if isinstance(times, int) and hasattr(sequence, "__len__") and len(sequence) * times > MAX_ITEMS:
                raise MemoryError(f"memory allocation failed, allocating {len(sequence) * times} items")
    return a * b


def power(a: Any, b: Any, modulus: Any = None) -> Any:
    """`a ** b`, refused where the result would be astronomic."""
    if isinstance(a, int) and isinstance(b, int) and modulus is None and int.bit_length(a) * b > MAX_BITS:
        raise MemoryError("memory allocation failed: the integer is too large")
    return a**b if modulus is None else pow(a, b, modulus)


def shift(a: Any, b: Any) -> Any:
    """`a << b`, refused where the result would be astronomic."""
    if isinstance(a, int) and isinstance(b, int) and int.bit_length(a) + b > MAX_BITS:
        raise MemoryError("memory allocation failed: the integer is too large")
    return a << b


def percent(a: Any, b: Any) -> Any:
    """`a % b`; as text formatting without giant paddings, and with floats as the board prints them."""
    if isinstance(a, (str, bytes)):
        if _WIDTH.search(a if isinstance(a, str) else a.decode("latin-1")) or (
            isinstance(a, str) and "*" in a
        ):
            raise MemoryError("memory allocation failed: the format is too wide")
        if isinstance(a, str):
            b = _filled(a, b)
    return a % b


_PLAIN = (int, str, bool, bytes, float)


def _as_text(value: Any) -> Any:
    """A list, class, function or error about to be formatted: its text as the board has it."""
    return value if type(value) in _PLAIN or isinstance(value, (int, str)) else text(value)


_CONVERSION = re.compile(r"%[-+ #0]*\d*(?:\.(\d+))?([a-zA-Z%])")


def _filled(template: str, values: Any) -> Any:
    """The values of a `%` with floats as the board shows and rounds them."""
    given = values if isinstance(values, tuple) else (values,)
    if not any(type(v) is float or type(v) not in _PLAIN for v in given):
        return values
    places = [m for m in _CONVERSION.finditer(template) if m[2] != "%"]
    if len(places) != len(given):
        return values
    return tuple(
        _as_text(v) if type(v) is not float else nudged(v, int(m[1] or 6)) if m[2] in "fF" else Shown(v)
        for v, m in zip(given, places, strict=True)
    )


_BUILT_IN = (str, bytes, bytearray, int, float, list, tuple, dict, set, memoryview)


def attribute_of(value: Any, name: str) -> Any:
    """An attribute whose name is that of a method MicroPython lacks, or of one that needs a guard."""
    if name in names.ASCII and isinstance(value, str) and not value.isascii():
        return lambda: "".join(getattr(c, name)() if c.isascii() else c for c in value)
    if name in names.GROWING and isinstance(value, (str, bytes, bytearray, list, type, super)):
        return _guarded(value, name)
    if name in names.ONLY_CPYTHON and (type(value) in _BUILT_IN or any(value is t for t in _BUILT_IN)):
        raise AttributeError(f"'{type(value).__name__}' object has no attribute '{name}'")
    return getattr(value, name)


def _guarded(value: Any, name: str) -> Any:
    """A method of a built-in type whose result is kept to a size the board could hold."""
    if isinstance(value, (type, super)):  # `str.join(…)`, `super().format(…)`: once removed from the guard
        if name == "format" and (isinstance(value, super) or issubclass(value, str)):
            raise AttributeError(f"type object has no attribute {name!r}")
        return getattr(value, name)
    if name == "format" and isinstance(value, str):
        return format_of(str.__str__(value))
    method = getattr(value, name)

    def call(*arguments: Any) -> Any:
        if name == "join" and arguments:
            parts = arguments[0] if isinstance(arguments[0], (list, tuple)) else list(arguments[0])
            _fits(sum(len(part) for part in parts) + len(value) * len(parts))
            arguments = (parts, *arguments[1:])
        elif name == "replace" and len(arguments) > 1:
            _fits(len(value) + value.count(arguments[0]) * max(len(arguments[1]), 0))
        elif name == "center" and arguments:
            _fits(arguments[0])
        elif name == "extend" and arguments:
            _fits(len(value) + (len(arguments[0]) if hasattr(arguments[0], "__len__") else 0))
        return method(*arguments)

    return call


def _fits(items: int) -> None:
    if items > MAX_ITEMS:
        raise MemoryError(f"memory allocation failed, allocating {items} items")


def add(a: Any, b: Any) -> Any:
    """`a + b`, refused where doubling has gone too far."""
    result = a + b
    if type(result) in _GROWING and len(result) > MAX_ITEMS:
        _fits(len(result))
    return result


def extend(a: Any, b: Any) -> Any:
    """`a += b`: a list is extended in place, as its other names expect."""
    if type(a) is list and hasattr(b, "__len__"):
        _fits(len(a) + len(b))
    result = iadd(a, b)
    if type(result) in _GROWING and len(result) > MAX_ITEMS:
        _fits(len(result))
    return result


_GROWING = (str, list, bytes, bytearray, tuple)


def format_of(value: str) -> Any:
    """A formatter that fills in plain fields only, since fields can walk attributes."""
    nested = _checked(value)

    def safe_format(*args: Any, **kwargs: Any) -> str:
        if nested and any(isinstance(v, int) and abs(v) > names.MAX_WIDTH for v in (*args, *kwargs.values())):
            raise MemoryError("memory allocation failed: the format is too wide")
        filled = [Shown(v) if type(v) is float else _as_text(v) for v in args]
        named = {key: Shown(v) if type(v) is float else _as_text(v) for key, v in kwargs.items()}
        return value.format(*filled, **named)

    return safe_format


@lru_cache(maxsize=512)
def _checked(template: str, depth: int = 0) -> bool:
    """Whether a template has fields within fields; raises if it is not safe to fill in."""
    nested = False
    for _, field, spec_, _ in Formatter().parse(template):
        if field is None:
            continue
        if "." in field or "[" in field or depth > 1:
            raise NotImplementedError("attributes not supported")
        if spec_ and "{" in spec_:
            _checked(spec_, depth + 1)
            nested = True
        elif spec_ and _WIDTH.search(spec_):
            raise MemoryError("memory allocation failed: the format is too wide")
    return nested


def shown(value: Any) -> Any:
    """A value about to be formatted by an f-string."""
    return Shown(value) if type(value) is float else value


def spec(value: Any) -> Any:
    """A width or precision computed for an f-string."""
    if isinstance(value, int) and abs(value) > names.MAX_WIDTH:
        raise MemoryError("memory allocation failed: the format is too wide")
    if isinstance(value, str) and _WIDTH.search(value):
        raise MemoryError("memory allocation failed: the format is too wide")
    return value


def step_slice(value: Any, low: Any, high: Any, step: Any) -> Any:
    """`value[low:high:step]`; MicroPython can step through lists and ranges only."""
    if step not in (None, 1) and isinstance(value, (str, bytes, bytearray, tuple, memoryview)):
        raise NotImplementedError("only slices with step=1 (aka None) are supported")
    return value[low:high:step]


def positional(value: Any, name: str | None = None) -> Any:
    """A function, or method `name` of a value, that is about to be called with keywords."""
    built_in = type(value) in _BUILT_IN or value is int if name is not None else _is_built_in(value)
    if built_in:
        raise TypeError("function doesn't take keyword arguments")
    return value if name is None else getattr(value, name)


def _is_built_in(value: Any) -> bool:
    return any(value is f for f in (int, rounded, sum, zip, power, str, bytes, bytearray, complex))
