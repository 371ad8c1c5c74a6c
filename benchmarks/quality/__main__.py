"""The quality benchmark.

    .venv/bin/python -m benchmarks.quality [--model FILE]... [--baseline retrieval] [--limit 300]

Asks hand-written prompts and the held-out splits of a corpus, one greedy answer each, and judges the programs
in the simulator. Writes figures (JSON), every failure (JSONL) and a report (HTML) that opens offline.
"""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
from robo_runtime.command import run as run_command
from robo_runtime.errors import RoboError
from robo_runtime.files import write_text
from robo_runtime.models import default_model
from robo_runtime.paths import workspace

from benchmarks.quality.answers import Answerer, ModelAnswerer, retrieval
from benchmarks.quality.cases import (
    corpus_languages,
    default_sets,
    load_cases,
    newest_corpus,
    stratified,
)
from benchmarks.quality.page import page
from benchmarks.quality.results import write_failures, write_results
from benchmarks.quality.run import Plan, run
from benchmarks.quality.summary import show

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_RESULTS = workspace() / "benchmarks" / "results" / "quality.json"


@app.command(help=__doc__)
def evaluate(
    model: Annotated[
        list[Path] | None,
        typer.Option(help="a GGUF file; may be repeated: the others are compared with the first"),
    ] = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="ask the baseline only")] = False,
    decoding: Annotated[
        Literal["both", "constrained", "unconstrained"],
        typer.Option(help="with the grammar, without it, or both"),
    ] = "both",
    samples: Annotated[
        int, typer.Option(min=1, help="answer with the best of so many, as `robo generate --samples`")
    ] = 1,
    baseline: Annotated[
        Literal["retrieval"] | None, typer.Option(help="the nearest training prompt, its numbers filled in")
    ] = None,
    sets: Annotated[
        list[Path] | None,
        typer.Option(
            "--set", help="JSONL of records; may be repeated; data/eval and the corpus when left out"
        ),
    ] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="folder of data/build; the newest when left out")
    ] = None,
    lang: Annotated[
        list[str] | None, typer.Option(help="may be repeated; the languages of the corpus when left out")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="cases of each split; 0 asks all")] = 300,
    robustness: Annotated[int, typer.Option(min=0, help="cases of each split that are also perturbed")] = 50,
    seed: int = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="processes of the simulator")] = None,
    output: Annotated[
        Path, typer.Option(help="figures; the report and the failures go beside it")
    ] = _RESULTS,
) -> None:
    """The command; see the module."""
    folder = corpus or (newest_corpus() if sets is None or baseline else None)
    langs = lang or (corpus_languages(folder) if folder else ())
    paths = sets or default_sets(folder, langs)
    cases = stratified(load_cases(paths, frozenset(langs) or None), limit or None, seed)
    answerers: list[Callable[[], Answerer]] = []
    if not no_model:
        modes = {"both": (True, False), "constrained": (True,), "unconstrained": (False,)}[decoding]
        for path, name in _named(model or [default_model()]):
            answerers += [partial(ModelAnswerer, path, mode, name, samples) for mode in modes]
    if baseline:
        assert folder is not None
        answerers.append(partial(retrieval, folder))
    if not answerers:
        raise RoboError("nobody to ask: --no-model leaves out the model; add --baseline retrieval")
    plan = Plan(
        cases, paths, limit or None, seed, robustness, workers,
        shlex.join(["python", "-m", "benchmarks.quality", *sys.argv[1:]]),
    )  # fmt: skip
    results, failures = run(plan, answerers)
    write_results(output, results)
    write_failures(output.with_suffix(".failures.jsonl"), failures)
    write_text(output.with_suffix(".html"), page(results, failures))
    show(results)
    typer.echo(f"{output}, {output.with_suffix('.html').name}: figures, and every failure with its reason")


def _named(models: list[Path]) -> list[tuple[Path, str]]:
    """Each model with a name that no other has.

    Raises:
        RoboError: a file is missing, or named twice.
    """
    for path in models:
        if not path.is_file():
            raise RoboError(f"{path}: no such model; name a .gguf file, e.g. exports/robo-nano/…")
    if len({p.resolve() for p in models}) < len(models):
        raise RoboError("--model: the same file is named twice; name each once")
    stems = Counter(p.stem for p in models)
    return [(p, p.stem if stems[p.stem] == 1 else f"{p.resolve().parent.name}/{p.stem}") for p in models]


if __name__ == "__main__":
    run_command(app)
