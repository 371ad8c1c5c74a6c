"""Programs of models that know nothing: is what constrained decoding writes always a program that runs?

    .venv/bin/python -m benchmarks.grammar.legality --programs 10000
    .venv/bin/python -m benchmarks.grammar.legality --model models/robo-nano-q4_0.gguf --temperature 2

Without `--model` the weights are random. Each program is parsed by CPython, checked against the registry and
run in the simulator; SyntaxError, NameError, AttributeError and TypeError must not occur. Other errors are a
program's own (a division by zero, a sensor that does not answer).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import typer
from robo_runtime.generate import Generator
from robo_runtime.simulate import World, simulate

PROMPTS = (
    "blink",
    "count how often the button is pressed and show it",
    "write a function that turns the servo",
    "read the sensor and print it every second",
    "light the pixels one after the other",
    "draw on the oled",
    "robokit: drive a square",
    "send the temperature over mqtt",
    "a timer that toggles the led",
    "keep the last ten readings in a list",
    "when something comes over the serial port print it",
    "use a dictionary of notes",
)
NEVER = ("SyntaxError", "NameError", "UnboundLocalError", "AttributeError", "TypeError")
_app = typer.Typer(add_completion=False)
_generator: Generator | None = None


def random_model(path: Path) -> None:
    """Write a small model with random weights; a vocabulary of 640 pieces, because masking costs time by the
    piece and random weights want nearly every token masked.
    """
    import numpy as np
    from robo_convert.checkpoint import Checkpoint, Training
    from robo_convert.gguf_file import write_gguf
    from robo_convert.quants import QUANTS
    from robo_convert.vocabulary import read_vocabulary
    from robo_runtime.cache import configured_registry
    from robo_runtime.gguf_file import Shape, expected_tensors
    from robo_train.config import TokenizerConfig
    from robo_train.corpus.sources import project_records
    from robo_train.tokenizer import train_tokenizer

    size = 640
    lines = sorted({line for r in project_records(configured_registry(), []) for line in r.code.splitlines()})
    tokenizer = train_tokenizer(filter(None, lines), TokenizerConfig(name="few", vocab_size=size))
    shape = Shape(
        vocab_size=size, hidden_size=64, intermediate_size=128, layers=2, heads=4, kv_heads=2,
        head_dim=16, context=1024, rope_theta=10000.0, norm_eps=1e-5,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    weights = {
        name: (np.ones(n) if len(n) == 1 else rng.normal(0, 1 / 8, n)).astype(np.float32)
        for name, n in expected_tensors(shape).items()
    }
    source = Checkpoint(path, shape, weights, tokenizer, Training(), sha256="")
    write_gguf(path, source, read_vocabulary(tokenizer, size, "random"), QUANTS["f32"])


def _load(model: str, board: str) -> None:
    global _generator
    _generator = Generator(model, board=board, threads=1)


def _one(job: tuple[int, float, int]) -> dict[str, Any]:
    """Write and judge one program."""
    seed, temperature, tokens = job
    assert _generator is not None
    made = _generator.generate(
        PROMPTS[seed % len(PROMPTS)], temperature=temperature, top_k=0, seed=seed, max_tokens=tokens
    )
    error = ""
    if made.code:
        trace = simulate(made.code, World(), 3.0)
        found = re.search(r"\b(\w+Error)\b", str(trace.error or ""))
        error = found.group(1) if found else ""
    return {
        "seed": seed, "code": made.code, "stopped": made.stopped, "error": error,
        "problems": [f"{p.kind}: {p.message}" for p in made.problems] if made.code else [],
    }  # fmt: skip


@_app.command()
def main(
    programs: int = typer.Option(1000, min=1),
    model: Path | None = typer.Option(None, help="in place of random weights"),
    temperature: float = typer.Option(1.0, min=0),
    tokens: int = typer.Option(120, min=32, help="a program's hard limit"),
    first: int = typer.Option(0, help="the first seed"),
    board: str = "esp32",
    workers: int = typer.Option(os.cpu_count() or 1, min=1),
    output: Path = typer.Option(Path("benchmarks/results/legality.json")),
) -> None:
    """Sample programs and count what is wrong with them."""
    from rich.progress import track
    from robo_runtime.files import write_json

    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        if model is None:
            model = Path(folder) / "robo-random-f32.gguf"
            random_model(model)
        with multiprocessing.get_context("spawn").Pool(workers, _load, (str(model), board)) as pool:
            jobs = ((seed, temperature, tokens) for seed in range(first, first + programs))
            results = list(track(pool.imap(_one, jobs, chunksize=4), "writing programs", total=programs))
    errors = Counter(r["error"] for r in results if r["error"])
    problems = Counter(re.sub(r"`[^`]*`", "`…`", p) for r in results for p in r["problems"])
    bad = [r for r in results if r["problems"] or r["error"] in NEVER]
    written = [r for r in results if r["code"]]
    summary = {
        "model": model.stem, "temperature": temperature, "programs": len(results), "written": len(written),
        "lines": sum(r["code"].count("\n") for r in written),
        "stopped": dict(Counter(r["stopped"] for r in results)), "errors": dict(errors),
        "problems": dict(problems.most_common(20)), "illegal": len(bad),
        "seconds": round(time.monotonic() - start, 1),
    }  # fmt: skip
    write_json(output, summary | {"examples": bad[:50]})
    typer.echo(json.dumps(summary, indent=1))
    raise typer.Exit(bool(bad))


if __name__ == "__main__":
    _app()
