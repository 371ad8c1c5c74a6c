"""Running the augmentations that a recipe asks for, and keeping what the simulator confirms."""

from __future__ import annotations

from random import Random
from typing import Any, Protocol

from robo_train.config import Augmentation
from robo_train.corpus.records import Record


class Augmenter(Protocol):
    """Makes other versions of one record, each verified; nothing where it does not apply."""

    def __call__(self, record: Record, rng: Random) -> list[Record]: ...


AUGMENTERS: dict[str, Augmenter] = {}
"""By the name of the field of `Augmentation` that says how often each is used."""


def augmented(records: list[Record], config: Augmentation, seed: int) -> tuple[list[Record], dict[str, Any]]:
    """New records, and how many each augmentation tried and kept."""
    made: list[Record] = []
    counts: dict[str, Any] = {}
    for name, augment in AUGMENTERS.items():
        rate = getattr(config, name)
        if not rate:
            continue
        rng = Random(f"{name}:{seed}")
        tried = kept = 0
        for record in records:
            for _ in range(int(rate) + (rng.random() < rate % 1)):
                found = augment(record, rng)
                tried += 1
                kept += len(found)
                made += found
        counts[name] = {"tried": tried, "kept": kept}
    return made, counts
