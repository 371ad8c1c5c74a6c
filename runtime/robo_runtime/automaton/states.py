"""Sets of stacks as numbered states, and what characters do to them, remembered."""

from __future__ import annotations

from robo_runtime.automaton.notation import CHAR, END, REF, Chars, Rules

DEAD = 0
"""The state that no text leads out of."""
_BOTTOM = -1
_MOST_STATES = 3_000  # some 10 MB; a program passes through a few hundred


class States:
    """The automaton of one grammar.

    A stack is a position, and the stack below it to go on with when its rule has ended; a state is the set of
    stacks whose top is a set of characters, and the empty stack where the text is whole.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._stacks: list[tuple[int, int]] = []
        self._numbers: dict[tuple[int, int], int] = {}
        self._states: list[frozenset[int]] = [frozenset()]
        self._known: dict[frozenset[int], int] = {frozenset(): DEAD}
        self._after: list[dict[str, int]] = [{}]
        tops: set[int] = set()
        for start in rules.starts("root"):
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
        return any(
            chars.meets(low, high) for n in self._states[state] if n != _BOTTOM for chars in [self._top(n)]
        )

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
        chars = self._rules.data[self._stacks[stack][0]]
        assert isinstance(chars, Chars)
        return chars

    def _step(self, state: int, code: int) -> int:
        tops: set[int] = set()
        for stack in self._states[state]:
            if stack != _BOTTOM and self._top(stack).has(code):
                position, below = self._stacks[stack]
                self._open(position + 1, below, tops)
        return self._state(tops)

    def _open(self, position: int, below: int, tops: set[int]) -> None:
        """Add to `tops` the stacks that begin at a position, with rules entered and ended ones left."""
        rules = self._rules
        todo, seen = [(position, below)], {(position, below)}
        while todo:
            position, below = todo.pop()
            kind = rules.kinds[position]
            if kind == CHAR:
                tops.add(self._number(position, below))
                continue
            if kind == REF:
                name = rules.data[position]
                assert isinstance(name, str)
                starts = rules.starts(name)
                last = rules.kinds[position + 1] == END
                under = below if last else self._number(position + 1, below)
                following = [(start, under) for start in starts]
            elif below == _BOTTOM:
                tops.add(_BOTTOM)
                continue
            else:
                following = [self._stacks[below]]
            for pair in following:
                if pair not in seen:
                    seen.add(pair)
                    todo.append(pair)

    def _number(self, position: int, below: int) -> int:
        key = position, below
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._stacks)
            self._stacks.append(key)
        return number

    def _state(self, tops: set[int]) -> int:
        key = frozenset(tops)
        state = self._known.get(key)
        if state is None:
            state = self._known[key] = len(self._states)
            self._states.append(key)
            self._after.append({})
        return state
