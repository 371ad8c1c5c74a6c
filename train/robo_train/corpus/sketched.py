"""Variants of all sketches, made by several processes and verified one by one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from typing import NamedTuple

from robo_runtime.errors import RoboError

from robo_train.corpus.hygiene import NearCopies
from robo_train.corpus.records import Record
from robo_train.sketches.schema import Sketch, sketches_dir
from robo_train.sketches.survey import variants
from robo_train.sketches.variant import Sketches
from robo_train.steps import Step

HELD_VARIANTS = 8
"""Of each sketch that is kept out of training: questions to a model."""


class Sketched(NamedTuple):
    """Variants for training, and those of sketches that are kept out of it."""

    train: list[Record]
    held_out: list[Record]
    left_out: int
    """Variants that nearly copy a prompt written by hand for evaluation."""


def sketched(
    each: int,
    seed: int,
    evaluation: list[str],
    refused: list[str],
    workers: int = 1,
    step: Step = lambda *_: None,
) -> Sketched:
    """`each` variants of every sketch, fewer where it has not so many; the same for any number of workers.

    Args:
        evaluation: prompts written by hand that training must not come near.
        refused: told of sketches that cannot be said or run.
    """
    out = Sketched([], [], 0)
    if not each:
        return out
    names = [sketch.name for _, sketch in _sketches().all]
    near = NearCopies(evaluation)
    left_out = 0
    for n, (name, made, problem) in enumerate(_each(names, each, seed, workers), 1):
        step("drawing sketches", n, len(names))
        if problem:
            refused.append(f"sketch {name}: {problem}")
        for record in made:
            if record.split != "train":
                out.held_out.append(record)
            elif near.find(record.prompt):
                left_out += 1
            else:
                out.train.append(record)
    return out._replace(left_out=left_out)


def _each(names: list[str], each: int, seed: int, workers: int) -> Iterator[tuple[str, list[Record], str]]:
    work = partial(_made, each=each, seed=seed)
    if workers > 1 and len(names) > 1:
        with ProcessPoolExecutor(workers) as pool:
            yield from pool.map(work, names, chunksize=4)
    else:
        yield from map(work, names)


def _made(name: str, each: int, seed: int) -> tuple[str, list[Record], str]:
    """A sketch's variants, and what went wrong."""
    known = _sketches()
    sketch: Sketch = next(s for _, s in known.all if s.name == name)
    wanted = HELD_VARIANTS if sketch.held_out else each
    made: list[Record] = []
    try:
        made.extend(variants(known, sketch, wanted, seed))
    except RoboError as e:
        return name, made, str(e)
    return name, made, "" if made else "no variant passes its checks"


@lru_cache(maxsize=1)
def _sketches() -> Sketches:
    return Sketches(sorted(sketches_dir().glob("*.yaml")))
