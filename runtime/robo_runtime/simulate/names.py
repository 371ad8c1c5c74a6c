"""Names with a special role for the guards: those that are refused, missing, or put in by the simulator."""

from __future__ import annotations

PROGRAM = "<program>"
"""The file that a program is said to be in."""
MAX_SOURCE = 100_000
MAX_WIDTH = 1000

TICK, TOUCH, TURN = "_sim_tick", "_sim_touch", "_sim_turn"
MULTIPLY, POWER, SHIFT, PERCENT = "_sim_multiply", "_sim_power", "_sim_shift", "_sim_percent"
ATTRIBUTE, SPEC, TEXT, CAUGHT = "_sim_attribute", "_sim_spec", "_sim_text", "_sim_caught"
SLICE, POSITIONAL, ADD, EXTEND = "_sim_slice", "_sim_positional", "_sim_add", "_sim_extend"
SHOWN = "_sim_shown"
"""Names under which guards are called; a program cannot write them."""

ESCAPES = frozenset({
    "gi_frame", "gi_code", "gi_yieldfrom", "gi_running", "cr_frame", "cr_code", "cr_await", "cr_origin",
    "ag_frame", "ag_code", "ag_await", "f_back", "f_builtins", "f_code", "f_globals", "f_locals",
    "f_lineno", "f_trace", "tb_frame", "tb_next", "tb_lasti", "tb_lineno", "func_globals", "func_code",
    "co_code", "co_consts", "co_names", "mro", "format_map", "with_traceback",
})  # fmt: skip
ONLY_CPYTHON = frozenset({
    "capitalize", "casefold", "expandtabs", "isalnum", "isascii", "isdecimal", "isidentifier", "isnumeric",
    "isprintable", "istitle", "ljust", "maketrans", "removeprefix", "removesuffix", "rjust", "swapcase",
    "title",
    "translate", "zfill", "bit_length", "bit_count", "conjugate", "numerator", "denominator", "is_integer",
    "as_integer_ratio", "cast", "real", "imag", "tolist",
})  # fmt: skip
"""Methods of built-in types that MicroPython lacks."""
GROWING = frozenset({"format", "join", "replace", "extend", "center"})
"""Methods whose result can be far larger than what goes in."""
ASCII = frozenset({"upper", "lower"})
"""Methods that know only the letters of ASCII."""
OWN = "_own_"
"""Put before a program's private names, so that they are never those of the simulator's objects."""
PLAIN = frozenset({"__init__", "__name__", "__version__"})
MUTATORS = frozenset({
    "append", "pop", "insert", "extend", "remove", "clear", "add", "discard", "update", "setdefault",
    "write", "sort", "reverse",
})  # fmt: skip
NO_KEYWORDS = frozenset({
    "split", "rsplit", "splitlines", "encode", "decode", "to_bytes", "from_bytes", "replace", "int", "round",
    "sum",
    "zip", "pow", "str", "bytes", "bytearray", "complex",
})  # fmt: skip
"""Built-in functions and methods that take keywords in CPython and none in MicroPython."""


def check_attribute(name: str) -> str | None:
    """Why an attribute of this name is out of reach; None when it is not."""
    if (name.startswith("__") and name.endswith("__") and name not in PLAIN) or name in ESCAPES:
        return f"the attribute {name!r} cannot be used in a program for the kit"
    return None


def own(name: str) -> str:
    """The name under which a program's attribute really lives."""
    return (
        OWN + name if name.startswith("_") and not (name.startswith("__") and name.endswith("__")) else name
    )
