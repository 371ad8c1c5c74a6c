"""Batches of whole samples of similar length, in an order that depends on the seed and the step alone.

A sample starts at position 0 and sees nothing of its neighbours, as it will when the model is used; sorting
by length keeps padding to a few per cent without any attention mask.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from robo_train.packing import Rows, collate_packed, plan_packed
from robo_train.tokenise import KINDS, TokenFile

Batch = tuple[Tensor, Tensor]
"""Token ids (B, T) and targets (B, T), int64; targets are the next tokens, -100 where no loss counts."""

Packed = tuple[Tensor, Tensor, Tensor]
"""The same, and positions (B, T) that begin at 0 with each of the samples in a row (`packing.py`)."""

ENDLESS = 10**12
"""Length of the stream as Lightning is told: with a length it fetches no batch ahead of its step."""

_STEP = 16  # widths are multiples of this: oneDNN compiles its kernels for every new shape, so few shapes


def padded_width(length: int) -> int:
    """Columns for samples of at most `length` tokens; the last token is only ever a target."""
    return max(_STEP, -(-(length - 1) // _STEP) * _STEP)


def collate(file: TokenFile, rows: NDArray[np.int64], full_loss: bool) -> Batch:
    """Right-padded ids and targets of the given samples."""
    width = padded_width(int(file.lengths()[rows].max()))
    ids = torch.zeros(len(rows), width, dtype=torch.int64)
    targets = torch.full((len(rows), width), -100, dtype=torch.int64)
    for i, row in enumerate(rows):
        sample = torch.from_numpy(file.tokens[file.starts[row] : file.starts[row + 1]].astype(np.int64))
        ids[i, : len(sample) - 1] = sample[:-1]
        first = 0 if full_loss else max(int(file.prompts[row]) - 1, 0)
        targets[i, first : len(sample) - 1] = sample[first + 1 :]
    return ids, targets


def plan_epoch(
    lengths: NDArray[np.int64], batch_tokens: int, rng: np.random.Generator, keep_last: bool = True
) -> list[NDArray[np.int64]]:
    """Samples shuffled, grouped by padded width, cut into batches of at most `batch_tokens` padded tokens.

    What does not fill a batch of its width joins the next wider one; with `keep_last` false the last few
    samples, which fill none, sit this epoch out, so that every batch of a width has the same shape.
    """
    order = rng.permutation(len(lengths))
    widths = np.maximum(_STEP, -(-(lengths[order] - 1) // _STEP) * _STEP)
    batches: list[NDArray[np.int64]] = []
    rest = order[:0]
    for width in np.unique(widths):
        rows = np.concatenate([rest, order[widths == width]])
        size = max(1, batch_tokens // int(width))
        whole = len(rows) // size * size
        batches += np.split(rows[:whole], whole // size) if whole else []
        rest = rows[whole:]
    if len(rest) and (keep_last or not batches):
        widest = padded_width(int(lengths[rest].max()))
        size = max(1, batch_tokens // widest)
        batches += [rest[i : i + size] for i in range(0, len(rest), size)]
    return [batches[i] for i in rng.permutation(len(batches))]


class Cursor(NamedTuple):
    """Where a batch stands in the stream."""

    pretraining: bool
    epoch: int
    batch: int


class Draw(NamedTuple):
    """One batch of the stream."""

    batch: Batch | Packed
    """The rows of this rank."""
    cursor: Cursor
    """Where the next batch is."""
    counted: int
    """Targets in the whole batch, those of the other ranks included."""
    tokens: int
    """Tokens of the whole batch, padding included."""


class TrainBatches:
    """An endless, resumable stream of batches; the batch at a cursor is the same whenever it is asked for.

    While `pretraining`, batches come from every kind of text with the loss on every token; afterwards from
    instructions alone, with the loss on the program. `mixed` has one phase: every kind of text in proportion,
    with the loss on the program of an instruction and on every token of the rest. The ranks of a distributed
    run share out the rows of each batch, so a recipe takes the same steps on any number of devices.

    Args:
        pack_to: longest sample; several then share a row of that width. None: a row each, padded.
    """

    def __init__(
        self, file: TokenFile, batch_tokens: int, seed: int, rank: int = 0, world_size: int = 1, *,
        mixed: bool = False, pack_to: int | None = None,
    ) -> None:  # fmt: skip
        self.file, self.batch_tokens, self.seed = file, batch_tokens, seed
        self.rank, self.world_size = rank, world_size
        self.cursor = Cursor(pretraining=not mixed, epoch=0, batch=0)
        self._width = padded_width(max(pack_to, int(file.lengths().max()))) if pack_to else None
        instructions = np.flatnonzero(file.kinds == KINDS.index("instruction"))
        self._rows = {True: np.arange(len(file)), False: np.arange(len(file)) if mixed else instructions}

    def end_pretraining(self) -> None:
        """From the next batch on, instructions only."""
        if self.cursor.pretraining:
            self.cursor = Cursor(pretraining=False, epoch=0, batch=0)

    def batches_per_epoch(self) -> int:
        """Batches in one pass over the instructions, or over all text if `mixed` (all ranks together)."""
        return len(self._plan(pretraining=False, epoch=0))

    def __len__(self) -> int:
        return ENDLESS

    def __iter__(self) -> Iterator[Draw]:
        planned: tuple[bool, int] | None = None
        plan: list[NDArray[np.int64]] | list[Rows] = []
        while True:
            phase, epoch, index = self.cursor
            if planned != (phase, epoch):
                plan, planned = self._plan(phase, epoch), (phase, epoch)
            if index >= len(plan):
                self.cursor = Cursor(phase, epoch + 1, 0)
                continue
            self.cursor = Cursor(phase, epoch, index + 1)
            yield self._draw(plan[index], phase)

    def _draw(self, rows: NDArray[np.int64] | Rows, pretraining: bool) -> Draw:
        mine = rows[self.rank :: self.world_size]
        chosen = mine if len(mine) else rows[:1]
        samples = np.concatenate(rows) if isinstance(rows, list) else rows
        lengths = self.file.lengths()[samples]
        batch: Batch | Packed
        if isinstance(chosen, list):
            assert self._width
            width = self._width
            batch = collate_packed(self.file, chosen, width, full_loss=pretraining)
        else:
            width = padded_width(int(lengths.max()))
            batch = collate(self.file, chosen, full_loss=pretraining)
        if not len(mine):  # fewer rows than ranks: this one computes along and counts nothing
            batch[1].fill_(-100)
        prompts = 1 if pretraining else np.maximum(self.file.prompts[samples], 1)
        return Draw(batch, self.cursor, int((lengths - prompts).sum()), len(rows) * width)

    def _plan(self, pretraining: bool, epoch: int) -> list[NDArray[np.int64]] | list[Rows]:
        samples = self._rows[pretraining]
        rng = np.random.default_rng([self.seed, epoch, int(pretraining)])
        lengths = self.file.lengths()[samples]
        if self._width:
            packed = plan_packed(lengths, self._width, max(1, self.batch_tokens // self._width), rng)
            return [[samples[row] for row in batch] for batch in packed]
        return [samples[batch] for batch in plan_epoch(lengths, self.batch_tokens, rng, False)]


def validation_batches(file: TokenFile, batch_tokens: int) -> list[Batch]:
    """All instruction samples of a split once, with the loss on the program."""
    rows = np.flatnonzero(file.kinds == KINDS.index("instruction"))
    plan = plan_epoch(file.lengths()[rows], batch_tokens, np.random.default_rng(0))
    return [collate(file, rows[batch], full_loss=False) for batch in plan]
