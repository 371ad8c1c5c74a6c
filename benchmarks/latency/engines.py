#!/usr/bin/env python3
"""Model files side by side, each in its own engine: loading, prefill of 128 tokens, 100 tokens one by one.

.venv/bin/python benchmarks/latency/engines.py FILE... [--runs 5] [--output FILE.json]

A folder with `genai_config.json` is run by onnxruntime-genai, where that is installed. One thread, no
grammar. Files take turns, so that what else the machine does meets all of them; seconds are those the
processor worked for this process, which other work changes less than those on the clock. Medians count;
ratios are to the first file.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from robo_runtime.engine import load_engine
from robo_runtime.errors import RoboError
from robo_runtime.files import write_json
from robo_runtime.prompt import render
from robo_train.provenance import provenance

PREFILL, DECODE = 128, 100
PROMPT = "Sweep a servo on pin 13 and beep when the button on pin 4 is pressed"


class Runner(Protocol):
    """A loaded model."""

    def prefill(self, ids: Sequence[int]) -> None:
        """Begin a text."""

    def decode(self, n: int) -> None:
        """Choose and read n tokens, whatever they are."""


class Ours:
    """A file in an engine of the runtime."""

    def __init__(self, path: Path) -> None:
        self.engine = load_engine(path, threads=1)
        self.picker = self.engine.picker(0.0, 0, 0)

    def prefill(self, ids: Sequence[int]) -> None:
        """See `Runner`."""
        self.engine.reset()
        self.engine.feed(ids)

    def decode(self, n: int) -> None:
        """See `Runner`."""
        for _ in range(n):
            self.engine.feed([self.picker.pick()])


class Genai:
    """The model of a folder in onnxruntime-genai."""

    def __init__(self, folder: Path) -> None:
        try:
            import onnxruntime_genai
        except ImportError:
            raise RoboError(
                f"{folder}: onnxruntime-genai is not installed: python -m pip install onnxruntime-genai"
            ) from None
        self.library = onnxruntime_genai
        config = onnxruntime_genai.Config(str(folder))
        one = {"intra_op_num_threads": 1, "inter_op_num_threads": 1}
        config.overlay(json.dumps({"model": {"decoder": {"session_options": one}}}))
        self.model = onnxruntime_genai.Model(config)
        self.generator: Any = None

    def prefill(self, ids: Sequence[int]) -> None:
        """See `Runner`."""
        parameters = self.library.GeneratorParams(self.model)
        length = len(ids) + DECODE + 1
        parameters.set_search_options(do_sample=False, min_length=length, max_length=length)
        self.generator = self.library.Generator(self.model, parameters)
        self.generator.append_tokens([int(i) for i in ids])

    def decode(self, n: int) -> None:
        """See `Runner`; the last token that is read is the last but one that is chosen."""
        for _ in range(n + 1):
            self.generator.generate_next_token()


def load(path: Path) -> Runner:
    """A file or folder, ready to run."""
    return Genai(path) if path.is_dir() else Ours(path)


def measure(paths: Sequence[Path], runs: int) -> list[dict[str, Any]]:
    """The figures of each file, in the order given."""
    runners, loads = [], []
    for path in paths:
        start = time.process_time()
        runners.append(load(path))
        loads.append(time.process_time() - start)
    ids = _ids(runners)
    prefill: list[list[float]] = [[] for _ in paths]
    decode: list[list[float]] = [[] for _ in paths]
    for _ in range(runs):
        for n, runner in enumerate(runners):
            start = time.process_time()
            runner.prefill(ids)
            fed = time.process_time()
            runner.decode(DECODE)
            prefill[n].append(fed - start)
            decode[n].append(time.process_time() - fed)
    first = statistics.median(decode[0])
    return [
        {
            "file": path.name,
            "engine": type(runner).__name__.lower(),
            "bytes": _size(path),
            "load_s": round(loads[n], 4),
            "prefill_tokens_per_s": round(PREFILL / statistics.median(prefill[n])),
            "decode_ms": round(1e3 * statistics.median(decode[n]) / DECODE, 3),
            "decode_ms_range": [round(1e3 * s / DECODE, 3) for s in (min(decode[n]), max(decode[n]))],
            "speed_to_first": round(first / statistics.median(decode[n]), 3),
        }
        for n, (path, runner) in enumerate(zip(paths, runners, strict=True))
    ]


def _ids(runners: Sequence[Runner]) -> list[int]:
    """The same tokens for all."""
    ids = next(r.engine.encode(render(PROMPT)) for r in runners if isinstance(r, Ours))
    return (ids * (1 + PREFILL // len(ids)))[:PREFILL]


def _size(path: Path) -> int:
    return sum(p.stat().st_size for p in path.iterdir()) if path.is_dir() else path.stat().st_size


def main() -> None:
    """Print a line for each file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    if all(path.is_dir() for path in args.files):
        parser.error(
            "give at least one model file of ours beside the folders: it cuts the prompt into tokens"
        )
    try:
        results = measure(args.files, args.runs)
    except RoboError as e:
        parser.error(str(e))
    for row in results:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    if args.output:
        about = {"benchmark": "engines in turns, one thread, processor seconds, medians", "runs": args.runs}
        write_json(args.output, {**about, "results": results, **provenance()})


if __name__ == "__main__":
    main()
