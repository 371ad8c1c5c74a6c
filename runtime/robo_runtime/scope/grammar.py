"""A grammar and a scope as one: a token may come next when both allow it."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any

from robo_runtime.scope.machine import Follower, Machine

if TYPE_CHECKING:
    from robo_runtime.engine import Engine, Grammar


class ScopedGrammar:
    """Narrows a grammar to the names and types that a program has where it stands.

    Args:
        grammar: at its start.
        ends: tokens that end a program.
    """

    by_line = True

    def __init__(self, grammar: Grammar, machine: Machine, engine: Engine) -> None:
        self._grammar, self._machine, self._engine = grammar, machine, engine
        self.follower: Follower = machine.start()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.refused = 0
        """Tokens that the grammar allows and the scope does not."""

    def allows(self, token: int) -> bool:
        """See `robo_runtime.engine.Grammar`."""
        return self._grammar.allows(token) and self._in_scope(token)

    def _in_scope(self, token: int) -> bool:
        if token in self._engine.ends:
            return not self.follower.line
        if self.follower.allows(self._text(token)):
            return True
        self.refused += 1
        return False

    def _text(self, token: int) -> str:
        """What a token adds: characters that are whole by then."""
        state = self._decoder.getstate()
        text = self._decoder.decode(self._engine.piece(token))
        self._decoder.setstate(state)
        return text

    def ban(self, tokens: frozenset[int]) -> None:
        """See `robo_runtime.engine.Grammar`."""
        self._grammar.ban(tokens)

    def mask(self, candidates: Any) -> None:
        """Set the logits of all candidates that may not come next to minus infinity."""
        self._grammar.mask(candidates)
        array = candidates._obj
        firsts: dict[str, bool] = {}  # most tokens fall at their first character, which need be asked once
        for i in range(array.size):
            entry = array.data[i]
            if entry.logit == float("-inf"):
                continue
            first = self._text(entry.id)[:1]
            if first not in firsts:
                firsts[first] = not first or self.follower.allows(first)
            if not firsts[first] or not self._in_scope(entry.id):
                entry.logit = float("-inf")

    def accept(self, token: int) -> None:
        """See `robo_runtime.engine.Grammar`."""
        self._grammar.accept(token)
        if token not in self._engine.ends:
            self.follower.accept(self._decoder.decode(self._engine.piece(token)))

    def fresh(self) -> ScopedGrammar:
        """The same at the start of a program."""
        return ScopedGrammar(self._grammar.fresh(), self._machine, self._engine)
