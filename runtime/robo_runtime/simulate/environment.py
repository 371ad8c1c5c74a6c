"""The built-in names a simulated program sees: MicroPython's, guarded where CPython would hang or escape."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from robo_runtime.simulate import names as known
from robo_runtime.simulate.board import Board
from robo_runtime.simulate.flash import VirtualFile
from robo_runtime.simulate.operations import (
    LONG_RANGE,
    MAX_ITEMS,
    LongRange,
    add,
    attribute_of,
    extend,
    multiply,
    percent,
    positional,
    power,
    rounded,
    shift,
    shown,
    spec,
    step_slice,
)
from robo_runtime.simulate.printing import represent, text

CHARACTER_US = 87
"""A character at 115,200 baud; a program that prints faster than the cable carries has to wait."""
BUFFERED = 256

_SAFE = (
    "abs", "all", "any", "bin", "bool", "bytearray", "bytes", "callable", "chr", "classmethod",
    "complex", "dict", "dir", "divmod", "enumerate", "filter", "float", "frozenset", "hash", "hex",
    "id", "int", "issubclass", "iter", "len", "list", "map", "max", "memoryview", "min",
    "next", "object", "oct", "ord", "property", "reversed", "set", "slice", "sorted",
    "staticmethod", "str", "sum", "super", "tuple", "zip", "ArithmeticError", "AssertionError",
    "AttributeError", "EOFError", "Exception", "GeneratorExit", "ImportError", "IndexError", "KeyError",
    "LookupError", "MemoryError", "NameError", "NotImplementedError", "OSError", "OverflowError",
    "RuntimeError", "StopIteration", "StopAsyncIteration", "SyntaxError", "SystemExit", "TypeError",
    "UnicodeError", "ValueError", "ZeroDivisionError", "Ellipsis", "NotImplemented", "True", "False",
    "None",
)  # fmt: skip


class KeyboardInterrupt_(BaseException):
    """The program's KeyboardInterrupt: the real one must stop the simulator, not reach a handler."""


KeyboardInterrupt_.__name__ = KeyboardInterrupt_.__qualname__ = "KeyboardInterrupt"


def built_ins(board: Board, import_: Callable[..., Any]) -> dict[str, Any]:
    """The `__builtins__` of one run."""
    names: dict[str, Any] = {name: getattr(builtins, name) for name in _SAFE}
    missing = object()

    def checked(name: Any) -> str:
        if not isinstance(name, str):
            raise TypeError("attribute name must be a string")
        if known.check_attribute(name) or name in known.GROWING or name in known.ONLY_CPYTHON:
            raise AttributeError(f"no attribute {name!r}")
        return known.own(name)

    def get(target: Any, name: Any, default: Any = missing) -> Any:
        return (
            getattr(target, checked(name)) if default is missing else getattr(target, checked(name), default)
        )

    def has(target: Any, name: Any) -> bool:
        return hasattr(target, checked(name))

    def put(target: Any, name: Any, value: Any) -> None:
        setattr(target, checked(name), value)

    def remove(target: Any, name: Any) -> None:
        delattr(target, checked(name))

    def print_(*values: Any, sep: str = " ", end: str = "\n", file: Any = None) -> None:
        write(sep.join([v if type(v) is str else text(v) for v in values]) + end)

    line = ""

    def write(piece: str) -> int:
        nonlocal line
        line += piece
        sent = max(board.parts.get("sent", 0), board.now) + len(piece) * CHARACTER_US
        board.parts["sent"] = sent
        if sent - board.now > BUFFERED * CHARACTER_US:
            board.busy(sent - board.now - BUFFERED * CHARACTER_US)
        if len(line) > MAX_ITEMS:
            raise MemoryError("memory allocation failed: the line is too long")
        *whole, line = line.split("\n")
        for one in whole:
            board.output.append(one)
            board.emit("print", "", one)
        return len(piece)

    def ask(prompt: Any = "") -> str:
        write(text(prompt))
        asked = board.parts["asked"] = board.parts.get("asked", -1) + 1
        if asked < len(board.world.answers):
            write("\n")
            return board.world.answers[asked]
        while True:  # nobody types: the program waits for the rest of the observed span
            board.sleep(board.until)

    def span(*bounds: Any) -> Any:
        numbers = range(*bounds)
        if numbers and (numbers[-1] - numbers[0]) // numbers.step >= LONG_RANGE:
            return LongRange(numbers, board.tick)
        return numbers

    def kind(value: Any) -> Any:
        return type(value)

    def is_a(value: Any, kinds: Any) -> bool:
        if type(value) is bool:  # in MicroPython a bool is not an int
            given = kinds if isinstance(kinds, tuple) else (kinds,)
            return any(isinstance(value, kind) and kind is not int for kind in given)
        return isinstance(value, kinds)

    def iterate(value: Any) -> Any:
        return iter(value)

    def open_(name: str, mode: str = "r", **_: Any) -> Any:
        return VirtualFile(board, name, mode)

    names.update(
        getattr=get, hasattr=has, setattr=put, delattr=remove, print=print_, input=ask, range=span, type=kind,
        iter=iterate, repr=represent, pow=power, round=rounded, open=open_, isinstance=is_a,
        KeyboardInterrupt=KeyboardInterrupt_,
        BaseException=Exception, __import__=import_, __build_class__=builtins.__build_class__,
        __name__="__main__",
    )  # fmt: skip
    names.update({
        known.TICK: board.tick, known.TOUCH: board.touch, known.TURN: board.turn, known.MULTIPLY: multiply,
        known.POWER: power, known.SHIFT: shift, known.PERCENT: percent, known.ATTRIBUTE: attribute_of,
        known.SPEC: spec, known.TEXT: text, known.SLICE: step_slice, known.POSITIONAL: positional,
        known.ADD: add, known.EXTEND: extend, known.SHOWN: shown,
        known.CAUGHT: (Exception, SystemExit, KeyboardInterrupt_),
    })  # fmt: skip
    board.parts["write"], board.parts["ask"] = write, ask
    return names
