"""A recipe from the command line: its cost, the corpus with a progress bar, training, the outcome."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from robo_runtime.errors import RoboError
from robo_runtime.paths import workspace

from robo_train.config import TrainConfig, load_train_config
from robo_train.corpus.build import build_corpus, free_space_mb

_SAMPLES_PER_MINUTE = 6000  # composed and verified by one core; an estimate for the announcement
_NEEDED_MB = 500  # corpus, resumable state and checkpoint of the largest tier on a CPU


def load(tier: str, /, *, samples: int | None = None, **overrides: Any) -> TrainConfig:
    """The recipe with the command line's changes."""
    config = load_train_config(tier, **overrides)
    if samples is None:
        return config
    if samples < 1:
        raise RoboError(f"--samples {samples}: at least 1 is needed")
    return config.model_copy(update={"corpus": config.corpus.model_copy(update={"samples": samples})})


def announce(config: TrainConfig) -> None:
    """Say beforehand what will be trained and how long it takes."""
    import torch

    from robo_train.model import count_parameters

    total = count_parameters(config.model_config_)["total"]
    where = (
        torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} CPU cores"
    )
    limit = f"{config.budget / 60:.1f} minutes of training" if config.budget else "until its steps are done"
    corpus = max(1, round(config.corpus.samples / _SAMPLES_PER_MINUTE / (os.cpu_count() or 1)))
    typer.echo(
        f"{config.name}: {total / 1e6:.1f}M parameters on {where}; about {corpus} min for the corpus if it is"
        f" not built yet, then {limit}"
    )
    if (free := free_space_mb(workspace())) < _NEEDED_MB:
        raise RoboError(
            f"{workspace()}: {free:.0f} MB of disk are free, {_NEEDED_MB} are needed; make room first"
        )


def build(config: TrainConfig, force: bool = False) -> Path:
    """Build the corpus with a progress bar and say what came out."""
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def step(name: str, done: int, expected: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=expected or None)
                if not console.is_terminal:
                    typer.echo(f"{name} …")
            bar.update(tasks[name], completed=done, total=expected or None)

        folder = build_corpus(config, step, force)
    from robo_runtime.files import read_config

    from robo_train.tokenise import Metadata

    for split, info in read_config(folder / "metadata.json", Metadata).splits.items():
        typer.echo(
            f"  {split}: {info.samples:,} samples, {info.tokens:,} tokens,"
            f" {info.characters_per_token:.2f} characters a token in programs"
        )
    return folder


def train(
    config: TrainConfig, data: Path, *, init: Path | None, fresh: bool, devices: int | str, num_nodes: int
) -> Path:
    """Train and say what came out."""
    from robo_train.hardware import keep_freed_memory
    from robo_train.training.run import RunPaths, fingerprint_matches, report
    from robo_train.training.run import train as run_training

    root = workspace()
    paths = RunPaths(data, root / "runs" / config.name, root / "checkpoints" / config.name)
    if not fresh and fingerprint_matches(config, paths, init):
        typer.echo(f"{paths.checkpoint}: already trained by this recipe on this data; --fresh trains anew")
        return paths.checkpoint
    keep_freed_memory()
    checkpoint = run_training(config, paths, init=init, fresh=fresh, devices=devices, num_nodes=num_nodes)
    figures = report(checkpoint)["figures"]
    typer.echo(
        f"{checkpoint.relative_to(root)}: {figures['steps']:,} steps, {figures['tokens']:,} tokens in"
        f" {figures['seconds'] / 60:.1f} minutes, validation loss {figures['val_loss']:.3f}"
        f" (perplexity {figures['val_perplexity']:.3f})"
    )
    return checkpoint
