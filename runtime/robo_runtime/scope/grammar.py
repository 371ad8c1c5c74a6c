"""A grammar and a scope as one: a token may come next when both allow it."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from robo_runtime.engine import GrammarError
from robo_runtime.engine.candidates import keep
from robo_runtime.scope.machine import Follower, Machine

if TYPE_CHECKING:
    from robo_runtime.engine import Engine, Grammar

_MOST_PUT_OFF = 120
"""Characters of a line after which it is looked at before its end."""


class ScopedGrammar:
    """Narrows a grammar to the names and types that a program has where it stands.

    A trained model hardly ever leaves the scope, and reading a line for each of its tokens costs more than
    the grammar itself. So a line may be read once, at its end; whoever writes has then to go back to the
    token that `settle` names, if any, and gets what checking each token would have given.

    Args:
        grammar: at its start.
        eager: check every token when it comes.
        texts: what tokens are known to say, shared by all programs.
    """

    by_line = True

    def __init__(
        self,
        grammar: Grammar,
        machine: Machine,
        engine: Engine,
        *,
        eager: bool = True,
        texts: dict[int, str] | None = None,
    ) -> None:
        self._grammar, self._machine, self._engine = grammar, machine, engine
        self._texts: dict[int, str] = {} if texts is None else texts
        self.follower: Follower = machine.start()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = False
        """Half a character was written."""
        self._from_start = self._eager = eager
        self.put_off = ""
        self.refused = 0
        """Tokens that the grammar allows and the scope does not."""
        self._allowed = -1
        """The token that was asked about last, if it may come next: it mostly is what is accepted."""

    def allows(self, token: int) -> bool:
        """See `robo_runtime.engine.Grammar`."""
        allowed = self._grammar.allows(token) and self._in_scope(token)
        self._allowed = token if allowed else -1
        return allowed

    def _in_scope(self, token: int) -> bool:
        if token in self._engine.ends:
            return not self.put_off and not self.follower.line
        text = self.put_off + self._text(token)
        if not self._eager and "\n" not in text and len(text) < _MOST_PUT_OFF:
            return True
        if self.follower.allows(text):
            return True
        self.refused += 1
        return False

    def _text(self, token: int) -> str:
        """What a token adds: characters that are whole by then."""
        if not self._begun and (text := self._texts.get(token)) is not None:
            return text
        piece = self._engine.piece(token)
        state = self._decoder.getstate()
        text = self._decoder.decode(piece)
        self._decoder.setstate(state)
        if text.encode() == piece:  # whole characters, the same wherever it stands
            self._texts[token] = text
        return text

    def _take(self, token: int) -> str:
        """`_text` of a token that is accepted."""
        if not self._begun and (text := self._texts.get(token)) is not None:
            return text
        text = self._decoder.decode(self._engine.piece(token))
        self._begun = bool(self._decoder.getstate()[0])
        return text

    def ban(self, tokens: frozenset[int]) -> None:
        """See `robo_runtime.engine.Grammar`."""
        self._grammar.ban(tokens)
        self._allowed = -1

    def mask(self, candidates: Any) -> None:
        """Set the logits of all candidates that may not come next to minus infinity."""
        self._grammar.mask(candidates)
        firsts: dict[str, bool] = {}  # most tokens fall at their first character, which need be asked once

        def allowed(token: int) -> bool:
            first = self._text(token)[:1]
            if first not in firsts:
                firsts[first] = not first or self.follower.allows(self.put_off + first)
            return firsts[first] and self._in_scope(token)

        keep(candidates, allowed)

    def accept(self, token: int) -> None:
        """See `robo_runtime.engine.Grammar`."""
        if token != self._allowed and not self.allows(token):
            raise GrammarError(f"token {token} ({self._engine.piece(token)!r}) is not allowed here")
        self._allowed = -1
        self._grammar.accept(token)
        if token in self._engine.ends:
            return
        text = self.put_off + self._take(token)
        if not self._eager and "\n" not in text and len(text) < _MOST_PUT_OFF:
            self.put_off = text
        else:
            self.follower.accept(text)
            self.put_off = ""

    def settle(self, pieces: Sequence[str]) -> int | None:
        """See `robo_runtime.engine.Grammar`."""
        self._eager, self._allowed = True, -1
        text = ""
        for i, piece in enumerate(pieces):
            text += piece
            if text and not self.follower.allows(text):
                return i
        if text:
            self.follower.accept(text)
        self.put_off = ""
        return None

    def forced(self) -> Sequence[int]:
        """See `robo_runtime.engine.Grammar`: what the grammar forces, the scope cannot forbid for long."""
        return self._grammar.forced()

    def fresh(self) -> ScopedGrammar:
        """The same at the start of a program."""
        grammar = self._grammar.fresh()
        return ScopedGrammar(grammar, self._machine, self._engine, eager=self._from_start, texts=self._texts)
