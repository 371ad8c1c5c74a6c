"""Seconds a token of one model, in a process of its own that lives for about a second.

    .venv/bin/python -m benchmarks.predict.worker MODEL.gguf warm OUT.json

So short a process slips between other work, and two threads that wait for each other find both cores free.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from robo_runtime.engine.llama import LlamaEngine
from robo_runtime.files import Strict, read_config, write_json

WAYS = ("warm", "cold")
TOKENS, COLD_TOKENS, WARM_UP = 40, 4, 4
EVICT = 1 << 28  # bytes read so that nothing of the model is left in a cache
_LONGEST = 0.3  # seconds of one way
_TOKEN = 300  # which one is fed does not matter: every token costs the same


class Turn(Strict):
    """What one process found."""

    bandwidth: float | None = None
    """Bytes a second that one thread reads in order from memory, where that was measured."""
    seconds: dict[int, list[float]]
    """Of single tokens, by number of threads: the processor's for one thread, the clock's for two, since a
    thread that waits for another spins and so works all the time."""


def read_turn(path: Path) -> Turn:
    """What a process wrote; raises `ConfigError` where it is broken."""
    return read_config(path, Turn)


def warm(model: Path) -> Turn:
    """One thread and two, the weights wherever the last token left them."""
    engine = LlamaEngine(model, threads=1)
    seconds = {}
    for threads in (1, 2):
        engine.use_threads(threads)
        clock = time.process_time if threads == 1 else time.perf_counter
        seconds[threads] = _tokens(engine, TOKENS, clock)
    engine.close()
    return Turn(seconds=seconds)


def cold(model: Path) -> Turn:
    """One thread, the caches filled with other data before each token."""
    engine = LlamaEngine(model, threads=1)
    data = np.ones(EVICT // 8, np.int64)
    passes: list[float] = []
    seconds = {1: _tokens(engine, COLD_TOKENS, time.process_time, lambda: passes.append(_seconds(data.max)))}
    engine.close()
    return Turn(bandwidth=data.nbytes / min(passes), seconds=seconds)


def _tokens(
    engine: LlamaEngine, n: int, clock: Callable[[], float], before: Callable[[], object] = lambda: None
) -> list[float]:
    """Seconds of up to `n` tokens, fewer where they take long."""
    engine.reset()
    for _ in range(WARM_UP):
        engine.feed([_TOKEN])
    seconds: list[float] = []
    until = time.monotonic() + _LONGEST
    while len(seconds) < n and (time.monotonic() < until or len(seconds) < 3):
        before()
        seconds.append(_seconds(lambda: engine.feed([_TOKEN]), clock))
    return seconds


def _seconds(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    start = clock()
    work()
    return clock() - start


if __name__ == "__main__":
    _, _model, _way, _out = sys.argv
    _turn = {"warm": warm, "cold": cold}[_way](Path(_model))
    write_json(Path(_out), _turn.model_dump())
