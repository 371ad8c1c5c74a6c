"""One training run from a recipe: plan, train or resume, write the checkpoint."""

from __future__ import annotations

import hashlib
import json
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import lightning as L
import torch
from robo_runtime.errors import RoboError
from robo_runtime.files import read_config, write_text

from robo_train.batches import TrainBatches, validation_batches
from robo_train.checkpoint import save_checkpoint
from robo_train.config import ResolvedConfig, TrainConfig
from robo_train.dial import remember, settle
from robo_train.drafts import drafts
from robo_train.model import Llama, count_parameters
from robo_train.plan import check_memory
from robo_train.provenance import provenance
from robo_train.ranks import first_process
from robo_train.start import start_from
from robo_train.tokenise import Metadata, TokenFile
from robo_train.tokenizer import Tokenizer
from robo_train.training.callbacks import Clock, ProgressBar, Save, Validate
from robo_train.training.devices import Team, plan_team
from robo_train.training.figures import Figures, Speed
from robo_train.training.module import NotANumber, TrainModule
from robo_train.training.run_folder import describe_run
from robo_train.training.schedule import Progress
from robo_train.training.state import MARK, STABLE, find_state, remove_state, set_aside, whole
from robo_train.training.tracking import check_trackers

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


def weights_hash(init: Path) -> str:
    """Hash of the weights a run starts from; empty where there are none, which `start_from` refuses."""
    path = init / "model.safetensors" if init.is_dir() else init
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def start_record(init: Path) -> dict[str, Any]:
    """Where the weights came from, for the record of a run."""
    record: dict[str, Any] = {"path": str(init), "sha256": weights_hash(init)}
    about = init / "training.json"
    if about.is_file() and (parts := json.loads(about.read_text("utf-8")).get("mean_of")):
        record["mean_of"] = parts
    return record


_NEW_KEYS = ("order", "packing")
"""Keys younger than states that are still resumed, which trained by their defaults."""


