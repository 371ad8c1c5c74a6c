"""Engines whose state is a value: a step makes a new one, and the old one stays as it was.

So a kept prefix is a reference, and going back is cutting. What is left to an engine is how to run a few
tokens behind a state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from robo_runtime.drafts import Drafts
from robo_runtime.engine import EngineError
from robo_runtime.engine.picking import NumpyPicker
from robo_runtime.engine.pieces import IdsAlone, Pieces
from robo_runtime.prompt import N_CONTROL, Part

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from robo_runtime.automaton import AutomatonGrammar

    Array = NDArray[np.float32]

_MAX_CONTEXT = 8192  # bounds the memory that a foreign file can ask for


class ArrayEngine:
    """One running text over a model that gives its scores as an array (see `robo_runtime.engine.Engine`).

    Args:
        pieces: the tokenizer, or what stands in for it where ids alone are run.
        n_vocab: tokens of the vocabulary.
        trained: tokens that the model takes.
        context: at most so many of them; all when None.
    """

    batch = 256
    """Tokens at a time: scores are made for each of them."""
    ahead = 0
    """Most guesses in one batch."""

    def __init__(
        self, pieces: Pieces | IdsAlone, n_vocab: int, *, trained: int, context: int | None = None
    ) -> None:
        import numpy

        self._np, self._pieces, self.n_vocab = numpy, pieces, n_vocab
        trained = min(trained, _MAX_CONTEXT)
        self.n_ctx = min(context or trained, trained)
        if self.n_ctx < 1:
            raise EngineError(f"context is {context}; use 1 to {trained}")
        self.ends: tuple[int, ...] = pieces.ends
        self.drafts = Drafts({}, 1)
        self._state = self._start()
        self._fed: list[int] = []
        self._guessed: list[int] = []
        """Tokens of the last batch that nothing has confirmed yet."""
        self._rows: Array | None = None
        """Scores after each token of the last batch."""
        self._at = -1
        """Where in them the current ones are."""
        self._kept: tuple[list[int], Any] = [], self._state

    def _start(self) -> Any:
        """The state before the first token."""
        raise NotImplementedError

    def _step(self, state: Any, tokens: list[int]) -> tuple[Array, Any]:
        """Scores (T, vocabulary) after each of T tokens behind a state, and the state behind them."""
        raise NotImplementedError

    def _first(self, state: Any, n: int) -> Any:
        """The state behind the first `n` of the tokens that made a state."""
        raise NotImplementedError

    def _require_open(self) -> None:
        """Raise when the model was closed."""

    def encode(self, parts: Sequence[Part]) -> list[int]:
        """See `robo_runtime.engine.Engine`."""
        return self._pieces.encode(parts)

    def piece(self, token: int) -> bytes:
        """See `robo_runtime.engine.Engine`."""
        return self._pieces.piece(token)

    def is_control(self, token: int) -> bool:
        """See `robo_runtime.engine.Engine`."""
        return token < N_CONTROL

    def reset(self) -> None:
        """See `robo_runtime.engine.Engine`."""
        self._require_open()
        self._fed, self._guessed, self._state, self._rows = [], [], self._start(), None

    def begin(self, prefix: Sequence[int]) -> None:
        """See `robo_runtime.engine.Engine`; a long prefix, too, is kept in memory alone."""
        self.reset()
        if not prefix:
            return
        if self._kept[0] == list(prefix):
            self._fed, self._state = list(prefix), self._kept[1]
            return
        self.feed(prefix)  # in a batch of its own, so that a kept state is no other than a new one
        self._kept = list(prefix), self._state

    def room(self) -> int:
        """See `robo_runtime.engine.Engine`."""
        return self.n_ctx - len(self._fed)

    def feed(self, tokens: Sequence[int]) -> None:
        """See `robo_runtime.engine.Engine`."""
        for rows in self._run(tokens):
            self._rows, self._at = rows, -1
        if len(tokens) > 1 and not self._np.isfinite(self.logits()).all():
            raise EngineError("the model gives no finite scores: its weights are broken, export it again")

    def feed_all(self, tokens: Sequence[int]) -> Array:
        """`feed`; returns the scores after each of the tokens, (T, vocabulary)."""
        rows: Array = self._np.concatenate(list(self._run(tokens)))
        self._rows, self._at = rows, -1
        return rows

    def _run(self, tokens: Sequence[int]) -> Iterator[Array]:
        self._require_open()
        self._forget_guesses()
        if len(tokens) > self.room():
            raise EngineError(
                f"{len(tokens)} more tokens do not fit: {len(self._fed)} of {self.n_ctx} are in use"
            )
        for start in range(0, len(tokens), self.batch):
            chunk = list(tokens[start : start + self.batch])
            rows, self._state = self._step(self._state, chunk)
            self._fed += chunk
            yield rows

    def feed_ahead(self, token: int, guesses: Sequence[int]) -> None:
        """See `robo_runtime.engine.Engine`."""
        guesses = list(guesses[: max(min(self.ahead, self.room() - 1), 0)])
        if not guesses:
            self.feed([token])
            return
        self._require_open()
        self._forget_guesses()
        self._rows, self._state = self._step(self._state, [token, *guesses])
        self._fed.append(token)
        self._guessed, self._at = guesses, 0

    def confirm(self, token: int) -> bool:
        """See `robo_runtime.engine.Engine`."""
        if not self._guessed or self._guessed[0] != token:
            return False
        self._fed.append(self._guessed.pop(0))
        self._at += 1
        return True

    def _forget_guesses(self) -> None:
        if self._guessed:
            self._state = self._first(self._state, len(self._fed))
            self._guessed = []

    def last(self, n: int) -> list[int]:
        """See `robo_runtime.engine.Engine`."""
        return self._fed[-n:]

    def rewind(self, n: int) -> None:
        """See `robo_runtime.engine.Engine`."""
        if not 0 <= n < len(self._fed):
            raise EngineError(f"{n} tokens cannot be taken back: {len(self._fed)} are in use")
        if n:
            self._guessed = []
            kept = self._fed[: len(self._fed) - n]
            self._fed = kept[:-1]
            self._state = self._first(self._state, len(self._fed))
            self.feed(kept[-1:])  # for the scores behind it

    def logits(self) -> Array:
        """The scores after the last token fed, `n_vocab` of them; not to be written to."""
        if self._rows is None:
            raise EngineError("there are no scores yet: feed the prompt first")
        scores: Array = self._rows[self._at]
        return scores

    def use_threads(self, threads: int) -> None:
        """See `robo_runtime.engine.Engine`; the libraries of numpy take theirs from the environment."""

    def grammar(self, gbnf: str) -> AutomatonGrammar:
        """See `robo_runtime.engine.Engine`."""
        from robo_runtime.automaton import AutomatonGrammar

        return AutomatonGrammar(gbnf, self)

    def picker(self, temperature: float, top_k: int, seed: int) -> NumpyPicker:
        """See `robo_runtime.engine.Engine`."""
        return NumpyPicker(self, temperature, top_k, seed)

    def close(self) -> None:
        """See `robo_runtime.engine.Engine`."""
        self._rows = self._state = None
        self._fed, self._guessed, self._kept = [], [], ([], None)
