"""Types of values, as far as it takes to know that an operation cannot raise a TypeError.

`any` is what nobody knows yet (a parameter before its function is called, parsed JSON): everything may be
done with it. `none-yet` is the element of a list that has none.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class T(NamedTuple):
    """A type: its kind, and what it is made of."""

    kind: str
    """`int`, `float`, `bool`, `str`, `bytes`, `bytearray`, `None`, `any`, `none-yet`, `range`, `file`,
    `exception`, `text` (`str` or `bytes`), `mixed` (values that have nothing in common), `nothing` (what a
    call without a result gives); `list`, `tuple`, `many` (a tuple of unknown length), `set`, `iter`, `dict`,
    `optional`; `instance`, `class`, `module`, `function`, `method`, `object` (of the kit), `user`."""
    of: tuple[Any, ...] = ()
    """Element types; or the name; or the definition of a `user` function."""


INT, FLOAT, BOOL, STR, BYTES = T("int"), T("float"), T("bool"), T("str"), T("bytes")
NONE, ANY, NONE_YET, RANGE, FILE = T("None"), T("any"), T("none-yet"), T("range"), T("file")
EXCEPTION, BYTEARRAY = T("exception"), T("bytearray")

NUMBERS = frozenset(["int", "float", "bool"])
WHOLE = frozenset(["int", "bool"])
_PLAIN = {t.kind: t for t in (INT, FLOAT, BOOL, STR, BYTES, NONE, ANY, RANGE, FILE, EXCEPTION, BYTEARRAY)}


def listed(element: T) -> T:
    """A list of such elements."""
    return T("list", (element,))


def many(element: T) -> T:
    """A tuple of such elements, of unknown length."""
    return T("many", (element,))


def named(word: str, classes: frozenset[str]) -> T:
    """The type an annotation's word stands for; classes are `module.Class`."""
    if word in classes:
        return T("instance", (word,))
    if word == "tuple":
        return many(INT)  # times, readings, addresses: the registry's tuples hold whole numbers
    if word in ("list", "dict", "object", ""):
        return ANY
    return _PLAIN.get(word, ANY)


def join(a: T, b: T) -> T | None:
    """The type of a value that is one or the other; None when nothing could be done with both."""
    if a == b or b.kind == "none-yet":
        return a
    if a.kind == "none-yet":
        return b
    if "any" in (a.kind, b.kind):
        return ANY
    if a.kind in NUMBERS and b.kind in NUMBERS:
        return FLOAT if FLOAT in (a, b) else INT
    if NONE in (a, b):
        other = b if a == NONE else a
        return other if other.kind == "optional" else T("optional", (other,))
    if "optional" in (a.kind, b.kind):
        inner = join(*(t.of[0] if t.kind == "optional" else t for t in (a, b)))
        return T("optional", (inner,)) if inner else None
    if {a.kind, b.kind} <= {"str", "bytes", "text"}:
        return T("text")
    if a.kind == b.kind == "tuple" and len(a.of) == len(b.of):
        parts = [join(x, y) for x, y in zip(a.of, b.of, strict=True)]
        return T("tuple", tuple(parts)) if all(parts) else None
    if {a.kind, b.kind} <= {"tuple", "many"}:
        element = _all(e for t in (a, b) for e in t.of)
        return many(element) if element else None
    if a.kind == b.kind and a.kind in ("list", "set", "iter", "dict"):
        parts = [join(x, y) for x, y in zip(a.of, b.of, strict=True)]
        return T(a.kind, tuple(parts)) if all(parts) else None
    return None


def _all(types: Any) -> T | None:
    found: T | None = NONE_YET
    for t in types:
        found = join(found, t) if found else None
    return found


def joined(types: Any) -> T | None:
    """`join` over all of them; `none-yet` when there are none."""
    return _all(types)


def element(t: T) -> T | None:
    """What iterating over `t` gives; None when it cannot be iterated over."""
    if t.kind in ("any", "none-yet"):
        return t
    if t.kind in ("list", "many", "set", "iter"):
        return t.of[0]
    if t.kind == "tuple":
        return _all(t.of) or ANY_OF_NOTHING
    if t.kind == "dict":
        return t.of[0]
    return {"str": STR, "bytes": INT, "bytearray": INT, "range": INT, "file": STR}.get(t.kind)


ANY_OF_NOTHING = T("mixed")
"""Elements that have nothing in common: they can be printed and compared, and no more."""


def item(t: T, index: T, literal: int | None) -> T | None:
    """What `t[index]` is; None where that is a TypeError."""
    if t.kind == "dict":
        fitting = index.kind in ("any", t.of[0].kind) or t.of[0].kind in ("any", "none-yet")
        return t.of[1] if fitting and hashable(index) else None
    if t.kind == "any":
        return ANY
    if index.kind not in (*WHOLE, "any"):
        return None
    if t.kind == "tuple" and literal is not None and -len(t.of) <= literal < len(t.of):
        return t.of[literal]
    if t.kind in ("list", "tuple", "many", "str", "bytes", "bytearray", "range"):
        return element(t)
    return None


