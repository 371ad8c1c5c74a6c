"""Running the augmentations that a recipe asks for, and keeping what the simulator confirms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from random import Random
from typing import Protocol

from robo_train.config import Augmentation
from robo_train.corpus.augment.layout import comments, functions, hardware, style
from robo_train.corpus.augment.parameters import parameters
from robo_train.corpus.augment.pins import pins
from robo_train.corpus.augment.words import paraphrase
from robo_train.corpus.records import Record
from robo_train.steps import Step


class Augmenter(Protocol):
    """Makes other versions of one record, each verified; nothing where it does not apply."""

    def __call__(self, record: Record, rng: Random) -> list[Record]: ...


AUGMENTERS: dict[str, Augmenter] = {
    "paraphrase": paraphrase, "pins": pins, "parameters": parameters, "comments": comments,
    "functions": functions, "hardware": hardware, "style": style,
}  # fmt: skip
"""By the name of the field of `Augmentation` that says how often each is used."""

_BATCH = 40
_Made = tuple[list[Record], dict[str, tuple[int, int]]]
"""New records of a batch, and what each augmentation tried and kept."""


def augmented(
    records: list[Record],
    config: Augmentation,
    seed: int,
    workers: int = 1,
    step: Step = lambda *_: None,
) -> tuple[list[Record], dict[str, dict[str, int]]]:
    """New records, and how many each augmentation tried and kept; the same for any number of workers."""
    batches = [(i, records[i : i + _BATCH]) for i in range(0, len(records), _BATCH)]
    work = partial(_augment, config=config, seed=seed)
    made: list[Record] = []
    counts: dict[str, dict[str, int]] = {}
    if workers > 1 and len(batches) > 1:
        with ProcessPoolExecutor(workers) as pool:
            _gather(_counted(pool.map(work, batches), step, len(records)), made, counts)
    else:
        _gather(_counted(map(work, batches), step, len(records)), made, counts)
    return made, counts


def _counted(results: Iterable[_Made], step: Step, total: int) -> Iterator[_Made]:
    for n, result in enumerate(results, 1):
        step("augmenting projects", min(total, n * _BATCH), total)
        yield result


def _gather(results: Iterable[_Made], made: list[Record], counts: dict[str, dict[str, int]]) -> None:
    for new, tried in results:
        made += new
        for name, (n, kept) in tried.items():
            row = counts.setdefault(name, {"tried": 0, "kept": 0})
            row["tried"] += n
            row["kept"] += kept


def _augment(batch: tuple[int, list[Record]], config: Augmentation, seed: int) -> _Made:
    first, records = batch
    made: list[Record] = []
    tried: dict[str, tuple[int, int]] = {}
    for name, augment in AUGMENTERS.items():
        rate = getattr(config, name)
        if not rate:
            continue
        n = kept = 0
        for i, record in enumerate(records, first):
            rng = Random(f"{name}:{seed}:{i}")
            for _ in range(int(rate) + (rng.random() < rate % 1)):
                found = augment(record, rng)
                n += 1
                kept += len(found)
                made += found
        tried[name] = n, kept
    return made, tried
