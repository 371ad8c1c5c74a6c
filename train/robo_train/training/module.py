"""The Lightning module: loss, optimiser, schedule, quantisation-aware phase, average."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import lightning as L
import torch
from lightning.pytorch.strategies import ModelParallelStrategy
from robo_runtime.errors import RoboError
from torch import Tensor
from torch.distributed.tensor import DTensor

from robo_train.batches import Batch, Cursor, Draw, TrainBatches
from robo_train.config import ResolvedConfig
from robo_train.model import Llama
from robo_train.optimiser import make_optimiser
from robo_train.qat import FakeQuantiser
from robo_train.training import team
from robo_train.training.average import Average
from robo_train.training.devices import shard
from robo_train.training.schedule import Progress, learning_rate


class NotANumber(RoboError):
    """The loss or the gradient stopped being finite."""


class TrainModule(L.LightningModule):
    """Trains a `Llama` on a stream of batches until `progress` is done.

    The loss of a step is the mean over all its targets, whatever rows, passes and devices they are spread
    over: each pass sums its losses, and the gradient is divided by the number of targets of the whole step.
    """

    def __init__(
        self, config: ResolvedConfig, model: Llama, stream: TrainBatches, progress: Progress
    ) -> None:
        super().__init__()
        self.config, self.llama, self.stream, self.progress = config, model, stream, progress
        model.checkpointing = config.gradient_checkpointing
        self._prepare(sharded=False)
        self.average = Average(model, config.ema) if config.ema else None
        self.tokens_seen = 0
        self.latest: dict[str, float] = {}
        self.final_weights: dict[str, Tensor] = {}
        """Set when training has ended: what is exported, before quantisation."""
        self._cursor: Cursor | None = None  # after the last whole step
        self._next: Cursor | None = None
        self._targets, self._losses = 0, 0.0  # of this step so far

    def _prepare(self, sharded: bool) -> None:
        self.sharded = sharded
        """True when parameters are spread over the devices (FSDP)."""
        self.quantiser = FakeQuantiser(self.llama)
        self.compute_loss: Callable[..., Tensor] = self.llama.summed_loss
        if self.config.compile:
            self.compute_loss = torch.compile(self.compute_loss, dynamic=True)

    def configure_model(self) -> None:
        """Spread the parameters over the devices where the strategy asks for it."""
        if isinstance(self.trainer.strategy, ModelParallelStrategy) and not self.sharded:
            shard(self.llama, self.device_mesh["data_parallel"])
            self._prepare(sharded=True)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The optimiser of the recipe."""
        c = self.config
        return make_optimiser(c.optimiser, self.llama, c.learning_rate, c.weight_decay)

    @property
    def phase(self) -> str:
        """`pretrain`, `instruct` (or `mixed`), or that with `+qat`."""
        done = self.progress.done
        if done < self.config.pretrain_share:
            return "pretrain"
        name = "mixed" if self.config.order == "mixed" else "instruct"
        return f"{name}+qat" if self._quantising(done) else name

    @property
    def between_steps(self) -> bool:
        """True when no gradient waits for the further passes of its step."""
        return self._targets == 0

    @property
    def last_phase(self) -> bool:
        """True when nothing but the learning rate changes any more: losses can be compared."""
        c = self.config
        return self.progress.done >= max(c.pretrain_share, c.qat_start if c.qat != "none" else 0.0)

    def _quantising(self, done: float) -> bool:
        return self.config.qat != "none" and done >= max(self.config.qat_start, self.config.pretrain_share)

    def enter_phase(self) -> None:
        """Let the stream give what this point of the run trains on; called before each step is drawn."""
        if self.progress.done >= self.config.pretrain_share:
            self.stream.end_pretraining()

    def on_train_start(self) -> None:
        """All processes must have come to the same point."""
        team.check_same({"steps done": self.progress.steps, "precision": self.trainer.precision,
                         "recipe": self.config.model_dump_json()})  # fmt: skip
        self.enter_phase()

    def on_train_batch_start(self, batch: Draw, batch_idx: int) -> None:
        """Set this step's learning rate and weights."""
        done, c = self.progress.done, self.config
        if self._quantising(done):
            self.quantiser.quantise()
        decay = c.decay if c.schedule == "wsd" else None
        rate = learning_rate(done, c.learning_rate, c.warmup, c.final_lr, decay)
        for group in self.optimizers().param_groups:
            group["lr"] = rate
        self.latest["learning_rate"] = rate
        if self.llama.config.dropout:  # a resumed run drops what the uninterrupted one would
            torch.manual_seed((c.seed * 1_000_003 + self.tokens_seen) * 1009 + team.rank())

    def training_step(self, batch: Draw, batch_idx: int) -> Tensor:
        """The batch's share of the step's loss; what is recorded is in nats per token."""
        total = self.compute_loss(*batch.batch)
        value = float(team.summed(total.detach()))
        if not math.isfinite(value):
            raise self._not_a_number("loss", value, batch)
        self._next = batch.cursor
        self._targets, self._losses = self._targets + batch.counted, self._losses + value
        self.tokens_seen += batch.tokens
        self.latest["loss"] = self._losses / self._targets
        # Strategies divide by the processes, Lightning by the passes of a step. How many targets a step of
        # several passes has is known at its end only: until then a constant stands for it.
        parts = batch.counted if self.config.accumulate == 1 else self.config.batch_tokens
        return total * team.size() / parts

    def _not_a_number(self, what: str, value: float, batch: Draw | None) -> NotANumber:
        cursor = batch.cursor if batch else self._next
        where = f", batch {cursor.batch} of pass {cursor.epoch + 1}" if cursor else ""
        return NotANumber(
            f"the {what} is {value} at step {self.progress.steps + 1}{where} ({self.phase}); the last good"
            f" checkpoint is kept. Try a lower --learning-rate (now {self.config.learning_rate})"
        )

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Back to the masters: the gradients taken at the quantised weights are applied to them."""
        self.quantiser.restore()

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Make the gradient that of the mean loss, clip it by norm and keep the norm for the record."""
        c, parameters = self.config, list(self.llama.parameters())
        if c.accumulate > 1:
            factor = c.accumulate * c.batch_tokens / self._targets
            torch._foreach_mul_([p.grad for p in parameters if p.grad is not None], factor)
        norm = torch.nn.utils.clip_grad_norm_(parameters, c.clip)
        value = float(norm.full_tensor() if isinstance(norm, DTensor) else norm)
        self.latest["grad_norm"] = value
        # float16 overflows now and then; its scaler leaves such a step out.
        if not math.isfinite(value) and getattr(self.trainer.precision_plugin, "scaler", None) is None:
            raise self._not_a_number("gradient", value, None)

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Update the weights, then their average; the step is over."""
        super().optimizer_step(*args, **kwargs)
        if self.average:
            self.average.update()
        self._cursor, self._targets, self._losses = self._next, 0, 0.0

    @contextmanager
    def _exported(self) -> Iterator[None]:
        """Inside, the model holds the weights that would be exported now."""
        if self.average:
            self.average.swap()
        if self._quantising(self.progress.done):
            self.quantiser.quantise()
        self.llama.eval()
        yield
        self.llama.train()
        self.quantiser.restore()
        if self.average:
            self.average.swap()

    @torch.no_grad()
    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        """Loss and perplexity over `batches`, of the weights that would be exported now.

        The mean is over tokens, not over batches: the sum of all losses by the number of all tokens. The
        processes of a run share the batches out.
        """
        # Sharded parameters are gathered for each forward pass, so all processes must make the same number.
        mine = batches if self.sharded else batches[team.rank() :: team.size()]
        sums = torch.zeros(2, dtype=torch.float64)
        with self._exported():
            for ids, targets in mine:
                with self.trainer.precision_plugin.forward_context():
                    loss = self.llama.summed_loss(ids.to(self.device), targets.to(self.device))
                sums += torch.tensor([float(loss), float((targets != -100).sum())], dtype=torch.float64)
        total, tokens = team.summed(sums.to(self.device)).tolist() if team.size() > 1 else sums.tolist()
        mean = total / max(tokens, 1)
        self.latest |= {"val_loss": mean, "val_perplexity": math.exp(min(mean, 50))}
        return self.latest

    def on_train_end(self) -> None:
        """Keep the weights that are exported, whole and on the CPU."""
        if self.average:
            self.average.swap()
        if self.sharded:
            from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

            options = StateDictOptions(full_state_dict=True, cpu_offload=True)
            whole: dict[str, Any] = get_model_state_dict(self.llama, options=options)
            self.final_weights = whole
        else:
            self.final_weights = {k: v.detach().cpu().clone() for k, v in self.llama.state_dict().items()}
        if self.average:
            self.average.swap()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The float masters, their average, the place in the data and the clock."""
        if self.quantiser.active or not self.between_steps:
            raise RuntimeError("a checkpoint must hold the float masters after a whole step")
        checkpoint["robo"] = {
            "cursor": list(self._cursor) if self._cursor else None,
            "progress": self.progress.state_dict(),
            "tokens_seen": self.tokens_seen,
            "sharded": self.sharded,
            "average": self.average.state_dict() if self.average else None,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        state = checkpoint["robo"]
        if state["cursor"]:
            pretraining, epoch, index = state["cursor"]
            self._cursor = self.stream.cursor = Cursor(bool(pretraining), int(epoch), int(index))
        self.progress.load_state_dict(state["progress"])
        self.tokens_seen = state["tokens_seen"]
        if self.average:
            self.average.load_state_dict(state["average"])
