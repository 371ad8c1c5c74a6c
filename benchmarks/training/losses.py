"""Validation loss of a finished checkpoint by split, also by character, so that vocabularies compare."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from robo_runtime.files import Strict
from robo_train.batches import validation_batches
from robo_train.checkpoint import load_checkpoint
from robo_train.corpus.records import Record
from robo_train.model import Llama
from robo_train.tokenise import KINDS, TokenFile, sample_parts
from robo_train.tokenizer import Tokenizer

_BATCH = 4096


class Loss(Strict):
    """Of one split, over the programs alone."""

    n: int
    left_out: int
    """Samples longer than the model's context."""
    nats_per_token: float
    nats_per_character: float
    """The same loss by characters of the programs: tokens of two tokenizers are not the same thing."""


def losses(checkpoint: Path, records: Iterable[Record]) -> dict[str, Loss]:
    """Loss of the weights that are exported, for each split and for `all` of them."""
    model, tokenizer, _ = load_checkpoint(checkpoint)
    groups: dict[str, list[tuple[int, Record]]] = defaultdict(list)
    for position, record in enumerate(records):
        groups[record.split].append((position, record))
    sums = {split: _sums(model, tokenizer, members) for split, members in groups.items()}
    sums["all"] = np.sum(list(sums.values()), axis=0)
    return {split: _loss(*total.tolist()) for split, total in sums.items()}


def _loss(n: float, left_out: float, nats: float, tokens: float, characters: float) -> Loss:
    by_token, by_character = nats / max(tokens, 1), nats / max(characters, 1)
    return Loss(
        n=int(n), left_out=int(left_out), nats_per_token=round(by_token, 5),
        nats_per_character=round(by_character, 6),
    )  # fmt: skip


@torch.no_grad()
def _sums(
    model: Llama, tokenizer: Tokenizer, members: list[tuple[int, Record]]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Samples, samples left out, nats, tokens and characters."""
    samples: list[tuple[list[int], int, int]] = []
    for position, record in members:  # the position decides whether language and hardware are told
        prompt, answer = (tokenizer.encode_parts(part) for part in sample_parts(record, position))
        if len(prompt) + len(answer) <= model.config.context:
            samples.append((prompt + answer, len(prompt), len(record.code)))
    left_out = len(members) - len(samples)
    if not samples:
        return np.array([0, left_out, 0, 0, 0], dtype=np.float64)
    file = TokenFile(
        tokens=np.array([t for ids, _, _ in samples for t in ids], dtype=np.uint16),
        starts=np.cumsum([0, *(len(ids) for ids, _, _ in samples)], dtype=np.int64),
        prompts=np.array([prompt for _, prompt, _ in samples], dtype=np.int32),
        kinds=np.full(len(samples), KINDS.index("instruction"), dtype=np.uint8),
    )
    nats = tokens = 0.0
    for ids, targets in validation_batches(file, _BATCH):
        nats += float(model.summed_loss(ids, targets))
        tokens += int((targets != -100).sum())
    return np.array([len(samples), left_out, nats, tokens, sum(c for _, _, c in samples)])
