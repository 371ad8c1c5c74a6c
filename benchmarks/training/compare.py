"""Recipes compared at a fixed budget: what learns most in the same seconds of the same machine.

    .venv/bin/python -m benchmarks.training.compare optimiser [--budget 10m] [--seed 1 --seed 2] [--limit 100]

Trains every variant of a set (`benchmarks/training/variants/`) on the same records, one after the other in
processes of their own, each when the machine is otherwise idle; validates by split, exports Q4_0, asks
held-out prompts with the grammar and judges the programs in the simulator. Run again, it keeps what is
finished.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from robo_runtime.command import run as run_command
from robo_runtime.errors import RoboError
from robo_runtime.files import read_config, write_json
from robo_runtime.paths import workspace
from robo_runtime.progress import duration
from robo_train.config import Seconds
from robo_train.provenance import provenance
from robo_train.steps import progress_bar
from robo_train.training.state import set_aside

from benchmarks.training.busy import wait_until_idle
from benchmarks.training.corpora import Corpora
from benchmarks.training.outcome import show, write_outcome
from benchmarks.training.trial import JOB, TRIAL, Assignment, Trial
from benchmarks.training.variants import Job, base_config, jobs, load_set

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_ROOT = Path(__file__).resolve().parents[2]
_ASKING = 180.0  # seconds to export and ask until the first run has shown it; an estimate
LOG = "log.txt"


@app.command(help=__doc__)
def compare(
    variants: Annotated[str, typer.Argument(help="a set of variants/, or the path of a YAML file")],
    budget: Annotated[str | None, typer.Option(help="of each run, in place of the set's: 90s, 10m")] = None,
    seed: Annotated[list[int] | None, typer.Option(help="may be repeated; in place of the set's")] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="a built corpus for the base recipe; composed when left out")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="questions of each split; 0 asks all")] = 100,
    max_busy: Annotated[float, typer.Option(help="cores others may use when a run begins")] = 0.3,
    patience: Annotated[str, typer.Option(help="how long to wait for that")] = "15m",
    workers: Annotated[int | None, typer.Option(min=1, help="processes of the simulator")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="run all again; earlier runs are set aside")] = False,
    output: Annotated[
        Path | None, typer.Option(help="figures; the page goes beside; benchmarks/results/learning/SET.json")
    ] = None,
) -> None:
    """The command; see the module."""
    chosen, path = load_set(variants)
    limit_s = _parsed(budget, "--budget") if budget else None
    work = jobs(chosen, path, limit_s, seed)
    root = workspace() / "runs" / "compare"
    folder = root / chosen.name
    if fresh:
        set_aside(folder)
    corpora = Corpora(root / "corpora", base_config(chosen, path, limit_s), corpus)
    configs = [job.config for job in work]
    with progress_bar() as step:
        corpora.build(configs, step)
    validation, questions = corpora.questions(configs, folder, limit)
    runs = Runs(
        folder, validation, questions, max_busy=max_busy, patience=_parsed(patience, "--patience"),
        workers=workers,
    )  # fmt: skip
    target = output or workspace() / "benchmarks" / "results" / "learning" / f"{chosen.name}.json"
    for n, job in enumerate(work):
        runs.perform(job, corpora.folder(job.config), n, work)
        if runs.trials:
            summaries = write_outcome(target, chosen, runs.trials, runs.failed, provenance())
    if runs.trials:
        show(summaries)
        typer.echo(f"{target}, {target.with_suffix('.html').name}")
    for name, why in runs.failed.items():
        typer.secho(f"{name} failed: {why} ({folder / name / LOG})", fg="red", err=True)
    if runs.failed:
        raise typer.Exit(1)


def _parsed(text: str, option: str) -> float:
    try:
        return TypeAdapter(Seconds).validate_python(text)
    except ValidationError:
        raise RoboError(f"{option} {text}: expected a time such as 90s, 10m or 1.5h") from None


@dataclass
class Runs:
    """Performs jobs in processes of their own and keeps what came of them."""

    folder: Path
    validation: Path
    questions: Path
    max_busy: float
    patience: float
    workers: int | None = None
    trials: list[Trial] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """The last words of runs that failed."""
    _overheads: list[float] = field(default_factory=list)
    """Seconds of each run of this process beyond its budget, or all of them where it has none."""

    def perform(self, job: Job, data: Path, number: int, work: list[Job]) -> None:
        """Run a job, unless it was run before with the same recipe, data and questions.

        Raises:
            RoboError: the machine does not become idle.
            KeyboardInterrupt: after the run has saved its state.
        """
        folder, mark = self.folder / job.name, self.mark(job, data)
        head = f"{number + 1} of {len(work)}: {job.name}"
        if trial := finished(folder, mark):
            self.trials.append(trial)
            typer.echo(f"{head} is done already")
            return
        if (folder / JOB).exists() and read_config(folder / JOB, Assignment).mark != mark:
            set_aside(folder)
        busy = wait_until_idle(self.max_busy, self.patience)
        left = sum(self.expected(other) for other in work[number:])
        typer.echo(f"{head}, about {duration(left)} left with all that follow")
        task = Assignment(
            variant=job.variant, seed=job.seed, mark=mark, recipe=job.config.model_dump(), data=str(data),
            validation=str(self.validation), questions=str(self.questions), busy_before=busy,
            workers=self.workers,
        )  # fmt: skip
        write_json(folder / JOB, task.model_dump())
        start = time.monotonic()
        problem = run_apart(folder)
        self._overheads.append(max(0.0, time.monotonic() - start - (job.config.budget or 0.0)))
        if trial := finished(folder, mark):
            self.trials.append(trial)
        else:
            self.failed[job.name] = problem

    def expected(self, job: Job) -> float:
        """Seconds that a job takes."""
        known = self._overheads
        return (job.config.budget or 0.0) + (sum(known) / len(known) if known else _ASKING)

    def mark(self, job: Job, data: Path) -> str:
        """Hash of all that decides a run's figures, except the code."""
        parts = {
            "recipe": job.config.model_dump(), "model": job.config.model_config_.model_dump(),
            "data": (data / "metadata.json").read_text(encoding="utf-8"),
            "asked": [p.read_text(encoding="utf-8") for p in (self.validation, self.questions)],
        }  # fmt: skip
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def finished(folder: Path, mark: str) -> Trial | None:
    """The outcome of a run, if it has one and was run with this mark."""
    if not (folder / TRIAL).exists():
        return None
    trial = read_config(folder / TRIAL, Trial)
    return trial if trial.mark == mark else None


def run_apart(folder: Path) -> str:
    """Run `trial.py` on a folder, echo and log what it says, and return its last words."""
    command = [sys.executable, "-m", "benchmarks.training.trial", str(folder)]
    # As the command lines set them: threads that spin while they wait take cores from those that work.
    env = {"OMP_WAIT_POLICY": "passive", "OPENBLAS_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // 2))}
    last: deque[str] = deque(["ended without a word"], maxlen=1)
    pipe = subprocess.PIPE
    with (folder / LOG).open("a", encoding="utf-8") as log, subprocess.Popen(
        command, cwd=_ROOT, env=env | dict(os.environ), stdout=pipe, stderr=subprocess.STDOUT, text=True
    ) as process:  # fmt: skip
        try:
            for line in process.stdout or ():
                log.write(line)
                log.flush()
                typer.echo(f"  {line.rstrip()}")
                if line.strip():
                    last.append(line.strip())
        except KeyboardInterrupt:  # the run has got it too, and saves its state
            process.wait()
            raise
    return last[-1]


if __name__ == "__main__":
    run_command(app)
