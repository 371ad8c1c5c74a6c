"""The automaton behind the interface of grammars: which token may come next."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from robo_runtime.automaton.notation import Rules
from robo_runtime.automaton.openings import Openings
from robo_runtime.automaton.states import DEAD, States
from robo_runtime.automaton.vocabulary import Vocabulary, begun_range
from robo_runtime.engine import AtOnce, GrammarError
from robo_runtime.engine.candidates import keep
from robo_runtime.prompt import N_CONTROL, Part

if TYPE_CHECKING:
    from robo_runtime.engine import Engine


_MOST_FORCED = 40  # characters
_MOST_SETS = 100  # some ten kilobytes each


class _Shared:
    """What all texts under one grammar share: the automaton, the vocabulary, and tokens looked up so far."""

    def __init__(self, rules: Rules, vocabulary: Vocabulary) -> None:
        self.openings, self.vocabulary = Openings(rules), vocabulary
        self.begin()

    def begin(self) -> None:
        """Forget what was remembered."""
        self.states = States(self.openings)
        self.known: dict[tuple[int, int], int] = {}
        self.forced: dict[int, list[int]] = {}
        self.allowed: dict[int, set[int]] = {}


class AutomatonGrammar(AtOnce):
    """A grammar and how far a text has come in it (see `robo_runtime.engine.Grammar`).

    Args:
        engine: whose vocabulary is used.

    Raises:
        NotationError: the grammar cannot be read here.
    """

    def __init__(self, gbnf: str, engine: Engine, shared: _Shared | None = None) -> None:
        if shared is None:
            shared = _Shared(Rules(gbnf), Vocabulary(_pieces_of(engine), engine.n_vocab))
        self._engine, self._shared, self._states = engine, shared, shared.states
        self._known = shared.known
        self._state = self._states.start
        self._begun = b""
        """Bytes of a character that is not complete yet."""
        self._tokens: list[int] = []
        self._banned: frozenset[int] = frozenset()
        self._asked: tuple[int, tuple[int, bytes] | None] = -1, None
        """The last token that was asked about, and what would follow: it mostly is accepted next."""

    def allows(self, token: int) -> bool:
        """See the class."""
        self._asked = token, None if token in self._banned else self._following(token)
        return self._asked[1] is not None

    def _following(self, token: int) -> tuple[int, bytes] | None:
        """State and begun bytes behind a token; None where it may not stand."""
        if token in self._engine.ends:
            return (self._state, b"") if not self._begun and self._states.whole(self._state) else None
        if token < N_CONTROL:
            return None
        if self._begun or (text := self._shared.vocabulary.text(token)) is None:
            return self._in_bytes(token)
        key = self._state, token
        state = self._known.get(key)
        if state is None:
            state = self._known[key] = self._states.after(self._state, text)
        return None if state == DEAD else (state, b"")

    def _in_bytes(self, token: int) -> tuple[int, bytes] | None:
        data = self._begun + self._shared.vocabulary.piece(token)
        try:
            text, used = codecs.utf_8_decode(data, "strict", False)
        except UnicodeDecodeError:
            return None
        state, rest = self._states.after(self._state, text), data[used:]
        if state == DEAD or (rest and not self._could(state, rest)) or not data:
            return None
        return state, rest

    def _could(self, state: int, begun: bytes) -> bool:
        span = begun_range(begun)
        return span is not None and self._states.open_to(state, *span)

    def accept(self, token: int) -> None:
        """See `robo_runtime.engine.Grammar`."""
        if self._asked[0] != token:
            self.allows(token)
        following = self._asked[1]
        if following is None:
            raise GrammarError(f"token {token} ({self._engine.piece(token)!r}) is not allowed here")
        self._state, self._begun = following
        self._banned, self._asked = frozenset(), (-1, None)
        if token not in self._engine.ends:
            self._tokens.append(token)

    def ban(self, tokens: frozenset[int]) -> None:
        """See `robo_runtime.engine.Grammar`."""
        self._banned, self._asked = tokens, (-1, None)

    def forced(self) -> list[int]:
        """See `robo_runtime.engine.Grammar`."""
        if self._begun:
            return []
        known = self._shared.forced.get(self._state)
        if known is None:
            text = self._states.forced(self._state, _MOST_FORCED)
            known = self._engine.encode([Part(text, False)]) if text else []
            self._shared.forced[self._state] = known
        return known

    def allowed(self) -> set[int]:
        """Every token that may come next, the ends included."""
        self._renew()
        vocabulary = self._shared.vocabulary
        if self._begun:
            found = {t for t in range(vocabulary.size) if self._following(t) is not None}
        else:
            found = set(self._whole_characters())
            found.update(t for t in self._engine.ends if self._following(t) is not None)
        return found - self._banned

    def _renew(self) -> None:
        """Begin a new automaton where this one has grown too large, and go on in it: every look at the whole
        vocabulary adds thousands of states that no text may ever reach."""
        if not self._states.full:
            return
        if self._states is self._shared.states:
            self._shared.begin()
        self._states, self._known = self._shared.states, self._shared.known
        self._state, self._begun, self._asked = self._states.start, b"", (-1, None)
        for token in self._tokens:
            following = self._following(token)
            assert following is not None  # it was accepted before
            self._state, self._begun = following

    def _whole_characters(self) -> set[int]:
        """Tokens that may follow where no character is begun, without the ends; remembered."""
        known = self._shared.allowed.get(self._state)
        if known is None:
            vocabulary = self._shared.vocabulary
            known = vocabulary.allowed(self._states, self._state)
            known.update(t for t in vocabulary.parts if self._following(t) is not None)
            if len(self._shared.allowed) < _MOST_SETS:
                self._shared.allowed[self._state] = known
        return known

    def mask(self, candidates: Any) -> None:
        """Set the logits of all candidates that may not come next to minus infinity."""
        keep(candidates, self.allowed().__contains__)

    def fresh(self) -> AutomatonGrammar:
        """The same at the start of a text."""
        self._renew()  # this one may be kept as the root of others, and would keep an old automaton alive
        return AutomatonGrammar("", self._engine, self._shared)


def _pieces_of(engine: Engine) -> Callable[[int], bytes]:
    """A function that gives no text for control tokens, whose names a string could contain."""
    return lambda token: b"" if engine.is_control(token) else engine.piece(token)
