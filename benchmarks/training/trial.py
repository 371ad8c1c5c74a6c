"""One run of a comparison in a process of its own: train, validate, export, ask, judge.

    python -m benchmarks.training.trial FOLDER

reads `job.json` in the folder and writes `trial.json` there; interrupted, it goes on when started again.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config, write_json
from robo_runtime.paths import workspace
from robo_train.config import TrainConfig

from benchmarks.quality.results import Results, Share, write_failures, write_results
from benchmarks.training.losses import Loss

JOB, TRIAL = "job.json", "trial.json"


class Assignment(Strict):
    """What a run is to do."""

    variant: str
    seed: int
    mark: str
    """Hash of all that decides its figures: the same one need not be run again."""
    recipe: dict[str, Any]
    data: str
    validation: str
    questions: str
    busy_before: float = 0.0
    """Cores that other programs used when it began."""
    workers: int | None = None


class Training(Strict):
    """How the training went."""

    steps: int
    tokens: int
    """Seen in training, padding included."""
    seconds: float
    tokens_per_s: float
    """Without the first step and validations."""
    first_step_s: float
    """From the start of training to the end of the first step: loading, allocating, compiling."""
    val_loss: float
    parameters: int
    batch_tokens: int
    learning_rate: float
    precision: str
    compile: bool


class Trial(Strict):
    """A finished run."""

    variant: str
    seed: int
    mark: str
    training: Training
    losses: dict[str, Loss]
    passed: dict[str, Share]
    """pass@1 by split, constrained, greedy, Q4_0."""
    copied: dict[str, Share]
    """Answers with every number of the prompt, by split."""
    copied_wrong: dict[str, Share]
    """Failures whose cause is a number that was copied wrong, by split."""
    cases: list[str]
    passes: str
    """A 0 or 1 for each of `cases`, in order."""
    evaluating_s: float
    busy_before: float
    provenance: dict[str, Any]


def perform(folder: Path) -> Trial:
    """Do what `job.json` says and write `trial.json`.

    Raises:
        RoboError: of training, exporting or asking.
    """
    from robo_train.hardware import keep_freed_memory
    from robo_train.provenance import provenance
    from robo_train.training.run import RunPaths, train

    job = read_config(folder / JOB, Assignment)
    config = TrainConfig(**job.recipe)
    paths = RunPaths(Path(job.data), folder / "run", folder / config.name)
    keep_freed_memory()
    checkpoint = paths.checkpoint
    if not (checkpoint / "training.json").exists():
        checkpoint = train(config, paths, devices=1)
    start = time.monotonic()
    model = _export(checkpoint, folder / "export")
    results = _ask(model, job, folder)
    trial = Trial(
        variant=job.variant, seed=job.seed, mark=job.mark, training=_training(checkpoint, paths.run),
        losses=_losses(checkpoint, Path(job.validation)), **_quality(results),
        evaluating_s=round(time.monotonic() - start, 1), busy_before=job.busy_before,
        provenance=_here(provenance()),
    )  # fmt: skip
    write_json(folder / TRIAL, trial.model_dump())
    return trial


def _here(origin: dict[str, Any]) -> dict[str, Any]:
    """Provenance with paths as seen from the workspace, so that figures can be shared."""
    return origin | {"command": str(origin.get("command", "")).replace(f"{workspace()}/", "")}


def _training(checkpoint: Path, run: Path) -> Training:
    from robo_train.training.run import report
    from robo_train.training.run_folder import read_figures

    notes = report(checkpoint)
    figures, recipe = notes["figures"], notes["config"]
    first = next((row["seconds"] for row in read_figures(run) if row["step"] == 1), 0.0)
    return Training(
        **{key: figures[key] for key in ("steps", "tokens", "seconds", "tokens_per_s", "val_loss")},
        **{key: recipe[key] for key in ("batch_tokens", "learning_rate", "precision", "compile")},
        parameters=notes["parameters"], first_step_s=first,
    )  # fmt: skip


def _losses(checkpoint: Path, validation: Path) -> dict[str, Loss]:
    from robo_train.corpus.records import read_records

    from benchmarks.training.losses import losses

    return losses(checkpoint, read_records(validation))


def _export(checkpoint: Path, folder: Path) -> Path:
    """The Q4_0 GGUF, which must give the checkpoint's logits: the exporter refuses another."""
    from robo_convert.gguf_export import export_gguf

    export_gguf(checkpoint, folder, ["q4_0"])
    return next(folder.glob("*-q4_0.gguf"))


def _ask(model: Path, job: Assignment, folder: Path) -> Results:
    from benchmarks.quality.answers import ModelAnswerer
    from benchmarks.quality.cases import load_cases
    from benchmarks.quality.run import Plan, run

    asked = [Path(job.questions)]
    plan = Plan(load_cases(asked), asked, workers=job.workers)
    results, failures = run(plan, [partial(ModelAnswerer, model, True, job.variant)])
    write_results(folder / "quality.json", results)
    write_failures(folder / "quality.failures.jsonl", failures)
    return results


def _quality(results: Results) -> dict[str, Any]:
    rows = {r.value: r for r in results.rows if r.axis in ("all", "split")}
    wrong = {c.split: c.share for c in results.causes if c.cause == "number copied wrong"}
    return {
        "passed": {split: row.measures["pass@1"] for split, row in rows.items()},
        "copied": {split: row.measures["numbers copied"] for split, row in rows.items()},
        "copied_wrong": wrong,
        "cases": results.cases,
        "passes": next(iter(results.passes.values())),
    }


if __name__ == "__main__":
    try:
        perform(Path(sys.argv[1]))
    except RoboError as e:
        sys.exit(f"error: {e}")
    except KeyboardInterrupt:  # the state is saved
        sys.exit(130)
