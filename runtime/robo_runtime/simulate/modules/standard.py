"""Standard modules as MicroPython has them: random, math, json, struct, array, collections, binascii."""

from __future__ import annotations

import array as host_array
import binascii as host_binascii
import collections as host_collections
import json as host_json
import math as host_math
import struct as host_struct
from collections.abc import Callable, Mapping
from typing import Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.native import as_bytes, as_float, as_int
from robo_runtime.simulate.operations import MAX_ITEMS

_MATH = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "copysign", "cos", "cosh",
    "degrees", "e", "erf", "erfc", "exp", "expm1", "fabs", "floor", "fmod", "frexp", "gamma", "inf",
    "isclose", "isfinite", "isinf", "isnan", "ldexp", "lgamma", "log", "log10", "log2", "modf", "nan",
    "pi", "pow", "radians", "sin", "sinh", "sqrt", "tan", "tanh", "tau", "trunc",
)  # fmt: skip


def _random(board: Board) -> dict[str, Any]:
    def drawn(draw: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            board.version += 1  # a loop that draws numbers is not idle
            return draw(*arguments)

        return call

    def getrandbits(n: Any, /) -> int:
        if not 0 <= as_int(n) <= 32:
            raise ValueError("bits must be 32 or less")
        return board.random.getrandbits(as_int(n))

    def randint(a: Any, b: Any, /) -> int:
        return board.random.randint(as_int(a), as_int(b))

    def randrange(*bounds: Any) -> int:
        if not 1 <= len(bounds) <= 3:
            raise TypeError("function expected 1 to 3 arguments")
        if len(bounds) == 3 and not bounds[2]:
            raise ValueError
        return board.random.randrange(*map(as_int, bounds))

    def choice(seq: Any, /) -> Any:
        return board.random.choice(seq)

    def uniform(a: Any, b: Any, /) -> float:
        return board.random.uniform(as_float(a), as_float(b))

    def seed(*n: Any) -> None:
        board.random.seed(board.world.seed if not n or n[0] is None else as_int(n[0]))

    return {
        "getrandbits": drawn(getrandbits), "randint": drawn(randint), "randrange": drawn(randrange),
        "choice": drawn(choice), "random": drawn(lambda: board.random.random()), "uniform": drawn(uniform),
        "seed": seed,
    }  # fmt: skip


def _factorial(n: Any) -> int:
    if as_int(n) > 5000:
        raise MemoryError("memory allocation failed: the integer is too large")
    return host_math.factorial(n)


def _small(format: Any) -> str:
    size = host_struct.calcsize(format)
    if size > MAX_ITEMS:
        raise MemoryError(f"memory allocation failed, allocating {size} bytes")
    return format if isinstance(format, str) else bytes(format).decode()


def _struct() -> dict[str, Any]:
    def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(format: Any, /, *arguments: Any) -> Any:
            try:
                return function(_small(format), *arguments)
            except host_struct.error as e:
                raise ValueError(str(e)) from None

        return call

    functions = ("pack", "unpack", "pack_into", "unpack_from", "calcsize")
    return {name: guarded(getattr(host_struct, name)) for name in functions}


def _json() -> dict[str, Any]:
    def dumps(obj: Any, separators: Any = None) -> str:
        return host_json.dumps(obj, separators=separators, default=str, ensure_ascii=False)

    def dump(obj: Any, stream: Any, separators: Any = None) -> None:
        stream.write(dumps(obj, separators))

    def loads(text: Any) -> Any:
        try:
            return host_json.loads(text)
        except ValueError:
            raise ValueError("syntax error in JSON") from None

    return {"dumps": dumps, "dump": dump, "loads": loads, "load": lambda stream: loads(stream.read())}


def _collections() -> dict[str, Any]:
    def namedtuple(name: Any, fields: Any) -> Any:
        names = fields.split() if isinstance(fields, str) else list(fields)
        if any(n.startswith("_") for n in names) or len(names) > 100:
            raise ValueError("field names cannot start with an underscore")
        return host_collections.namedtuple(str(name), names)

    def deque(iterable: Any, maxlen: Any, flags: Any = 0) -> Any:
        return host_collections.deque(iterable, as_int(maxlen))

    return {"namedtuple": namedtuple, "deque": deque, "OrderedDict": dict}


def _array(typecode: Any, initial: Any = ()) -> Any:
    return host_array.array(typecode, as_bytes(initial) if isinstance(initial, (str, bytes)) else initial)


def names(board: Board, module: str) -> Mapping[str, Any]:
    """The names of one of these modules."""
    match module.removeprefix("u"):
        case "random":
            return _random(board)
        case "math":
            return {name: getattr(host_math, name) for name in _MATH} | {"factorial": _factorial}
        case "json":
            return _json()
        case "struct":
            return _struct()
        case "collections":
            return _collections()
        case "array":
            return {"array": _array}
        case _:
            return {
                "hexlify": lambda data, *sep: host_binascii.hexlify(as_bytes(data), *sep),
                "unhexlify": lambda data: host_binascii.unhexlify(data),
                "b2a_base64": lambda data, newline=True: host_binascii.b2a_base64(
                    as_bytes(data), newline=newline
                ),
                "a2b_base64": lambda data: host_binascii.a2b_base64(data),
            }
