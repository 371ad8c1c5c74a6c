"""Sets of stacks as numbered states, and what characters do to them, remembered."""

from __future__ import annotations

from robo_runtime.automaton.notation import Chars
from robo_runtime.automaton.openings import Openings

DEAD = 0
"""The state that no text leads out of."""
_BOTTOM = -1
_MOST_STATES = 3_000  # some 7 MB; a program passes through a few hundred
_POSITIONS = 32  # bits


class States:
    """The automaton of one grammar.

    A stack is a position, and the stack below it to go on with when its rule has ended; a state is the set of
    stacks whose top is a set of characters, and the empty stack where the text is whole.
    """

    def __init__(self, openings: Openings) -> None:
        self._openings = openings
        self._positions: list[int] = []
        self._below: list[int] = []
        self._numbers: dict[int, int] = {}
        self._states: list[tuple[int, ...]] = [()]
        self._known: dict[tuple[int, ...], int] = {(): DEAD}
        self._after: list[dict[str, int]] = [{}]
        tops: set[int] = set()
        for start in openings.rules.starts("root"):
            self._open(start, _BOTTOM, tops)
        self.start = self._state(tops)

    def after(self, state: int, text: str) -> int:
        """The state behind some text; `DEAD` where the text may not stand."""
        for character in text:
            following = self._after[state].get(character)
            if following is None:
                following = self._after[state][character] = self._step(state, ord(character))
            if not following:
                return DEAD
            state = following
        return state

    def whole(self, state: int) -> bool:
        """Whether the text may end here."""
        return _BOTTOM in self._states[state]

    def open_to(self, state: int, low: int, high: int) -> bool:
        """Whether some character of this range of code points may follow."""
        return any(self._top(n).meets(low, high) for n in self._states[state] if n != _BOTTOM)

    def forced(self, state: int, most: int) -> str:
        """The text that must follow, as far as there is no choice, at most so many characters of it."""
        text = ""
        while len(text) < most and not self.whole(state) and len(self._states[state]) == 1:
            (stack,) = self._states[state]
            ranges = self._top(stack).ranges
            if len(ranges) > 1 or ranges[0][0] != ranges[0][1]:
                break
            text += chr(ranges[0][0])
            state = self.after(state, text[-1])
        return text

    @property
    def full(self) -> bool:
        """Whether so much is remembered that a new automaton should be begun."""
        return len(self._states) > _MOST_STATES

    def _top(self, stack: int) -> Chars:
        return self._openings.chars(self._positions[stack])

    def _step(self, state: int, code: int) -> int:
        tops: set[int] = set()
        chars, positions = self._openings.chars, self._positions
        for stack in self._states[state]:
            if stack != _BOTTOM and chars(positions[stack]).has(code):
                self._open(positions[stack] + 1, self._below[stack], tops)
        return self._state(tops)

    def _open(self, position: int, below: int, tops: set[int]) -> None:
        """Add to `tops` the stacks that begin at a position."""
        while True:
            opening = self._openings.at(position)
            for back, found in opening.groups:
                under = below
                for place in back:
                    under = self._number(place, under)
                for place in found:
                    tops.add(self._number(place, under))
            if not opening.ends:
                return
            if below == _BOTTOM:
                tops.add(_BOTTOM)
                return
            position, below = self._positions[below], self._below[below]

    def _number(self, position: int, below: int) -> int:
        key = (below + 1) << _POSITIONS | position
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._positions)
            self._positions.append(position)
            self._below.append(below)
        return number

    def _state(self, tops: set[int]) -> int:
        key = tuple(sorted(tops))
        state = self._known.get(key)
        if state is None:
            state = self._known[key] = len(self._states)
            self._states.append(key)
            self._after.append({})
        return state
