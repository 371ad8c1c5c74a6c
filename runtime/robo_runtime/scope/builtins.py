"""Python's built-in functions and the methods of its types, as MicroPython has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from robo_runtime.grammar import language
from robo_runtime.scope import types as t
from robo_runtime.scope.text import Illegal
from robo_runtime.scope.types import T
from robo_runtime.scope.values import Value

if TYPE_CHECKING:
    from robo_runtime.scope.calls import Argument, Calls

BUILTINS = frozenset(language.BUILTINS)
_TEXT = (
    "count endswith find index isalpha isdigit isspace join lower lstrip replace rstrip split"
    " startswith strip upper"
)
MEMBERS: dict[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "str": f"{_TEXT} encode format", "bytes": f"{_TEXT} decode", "bytearray": "append extend decode",
        "list": "append clear copy count extend index insert pop remove reverse sort",
        "tuple": "count index", "many": "count index",
        "dict": "clear copy get items keys pop setdefault update values",
        "set": "clear copy pop remove update",
        "file": "close flush read readline write",
    }.items()
}  # fmt: skip
KEYWORDS = {"print": {"sep", "end"}, "sorted": {"key", "reverse"}, "sort": {"key", "reverse"}}
"""Arguments that a built-in function or method takes by name."""
RESULTLESS = frozenset("append clear extend insert remove reverse sort update close flush".split())
"""Methods that never have a result."""


def call_builtin(name: str, given: Sequence[Argument], calls: Calls, rely: Callable[[], None]) -> Value:
    """`name(…)`.

    Raises:
        Illegal: a TypeError is possible.
    """
    args = [a.value for a in given if not a.name]
    kinds = [a.type for a in args]
    keywords = {a.name: a.value.type for a in given if a.name}
    if name != "map" and any(k.kind in t.NO_VALUE or k.kind == "user" for k in kinds):
        raise Illegal
    if name == "len" and kinds and kinds[0].kind == "instance" and kinds[0].of[0] not in calls.table.items:
        raise Illegal
    if name == "range":
        _need(all(k.kind in (*t.WHOLE, "any") for k in kinds) and 1 <= len(kinds) <= 3)
        rely()
        return Value(t.RANGE, sure=_runs([a.literal for a in args]))
    found = _BUILTINS[name](kinds, args, keywords, calls)
    if found is None:
        raise Illegal
    sure = name in ("enumerate", "reversed", "sorted", "list", "tuple") and args and args[0].sure
    sure = bool(sure) or (name == "zip" and bool(args) and all(a.sure for a in args))
    if name in ("hex", "bin", "chr"):
        rely()
    return Value(found, sure=sure)


def _runs(literals: list[Any]) -> bool:
    """Whether a range with these arguments certainly has a number."""
    if not all(isinstance(v, int) for v in literals):
        return False
    start, stop, step = {1: [0, *literals, 1], 2: [*literals, 1], 3: literals}[len(literals)]
    return bool(step and len(range(start, stop, step)))


def _need(condition: bool) -> None:
    if not condition:
        raise Illegal


def _one(kinds: list[T], *allowed: str) -> bool:
    return len(kinds) == 1 and kinds[0].kind in (*allowed, "any")


def _elements(kinds: list[T], at: int = 0) -> T | None:
    return t.element(kinds[at]) if len(kinds) > at else None


def _number_of(kinds: list[T]) -> T | None:
    """The type that the largest of some numbers, or texts, can have."""
    found = t.joined(kinds)
    return found if found is not None and found.kind in (*t.NUMBERS, "str", "any", "none-yet") else None


def _extreme(kinds: list[T], args: Any, keywords: dict[str, T], calls: Calls) -> T | None:
    if keywords:
        return None
    if len(kinds) == 1:
        each = t.element(kinds[0])
        return _number_of([each]) if each else None
    return _number_of(kinds) if kinds else None


def _sum(kinds: list[T], args: Any, keywords: dict[str, T], calls: Calls) -> T | None:
    each = _elements(kinds)
    if each is None or each.kind not in (*t.NUMBERS, "any", "none-yet") or len(kinds) > 2:
        return None
    return t.FLOAT if each.kind == "float" else t.ANY if each.kind == "any" else t.INT


def _round(kinds: list[T], args: Any, keywords: dict[str, T], calls: Calls) -> T | None:
    if not kinds or kinds[0].kind not in (*t.NUMBERS, "any") or len(kinds) > 2:
        return None
    if len(kinds) == 1:
        return t.INT
    return kinds[0] if kinds[1].kind in t.WHOLE else None


def _int(kinds: list[T], args: Any, keywords: dict[str, T], calls: Calls) -> T | None:
    if len(kinds) == 2:
        return t.INT if kinds[0].kind == "str" and kinds[1].kind in t.WHOLE else None
    return t.INT if _one(kinds, *t.NUMBERS, "str", "bytes", "text") else None


def _enumerate(kinds: list[T], args: Any, keywords: dict[str, T], calls: Calls) -> T | None:
    each = _elements(kinds)
    if each is None or (len(kinds) > 1 and kinds[1].kind not in t.WHOLE):
        return None
    return T("iter", (T("tuple", (t.INT, each)),))


def _zip(kinds: list[T], args: Any, keywords: dict[str, T], calls: Calls) -> T | None:
    found = [t.element(k) for k in kinds]
    return None if None in found else T("iter", (T("tuple", tuple(found)),))


def _a_switch(kind: T | None) -> bool:
    """Whether it can be what CPython takes for `reverse`: a whole number, or not given."""
    return kind is None or kind.kind in ("bool", "int")


def _sorted(kinds: list[T], args: Any, keywords: dict[str, T], calls: Calls) -> T | None:
    each = _elements(kinds)
    if each is None:
        return None
    if not _a_switch(keywords.get("reverse")):
        return None
    if (key := keywords.get("key")) is not None:
        if key.kind != "user" or not calls.callable_with(key.of[0], (each,)):
            return None
        return t.listed(each)
    return t.listed(each) if each.kind in ("any", "none-yet") or t.comparable(each, each) else None


def _map(kinds: list[T], args: Any, keywords: dict[str, T], calls: Calls) -> T | None:
    if len(kinds) != 2 or (each := t.element(kinds[1])) is None:
        return None
    function = kinds[0]
    if function.kind == "user":
        return T("iter", (calls._run(function.of[0], (each,)),))
    if function.kind == "builtin" and function.of[0] in ("int", "float", "str", "abs", "len"):
        made = _BUILTINS[function.of[0]]([each], args, {}, calls)
        return T("iter", (made,)) if made else None
    return None


def _pow(kinds: list[T], args: Any, keywords: dict[str, T], calls: Calls) -> T | None:
    if len(kinds) != 2 or any(k.kind not in t.NUMBERS for k in kinds) or kinds[1].kind == "float":
        return None
    return t.FLOAT


def _bytes(kinds: list[T], args: Any, keywords: dict[str, T], calls: Calls) -> T | None:
    if len(kinds) == 2:
        return t.BYTES if all(k.kind == "str" for k in kinds) else None
    if not kinds or kinds[0].kind in (*t.WHOLE, "bytes", "bytearray"):
        return t.BYTES
    each = t.element(kinds[0])
    return t.BYTES if each is not None and each.kind in t.WHOLE and kinds[0].kind != "str" else None


def _bytearray(*given: Any) -> T | None:
    return t.BYTEARRAY if _bytes(*given) else None


def _container(kind: str) -> Any:
    def make(kinds: list[T], args: Any, keywords: dict[str, T], calls: Calls) -> T | None:
        each = t.element(kinds[0]) if kinds else t.NONE_YET
        if each is None or (kind == "set" and each.kind not in (*t.NUMBERS, "str", "bytes", "none-yet")):
            return None
        return T(kind, (each,))

    return make


def _given(result: T, test: Callable[[list[T]], bool]) -> Any:
    return lambda kinds, args, keywords, calls: result if test(kinds) and not keywords else None


def _divmod(kinds: list[T]) -> bool:
    return len(kinds) == 2 and all(k.kind in t.NUMBERS for k in kinds)


def _print(kinds: list[T], args: Any, keywords: dict[str, T], calls: Calls) -> T | None:
    fine = all(name in ("sep", "end") and k.kind == "str" for name, k in keywords.items())
    return T("nothing") if fine else None


_ORDERED = frozenset(["str", "bytes", "bytearray", "list", "tuple", "many", "range", "any"])
_COUNTED = _ORDERED | {"dict", "set", "instance"}
_ELEMENTS = lambda kinds: len(kinds) == 1 and t.element(kinds[0]) is not None  # noqa: E731
_BUILTINS: dict[str, Any] = {
    "abs": lambda kinds, args, keywords, calls: (
        (t.INT if kinds[0].kind == "bool" else kinds[0]) if _one(kinds, *t.NUMBERS) else None
    ),
    "all": _given(t.BOOL, _ELEMENTS), "any": _given(t.BOOL, _ELEMENTS),
    "bin": _given(t.STR, lambda k: _one(k, *t.WHOLE)), "hex": _given(t.STR, lambda k: _one(k, *t.WHOLE)),
    "bool": _given(t.BOOL, lambda k: len(k) <= 1), "bytearray": _bytearray, "bytes": _bytes,
    "chr": _given(t.STR, lambda k: _one(k, *t.WHOLE)),
    "dict": _given(T("dict", (t.NONE_YET, t.NONE_YET)), lambda k: not k),
    "divmod": _given(t.many(t.FLOAT), _divmod),
    "enumerate": _enumerate, "float": _given(t.FLOAT, lambda k: _one(k, *t.NUMBERS, "str")),
    "input": _given(t.STR, lambda k: len(k) <= 1), "int": _int, "isinstance": lambda *_: None,
    "len": _given(t.INT, lambda k: len(k) == 1 and k[0].kind in _COUNTED),
    "list": _container("list"), "tuple": _container("many"), "set": _container("set"), "map": _map,
    "max": _extreme, "min": _extreme,
    "open": _given(t.FILE, lambda k: 1 <= len(k) <= 2 and all(x.kind == "str" for x in k)),
    "ord": lambda kinds, args, keywords, calls: (
        t.INT if len(args) == 1 and isinstance(args[0].literal, str) and len(args[0].literal) == 1 else None
    ),
    "pow": _pow, "print": _print, "repr": _given(t.STR, lambda k: len(k) == 1),
    "reversed": lambda kinds, args, keywords, calls: (
        T("iter", (e,)) if (e := _elements(kinds)) and kinds[0].kind in _ORDERED else None
    ),
    "round": _round, "sorted": _sorted, "str": _given(t.STR, lambda k: len(k) <= 1), "sum": _sum, "zip": _zip,
}  # fmt: skip


def call_method(kind: T, name: str, given: Sequence[Argument], literal: Any, calls: Calls) -> T:
    """A method of a built-in type.

    Raises:
        Illegal: a TypeError is possible.
    """
    kinds = [a.value.type for a in given]
    if any(k.kind in t.NO_VALUE for k in kinds):
        raise Illegal
    if kind.kind in ("str", "bytes"):
        return _text_method(kind, name, kinds, literal)
    if kind.kind == "list":
        return _list_method(kind.of[0], name, kinds, {a.name: a.value.type for a in given if a.name}, calls)
    if kind.kind == "dict":
        return _dict_method(kind, name, kinds)
    if kind.kind == "file":
        _need(
            all(k.kind == "str" for k in kinds) if name == "write" else all(k.kind in t.WHOLE for k in kinds)
        )
        return {"read": t.STR, "readline": t.STR, "write": t.INT}.get(name, T("nothing"))
    if name in ("count", "index"):
        _need(len(kinds) == 1)
        return t.INT
    if kind.kind == "bytearray":
        _need(
            len(kinds) == (name != "decode")
            and all(k.kind in (*t.WHOLE, "bytes", "bytearray") for k in kinds)
        )
        return t.STR if name == "decode" else T("nothing")
    if kind.kind == "set" and name in ("remove", "update"):
        _need(
            len(kinds) == 1 and (kinds[0].kind in (*t.NUMBERS, "str", "bytes") if name == "remove" else False)
        )
        return T("nothing")
    _need(not kinds)
    return kind if name == "copy" else kind.of[0] if name == "pop" else T("nothing")


def _text_method(kind: T, name: str, kinds: list[T], literal: Any) -> T:
    same = all(k.kind == kind.kind for k in kinds)
    if name == "format":
        plain = literal is not None and "{:" not in str(literal)
        _need(plain or all(k.kind in (*t.NUMBERS, "str") for k in kinds))
        return t.STR
    if name == "join":
        each = _elements(kinds)
        _need(len(kinds) == 1 and each is not None and each.kind in (kind.kind, "none-yet"))
        return kind
    if name in ("encode", "decode"):
        _need(all(k.kind == "str" for k in kinds))
        return t.BYTES if name == "encode" else t.STR
    if name in ("find", "index", "count", "startswith", "endswith"):
        _need(bool(kinds) and kinds[0].kind == kind.kind and all(k.kind in t.WHOLE for k in kinds[1:]))
        return t.BOOL if "with" in name else t.INT
    if name == "split":
        _need(not kinds or (kinds[0].kind == kind.kind and all(k.kind in t.WHOLE for k in kinds[1:])))
        return t.listed(kind)
    if name == "replace":
        _need(
            len(kinds) >= 2
            and all(k.kind == kind.kind for k in kinds[:2])
            and all(k.kind in t.WHOLE for k in kinds[2:])
        )
        return kind
    if name in ("strip", "lstrip", "rstrip"):
        _need(same and len(kinds) <= 1)
        return kind
    _need(not kinds)
    return t.BOOL if name.startswith("is") else kind


def _list_method(each: T, name: str, kinds: list[T], keywords: dict[str, T], calls: Calls) -> T:
    if name == "append":
        _need(len(kinds) == 1)
        return T("grown", (kinds[0],))
    if name == "insert":
        _need(len(kinds) == 2 and kinds[0].kind in t.WHOLE)
        return T("grown", (kinds[1],))
    if name == "extend":
        more = _elements(kinds)
        _need(len(kinds) == 1 and more is not None)
        assert more is not None
        return T("grown", (more,))
    if name in ("remove", "count", "index"):
        _need(len(kinds) == 1)
        return T("nothing") if name == "remove" else t.INT
    if name == "pop":
        _need(len(kinds) <= 1 and all(k.kind in t.WHOLE for k in kinds))
        return each
    if name == "sort":
        key = keywords.get("key")
        _need(_a_switch(keywords.get("reverse")))
        _need(each.kind == "none-yet" or key is not None or t.comparable(each, each))
        _need(key is None or (key.kind == "user" and calls.callable_with(key.of[0], (each,))))
        return T("nothing")
    _need(not kinds)
    return t.listed(each) if name == "copy" else T("nothing")


def _dict_method(kind: T, name: str, kinds: list[T]) -> T:
    key, value = kind.of
    if name in ("items", "keys", "values"):
        _need(not kinds)
        return T("iter", ({"items": T("tuple", (key, value)), "keys": key, "values": value}[name],))
    if name in ("get", "pop", "setdefault"):
        _need(1 <= len(kinds) <= 2 and kinds[0].kind in (*t.NUMBERS, "str", "bytes", "tuple"))
        if len(kinds) == 2:
            found = t.join(value, kinds[1])
            _need(found is not None)
            assert found is not None
            return found
        return value if name == "pop" else T("optional", (value,)) if value.kind != "optional" else value
    if name == "update":
        _need(len(kinds) == 1 and kinds[0] == kind)
        return T("nothing")
    _need(not kinds)
    return kind if name == "copy" else T("nothing")
