"""What mostly follows three tokens of a program: guesses that a runtime lets a model confirm several at once.

A program repeats what others have ("led.off()" after "time.sleep(", "import time" after "Pin"), so the most
frequent continuations of the corpus are right more often than not; a wrong one costs nothing but its place in
a batch (Leviathan et al. 2023, "Fast inference from transformers via speculative decoding", with a table in
place of a draft model).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robo_train.tokenise import KINDS, TokenFile

ROWS = 4000
"""Continuations that are kept: 32 kB in a GGUF file."""
CONTEXT = 3
_SHARE = 0.5
"""How often a continuation must be the right one."""
_LEAST = 8
"""Times a context must have occurred."""
_BITS = 16
"""Of a token id."""


def drafts(data: TokenFile) -> list[list[int]]:
    """Rows of `CONTEXT` tokens and the one that follows, those first that save most.

    Args:
        data: a training split; only answers of instructions are counted.
    """
    keys, following = _windows(data)
    if not len(keys):
        return []
    order = np.lexsort((following, keys))
    keys, following = keys[order], following[order]
    new_pair = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]) | (following[1:] != following[:-1])])
    counts = np.diff(np.r_[new_pair, len(keys)])
    pair_keys, pair_next = keys[new_pair], following[new_pair]
    new_key = np.flatnonzero(np.r_[True, pair_keys[1:] != pair_keys[:-1]])
    totals = np.add.reduceat(counts, new_key)
    best = np.maximum.reduceat(counts, new_key)
    group = np.repeat(np.arange(len(new_key)), np.diff(np.r_[new_key, len(pair_keys)]))
    chosen = np.flatnonzero(
        (counts == best[group]) & (counts >= _SHARE * totals[group]) & (totals[group] >= _LEAST)
    )
    gain = counts[chosen] - (totals[group[chosen]] - counts[chosen])
    chosen = chosen[np.argsort(-gain, kind="stable")][:ROWS]
    rows: dict[int, list[int]] = {}
    for key, after in zip(pair_keys[chosen].tolist(), pair_next[chosen].tolist(), strict=True):
        context = [(key >> _BITS * i) & 0xFFFF for i in reversed(range(CONTEXT))]
        rows.setdefault(key, [*context, after])  # of two that are equally frequent, one
    return list(rows.values())


def _windows(data: TokenFile) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every run of `CONTEXT` tokens that ends inside an answer or right before it, as one number, and the
    token of the answer that follows."""
    tokens = np.asarray(data.tokens).astype(np.int64)
    answer = np.zeros(len(tokens), dtype=bool)
    instruction = KINDS.index("instruction")
    starts, prompts = np.asarray(data.starts), np.asarray(data.prompts)
    for i in np.flatnonzero(np.asarray(data.kinds) == instruction):
        # the first token of an answer follows a prompt's last ones, the same for all; the last is <eos>
        answer[starts[i] + prompts[i] : starts[i + 1] - 1] = True
    at = np.flatnonzero(answer)
    at = at[at >= CONTEXT]
    keys = np.zeros(len(at), dtype=np.int64)
    for back in range(CONTEXT, 0, -1):
        keys = keys << _BITS | tokens[at - back]
    return keys, tokens[at]
