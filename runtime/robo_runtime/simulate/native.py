"""What every fake module and hardware class has in common."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any


class NativeType(type):
    """Built-in classes of MicroPython cannot be changed by a program; here that also keeps runs apart."""

    def __setattr__(cls, name: str, value: Any) -> None:
        raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")

    def __delattr__(cls, name: str) -> None:
        raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")


class Native(metaclass=NativeType):
    """Base of hardware classes. Slots: an unknown attribute is an error, as on the board.

    Names of slots start with an underscore, which no program can write (see guard).
    """

    __slots__ = ()


class Module(types.ModuleType):
    """A fake module: it has the names it was given and takes no others."""

    def __init__(self, name: str, names: Mapping[str, Any]) -> None:
        super().__init__(name)
        self.__dict__.update(names)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"'module' object has no attribute {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"'module' object has no attribute {name!r}")


def as_int(value: Any) -> int:
    """An integer argument of a native function: MicroPython takes bools and ints, never floats."""
    if isinstance(value, int):
        return int(value)
    raise TypeError(f"can't convert {type(value).__name__} to int")


def as_float(value: Any) -> float:
    """A number argument of a native function."""
    if isinstance(value, (int, float)):
        return float(value)
    raise TypeError(f"can't convert {type(value).__name__} to float")


def as_bytes(value: Any) -> bytes:
    """A buffer argument: text counts as its UTF-8 bytes."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TypeError("object with buffer protocol required")


def text_of(data: bytes) -> str:
    """Bytes as the record shows them."""
    return data.decode("utf-8", "replace")
