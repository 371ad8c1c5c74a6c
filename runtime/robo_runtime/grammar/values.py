"""What an argument may be: a literal of the right kind and range, or an expression that is no bare literal.

A range can only be checked on what is written out: `robot.move_forward(101)` is refused, while
`robot.move_forward(speed)` and `robot.move_forward(60 + step)` are the checker's or the firmware's business.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from robo_runtime.grammar.expressions import Layer
from robo_runtime.grammar.gbnf import Grammar, words
from robo_runtime.grammar.ranges import float_range, int_range
from robo_runtime.grammar.signatures import Atom
from robo_runtime.registry.models import PinRole

ANY: Atom = ("any",)
BOOL: Atom = ("bool",)
STR: Atom = ("str",)
BYTES: Atom = ("bytes",)
LIST: Atom = ("list",)
DICT: Atom = ("dict",)
FUNCTION: Atom = ("function",)
NONE: Atom = ("none",)
OBJECT: Atom = ("object",)
"""Something that has no literal, such as an I2C bus."""


def integer(low: float | None = None, high: float | None = None) -> Atom:
    """An integer; None for no bound."""
    return ("int", -math.inf if low is None else low, math.inf if high is None else high)


def decimal(low: float | None = None, high: float | None = None) -> Atom:
    """A number with or without a decimal point; None for no bound."""
    return ("float", -math.inf if low is None else low, math.inf if high is None else high)


def numbers(low: float | None = None, high: float | None = None) -> Atom:
    """A tuple; with bounds, of two or more integers between them."""
    return ("tuple", -math.inf if low is None else low, math.inf if high is None else high)


def one_of(values: tuple[str, ...]) -> Atom:
    """One of some strings."""
    return ("enum", values)


def constants(names: tuple[str, ...]) -> Atom:
    """One of some constants such as `ADC.ATTN_11DB`, or several joined by `|`."""
    return ("constant", names)


def pin(role: PinRole, *, number: bool) -> Atom:
    """A pin that can do something, by a name, as `Pin(…)`, or, with `number`, as its number."""
    return ("pin", role, number)


class Values:
    """Makes the rules for kinds of values in one layer.

    Args:
        ident: the rule of a free name.
        pins: gives the rule of a pin written out: its role, and may it be a number.
    """

    def __init__(self, g: Grammar, layer: Layer, ident: str, pins: Callable[[PinRole, bool], str]) -> None:
        self.g, self.n, self.inner, self.ident, self.pins = g, layer.name, layer.inner, ident, pins
        self._made: dict[frozenset[Atom], str] = {}
        self._branches: dict[tuple[str, tuple[str, ...]], str] = {}

    def __call__(self, atoms: frozenset[Atom]) -> str:
        """The rule for a value of one of the kinds."""
        if atoms not in self._made:
            self._made[atoms] = self._make(atoms)
        return self._made[atoms]

    def _make(self, atoms: frozenset[Atom]) -> str:
        kinds = {str(atom[0]) for atom in atoms}
        if "any" in kinds:
            return self.n("expr")
        own: list[str] = []
        for kind in sorted(kinds):
            own += getattr(self, f"_{kind}")(sorted((a for a in atoms if a[0] == kind), key=repr))
        # A function, a constant or a pin is given by name: other expressions could hide a wrong one.
        if kinds <= {"function", "none"}:
            return self.g.share(self.ident, *own)
        if kinds & {"pin", "constant"}:
            return self.g.share(f"{self.ident} {self.n('after-name')}", *own)
        # With bounds on its elements a tuple must not be read as any expression in parentheses.
        bounded = any(atom[0] == "tuple" and atom[2] != math.inf for atom in atoms)
        return self.g.share(f"{self.n('names')} {self.n('tail')}" if bounded else self.n("plain"), *own)

    def _either(self, literal: str, *others: str) -> str:
        """`literal`, alone or before ` if … else `, after which comes one of all these."""
        if (literal, others) not in self._branches:
            self._branches[literal, others] = name = self.g.fresh()
            self.g.rule(name, self._written(literal, name), self.n("plain"), *others)
        return self._written(literal, self._branches[literal, others])

    def _written(self, literal: str, otherwise: str) -> str:
        return f'{literal} (" if " {self.n("cond")} " else " {otherwise})?'

    def _numbers(self, atoms: list[Atom], free: str, ranged: Callable[[float, float], str]) -> list[str]:
        low = min(float(str(atom[1])) for atom in atoms)
        high = max(float(str(atom[2])) for atom in atoms)
        if math.isinf(high):
            sign = '"-"? ' if low < 0 else ""
            return [f"{sign}{free} {self.n('tail')}"]
        name = self.g.share(ranged(low, high))
        computed = f'"-"? number " " {self.n("arithmetic")}'
        return [self._either(name, computed), computed]

    def _int(self, atoms: list[Atom]) -> list[str]:
        return self._numbers(atoms, "int", lambda low, high: int_range(self.g, int(low), int(high)))

    def _float(self, atoms: list[Atom]) -> list[str]:
        return self._numbers(atoms, "number", lambda low, high: float_range(self.g, low, high))

    def _bool(self, _: list[Atom]) -> list[str]:
        return [f'("True"|"False") {self.n("tail")}']

    def _none(self, _: list[Atom]) -> list[str]:
        return ['"None"']

    def _str(self, _: list[Atom]) -> list[str]:
        string = "inner-string" if self.inner else self.n("text")
        return [f"{string} {self.n('after-call')} {self.n('tail')}"]

    def _bytes(self, _: list[Atom]) -> list[str]:
        return [] if self.inner else [f"bytes {self.n('after-call')} {self.n('tail')}"]

    def _enum(self, atoms: list[Atom]) -> list[str]:
        values = sorted({v for atom in atoms for v in atom[1]})  # type: ignore[attr-defined]
        quote = "'" if self.inner else '"'
        name = self.g.share(words(self.g, {f"{quote}{v}{quote}": "" for v in values}))
        return [self._either(name)]

    def _list(self, _: list[Atom]) -> list[str]:
        return [] if self.inner else [f'"[" {self.n("list")} {self.n("tail")}']

    def _tuple(self, atoms: list[Atom]) -> list[str]:
        low, high = (max(float(str(atom[i])) * (-1, 1)[i - 1] for atom in atoms) for i in (1, 2))
        if math.isinf(high):
            return []  # `plain` has the parentheses
        element = self(frozenset([integer(-low, high)]))
        return [f'"(" {element} (", " {element})+ ")"']

    def _dict(self, _: list[Atom]) -> list[str]:
        return [] if self.inner else [f'"{{" {self.n("dict")}']

    def _object(self, _: list[Atom]) -> list[str]:
        return []

    def _constant(self, atoms: list[Atom]) -> list[str]:
        names = {name: "" for atom in atoms for name in atom[1]}  # type: ignore[attr-defined]
        name = self.g.share(words(self.g, names))
        return [f'{name} (" | " {name})*']

    def _function(self, _: list[Atom]) -> list[str]:
        return [] if self.inner else [self.n("lambda")]

    def _pin(self, atoms: list[Atom]) -> list[str]:
        return [self.pins(*atom[1:]) for atom in atoms]  # type: ignore[arg-type]
