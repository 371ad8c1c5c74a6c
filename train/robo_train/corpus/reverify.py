"""Simulating random samples of a built corpus once more, in processes that had no part in making it."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random

from robo_train.corpus.audit import read_lines

_BATCH = 50


def verify_samples(
    folder: Path, samples: int, seed: int, workers: int, step: Callable[[int, int], None]
) -> tuple[int, list[str]]:
    """How many records were run, and what went wrong with which.

    Args:
        samples: at most so many records with checks, drawn from the training split.
    """
    lines = [(n, line) for n, line in read_lines(folder, "train") if '"checks": [{' in line]
    chosen = Random(seed).sample(lines, min(samples, len(lines)))
    batches = [chosen[i : i + _BATCH] for i in range(0, len(chosen), _BATCH)]
    failed: list[str] = []
    done = 0
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for batch, wrong in zip(batches, pool.map(_run, batches), strict=True):
            failed += [f"{folder}/train.jsonl, line {reason}" for reason in wrong]
            done += len(batch)
            step(done, len(chosen))
    return len(chosen), failed


def _run(batch: list[tuple[int, str]]) -> list[str]:
    from robo_runtime.checks import check_list
    from robo_runtime.simulate import World

    from robo_train.compose.verify import failures, observed

    wrong = []
    for number, line in batch:
        record = json.loads(line)
        checks = record["checks"]
        until = record.get("until") or observed(checks)
        found = failures(record["code"], check_list(checks), World(**record.get("world", {})), until)
        wrong += [f"{number}: {found[0]}"] if found else []
    return wrong
