"""The Lightning module: loss, optimiser, schedule, quantisation-aware phase."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import lightning as L
import torch
from robo_runtime.errors import RoboError
from torch import Tensor

from robo_train.batches import Batch, Cursor, TrainBatches
from robo_train.config import ResolvedConfig
from robo_train.model import Llama
from robo_train.optimiser import make_optimiser
from robo_train.qat import FakeQuantiser
from robo_train.training.schedule import Progress, learning_rate


class NotANumber(RoboError):
    """The loss stopped being finite."""


class TrainModule(L.LightningModule):
    """Trains a `Llama` on a stream of batches until `progress` is done."""

    def __init__(self, config: ResolvedConfig, model: Llama, stream: TrainBatches, progress: Progress) -> None:
        super().__init__()
        self.config, self.llama, self.stream, self.progress = config, model, stream, progress
        self.compute_loss = torch.compile(model.loss, dynamic=True) if config.compile else model.loss
        self.quantiser = FakeQuantiser(model)
        self.tokens_seen = 0
        self.latest: dict[str, float] = {}
        self._cursor: Cursor | None = None

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The optimiser of the recipe."""
        c = self.config
        return make_optimiser(c.optimiser, self.llama, c.learning_rate, c.weight_decay)

    @property
    def phase(self) -> str:
        """`pretrain`, `instruct` or `instruct+qat`."""
        done = self.progress.done
        if done < self.config.pretrain:
            return "pretrain"
        return "instruct+qat" if self._quantising(done) else "instruct"

    def _quantising(self, done: float) -> bool:
        return self.config.qat != "none" and done >= max(self.config.qat_start, self.config.pretrain)

    def on_train_batch_start(self, batch: tuple[Batch, Cursor], batch_idx: int) -> None:
        """Set this step's learning rate, phase and weights."""
        done = self.progress.done
        if done >= self.config.pretrain:
            self.stream.end_pretraining()
        if self._quantising(done):
            self.quantiser.quantise()
        rate = learning_rate(done, self.config.learning_rate, self.config.warmup, self.config.final_lr)
        for group in self.optimizers().param_groups:
            group["lr"] = rate
        self.latest["learning_rate"] = rate

    def training_step(self, batch: tuple[Batch, Cursor], batch_idx: int) -> Tensor:
        """Cross-entropy of one batch, in nats per token."""
        (ids, targets), self._cursor = batch
        loss: Tensor = self.compute_loss(ids, targets)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise NotANumber(
                f"the loss is {value} at step {self.progress.steps}, batch {batch_idx}; the last checkpoint"
                f" is kept. Try a lower --learning-rate (now {self.config.learning_rate})"
            )
        self.tokens_seen += ids.numel()
        self.latest["loss"] = value
        return loss

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Back to the masters: the gradients taken at the quantised weights are applied to them."""
        self.quantiser.restore()

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip by norm and keep the norm for the record."""
        norm = torch.nn.utils.clip_grad_norm_(self.llama.parameters(), self.config.clip)
        self.latest["grad_norm"] = float(norm)

    @torch.no_grad()
    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        """Loss and perplexity over `batches`, of the weights that would be exported now.

        The mean is over tokens, not over batches: the sum of all losses by the number of all tokens.
        """
        quantise = self._quantising(self.progress.done)
        if quantise:
            self.quantiser.quantise()
        self.llama.eval()
        total, tokens = 0.0, 0
        for ids, targets in batches:
            count = int((targets != -100).sum())
            with self.trainer.precision_plugin.forward_context():
                loss = self.llama.loss(ids.to(self.device), targets.to(self.device))
            total, tokens = total + float(loss) * count, tokens + count
        self.llama.train()
        self.quantiser.restore()
        mean = total / max(tokens, 1)
        self.latest |= {"val_loss": mean, "val_perplexity": math.exp(min(mean, 50))}
        return self.latest

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The float masters, the place in the data and the clock."""
        if self.quantiser.active:
            raise RuntimeError("a checkpoint must hold the float masters")
        checkpoint["robo"] = {
            "cursor": list(self._cursor) if self._cursor else None,
            "progress": self.progress.state_dict(),
            "tokens_seen": self.tokens_seen,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        state = checkpoint["robo"]
        if state["cursor"]:
            pretraining, epoch, index = state["cursor"]
            self.stream.cursor = Cursor(bool(pretraining), int(epoch), int(index))
        self.progress.load_state_dict(state["progress"])
        self.tokens_seen = state["tokens_seen"]
