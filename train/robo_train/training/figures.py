"""Figures of a run while it goes on: summed up, timed, written to its folder, its trackers and its report."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning as L

from robo_train.config import TrainConfig
from robo_train.training.module import TrainModule
from robo_train.training.run_folder import FigureLines
from robo_train.training.tracking import Start, Trackers, run_name


class Speed(L.Callback):
    """Seconds and tokens of training alone, those of an interrupted run included; before the other figures.

    The first step of a process compiles and allocates, and validation trains nothing: neither counts.
    """

    def __init__(self) -> None:
        self.seconds, self.tokens = 0.0, 0
        self._since: float | None = None
        self._seen = 0

    @property
    def rate(self) -> float | None:
        """Tokens per second; None before the second step."""
        return self.tokens / self.seconds if self.seconds > 0 else None

    def on_train_batch_end(
        self, trainer: L.Trainer, module: TrainModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        now, since = time.monotonic(), self._since
        if since is not None:
            self.seconds += now - since
            self.tokens += int(module.tokens_seen - self._seen)
        self._since, self._seen = now, module.tokens_seen

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What happens inside does not count."""
        start = time.monotonic()
        try:
            yield
        finally:
            if self._since is not None:
                self._since += time.monotonic() - start

    def state_dict(self) -> dict[str, float]:
        return {"seconds": self.seconds, "tokens": self.tokens}

    def load_state_dict(self, state: dict[str, float]) -> None:
        self.seconds, self.tokens = float(state["seconds"]), int(state["tokens"])


_STRETCH = ("_phase", "_loss", "_targets", "_seconds", "_tokens")


class Figures(L.Callback):
    """`figures.jsonl`, the trackers and `report.html`: every tenth step, every validation; rank 0 alone."""

    def __init__(self, folder: Path, config: TrainConfig, speed: Speed, every: int = 10) -> None:
        self._folder, self._config, self._speed, self._every = folder, config, speed, every
        self._lines: FigureLines | None = None
        self._trackers: Trackers | None = None
        self._phase, self._step, self._pending = "", 0, 0
        self._warned = self._unreported = False
        self._restart()

    def _restart(self) -> None:
        """Begin the stretch of steps that the next line sums up."""
        self._loss, self._targets = 0.0, 0
        self._seconds, self._tokens = self._speed.seconds, self._speed.tokens

    def on_train_start(self, trainer: L.Trainer, module: TrainModule) -> None:
        self._step = module.progress.steps
        if trainer.is_global_zero:
            self._lines = FigureLines(self._folder, self._step)
            recorded = self._lines.recorded if self._step else 0
            name = run_name(self._folder, self._config.name, goes_on=self._step > 0)
            start = Start(self._folder, name, self._step, recorded, self._config.model_dump())
            self._trackers = Trackers(self._config.trackers, start)

    def on_train_batch_start(
        self, trainer: L.Trainer, module: TrainModule, batch: Any, batch_idx: int
    ) -> None:
        if not self._pending and module.phase != self._phase:
            # Losses over all tokens and over programs alone do not mix.
            self._phase = module.phase
            self._restart()

    def on_train_batch_end(
        self, trainer: L.Trainer, module: TrainModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._pending += batch.counted  # targets of the step so far; its loss is the mean over all of them
        step = module.progress.steps
        if step == self._step:  # further passes of this step follow
            return
        self._loss += module.latest["loss"] * self._pending
        self._targets += self._pending
        self._step, self._pending = step, 0
        if step % self._every and step != 1:
            return
        loss = self._loss / max(self._targets, 1)
        figures = {"loss": loss, "perplexity": math.exp(min(loss, 50))}
        figures |= {k: module.latest[k] for k in ("learning_rate", "grad_norm") if k in module.latest}
        if (seconds := self._speed.seconds - self._seconds) > 0:
            figures["tokens_per_s"] = (self._speed.tokens - self._tokens) / seconds
        self._write(module, self._phase, figures)
        self._restart()

    def state_dict(self) -> dict[str, Any]:
        """A stretch that an interruption cuts is summed up as if it had not been."""
        return {key: getattr(self, key) for key in _STRETCH}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for key in _STRETCH:
            setattr(self, key, state[key])

    def validated(self, module: TrainModule) -> None:
        """Record the validation that has just run and bring `report.html` up to date."""
        self._write(module, module.phase, {k: v for k, v in module.latest.items() if k.startswith("val_")})
        self._report()

    def _write(self, module: TrainModule, phase: str, figures: dict[str, float]) -> None:
        if self._lines is None:
            return
        step = module.progress.steps
        head = {"step": step, "seconds": round(module.progress.elapsed, 3), "tokens": int(module.tokens_seen)}
        rounded = {k: float(f"{v:.6g}") for k, v in figures.items()}
        self._lines.write(head | {"phase": phase} | rounded)
        self._unreported = True
        if self._trackers:
            self._trackers.log(rounded, step)

    def _report(self) -> None:
        """A report that cannot be written is worth a word, never a training."""
        if not self._unreported:
            return
        self._unreported = False
        try:
            from robo_train.training.report import write_report

            write_report(self._folder)
        except Exception as e:
            if not self._warned:
                warnings.warn(f"no report.html, training goes on: {e}", stacklevel=2)
            self._warned = True

    def close(self, finished: bool) -> None:
        """End the files; the final validation comes after the loop, so not in `teardown`."""
        if self._trackers:
            self._trackers.close("success" if finished else "failed")
        self._report()
        if self._lines:
            self._lines.close()
        self._lines = self._trackers = None
