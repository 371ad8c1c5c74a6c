"""The checkpoint itself as an engine of the runtime: numpy, token by token, for what it writes as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from robo_runtime.drafts import Drafts
from robo_runtime.engine.arrays import ArrayEngine
from robo_runtime.engine.pieces import Pieces
from robo_runtime.gguf_file import Shape
from robo_runtime.prompt import Part

from robo_convert import reference
from robo_convert.reference import Array, Past, Weights

_CONTEXT, _MOST = 4, 12


class FloatEngine(ArrayEngine):
    """A checkpoint's weights with one running text.

    A batch of a dozen tokens takes hardly longer than one token: it is the weights that are slow to read.
    """

    ahead = _MOST

    def __init__(self, weights: Weights, shape: Shape, pieces: Pieces) -> None:
        self._weights, self._shape = weights, shape
        super().__init__(pieces, shape.vocab_size, trained=shape.context)

    def expect(self, text: str) -> None:
        """Guess at this answer from now on; what is written is the same whatever is guessed."""
        ids = [*self.encode([Part(text, False)]), self.ends[0]]
        self.drafts = _Expected(ids)

    def _start(self) -> Past:
        return Past.nothing(self._shape)

    def _step(self, state: Past, tokens: list[int]) -> tuple[Array, Past]:
        return reference.step(self._weights, self._shape, tokens, state)

    def _first(self, state: Past, n: int) -> Past:
        return state.first(n)


class _Expected(Drafts):
    """What follows the last few tokens in a text that is likely to come."""

    def __init__(self, ids: Sequence[int]) -> None:
        starts = range(len(ids) - _CONTEXT)
        super().__init__({tuple(ids[i : i + _CONTEXT]): ids[i + _CONTEXT] for i in starts}, _CONTEXT)

    def after(self, tokens: Sequence[int], most: int = _MOST) -> list[int]:
        """See `Drafts.after`; more of them, as each costs little here."""
        return super().after(tokens, most)