def fingerprint(config: TrainConfig, metadata: Metadata, init: Path | None) -> str:
    """Changes when the recipe, the data or the starting point do; equal ones may be resumed."""
    fields = TrainConfig.model_fields
    unset = {name for name in _NEW_KEYS if getattr(config, name) == fields[name].default}
    parts = {
        "config": config.model_dump(exclude={"save_every", "trackers", *unset}),
        "model": config.model_config_.model_dump(),
        "data": metadata.model_dump(),
        "init": weights_hash(init) if init else "",
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


def _lineage(config: TrainConfig, metadata: Metadata, init: Path | None) -> str:
    """What a run folder belongs to. Under `wsd` the length of the run does not matter before its decay."""
    if config.schedule == "wsd":
        config = config.model_copy(update={"budget": 1.0, "epochs": None, "max_steps": None})
    return fingerprint(config, metadata, init)


def _goes_on_from(
    paths: RunPaths, mark: str, config: TrainConfig, progress: Progress, sharded: bool
) -> Path | None:
    """The state to resume; after a finished `wsd` run that before its decay, if this run is longer.

    Raises:
        RoboError: no state can be read, or the optimiser's is laid out for another strategy.
    """
    state = find_state(paths.run, mark, writing=first_process())
    if state is None and config.schedule == "wsd" and whole(paths.run / STABLE):
        state = paths.run / STABLE
    if state is None:
        return None
    found = torch.load(state, weights_only=True, map_location="cpu", mmap=True)["robo"]
    if state.name == STABLE and progress.share(found["progress"]) > 1 - config.decay:
        return None
    if found["sharded"] != sharded:
        was, now = ("fsdp", "ddp or one device") if found["sharded"] else ("ddp or one device", "fsdp")
        raise RoboError(
            f"{state}: saved under {was}, its optimiser's state cannot go on under {now}; take the strategy"
            " it began with, or --fresh"
        )
    return state


def _steps_in(config: ResolvedConfig, stream: TrainBatches) -> int | None:
    """Optimiser steps that `epochs` or `max_steps` allow, the smaller of the two."""
    limits = [config.max_steps] if config.max_steps else []
    if config.epochs:
        limits.append(max(1, int(config.epochs * stream.batches_per_epoch() / config.accumulate)))
    return min(limits) if limits else None


def train(
    config: TrainConfig, paths: RunPaths, *, init: Path | None = None, fresh: bool = False,
    devices: int | str = "auto", num_nodes: int = 1, strategy: str = "auto",
) -> Path:  # fmt: skip
    """Train by a recipe and return the checkpoint folder; resumes an interrupted run of the same recipe.

    On several devices every process runs this; the first one writes.

    Raises:
        RoboError: data and tokenizer disagree, the loss is not finite, or the starting point does not fit.
        KeyboardInterrupt: after the state was saved.
    """
    check_trackers(config.trackers)
    team = plan_team(config, devices, num_nodes, strategy)
    tokenizer = Tokenizer.load(paths.data / "tokenizer.model")
    if len(tokenizer) != config.model_config_.vocab_size:
        raise RoboError(
            f"{paths.data}: its tokenizer has {len(tokenizer)} pieces, model {config.model} expects"
            f" {config.model_config_.vocab_size}; build the data again"
        )
    data = TokenFile.open(paths.data, "train", tokenizer)
    metadata = _metadata(paths)
    mark, lineage = fingerprint(config, metadata, init), _lineage(config, metadata, init)
    if fresh and first_process():
        set_aside(paths.run)
    find_state(paths.run, lineage, writing=first_process())
    if first_process():
        paths.run.mkdir(parents=True, exist_ok=True)
        write_text(paths.run / MARK, lineage)
    # The folder is this recipe's: what `auto` became at its start is kept, whatever the machine says today.
    dial = settle(config, paths.run, probe=True)
    config = dial.config
    check_memory(config)

    L.seed_everything(config.seed, verbose=False)
    model = Llama(config.model_config_)
    if init:
        start_from(init, model, tokenizer)
    reason = dial.reasons.get("precision", "as configured")
    origin = provenance()
    settled = {"fingerprint": mark, "init": str(init or ""), "devices": team.devices, "num_nodes": num_nodes,
               "precision": {"used": config.precision, "reason": reason},
               "derived": dial.reasons}  # fmt: skip
    module, trainer = _assemble(config, paths, model, data, tokenizer, team)
    resume = _goes_on_from(paths, lineage, config, module.progress, team.sharded)
    if first_process():
        remember(dial, paths.run)
        describe_run(paths.run, config, metadata, paths.data, origin, settled, resume is not None)
    _run(trainer, module, resume)
    figures = {k: v for k, v in module.latest.items() if k != "learning_rate"} | {
        "steps": module.progress.steps,
        "tokens": module.tokens_seen,
        "seconds": round(module.progress.elapsed, 1),
        "tokens_per_s": round(_callback(trainer, Speed).rate or 0),
    }
    training = {
        "name": config.name,
        "fingerprint": mark,
        "init": start_record(init) if init else None,
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
        **origin,
    }
    if trainer.is_global_zero:
        finished = Llama(config.model_config_)
        finished.load_state_dict(module.final_weights)
        save_checkpoint(paths.checkpoint, finished, tokenizer, training, qat=config.qat, drafts=drafts(data))
        remove_state(paths.run)
    return paths.checkpoint


def _assemble(
    config: ResolvedConfig, paths: RunPaths, model: Llama, data: TokenFile, tokenizer: Tokenizer,
    team: Team,
) -> tuple[TrainModule, L.Trainer]:  # fmt: skip
    for name in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning.*")
    torch.set_float32_matmul_precision("high")
    speed = Speed()
    figures = Figures(paths.run, config, speed)
    validation = validation_batches(TokenFile.open(paths.data, "val", tokenizer), config.batch_tokens)
    save = Save(paths.run, config.save_every, 1 - config.decay if config.schedule == "wsd" else None)
    validate = Validate(
        validation, config.validate_every, config.validate_batches, figures, speed, config.patience
    )
    bar = [ProgressBar(speed)] if first_process() else []
    trainer = L.Trainer(
        max_epochs=-1,
        accelerator=team.accelerator,
        devices=team.devices,
        num_nodes=team.num_nodes,
        strategy=team.strategy,
        use_distributed_sampler=False,
        precision=config.precision,
        accumulate_grad_batches=config.accumulate,
        gradient_clip_val=config.clip,
        callbacks=[Clock(), speed, *bar, figures, validate, save],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    stream = TrainBatches(
        data, config.batch_tokens, config.seed, trainer.global_rank, trainer.world_size,
        mixed=config.order == "mixed", pack_to=config.max_length if config.packing else None,
    )  # fmt: skip
    progress = Progress(config.budget, _steps_in(config, stream))
    return TrainModule(config, model, stream, progress), trainer


def _callback(trainer: L.Trainer, kind: type[C]) -> C:
    return next(c for c in trainer.callbacks if isinstance(c, kind))


def _run(trainer: L.Trainer, module: TrainModule, resume: Path | None) -> None:
    module.progress.start()
    try:
        trainer.fit(module, train_dataloaders=module.stream, ckpt_path=resume, weights_only=True)
    except SystemExit as e:  # Lightning leaves this way after Ctrl-C; `Save` has written the state
        raise KeyboardInterrupt from e
    except NotANumber:
        _callback(trainer, Save).diverged(trainer, module)
        raise
    finally:
        _callback(trainer, Figures).close(bool(module.final_weights))


def report(checkpoint: Path) -> dict[str, Any]:
    """Figures of a finished checkpoint."""
    training: dict[str, Any] = json.loads((checkpoint / "training.json").read_text(encoding="utf-8"))
    return training
