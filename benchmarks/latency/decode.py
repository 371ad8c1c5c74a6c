"""What constrained decoding costs, in one process and one run: ratios of the same prompts decoded four ways.

    .venv/bin/python -m benchmarks.latency.decode [--model FILE] [--prompts 120] [--json OUT.json]

Every prompt is answered in turn by the engine alone (best token, no grammar, no guesses: llama.cpp's own
loop), unconstrained and constrained; the order changes from prompt to prompt, so that a busy moment hits all
alike. The grammar's automaton is built while it is used: the first half of the prompts meets it new, the
second half, of other prompts, does not. Ratios are of the medians: one prompt for which most of the model's
choices are refused costs as much as many others, and the first such one builds a tree of the vocabulary.
`Python` is the time outside `llama_decode`. Memory is the peak of a `robo generate` process.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from robo_runtime.command import run as run_command
from robo_runtime.errors import RoboError
from robo_runtime.files import write_json
from robo_runtime.generate import Generator
from robo_runtime.models import default_model
from robo_runtime.progress import tracked
from robo_runtime.prompt import render
from robo_train.corpus.records import read_records

from benchmarks.latency.first_token import load_average, machine

ROOT = Path(__file__).resolve().parents[2]
WAYS = ("llama.cpp alone", "unconstrained", "constrained")
HALVES = ("new", "used")
_LONGEST = 300
_PROGRAM = 100  # tokens of the program whose time is stated
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Sample(NamedTuple):
    """One prompt answered one way; seconds."""

    tokens: int
    prefill: float
    decode: float
    inside: float
    """Of `decode`, spent in `llama_decode`."""


class Bench:
    """One generator whose `llama_decode` is timed."""

    def __init__(self, model: Path) -> None:
        self.generator = Generator(model, threads=1)
        self.engine: Any = self.generator.engine
        self.grammar = self.generator._grammar
        self.inside = 0.0
        run = self.engine._decode

        def timed(batch: Any, n: int) -> None:
            start = time.perf_counter()
            run(batch, n)
            self.inside += time.perf_counter() - start

        self.engine._decode = timed

    def alone(self, prompt: str) -> Sample:
        """llama.cpp's loop: sample, decode, no text."""
        engine, picker = self.engine, self.engine.picker(0.0, 0, 0)
        ids = engine.encode(render(prompt))
        engine.reset()
        start = time.perf_counter()
        engine.feed(ids)
        prefilled = time.perf_counter()
        self.inside, tokens = 0.0, 0
        while tokens < _LONGEST and engine.room() and (token := picker.pick()) not in engine.ends:
            engine.feed([token])
            tokens += 1
        return Sample(tokens, prefilled - start, time.perf_counter() - prefilled, self.inside)

    def written(self, prompt: str, constrained: bool) -> Sample:
        """`Generator.generate`, with or without its grammar."""
        self.generator._grammar = self.grammar if constrained else None
        self.inside = 0.0
        timings = self.generator.generate(prompt, max_tokens=_LONGEST).timings
        return Sample(timings.tokens, timings.prefill, timings.decode, self.inside - timings.prefill)


def measure(model: Path, prompts: list[str]) -> dict[str, Any]:
    """Figures of every way, and their ratios."""
    bench = Bench(model)
    ways: dict[str, Callable[[str], Sample]] = {
        WAYS[0]: bench.alone,
        WAYS[1]: lambda prompt: bench.written(prompt, False),
        WAYS[2]: lambda prompt: bench.written(prompt, True),
    }
    samples: dict[str, dict[str, list[Sample]]] = {half: {way: [] for way in WAYS} for half in HALVES}
    before = load_average()
    bench.alone(prompts[0])
    for i, prompt in enumerate(tracked(prompts, len(prompts), "decoding")):
        half = HALVES[2 * i >= len(prompts)]
        for way in [*WAYS[i % 3 :], *WAYS[: i % 3]]:
            samples[half][way].append(ways[way](prompt))
    rows = {half: {way: _figures(found) for way, found in each.items()} for half, each in samples.items()}
    ratios = {}
    for half, each in rows.items():
        spent = [row["ms_a_token"] for row in each.values()]
        ratios[f"constrained to unconstrained, automaton {half}"] = round(spent[1] / spent[2], 3)
        ratios[f"constrained to llama.cpp alone, automaton {half}"] = round(spent[0] / spent[2], 3)
    return {
        "what": "decoding one way and another, the same prompts in one process, one thread",
        "command": "python -m benchmarks.latency.decode",
        "model": model.name, "prompts": len(prompts), "automaton": rows, "ratios": ratios,
        "peak_memory_mb": peak_memory(model, prompts[0]),
        "machine": machine(), "load": {"before": before, "after": load_average()},
        "date": time.strftime("%Y-%m-%d"),
    }  # fmt: skip


def _figures(samples: list[Sample]) -> dict[str, float]:
    tokens = sum(s.tokens for s in samples)
    each = [s for s in samples if s.tokens]
    return {
        "tokens": tokens,
        "tokens_per_s": round(tokens / sum(s.decode for s in samples), 1),
        "ms_a_token": round(1000 * statistics.median(s.decode / s.tokens for s in each), 4),
        "python_ms_a_token": round(1000 * sum(s.decode - s.inside for s in samples) / tokens, 4),
        f"s_of_{_PROGRAM}_tokens": round(
            statistics.median(s.prefill + _PROGRAM * s.decode / s.tokens for s in each), 4
        ),
    }


def peak_memory(model: Path, prompt: str) -> float:
    """Megabytes that a `robo generate` process holds at its peak."""
    command = [sys.executable, "-m", "robo_runtime.cli", "generate", prompt, "--model", str(model)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RoboError(f"{' '.join(command)} failed; run it to see why")
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes elsewhere
    return round(usage.ru_maxrss / unit, 1)


@app.command(help=__doc__)
def main(
    model: Annotated[Path | None, typer.Option(help="GGUF file; the newest export, or what ships.")] = None,
    prompts: Annotated[int, typer.Option(min=2, help="Of data/eval/wild_en.jsonl.")] = 120,
    json: Annotated[Path | None, typer.Option(help="Also write the figures here.")] = None,
) -> None:
    """The command; see the module."""
    os.environ.setdefault("ROBO_THREADS", "1")
    asked = [r.prompt for r in read_records(ROOT / "data" / "eval" / "wild_en.jsonl")][:prompts]
    result = measure(model or default_model(), asked)
    print(f"model    {result['model']}, {result['prompts']} prompts, one thread")
    print(
        f"machine  {result['machine']['cpu']}, load {result['load']['before']} to {result['load']['after']}"
    )
    for half, rows in result["automaton"].items():
        print(f"automaton {half:10}  tokens/s  ms a token  Python ms a token  s of {_PROGRAM} tokens")
        for way, row in rows.items():
            print(
                f"{way:20}  {row['tokens_per_s']:8.0f}  {row['ms_a_token']:10.3f}"
                f"  {row['python_ms_a_token']:17.3f}  {row[f's_of_{_PROGRAM}_tokens']:15.3f}"
            )
    for what, ratio in result["ratios"].items():
        print(f"{what}: {ratio:.2f}")
    print(f"peak memory of robo generate: {result['peak_memory_mb']} MB")
    if json:
        write_json(json, result)


if __name__ == "__main__":
    run_command(app)
