"""What an expression comes to, and what its type lets be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from robo_runtime.scope import types as t
from robo_runtime.scope.text import Illegal
from robo_runtime.scope.types import T

Leads = Callable[[T], bool]


class Value(NamedTuple):
    """An expression that was read."""

    type: T
    literal: Any = None
    """The number or text that was written, where it was one."""
    sure: bool = False
    """It certainly has an element to iterate over."""
    name: str = ""
    """The variable, where it is one and nothing else."""


def t_numbers(kind: T) -> bool:
    """Numbers."""
    return kind.kind in (*t.NUMBERS, "any")


def t_whole(kind: T) -> bool:
    """Whole numbers."""
    return kind.kind in (*t.WHOLE, "any")


def may_lead(kind: T, leads: Leads | None) -> bool:
    """Whether a name of this kind can begin an operand of what is wanted."""
    scalar = kind.kind in (*t.NUMBERS, "None", "range", "exception")
    return leads is None or not scalar or leads(kind)


def spread(targets: list[str], source: T) -> dict[str, T]:
    """What the targets of a loop get from what is iterated over.

    Raises:
        Illegal: it cannot be iterated over, or its elements cannot be taken apart.
    """
    each = t.element(source)
    if each is None:
        raise Illegal
    if len(targets) == 1:
        return {targets[0]: each}
    return dict(zip(targets, parts(each, len(targets)), strict=True))


def parts(kind: T, n: int) -> list[T]:
    """The types of `n` names that a value is taken apart to."""
    if kind.kind == "tuple":
        if len(kind.of) != n:
            raise Illegal
        return list(kind.of)
    each = t.element(kind)
    if each is None:
        raise Illegal
    return [each] * n


def formats(text: Any, value: T) -> bool:
    """Whether `text % value` is no TypeError."""
    if not isinstance(text, str):
        return False
    wanted, i = [], 0
    while (i := text.find("%", i)) >= 0:
        i += 1
        while i < len(text) and text[i] in "0123456789.-+ #":
            i += 1
        if i >= len(text):
            return False
        if text[i] != "%":
            wanted.append(text[i])
        i += 1
    given = value.of if value.kind == "tuple" else (value,)
    if (
        len(given) != len(wanted)
        or value.kind in ("many", "mixed", "any")
        or any(g.kind == "mixed" for g in given)
    ):
        return False
    number = (*t.NUMBERS, "any")
    return all(
        (w in "sr") or (w in "dfeg" and g.kind in number) or (w in "xXo" and g.kind in (*t.WHOLE, "any"))
        for w, g in zip(wanted, given, strict=True)
    )
