"""Does the native core write what the Python runtime writes?

    .venv/bin/python -m benchmarks.native_parity [--prompts 200] [--model FILE] [--json OUT.json]

Prompts of the composer, and those of the authored projects in all their languages, are answered in both,
constrained and greedy, and must give the same bytes for the same reason with as many tokens refused. The
Python runtime also has finished programs checked, which the core does not do: its answers are compared as
they are before that check, and how many have problems that it would take back is counted. `./justw native`
builds the core.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from robo_runtime.cache import configured_registry, grammar_text, scope_table
from robo_runtime.command import run as run_command
from robo_runtime.files import write_json
from robo_runtime.generate import Generator
from robo_runtime.models import default_model
from robo_runtime.native import native_data
from robo_runtime.progress import tracked
from robo_train.compose import samples
from robo_train.corpus import sources

from benchmarks.latency.first_token import load_average, machine
from tests.native.binding import Native
from tests.native.conftest import BOARD, unjudged

app = typer.Typer(add_completion=False)


def prompts(n: int) -> list[tuple[str, str | None]]:
    """Half of them composed, half authored, each with its language or none."""
    composed = [(s.prompt, s.lang) for s in samples(2001, n - n // 2, "full")]
    records = [r for r in sources.project_records(configured_registry(), []) if r.prompt]
    authored = [(r.prompt, r.lang) for r in Random(1).sample(records, min(n // 2, len(records)))]
    return [(prompt, lang if i % 2 else None) for i, (prompt, lang) in enumerate(composed + authored)]


@app.command()
def main(
    model: Annotated[Path | None, typer.Option(help="a GGUF file; the one that ships by default")] = None,
    count: Annotated[int, typer.Option("--prompts", min=2)] = 200,
    output: Annotated[Path | None, typer.Option("--json", help="where to write the figures")] = None,
) -> None:
    """Compare both."""
    path = model or default_model()
    with TemporaryDirectory() as folder:
        data = Path(folder) / f"{BOARD}.robo"
        data.write_bytes(native_data(grammar_text(BOARD), scope_table(), BOARD))
        native = Native(path, data)
    plain = unjudged(Generator(path, board=BOARD, threads=1))
    rows: list[dict[str, Any]] = []
    given = prompts(count)
    for prompt, lang in tracked(given, len(given), "prompts"):
        code, stopped, stats = native.generate(prompt, lang=lang)
        expected = plain.generate(prompt, lang=lang)
        same = (code, stopped, stats.refused) == (expected.code, expected.stopped, expected.timings.refused)
        problems = plain.check(code) if code else []
        rows.append({"prompt": prompt, "same": same, "tokens": stats.tokens, "refused": stats.refused,
                     "undone": stats.undone, "native_s": stats.decode_s, "python_s": expected.timings.decode,
                     "outside_s": stats.sample_s, "problems": len(problems)})  # fmt: skip
        if not same:
            print(f"{prompt!r} ({lang}): {stopped} {stats.refused} {code!r}\n  in Python: {expected.stopped}"
                  f" {expected.timings.refused} {expected.code!r}", file=sys.stderr)  # fmt: skip
    same = sum(r["same"] for r in rows)
    refused = sum(r["refused"] > 0 for r in rows)
    figures = {
        "same": same, "prompts": len(rows), "with_refusals": refused,
        "undone": sum(r["undone"] for r in rows),
        "tokens": sum(r["tokens"] for r in rows),
        "stopped_by_the_check": sum(r["problems"] > 0 for r in rows),
        "native_s": sum(r["native_s"] for r in rows), "python_s": sum(r["python_s"] for r in rows),
        "machine": machine(), "load": load_average(),
    }  # fmt: skip
    print(
        f"{same} of {len(rows)} programs are the same; in {refused} the grammar or the scope refused tokens;"
        f" {figures['stopped_by_the_check']} have problems that the Python runtime's check takes back;"
        f" decoding took {figures['native_s']:.1f} s natively and {figures['python_s']:.1f} s in Python"
    )
    if output:
        write_json(output, figures)
    if same < len(rows):
        raise SystemExit(1)


if __name__ == "__main__":
    run_command(app)
