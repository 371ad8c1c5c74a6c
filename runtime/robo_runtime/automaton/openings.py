"""What stands first behind a position of a grammar, with rules entered and ended ones left; remembered."""

from __future__ import annotations

from typing import NamedTuple

from robo_runtime.automaton.notation import CHAR, END, REF, Chars, Rules


class Opening(NamedTuple):
    """What a text that has come to a position may go on with."""

    groups: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    """Positions to come back to when the rules entered have ended, the outermost first, with the positions of
    characters that stand there."""
    ends: bool
    """Whether the rule of the position may end here."""


class Openings:
    """The openings of a grammar, which do not depend on what is below in a stack."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._known: dict[int, Opening] = {}

    def at(self, position: int) -> Opening:
        """What stands at a position."""
        known = self._known.get(position)
        if known is None:
            known = self._known[position] = self._open(position)
        return known

    def chars(self, position: int) -> Chars:
        """The characters at a position that an opening names."""
        chars = self.rules.data[position]
        assert isinstance(chars, Chars)
        return chars

    def _open(self, position: int) -> Opening:
        rules = self.rules
        first: tuple[int, tuple[int, ...]] = (position, ())
        todo, seen, ends = [first], {first}, False
        groups: dict[tuple[int, ...], list[int]] = {}
        while todo:
            position, back = todo.pop()
            kind = rules.kinds[position]
            if kind == CHAR:
                groups.setdefault(back, []).append(position)
                continue
            if kind == REF:
                name = rules.data[position]
                assert isinstance(name, str)
                starts = rules.starts(name)
                last = rules.kinds[position + 1] == END  # nothing to come back for
                under = back if last else (*back, position + 1)
                following = [(start, under) for start in starts]
            elif back:
                following = [(back[-1], back[:-1])]
            else:
                ends = True
                continue
            for pair in following:
                if pair not in seen:
                    seen.add(pair)
                    todo.append(pair)
        return Opening(tuple((back, tuple(found)) for back, found in groups.items()), ends)
