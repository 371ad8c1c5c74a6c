"""Argument lists: how many, in which order, under which names, and of what kind.

The overloads of a call are followed together: after each argument the possible positions in all of them are
one state, so that two signatures of a method never cost two parallel readings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from robo_runtime.grammar.gbnf import Grammar, literal

_ANY_ORDER = 4
"""Up to so many keyword arguments may come in any order; more keep the order of the signature."""

Atom = tuple[object, ...]
"""One kind of value an argument may have, such as `("int", 0, 100)`; see `values.py`."""


@dataclass(frozen=True)
class Param:
    """One parameter. `many` takes any number of arguments, `many keywords` any with names of their own."""

    name: str
    atoms: frozenset[Atom]
    required: bool = True
    kind: Literal["positional", "both", "keyword", "many", "many keywords"] = "both"


Signature = tuple[Param, ...]


_NAMED = -1
"""Stands in `given` for parameters before the position that were given by name."""


class _Place(NamedTuple):
    """A position in one overload: the next parameter, and which of the later ones were given by name."""

    overload: int
    position: int
    given: frozenset[int] = frozenset()


_State = frozenset[_Place]


def call_rule(
    g: Grammar, overloads: list[Signature], value: Callable[[frozenset[Atom]], str], ident: str
) -> str:
    """A rule for what follows `(`, the closing parenthesis included.

    Args:
        value: gives the rule that matches a value of one of the kinds.
        ident: the rule of a free name, for keywords that a signature leaves open.
    """
    return _Calls(g, overloads, value, ident).first()


class _Calls:
    def __init__(
        self, g: Grammar, overloads: list[Signature], value: Callable[[frozenset[Atom]], str], ident: str
    ) -> None:
        self.g, self.overloads, self.value, self.ident = g, overloads, value, ident
        self._rules: dict[_State, str] = {}

    def first(self) -> str:
        start = frozenset(_Place(i, 0) for i in range(len(self.overloads)))
        return self.g.share(*self._end(start), *self._items(start))

    def _rest(self, state: _State) -> str:
        """The rule after an argument that led to `state`."""
        if state not in self._rules:
            loops = any(p.kind.startswith("many") for place in state for p in self.overloads[place.overload])
            if loops:  # the state may come back to itself
                self._rules[state] = name = self.g.fresh()
                self.g.rule(name, *self._after(state))
            else:
                self._rules[state] = self.g.share(*self._after(state))
        return self._rules[state]

    def _after(self, state: _State) -> list[str]:
        if not (items := self._items(state)):
            return self._end(state)
        return [*self._end(state), f'", " {items[0] if len(items) == 1 else self.g.share(*items)}']

    def _end(self, state: _State) -> list[str]:
        return ['")"'] if any(self._complete(place) for place in state) else []

    def _items(self, state: _State) -> list[str]:
        """One alternative for each way to write the next argument."""
        moves: dict[str, tuple[set[Atom], set[_Place]]] = {}
        for place in state:
            for prefix, param, after in self._moves(place):
                atoms, places = moves.setdefault(prefix, (set(), set()))
                atoms |= param.atoms
                places.add(after)
        return [
            f"{prefix} {self.value(frozenset(atoms))} {self._rest(frozenset(places))}".lstrip()
            for prefix, (atoms, places) in sorted(moves.items())
        ]

    def _moves(self, place: _Place) -> list[tuple[str, Param, _Place]]:
        """Each possible next argument: what is written before its value, its parameter, the place after."""
        signature = self.overloads[place.overload]
        out = []
        if not place.given and place.position < len(signature):
            param = signature[place.position]
            if param.kind == "many":
                out.append(("", param, place))
            elif param.kind in ("positional", "both"):
                out.append(("", param, place._replace(position=place.position + 1)))
        rest = range(place.position, len(signature))
        if any(signature[i].required and signature[i].kind == "positional" for i in rest):
            return out
        by_name = [i for i in rest if signature[i].kind in ("both", "keyword") and i not in place.given]
        ordered = len(by_name) + len(place.given - {_NAMED}) > _ANY_ORDER
        for i in by_name:
            after = place._replace(given=place.given | {i})
            if ordered:
                after = _Place(place.overload, i + 1, frozenset({_NAMED}))
            out.append((literal(signature[i].name + "="), signature[i], after))
            if ordered and signature[i].required:
                break
        if signature and signature[-1].kind == "many keywords":
            out.append((f'{self.ident} "="', signature[-1], place._replace(given=place.given | {_NAMED})))
        return out

    def _complete(self, place: _Place) -> bool:
        rest = list(enumerate(self.overloads[place.overload]))[place.position :]
        return all(not p.required or p.kind == "many" or i in place.given for i, p in rest)
