"""What is watched and kept while a run goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning as L
from rich.progress import BarColumn, Progress, TextColumn
from robo_runtime.files import atomic_file

from robo_train.batches import Batch
from robo_train.training.module import TrainModule


def clock(seconds: float | None) -> str:
    """93 -> '1:33'; None -> '-:--'."""
    if seconds is None:
        return "-:--"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


class Clock(L.Callback):
    """Counts optimiser steps and ends the run; first of the callbacks, so that the others see the count."""

    def on_train_batch_end(
        self, trainer: L.Trainer, module: TrainModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        module.progress.steps = trainer.global_step
        trainer.should_stop = module.progress.done >= 1


class ProgressBar(L.Callback):
    """A bar with phase, losses, speed and time left; a line every 5 % where there is no terminal."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
        self._bar = Progress(*columns, TextColumn("{task.fields[text]}"))
        self._start = self._tokens = 0.0
        self._printed = -1

    def on_train_start(self, trainer: L.Trainer, module: TrainModule) -> None:
        self._start, self._tokens = time.monotonic(), module.tokens_seen
        if self._bar.console.is_terminal:
            self._bar.start()
        self._task = self._bar.add_task("training", total=1.0, text="")

    def on_train_batch_end(
        self, trainer: L.Trainer, module: TrainModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        done, latest = module.progress.done, module.latest
        speed = (module.tokens_seen - self._tokens) / max(time.monotonic() - self._start, 1e-9)
        text = f"step {module.progress.steps}  loss {latest.get('loss', 0):.3f}"
        if "val_loss" in latest:
            text += f"  val {latest['val_loss']:.3f}"
        text += f"  {speed:,.0f} tokens/s  {clock(module.progress.remaining)} left"
        self._bar.update(self._task, completed=done, description=module.phase, text=text)
        if not self._bar.console.is_terminal and int(done * 20) > self._printed:
            self._printed = int(done * 20)
            self._bar.console.print(f"{done:4.0%}  {module.phase:13}{text}", highlight=False)

    def teardown(self, trainer: L.Trainer, module: L.LightningModule, stage: str) -> None:
        self._bar.stop()


class Figures(L.Callback):
    """`figures.jsonl` and TensorBoard: every logged step, every validation."""

    def __init__(self, folder: Path, every: int = 10) -> None:
        self._folder, self._every = folder, every
        self._time, self._tokens = time.monotonic(), 0

    def setup(self, trainer: L.Trainer, module: L.LightningModule, stage: str) -> None:
        from torch.utils.tensorboard.writer import SummaryWriter

        self._board = SummaryWriter(str(self._folder / "tensorboard"))
        self._lines = (self._folder / "figures.jsonl").open("a", encoding="utf-8")

    def on_train_batch_end(
        self, trainer: L.Trainer, module: TrainModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if module.progress.steps % self._every and module.progress.steps != 1:
            return
        now = time.monotonic()
        speed = (module.tokens_seen - self._tokens) / max(now - self._time, 1e-9)
        self._time, self._tokens = now, module.tokens_seen
        keys = ("loss", "learning_rate", "grad_norm")
        self._write(
            module, {k: module.latest[k] for k in keys if k in module.latest} | {"tokens_per_s": speed}
        )

    def validated(self, module: TrainModule) -> None:
        """Record the validation that has just run."""
        self._write(module, {k: module.latest[k] for k in ("val_loss", "val_perplexity")})

    def _write(self, module: TrainModule, figures: dict[str, float]) -> None:
        step = module.progress.steps
        head = {"step": step, "seconds": round(module.progress.elapsed, 1), "tokens": module.tokens_seen}
        rounded = {k: float(f"{v:.6g}") for k, v in figures.items()}
        self._lines.write(json.dumps(head | {"phase": module.phase} | rounded) + "\n")
        self._lines.flush()
        for key, value in figures.items():
            self._board.add_scalar(key, value, step)

    def close(self) -> None:
        """End the files; the final validation comes after the loop, so not in `teardown`."""
        self._board.close()
        self._lines.close()


class Save(L.Callback):
    """A resumable checkpoint every so many seconds, and when the run is interrupted; never half-written."""

    def __init__(self, path: Path, seconds: float) -> None:
        self._path, self._seconds, self._last = path, seconds, time.monotonic()

    def on_train_batch_end(
        self, trainer: L.Trainer, module: TrainModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if not module.quantiser.active and time.monotonic() - self._last >= self._seconds:
            self.save(trainer)

    def interrupted(self, trainer: L.Trainer, module: TrainModule) -> None:
        """Ctrl-C: put the float masters back, then write the checkpoint."""
        module.quantiser.restore()
        self.save(trainer)

    def save(self, trainer: L.Trainer) -> None:
        """Write the checkpoint now."""
        with atomic_file(self._path) as temporary:
            trainer.save_checkpoint(temporary)
        self._last = time.monotonic()


class Validate(L.Callback):
    """Validation at even shares of the run, whatever limits it: on a few batches, at the end on all."""

    def __init__(self, batches: Sequence[Batch], share: float, few: int, figures: Figures) -> None:
        self._batches, self._share, self._few, self._figures = batches, share, few, figures
        self._next = share

    def on_train_start(self, trainer: L.Trainer, module: TrainModule) -> None:
        self._advance(module)

    def on_train_batch_end(
        self, trainer: L.Trainer, module: TrainModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if module.quantiser.active:  # between the passes of one accumulated step
            return
        if self._next <= module.progress.done < 1:
            self._advance(module)
            self.validate(module, self._few)

    def validate(self, module: TrainModule, few: int | None = None) -> None:
        """Validate now, on all batches or on the first `few`, and record it."""
        module.validate(self._batches[:few])
        self._figures.validated(module)

    def _advance(self, module: TrainModule) -> None:
        while self._next <= module.progress.done:
            self._next += self._share
