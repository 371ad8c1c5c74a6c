"""Seconds a token of random models in llama.cpp: one thread and two, caches warm and emptied."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from robo_runtime.engine.llama import LlamaEngine
from robo_runtime.gguf_file import Shape
from robo_runtime.progress import tracked

from benchmarks.matrix.machine import read_bandwidth
from benchmarks.predict.fit import Sample
from benchmarks.predict.random_model import write_random_model
from benchmarks.predict.work import work_of

PRECISIONS = ("q4_0", "q8_0")
TOKENS, COLD_TOKENS, WARM_UP = 48, 6, 6
_PATIENCE = 3.0  # seconds for the tokens of one way; waiting threads spin when others work, for very long
_EVICT = 1 << 30  # bytes read so that nothing of the model is left in a cache
_QUIET = 10  # percentile: the tokens that nothing else disturbed
_TOKEN = 300  # which one is fed does not matter: every token costs the same


def measure(shapes: dict[str, Shape], rounds: int) -> list[Sample]:
    """Every shape at every precision, in `rounds` turns so that a busy moment hits all alike.

    One thread is measured in processor seconds. Two are measured by the clock: a thread that waits for
    another spins, so its processor time says nothing. The quietest tenth of the tokens counts.
    """
    with TemporaryDirectory(prefix="robo-predict-") as folder:
        files = dict(tracked(_write(Path(folder), shapes), len(shapes) * len(PRECISIONS), "writing models"))
        found: dict[tuple[str, str, int, bool], list[float]] = {}
        bands: dict[tuple[str, str, bool], list[float]] = {}
        evict = np.ones(_EVICT // 8, np.int64)
        for name, precision in tracked(list(files) * rounds, len(files) * rounds, "decoding"):
            read = work_of(shapes[name], precision).bytes
            bands.setdefault((name, precision, False), []).append(read_bandwidth(max(read, 1 << 20), 5))
            bands.setdefault((name, precision, True), []).append(_EVICT / _seconds(lambda: evict.max()))
            for way, seconds in _ways(files[name, precision], evict):
                found.setdefault((name, precision, *way), []).extend(seconds)
    return [
        Sample(
            model=name, precision=precision, threads=threads, cold=cold,
            work=work_of(shapes[name], precision),
            bandwidth=max(bands[name, precision, cold]) * threads,
            seconds=float(np.percentile(seconds, _QUIET)), tokens=len(seconds),
        )
        for (name, precision, threads, cold), seconds in found.items()
    ]  # fmt: skip


def _write(folder: Path, shapes: dict[str, Shape]) -> Iterator[tuple[tuple[str, str], Path]]:
    for name, shape in shapes.items():
        for precision in PRECISIONS:
            path = folder / f"{name}-{precision}.gguf"
            write_random_model(path, shape, precision)
            yield (name, precision), path


def _ways(path: Path, evict: Any) -> Iterator[tuple[tuple[int, bool], list[float]]]:
    """Threads and whether caches were emptied, with the seconds of tokens."""
    engine = LlamaEngine(path, threads=1)
    try:
        yield (1, False), _tokens(engine, TOKENS, time.process_time)
        yield (1, True), _tokens(engine, COLD_TOKENS, time.process_time, lambda: evict.max())
        engine.use_threads(2)
        yield (2, False), _tokens(engine, TOKENS, time.perf_counter)
    finally:
        engine.close()


def _tokens(
    engine: LlamaEngine, n: int, clock: Callable[[], float], before: Callable[[], object] | None = None
) -> list[float]:
    """Seconds of up to `n` tokens; fewer when the machine is too busy for them."""
    engine.reset()
    for _ in range(WARM_UP):
        engine.feed([_TOKEN])
    seconds: list[float] = []
    until = time.monotonic() + _PATIENCE
    while len(seconds) < n and (time.monotonic() < until or len(seconds) < 3):
        if before:
            before()
        start = clock()
        engine.feed([_TOKEN])
        seconds.append(clock() - start)
    return seconds


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