def sliced(t: T) -> T | None:
    """What `t[a:b]` is."""
    if t.kind == "tuple":
        return many(_all(t.of) or ANY_OF_NOTHING)
    return t if t.kind in ("list", "many", "str", "bytes", "bytearray", "range", "any") else None


def comparable(a: T, b: T) -> bool:
    """Whether `a < b` is no TypeError."""
    if "any" in (a.kind, b.kind) or (a.kind in NUMBERS and b.kind in NUMBERS):
        return True
    if a.kind == b.kind and a.kind in ("str", "bytes"):
        return True
    if {a.kind, b.kind} <= {"tuple", "many"} or a.kind == b.kind == "list":
        parts = [e for t in (a, b) for e in t.of]
        return all(p.kind in NUMBERS for p in parts) or all(p.kind == "str" for p in parts)
    return False


NO_VALUE = frozenset(["function", "method", "class", "module", "object", "bound", "builtin", "nothing"])
"""What can be called or asked for members, and no more."""
_LIKE_AN_INSTANCE = frozenset(["instance", "None", "any", "optional", "mixed", "none-yet"])


def calculated(a: T, op: str, b: T) -> T | None:
    """What `a op b` is; None where that is a TypeError, or never makes sense."""
    if a.kind in NO_VALUE or b.kind in NO_VALUE or "user" in (a.kind, b.kind):
        return None
    if op in ("is", "is not"):
        return BOOL
    if op in ("==", "!="):
        things = "instance" in (a.kind, b.kind)
        return None if things and not {a.kind, b.kind} <= _LIKE_AN_INSTANCE else BOOL
    if op in ("<", ">", "<=", ">="):
        return BOOL if comparable(a, b) else None
    if op in ("in", "not in"):
        return BOOL if _contains(a, b) else None
    if op in ("and", "or"):
        return join(a, b) or ANY_OF_NOTHING
    if "any" in (a.kind, b.kind):
        return ANY if a.kind not in ("None", "mixed") and b.kind not in ("None", "mixed") else None
    if a.kind in NUMBERS and b.kind in NUMBERS:
        return _number(a, op, b)
    if op == "+":
        if a.kind == b.kind and a.kind in ("str", "bytes"):
            return a
        if a.kind == b.kind == "list":
            return join(a, b)
        if a.kind == b.kind == "tuple":
            return T("tuple", (*a.of, *b.of))
        return None
    if op == "*":
        for text, times in ((a, b), (b, a)):
            if times.kind in WHOLE and text.kind in ("str", "bytes", "list"):
                return text
            if times.kind in WHOLE and text.kind in ("tuple", "many"):
                return sliced(text)
    return None


def _number(a: T, op: str, b: T) -> T | None:
    whole = a.kind in WHOLE and b.kind in WHOLE
    if op in ("&", "|", "^", "<<", ">>"):
        return INT if whole else None
    if op == "**":
        return FLOAT if b.kind in WHOLE else None  # a fraction of a negative number is complex
    return INT if whole and op != "/" else FLOAT


def _contains(a: T, b: T) -> bool:
    if b.kind == "str":
        return a.kind in ("str", "any")
    if b.kind in ("bytes", "bytearray"):
        return a.kind in ("bytes", "int", "any")
    if b.kind in ("dict", "set") and not hashable(a):
        return False
    return element(b) is not None and b.kind not in ("file", "none-yet")


def hashable(t: T) -> bool:
    """Whether it can be a key."""
    if t.kind == "tuple":
        return all(hashable(part) for part in t.of)
    return t.kind in (*NUMBERS, "str", "bytes", "None", "any")


def fits(t: T, word: str) -> bool:
    """Whether a parameter annotated with `word` takes a `t` without a TypeError."""
    if t.kind == "any" or word in ("object", "any", ""):
        return t.kind != "mixed" or word in ("object", "any", "")
    if t.kind == "instance":
        return bool(t.of[0] == word or t.of[0].rpartition(".")[2] == word)
    if word in ("tuple", "list"):
        elements = t.of if t.kind in ("list", "tuple", "many") else None
        return elements is not None and all(e.kind in (*WHOLE, "any", "none-yet", "str") for e in elements)
    return t.kind in _TAKES.get(word, (word,))


_TAKES = {
    "int": WHOLE, "float": NUMBERS, "bool": frozenset(["bool", "int", "None"]), "str": frozenset(["str"]),
    "bytes": frozenset(["bytes", "bytearray", "str"]), "bytearray": frozenset(["bytearray"]),
    "number": NUMBERS, "function": frozenset(["user"]),
}  # fmt: skip
