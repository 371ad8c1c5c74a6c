"""A recipe from the command line: its cost, the corpus with a progress bar, training, the outcome."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import typer
from robo_runtime.errors import RoboError
from robo_runtime.paths import workspace

from robo_train.config import TrainConfig, load_train_config
from robo_train.corpus.build import build_corpus, free_space_mb
from robo_train.corpus.engines import Engine
from robo_train.corpus.mix import load_mix
from robo_train.ranks import first_process
from robo_train.steps import progress_bar

_SAMPLES_PER_MINUTE = 6000  # composed and verified by one core; an estimate for the announcement
_NEEDED_MB = 500  # corpus, resumable state and checkpoint of the largest tier on a CPU


def load(
    tier: str, /, *, samples: int | None = None, languages: str | None = None, **overrides: Any
) -> TrainConfig:
    """The recipe with the command line's changes."""
    config = load_train_config(tier, **overrides)
    if samples is not None and samples < 1:
        raise RoboError(f"--samples {samples}: at least 1 is needed")
    if languages is not None:
        load_mix(languages)
    changes = {"samples": samples, "languages": languages}
    corpus = config.corpus.model_copy(update={k: v for k, v in changes.items() if v is not None})
    return config.model_copy(update={"corpus": corpus})


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


def build(
    config: TrainConfig, force: bool = False, engine: Engine | None = None, strict: bool = False
) -> Path:
    """Build the corpus with a progress bar and say what came out.

    Args:
        strict: fail when anything was refused, rather than only tell.
    """
    with progress_bar() as step:
        folder = build_corpus(config, step, force, engine)
    from robo_runtime.files import read_config

    from robo_train.tokenise import Metadata

    for split, info in read_config(folder / "metadata.json", Metadata).splits.items():
        typer.echo(
            f"  {split}: {info.samples:,} samples, {info.tokens:,} tokens,"
            f" {info.characters_per_token:.2f} characters a token in programs"
        )
    _account(folder, strict)
    return folder


def _account(folder: Path, strict: bool) -> None:
    """Say what was dropped and refused; the whole account is in `report.json`."""
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    told = {**report["dropped"], **report["left_out"]}
    if told:
        typer.echo("  passed over: " + ", ".join(f"{why} {n:,}" for why, n in told.items()))
    if tried := report["mutants"].get("tried"):
        killed = report["mutants"]["killed"]
        typer.echo(f"  wrong programs caught by the checks: {killed:,} of {tried:,} ({killed / tried:.1%})")
    for where, missing in report["short"].items():
        typer.echo(f"  {where}: {missing} fewer than asked for; its grammar has no more to say")
    for reason in report["refused"]:
        typer.secho(f"  refused: {reason}", fg="yellow", err=True)
    if report["refused"] and strict:
        raise RoboError(f"{len(report['refused'])} authored sources were refused (see above); mend them")


def train(
    config: TrainConfig, data: Path, *, init: Path | None, fresh: bool, devices: int | str, num_nodes: int,
    strategy: str = "auto",
) -> Path:  # fmt: skip
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
    checkpoint = run_training(
        config, paths, init=init, fresh=fresh, devices=devices, num_nodes=num_nodes, strategy=strategy
    )
    if not first_process():  # the first one writes the checkpoint, perhaps just now
        return checkpoint
    figures = report(checkpoint)["figures"]
    typer.echo(
        f"{checkpoint.relative_to(root)}: {figures['steps']:,} steps, {figures['tokens']:,} tokens in"
        f" {figures['seconds'] / 60:.1f} minutes, validation loss {figures['val_loss']:.3f}"
        f" (perplexity {figures['val_perplexity']:.3f})"
    )
    return checkpoint
