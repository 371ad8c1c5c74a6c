"""The unit of composing: some hundred samples of one split and language, from a seed of their own.

What a chunk holds depends on nothing but its fields, so any number of workers, on any number of machines,
makes the same corpus, and a run that was interrupted goes on with the chunks that are missing.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import NamedTuple

from robo_train.compose.splits import Split
from robo_train.corpus.records import to_line

SIZE = 500
"""Samples of a chunk."""


class Chunk(NamedTuple):
    """What to compose."""

    split: Split
    lang: str
    seed: int
    number: int
    samples: int
    phrasings: int
    focus: float = 0.0

    @property
    def name(self) -> str:
        """File name of its part."""
        return f"{self.split}-{self.lang}-{self.number:05}-{self.samples}"


class Result(NamedTuple):
    """Records as JSON lines, and what it took to make them."""

    chunk: Chunk
    lines: list[str]
    drops: dict[str, int]
    """Tasks that were drawn and not used, by reason."""
    mutants: dict[str, int]
    """Wrong programs that were tried against the checks: `tried` and `killed`."""
    seconds: float


def compose(chunk: Chunk) -> Result:
    """Make one chunk; runs in a worker."""
    from robo_train.compose import samples

    start = time.monotonic()
    drops: Counter[str] = Counter()
    mutants: Counter[str] = Counter()
    made = samples(
        chunk.seed * 100_000 + chunk.number, chunk.samples, chunk.split, lang=chunk.lang,
        phrasings=chunk.phrasings, focus=chunk.focus, drops=drops, mutants_tried=mutants,
    )  # fmt: skip
    lines = [to_line(record) for record in made]
    return Result(chunk, lines, dict(drops), dict(mutants), round(time.monotonic() - start, 3))


def plan(
    split: Split,
    lang: str,
    seed: int,
    samples: int,
    phrasings: int,
    first: int = 0,
    focus: float = 0.0,
) -> list[Chunk]:
    """Chunks that make `samples` records, numbered from `first`."""
    sizes = [SIZE] * (samples // SIZE) + ([samples % SIZE] if samples % SIZE else [])
    return [Chunk(split, lang, seed, first + i, n, phrasings, focus) for i, n in enumerate(sizes)]
