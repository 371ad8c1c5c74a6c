"""What is watched and kept while a run goes on."""

from __future__ import annotations

import math
import signal
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning as L
from rich.progress import BarColumn, Progress, TextColumn
from robo_runtime.errors import RoboError

from robo_train.batches import Batch
from robo_train.training import team
from robo_train.training.figures import Figures, Speed
from robo_train.training.module import TrainModule
from robo_train.training.state import LAST, STABLE, forget_last, write_state


def clock(seconds: float | None) -> str:
    """93 -> '1:33'; None -> '-:--'."""
    if seconds is None:
        return "-:--"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


class Clock(L.Callback):
    """Counts optimiser steps and ends the run; first of the callbacks, so that the others see the count.

    The clock and the Ctrl-C of the first process decide for all, so that all end at the same step. A second
    Ctrl-C ends the process at once.
    """

    def __init__(self) -> None:
        self._signalled = False
        self._before: Any = None

    def on_train_start(self, trainer: L.Trainer, module: TrainModule) -> None:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._signal)

    def _signal(self, number: int, frame: Any) -> None:
        self._signalled = True
        self._restore()

    def _restore(self) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def on_train_batch_end(
        self, trainer: L.Trainer, module: TrainModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if not module.between_steps:
            return
        progress = module.progress
        progress.steps = trainer.global_step
        elapsed, signalled = team.of_the_first([progress.elapsed, float(self._signalled)], module.device)
        progress.tick(elapsed)
        progress.interrupted = bool(signalled)
        module.enter_phase()
        trainer.should_stop = progress.done >= 1

    def on_exception(self, trainer: L.Trainer, module: TrainModule, exception: BaseException) -> None:
        self._restore()

    def teardown(self, trainer: L.Trainer, module: L.LightningModule, stage: str) -> None:
        self._restore()


class ProgressBar(L.Callback):
    """A bar with phase, losses, speed and time left; a line every 5 % where there is no terminal."""

    def __init__(self, speed: Speed) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
        self._bar = Progress(*columns, TextColumn("{task.fields[text]}"))
        self._speed = speed
        self._printed = -1

    def on_train_start(self, trainer: L.Trainer, module: TrainModule) -> None:
        if self._bar.console.is_terminal:
            self._bar.start()
        self._task = self._bar.add_task("training", total=1.0, text="")

    def on_train_batch_end(
        self, trainer: L.Trainer, module: TrainModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        done, latest = module.progress.done, module.latest
        text = f"step {module.progress.steps}  loss {latest.get('loss', 0):.3f}"
        if "val_loss" in latest:
            text += f"  val {latest['val_loss']:.3f}"
        if rate := self._speed.rate:
            text += f"  {rate:,.0f} tokens/s"
        text += f"  {clock(module.progress.remaining)} left"
        self._bar.update(self._task, completed=done, description=module.phase, text=text)
        if not self._bar.console.is_terminal and int(done * 20) > self._printed:
            self._printed = int(done * 20)
            self._bar.console.print(f"{done:4.0%}  {module.phase:13}{text}", highlight=False)

    def teardown(self, trainer: L.Trainer, module: L.LightningModule, stage: str) -> None:
        self._bar.stop()


class Save(L.Callback):
    """A resumable checkpoint every so many seconds and at Ctrl-C; the last of the callbacks.

    Args:
        run: the run folder; `state.py` says what lies in it.
        seconds: of training between two checkpoints.
        stable_until: share of the run after which the learning rate decays; the state there is kept.
    """

    def __init__(self, run: Path, seconds: float, stable_until: float | None = None) -> None:
        self._run, self._seconds, self._stable_until = run, seconds, stable_until
        self._last, self._last_step = 0.0, 0

    def on_train_start(self, trainer: L.Trainer, module: TrainModule) -> None:
        self._last = module.progress.at
        if self._stable_until is not None and module.progress.done > self._stable_until:
            self._stable_until = None  # written before this process started

    def on_train_batch_end(
        self, trainer: L.Trainer, module: TrainModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if not module.between_steps:
            return
        progress = module.progress
        if self._stable_until is not None and progress.done >= self._stable_until:
            self._stable_until = None
            self._write(trainer, STABLE)
        if progress.interrupted or progress.at - self._last >= self._seconds:
            self._last = progress.at
            try:
                self._write(trainer, LAST)
                self._last_step = progress.steps
            except RoboError as e:  # a full disk: hours of training are worth more than the checkpoint
                if progress.interrupted or team.size() > 1:
                    raise
                warnings.warn(f"{e}; training goes on and tries again later", stacklevel=1)
        if progress.interrupted:
            raise KeyboardInterrupt

    def _write(self, trainer: L.Trainer, name: str) -> None:
        if trainer.is_global_zero:
            write_state(self._run / name, trainer.save_checkpoint)
        else:  # gathers with the others, writes nothing
            trainer.save_checkpoint(self._run / name)

    def diverged(self, trainer: L.Trainer, module: TrainModule) -> None:
        """The last step gave weights whose loss is no number: forget a checkpoint that was made of them."""
        if trainer.is_global_zero and self._last_step == module.progress.steps:
            forget_last(self._run)


class Validate(L.Callback):
    """Validation at even shares of the run, whatever limits it: on a few batches, at the end on all.

    With `patience` it ends the run after so many validations that were no better than the best before; only
    those of the last phase count, because each phase has losses of its own. What is exported is the end, not
    the best: the decay of the learning rate that the run had left is lost, so this guards against wasting
    time and does not tune. Lightning's EarlyStopping watches its own validation loop, which is not used here.
    """

    def __init__(
        self, batches: Sequence[Batch], share: float, few: int, figures: Figures, speed: Speed,
        patience: int | None = None,
    ) -> None:  # fmt: skip
        self._batches, self._share, self._few = batches, share, few
        self._figures, self._speed, self._patience = figures, speed, patience
        self._next = share
        self._best, self._worse = math.inf, 0

    def on_train_start(self, trainer: L.Trainer, module: TrainModule) -> None:
        self._advance(module)

    def on_train_batch_end(
        self, trainer: L.Trainer, module: TrainModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if module.between_steps and self._next <= module.progress.done < 1:
            self._advance(module)
            self.validate(module, self._few)
            if self._patience and module.last_phase and self._hopeless(module.latest["val_loss"]):
                module.progress.stop()
                trainer.should_stop = True

    def _hopeless(self, loss: float) -> bool:
        self._worse = 0 if loss < self._best else self._worse + 1
        self._best = min(self._best, loss)
        return self._worse >= (self._patience or 0)

    def on_train_end(self, trainer: L.Trainer, module: TrainModule) -> None:
        if module.progress.done >= 1:
            self.validate(module)

    def validate(self, module: TrainModule, few: int | None = None) -> None:
        """Validate now, on all batches or on the first `few`, and record it."""
        with self._speed.paused():
            module.validate(self._batches[:few])
            self._figures.validated(module)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self._best, "worse": self._worse}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._best, self._worse = float(state["best"]), int(state["worse"])

    def _advance(self, module: TrainModule) -> None:
        passed = math.floor(module.progress.done / self._share + 1e-6)  # 0.3 / 0.1 is 2.9999…
        self._next = (passed + 1) * self._share - 1e-9
