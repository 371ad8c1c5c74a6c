"""One training run from a recipe: plan, train or resume, write the checkpoint."""

from __future__ import annotations

import hashlib
import json
import logging
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import lightning as L
import torch
from robo_runtime.errors import RoboError
from robo_runtime.files import read_config, write_json

from robo_train.batches import TrainBatches, validation_batches
from robo_train.checkpoint import save_checkpoint
from robo_train.config import ResolvedConfig, TrainConfig
from robo_train.dial import remember, settle
from robo_train.model import Llama, count_parameters
from robo_train.plan import check_memory
from robo_train.provenance import provenance
from robo_train.start import start_from
from robo_train.tokenise import Metadata, TokenFile
from robo_train.tokenizer import Tokenizer
from robo_train.training.callbacks import Clock, Figures, ProgressBar, Save, Validate
from robo_train.training.module import TrainModule
from robo_train.training.schedule import Progress

C = TypeVar("C", bound=L.Callback)


@dataclass(frozen=True)
class RunPaths:
    """Where a run reads and writes."""

    data: Path
    """Folder of token files and `tokenizer.model`."""
    run: Path
    """Resumable state, figures and logs."""
    checkpoint: Path
    """The finished Hugging Face folder."""


def fingerprint(config: TrainConfig, metadata: Metadata, init: Path | None) -> str:
    """Changes when the recipe, the data or the starting point do; equal ones may be resumed."""
    parts = {
        "config": config.model_dump(exclude={"save_every"}),
        "model": config.model_config_.model_dump(),
        "data": metadata.model_dump(),
        "init": str(init or ""),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _metadata(paths: RunPaths) -> Metadata:
    return read_config(paths.data / "metadata.json", Metadata)


def fingerprint_matches(config: TrainConfig, paths: RunPaths, init: Path | None) -> bool:
    """True when the checkpoint on disk is the outcome of exactly this run."""
    mark = fingerprint(config, _metadata(paths), init)
    try:
        training = json.loads((paths.checkpoint / "training.json").read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return False
    return bool(training.get("fingerprint") == mark)


def _set_aside(run: Path) -> None:
    """Rename a run folder away, so that nothing of it is lost."""
    if run.exists():
        run.rename(run.with_name(f"{run.name}-{time.strftime('%Y%m%d-%H%M%S')}"))


def _resumable(paths: RunPaths, mark: str) -> Path | None:
    """The checkpoint to resume from, if it belongs to this run; another run's folder is set aside."""
    state, note = paths.run / "last.ckpt", paths.run / "fingerprint.txt"
    if note.exists() and note.read_text(encoding="utf-8").strip() != mark:
        _set_aside(paths.run)
    return state if state.exists() else None


def _steps_in(config: ResolvedConfig, stream: TrainBatches) -> int | None:
    """Optimiser steps that `epochs` or `max_steps` allow, the smaller of the two."""
    limits = [config.max_steps] if config.max_steps else []
    if config.epochs:
        limits.append(max(1, int(config.epochs * stream.batches_per_epoch() / config.accumulate)))
    return min(limits) if limits else None


def train(
    config: TrainConfig, paths: RunPaths, *, init: Path | None = None, fresh: bool = False,
    devices: int | str = "auto", num_nodes: int = 1,
) -> Path:  # fmt: skip
    """Train by a recipe and return the checkpoint folder; resumes an interrupted run of the same recipe.

    Raises:
        RoboError: data and tokenizer disagree, the loss is not finite, or the starting point does not fit.
        KeyboardInterrupt: after the state was saved.
    """
    tokenizer = Tokenizer.load(paths.data / "tokenizer.model")
    if len(tokenizer) != config.model_config_.vocab_size:
        raise RoboError(
            f"{paths.data}: its tokenizer has {len(tokenizer)} pieces, model {config.model} expects"
            f" {config.model_config_.vocab_size}; build the data again"
        )
    data = TokenFile.open(paths.data, "train", tokenizer)
    metadata = _metadata(paths)
    mark = fingerprint(config, metadata, init)
    if fresh:
        _set_aside(paths.run)
    resume = _resumable(paths, mark)
    paths.run.mkdir(parents=True, exist_ok=True)
    (paths.run / "fingerprint.txt").write_text(mark, encoding="utf-8")
    # The folder is this recipe's: what `auto` became at its start is kept, whatever the machine says today.
    dial = settle(config, paths.run, probe=True)
    config = dial.config
    check_memory(config)
    remember(dial, paths.run)
    write_json(paths.run / "config.json", config.model_dump())

    L.seed_everything(config.seed, verbose=False)
    model = Llama(config.model_config_)
    if init:
        start_from(init, model, tokenizer)
    reason = dial.reasons.get("precision", "as configured")
    module, trainer = _assemble(config, paths, model, data, tokenizer, devices, num_nodes)
    _run(trainer, module, resume)
    figures = {k: v for k, v in module.latest.items() if k != "learning_rate"} | {
        "steps": module.progress.steps,
        "tokens": module.tokens_seen,
        "seconds": round(module.progress.elapsed, 1),
        "tokens_per_s": round(module.tokens_seen / max(module.progress.elapsed, 1e-9)),
    }
    training = {
        "name": config.name,
        "fingerprint": mark,
        "qat": config.qat,
        "licence": "apache-2.0",
        "languages": metadata.splits["train"].languages,
        "config": config.model_dump(),
        "model": config.model_config_.model_dump(),
        "parameters": count_parameters(config.model_config_)["total"],
        "data": metadata.model_dump(),
        "figures": figures,
        "precision": {"used": config.precision, "reason": reason},
        "derived": dial.reasons,
        **provenance(),
    }
    if trainer.is_global_zero:
        save_checkpoint(paths.checkpoint, model, tokenizer, training, qat=config.qat)
        (paths.run / "last.ckpt").unlink(missing_ok=True)
    return paths.checkpoint


def _assemble(
    config: ResolvedConfig, paths: RunPaths, model: Llama, data: TokenFile, tokenizer: Tokenizer,
    devices: int | str, num_nodes: int,
) -> tuple[TrainModule, L.Trainer]:  # fmt: skip
    for name in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning.*")
    torch.set_float32_matmul_precision("high")
    figures = Figures(paths.run)
    validation = validation_batches(TokenFile.open(paths.data, "val", tokenizer), config.batch_tokens)
    save = Save(paths.run / "last.ckpt", config.save_every)
    validate = Validate(validation, config.validate_every, config.validate_batches, figures)
    trainer = L.Trainer(
        max_epochs=-1,
        accelerator="auto",
        devices=devices if torch.cuda.is_available() or devices != "auto" else 1,
        num_nodes=num_nodes,
        precision=config.precision,
        accumulate_grad_batches=config.accumulate,
        gradient_clip_val=config.clip,
        callbacks=[Clock(), ProgressBar(), figures, validate, save],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    stream = TrainBatches(data, config.batch_tokens, config.seed, trainer.global_rank, trainer.world_size)
    progress = Progress(config.budget, _steps_in(config, stream))
    return TrainModule(config, model, stream, progress), trainer


def _callback(trainer: L.Trainer, kind: type[C]) -> C:
    return next(c for c in trainer.callbacks if isinstance(c, kind))


def _run(trainer: L.Trainer, module: TrainModule, resume: Path | None) -> None:
    module.progress.start()
    try:
        trainer.fit(module, train_dataloaders=module.stream, ckpt_path=resume, weights_only=True)
    except SystemExit as e:  # Lightning leaves this way after Ctrl-C
        if module.progress.done >= 1:
            raise
        _callback(trainer, Save).interrupted(trainer, module)
        raise KeyboardInterrupt from e
    except KeyboardInterrupt:
        _callback(trainer, Save).interrupted(trainer, module)
        raise
    finally:
        if module.progress.done >= 1:
            _callback(trainer, Validate).validate(module)
        _callback(trainer, Figures).close()


def report(checkpoint: Path) -> dict[str, Any]:
    """Figures of a finished checkpoint."""
    training: dict[str, Any] = json.loads((checkpoint / "training.json").read_text(encoding="utf-8"))
    return training
