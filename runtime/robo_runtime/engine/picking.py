"""Choosing tokens in numpy, for engines that give their scores as an array."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from robo_runtime.engine import EngineError, Grammar, GrammarError
from robo_runtime.prompt import N_CONTROL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Scores = NDArray[np.float32]

_SOON = 64
"""Tokens that are sorted first: a trained model's choice is mostly among them."""


class Scored(Protocol):
    """What a picker needs of an engine."""

    ends: tuple[int, ...]

    def logits(self) -> Scores:
        """One for each token."""


class NumpyPicker:
    """The best token, or one drawn at a temperature (see `robo_runtime.engine.Picker`).

    Drawn by adding Gumbel noise to the scores and taking the best (Gumbel 1954): the best of those that a
    grammar allows is then drawn from the distribution of just these.
    """

    def __init__(self, engine: Scored, temperature: float, top_k: int, seed: int) -> None:
        import numpy as np

        if not 0 <= temperature <= 100:
            raise EngineError(f"temperature is {temperature}; use 0 (always the best token) to 100")
        self._np, self._engine = np, engine
        self._temperature, self._top_k = temperature, top_k
        self._random = np.random.default_rng(seed & 0xFFFFFFFF)

    def pick(self) -> int:
        scores = self._engine.logits()
        if not self._temperature:
            return int(scores.argmax())
        best = self._likely(scores)
        return int(best[self._drawn(scores[best]).argmax()])

    def pick_allowed(self, grammar: Grammar) -> int:
        scores = self._engine.logits().copy()
        controls = [token for token in range(N_CONTROL) if token not in self._engine.ends]
        scores[controls] = -self._np.inf
        if not self._temperature:
            for token in self._best_first(scores):
                if grammar.allows(token):
                    return token
            raise _stuck()
        best = self._likely(scores)
        for token in best[self._np.argsort(-self._drawn(scores[best]))].tolist():
            if self._np.isfinite(scores[token]) and grammar.allows(token):
                return int(token)
        return self._drawn_allowed(scores, grammar)

    def _drawn_allowed(self, scores: Scores, grammar: Grammar) -> int:
        """Draw among the likeliest of all tokens that are allowed."""
        most = self._top_k or len(scores)
        allowed: list[int] = []
        for token in self._best_first(scores):
            if grammar.allows(token):
                allowed.append(token)
                if len(allowed) == most:
                    break
        if not allowed:
            raise _stuck()
        return allowed[int(self._drawn(scores[allowed]).argmax())]

    def _likely(self, scores: Scores) -> Any:
        """The ids of the `top_k` best tokens."""
        n = len(scores)
        if not 0 < self._top_k < n:
            return self._np.arange(n)
        return self._np.argpartition(-scores, self._top_k)[: self._top_k]

    def _drawn(self, scores: Scores) -> Any:
        noise = self._random.gumbel(size=len(scores))
        return scores.astype(self._np.float64) / self._temperature + noise

    def _best_first(self, scores: Scores) -> Iterator[int]:
        """Ids by their scores; the lower of two with the same."""
        np = self._np
        soon = min(_SOON, len(scores))
        edge = np.partition(scores, -soon)[-soon]
        for part in (np.flatnonzero(scores >= edge), np.flatnonzero(scores < edge)):
            for token in part[np.argsort(-scores[part], kind="stable")].tolist():
                if np.isfinite(scores[token]):
                    yield token


def _stuck() -> GrammarError:
    return GrammarError("the grammar leaves no token to go on with; it does not fit this vocabulary")
