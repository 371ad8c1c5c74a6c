"""Seconds a token of random models in llama.cpp: one thread and two, caches warm and emptied."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import Shape
from robo_runtime.progress import tracked

from benchmarks.predict.fit import Sample
from benchmarks.predict.random_model import write_random_model
from benchmarks.predict.work import work_of
from benchmarks.predict.worker import WAYS, read_turn

ROOT = Path(__file__).resolve().parents[2]
PRECISIONS = ("q4_0", "q8_0")
_QUIET = 10  # percentile: the tokens that nothing else disturbed


def measure(shapes: Mapping[str, Shape], rounds: int, folder: Path) -> list[Sample]:
    """Every shape at every precision, in `rounds` turns so that a busy moment hits all alike.

    What is in `folder` already is kept, so that an interrupted run goes on. Of the seconds of all turns the
    quietest tenth counts; of the bandwidths the best. Threads are taken to read so many times as much: a core
    waits for its own misses long before two exhaust the memory of a computer.

    Raises:
        RoboError: a model could not be run; says what it printed.
    """
    models = [(name, precision) for name in shapes for precision in PRECISIONS]
    for name, precision in tracked(models, len(models), "writing models"):
        path = _model(folder, name, precision)
        if not path.exists():
            half = path.with_suffix(".tmp")
            write_random_model(half, shapes[name], precision)
            half.replace(path)
    turns = [(*model, way, turn) for turn in range(rounds) for model in models for way in WAYS]
    for name, precision, way, turn in tracked(turns, len(turns), "decoding"):
        out = _turn(folder, name, precision, way, turn)
        if not out.exists():
            _run(_model(folder, name, precision), way, out)
    bandwidth = max(read_turn(path).bandwidth or 0.0 for path in folder.glob("*-cold-*.json"))
    return [
        sample
        for name, precision in models
        for way in WAYS
        for sample in _samples(shapes[name], name, precision, way, folder, bandwidth)
    ]


def _model(folder: Path, name: str, precision: str) -> Path:
    return folder / f"{name}-{precision}.gguf"


def _turn(folder: Path, name: str, precision: str, way: str, turn: int) -> Path:
    return folder / f"{name}-{precision}-{way}-{turn}.json"


def _run(model: Path, way: str, out: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.predict.worker", str(model), way, str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or f"ended with {done.returncode}").splitlines()[-1]
        raise RoboError(f"{model.name} ({way}): {said}; run it again: {' '.join(command)}")


def _samples(
    shape: Shape, name: str, precision: str, way: str, folder: Path, bandwidth: float
) -> Iterator[Sample]:
    turns = [read_turn(path) for path in sorted(folder.glob(f"{name}-{precision}-{way}-*.json"))]
    for threads in turns[0].seconds:
        seconds = [s for turn in turns for s in turn.seconds[threads]]
        yield Sample(
            model=name,
            precision=precision,
            threads=threads,
            cold=way == "cold",
            work=work_of(shape, precision),
            bandwidth=bandwidth * threads,
            seconds=float(np.percentile(seconds, _QUIET)),
            tokens=len(seconds),
        )
