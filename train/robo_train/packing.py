"""Packing: several samples one after the other in each row, in place of padding.

A third tensor of positions travels with ids and targets. Each sample counts from 0, which is all the model
needs to keep the samples of a row apart (`model.same_sample`): a packed batch has the loss and the gradients
of its samples padded, each in a row of its own.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from robo_train.tokenise import TokenFile

Rows = list[NDArray[np.int64]]
"""The samples of each row."""

_POOL = 64  # rows filled side by side: longer samples first leave about 1 % empty, and the order stays random


def plan_packed(lengths: NDArray[np.int64], width: int, rows: int, rng: np.random.Generator) -> list[Rows]:
    """Batches of `rows` rows whose samples have at most `width` positions together.

    A sample of n tokens takes n - 1 positions: its last token is only ever a target. The last rows, which
    make no whole batch, sit this epoch out, so that all batches have one shape; unless there are no others.
    """
    order = rng.permutation(len(lengths))
    needs = lengths[order] - 1
    share = max(1, int(_POOL * width / max(needs.mean(), 1)))  # samples that fill a pool, on average
    filled: Rows = []
    for start in range(0, len(order), share):
        filled += _fill(order[start : start + share], needs[start : start + share], width)
    filled = [filled[i] for i in rng.permutation(len(filled))]
    whole = max(len(filled) // rows * rows, rows)
    return [filled[i : i + rows] for i in range(0, min(whole, len(filled)), rows)]


def _fill(samples: NDArray[np.int64], needs: NDArray[np.int64], width: int) -> Rows:
    """Rows of these samples, the longest placed first, each into the first row with room."""
    free = np.full(len(samples), width)
    placed: list[list[int]] = [[] for _ in samples]
    for i in np.argsort(-needs, kind="stable"):
        row = int(np.argmax(free >= needs[i]))
        free[row] -= needs[i]
        placed[row].append(int(samples[i]))
    return [np.array(row) for row in placed if row]


def collate_packed(file: TokenFile, rows: Rows, width: int, full_loss: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, targets and positions (B, width); what is left of a row is padding at position 0, alone each."""
    ids = torch.zeros(len(rows), width, dtype=torch.int64)
    targets, positions = torch.full_like(ids, -100), torch.zeros_like(ids)
    for i, samples in enumerate(rows):
        at = 0
        for n in samples:
            sample = torch.from_numpy(file.tokens[file.starts[n] : file.starts[n + 1]].astype(np.int64))
            first, end = (0 if full_loss else max(int(file.prompts[n]) - 1, 0)), at + len(sample) - 1
            ids[i, at:end] = sample[:-1]
            targets[i, at + first : end] = sample[first + 1 :]
            positions[i, at:end] = torch.arange(len(sample) - 1)
            at = end
    return ids, targets, positions
