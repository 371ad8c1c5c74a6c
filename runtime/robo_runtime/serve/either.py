"""One grammar or another, decided by the first tokens."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from robo_runtime.engine import AtOnce, Grammar, GrammarError


class Either(AtOnce):
    """What one or more of some grammars allow; those that a token rules out are out from then on.

    Joining the texts of the grammars would do as well, but not for grammars that are more than text, such as
    those that know which names a program has.
    """

    def __init__(self, grammars: Sequence[Grammar]) -> None:
        self._left = list(grammars)
        self.by_line = any(grammar.by_line for grammar in grammars)

    def allows(self, token: int) -> bool:
        """See `robo_runtime.engine.Grammar`."""
        return any(grammar.allows(token) for grammar in self._left)

    def accept(self, token: int) -> None:
        """See `robo_runtime.engine.Grammar`."""
        left = [grammar for grammar in self._left if grammar.allows(token)]
        if not left:
            raise GrammarError(f"token {token} is not allowed here")
        for grammar in left:
            grammar.accept(token)
        self._left = left

    def ban(self, tokens: frozenset[int]) -> None:
        """See `robo_runtime.engine.Grammar`."""
        for grammar in self._left:
            grammar.ban(tokens)

    def settle(self, pieces: Sequence[str]) -> int | None:
        """See `robo_runtime.engine.Grammar`: nothing was put off, and nothing may be."""
        for grammar in self._left:
            grammar.settle([])
        return None

    def mask(self, candidates: Any) -> None:
        """See `robo_runtime.engine.Grammar`."""
        array = candidates._obj
        size = ctypes.sizeof(array.data[0]) * array.size
        before = ctypes.string_at(array.data, size)
        best: list[float] = []
        for grammar in self._left:
            ctypes.memmove(array.data, before, size)
            grammar.mask(candidates)
            scores = [array.data[i].logit for i in range(array.size)] if len(self._left) > 1 else []
            best = list(map(max, best, scores)) if best else scores
        for i, score in enumerate(best):
            array.data[i].logit = score

    def fresh(self) -> Either:
        """Those that are left, at their start: any text that led here leads here again."""
        return Either([grammar.fresh() for grammar in self._left])
