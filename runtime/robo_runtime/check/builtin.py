"""Built-in names, functions and types as MicroPython has them on the ESP32."""

from __future__ import annotations

EXCEPTIONS = frozenset(
    "Exception BaseException ArithmeticError AssertionError AttributeError EOFError ImportError IndexError"
    " KeyError KeyboardInterrupt LookupError MemoryError NameError NotImplementedError OSError OverflowError"
    " RuntimeError StopIteration StopAsyncIteration SyntaxError SystemExit TypeError UnicodeError ValueError"
    " ZeroDivisionError".split()
)

_MANY = 99
ARGUMENTS: dict[str, tuple[int, int]] = {
    "abs": (1, 1), "all": (1, 1), "any": (1, 1), "bin": (1, 1), "bool": (0, 1), "bytearray": (0, 3),
    "bytes": (0, 3), "callable": (1, 1), "chr": (1, 1), "dict": (0, 1), "dir": (0, 1), "divmod": (2, 2),
    "enumerate": (1, 2), "filter": (2, 2), "float": (0, 1), "getattr": (2, 3), "globals": (0, 0),
    "hasattr": (2, 2), "hash": (1, 1), "hex": (1, 1), "id": (1, 1), "input": (0, 1), "int": (0, 2),
    "isinstance": (2, 2), "issubclass": (2, 2), "iter": (1, 1), "len": (1, 1), "list": (0, 1),
    "locals": (0, 0), "map": (2, _MANY), "max": (1, _MANY), "memoryview": (1, 1), "min": (1, _MANY),
    "next": (1, 2), "oct": (1, 1),
    "open": (1, 3), "ord": (1, 1), "pow": (2, 3), "print": (0, _MANY), "range": (1, 3), "repr": (1, 1),
    "reversed": (1, 1), "round": (1, 2), "set": (0, 1), "setattr": (3, 3), "sorted": (1, 1), "str": (0, 3),
    "sum": (1, 2), "tuple": (0, 1), "type": (1, 1), "zip": (0, _MANY),
}  # fmt: skip
"""Fewest and most positional arguments of a built-in function or type."""
KEYWORDS: dict[str, frozenset[str]] = {
    "print": frozenset(["sep", "end", "file"]), "sorted": frozenset(["key", "reverse"]),
    "max": frozenset(["key", "default"]), "min": frozenset(["key", "default"]),
    "enumerate": frozenset(["start"]), "open": frozenset(["mode", "encoding", "buffering"]),
}  # fmt: skip
"""Their keyword arguments; `dict` takes any, the others none."""
WHOLE = {"range": (0, 1, 2), "chr": (0,), "hex": (0,), "bin": (0,), "oct": (0,)}
"""Positions of arguments that must be whole numbers."""
COUNTED = frozenset(["len", "sum", "sorted", "list", "tuple", "set", "enumerate", "reversed", "all", "any"])
"""Built-ins whose first argument must have elements."""
RETURNS = {
    "int": "int", "len": "int", "ord": "int", "hash": "int", "id": "int", "float": "float", "str": "str",
    "chr": "str", "hex": "str", "bin": "str", "oct": "str", "repr": "str", "input": "str", "bool": "bool",
    "all": "bool", "any": "bool", "isinstance": "bool", "callable": "bool", "hasattr": "bool", "list": "list",
    "sorted": "list", "dict": "dict", "tuple": "tuple", "divmod": "tuple", "bytes": "bytes",
    "bytearray": "bytearray", "print": "None", "range": "range", "set": "set",
}  # fmt: skip
_OTHERS = (
    "object frozenset slice super property staticmethod classmethod Ellipsis NotImplemented exec eval compile"
    " execfile help delattr __name__ __file__ __debug__ __import__"
)
BUILTINS = frozenset([*ARGUMENTS, *EXCEPTIONS, *_OTHERS.split()])

_SEQUENCE = "count index"
_TEXT = (
    "count endswith find format index isalpha isdigit islower isspace isupper join lower lstrip replace rfind"
    " rindex rsplit rstrip split startswith strip upper partition rpartition center splitlines"
)
MEMBERS: dict[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "int": "to_bytes from_bytes", "float": "", "bool": "", "None": "", "range": "",
        "str": f"{_TEXT} encode", "bytes": f"{_TEXT} decode hex fromhex", "tuple": _SEQUENCE,
        "bytearray": f"{_TEXT} decode append extend hex fromhex",
        "list": f"{_SEQUENCE} append clear copy extend insert pop remove reverse sort",
        "dict": "clear copy fromkeys get items keys pop popitem setdefault update values",
        "set": "add clear copy difference difference_update discard intersection intersection_update"
        " isdisjoint issubset issuperset pop remove symmetric_difference symmetric_difference_update union"
        " update",
    }.items()
}  # fmt: skip
"""Attributes of MicroPython's types; many that CPython has are left out of the firmware."""
