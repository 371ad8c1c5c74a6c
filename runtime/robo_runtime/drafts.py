"""Guesses at the next tokens, from a table that comes with a model, for the model to confirm several at once.

Confirmed is what the model would have chosen anyhow: a guess changes how fast a program is written, never
which one. A batch of four tokens takes about twice as long as one token alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

KEY, CONTEXT_KEY = "robolm.drafts.tokens", "robolm.drafts.context"
"""In a GGUF file: rows of tokens end to end, each a context and what follows it; and a context's length."""
FILE = "drafts.json"
"""The same rows in a checkpoint."""
MOST = 3
"""Guesses at a time: more are rarely right together, and each costs a row of the output layer."""


class Drafts:
    """The table.

    Args:
        rows: what follows each context.
        context: tokens of a context.
    """

    def __init__(self, rows: Mapping[tuple[int, ...], int], context: int) -> None:
        self._rows, self.context = rows, context

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Drafts:
        """The table of a model file; empty where it has none, or one that cannot be read."""
        tokens, context = metadata.get(KEY), metadata.get(CONTEXT_KEY)
        if not isinstance(tokens, tuple) or not isinstance(context, int) or not 1 <= context <= 8:
            return cls({}, 1)
        size, limit = context + 1, len(metadata.get("tokenizer.ggml.tokens", ()))
        rows = (tokens[i : i + size] for i in range(0, len(tokens) - size + 1, size))
        return cls(
            {r[:-1]: r[-1] for r in rows if all(isinstance(t, int) and 0 <= t < limit for t in r)}, context
        )

    def __len__(self) -> int:
        return len(self._rows)

    def after(self, tokens: Sequence[int], most: int = MOST) -> list[int]:
        """At most so many tokens that are likely to follow these."""
        seen = list(tokens[-self.context :])
        guesses: list[int] = []
        while len(guesses) < most and (token := self._rows.get(tuple(seen))) is not None:
            guesses.append(token)
            seen = [*seen[1:], token]
        return guesses
