"""The scope's table, and what its rules say of Python's own functions and methods."""

from __future__ import annotations

from robo_runtime.native.stream import Stream
from robo_runtime.scope import types
from robo_runtime.scope.builtins import BUILTINS, KEYWORDS, MEMBERS, RESULTLESS
from robo_runtime.scope.calls import HANDED_ON
from robo_runtime.scope.table import AS_MANY_AS_IT_TAKES, CALLBACKS, Overload, Param, Table, returned
from robo_runtime.scope.types import T

KINDS = (
    "int float bool str bytes bytearray None any none-yet range file exception text mixed nothing list tuple"
    " many set iter dict optional instance class module function method object user bound builtin grown"
).split()
"""Kinds of types by number; the core has the same list."""
GIVEN = ("pos", "both", "kw", "var", "varkw")
_NOTHING, _ELEMENT, _TYPE = 0, 1, 2
"""What a call returns."""


def put_scope(out: Stream, table: Table) -> None:
    """All that a core needs beside the rules themselves."""
    out.each(KINDS, out.string)
    _put_table(out, table)
    classes = frozenset(table.classes)
    wanted = {n: [types.named(word, classes) for word in words] for n, words in CALLBACKS.items()}
    out.table(wanted, lambda kinds: out.each(kinds, lambda kind: _put_type(out, kind)))
    out.strings(AS_MANY_AS_IT_TAKES)
    out.strings(HANDED_ON)
    out.strings(BUILTINS)
    out.table(MEMBERS, out.strings)
    out.table(KEYWORDS, out.strings)
    out.strings(RESULTLESS)


def _put_table(out: Stream, table: Table) -> None:
    def members(found: dict[str, T]) -> None:
        out.table(found, lambda kind: _put_type(out, kind))

    out.table(table.modules, members)
    out.table(table.classes, members)
    out.table(table.calls, lambda found: out.each(found, lambda overload: _put_overload(out, overload)))
    out.strings(table.items)
    members(table.kit)
    out.table(table.kit_members, members)
    out.string(table.kit_module)


def _put_overload(out: Stream, overload: Overload) -> None:
    def param(p: Param) -> None:
        out.string(p.name)
        out.each(p.words, out.string)
        out.number(GIVEN.index(p.kind), p.required)

    out.each(overload.params, param)
    if overload.returns == "None":
        out.number(_NOTHING)
    elif overload.returns == "element":
        out.number(_ELEMENT)
    else:
        out.number(_TYPE)
        _put_type(out, returned(overload.returns))


def _put_type(out: Stream, kind: T) -> None:
    """A kind, a name and the types that it is made of."""
    names = [part for part in kind.of if not isinstance(part, T)]
    out.number(KINDS.index(kind.kind))
    out.string("".join(names))
    out.each([part for part in kind.of if isinstance(part, T)], lambda part: _put_type(out, part))
