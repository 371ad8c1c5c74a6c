"""Programs of the task composer, made once for all tests of a process: a sample costs some 20 ms."""

from __future__ import annotations

from functools import lru_cache

import pytest


@lru_cache(maxsize=1)
def composed() -> tuple[str, ...]:
    """200 programs; skips the test where the trainer is not installed."""
    compose = pytest.importorskip("robo_train.compose")
    return tuple(sample.code.strip("\n") + "\n" for sample in compose.samples(seed=11, n=200))
