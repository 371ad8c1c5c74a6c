"""Real training steps on made-up tokens: what a step takes here, and the memory it needs on a GPU."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch

from robo_train.config import ResolvedConfig
from robo_train.cost import Text
from robo_train.hardware import keep_freed_memory
from robo_train.machine import Machine
from robo_train.model import Llama
from robo_train.optimiser import make_optimiser
from robo_train.qat import FakeQuantiser

_WIDTH = 96  # columns of a batch: the corpus' samples have some 92 tokens, padded to multiples of 16


@dataclass(frozen=True)
class Timing:
    """Seconds of the parts of an optimiser step."""

    batch_tokens: int
    passes: float
    """Forwards and backwards over one batch."""
    update: float
    """The optimiser, and quantising the weights for the share of the run that does so."""
    peak: int = 0
    """Bytes a GPU held at most; 0 on a CPU."""

    def step(self, accumulate: int = 1) -> float:
        """Seconds of a whole step."""
        return accumulate * self.passes + self.update

    @property
    def tokens_per_s(self) -> float:
        """With one pass a step."""
        return self.batch_tokens / self.step()


class StepTimer:
    """Holds a model with its optimiser, so that several batch sizes are timed with one of each."""

    def __init__(self, config: ResolvedConfig, machine: Machine, text: Text | None = None) -> None:
        keep_freed_memory()
        torch.manual_seed(config.seed)
        self.config, self.device = config, torch.device(machine.kind)
        self.loss_share = (text or Text()).loss_share
        self.model = Llama(config.model_config_).to(self.device)
        self.model.checkpointing = config.gradient_checkpointing
        self.optimiser = make_optimiser(config.optimiser, self.model, config.learning_rate, 0.1)
        self.quantiser = FakeQuantiser(self.model)
        self.loss = torch.compile(self.model.loss, dynamic=True) if config.compile else self.model.loss

    def time(self, batch_tokens: int, steps: int = 4) -> Timing:
        """Median of `steps` steps after one that allocates and compiles.

        Raises:
            torch.OutOfMemoryError: the batch does not fit on the GPU.
        """
        ids, targets = self._batch(batch_tokens)
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        self._passes(ids, targets)
        self.optimiser.step()
        passes, updates = [], []
        for _ in range(steps):
            self.optimiser.zero_grad()
            passes.append(self._seconds(lambda: self._passes(ids, targets)))
            updates.append(self._seconds(self.optimiser.step))
        update = median(updates) + self._quantising()
        peak = torch.cuda.max_memory_allocated() if self.device.type == "cuda" else 0
        return Timing(batch_tokens, median(passes) * batch_tokens / ids.numel(), update, peak)

    def release(self) -> None:
        """Forget what a failed attempt left on the GPU."""
        self.optimiser.zero_grad()
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def _batch(self, tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
        rows = max(1, tokens // _WIDTH)
        ids = torch.randint(16, self.config.model_config_.vocab_size, (rows, _WIDTH))
        targets = ids.roll(-1, 1)
        targets[:, : round(_WIDTH * (1 - self.loss_share))] = -100
        return ids.to(self.device), targets.to(self.device)

    def _passes(self, ids: torch.Tensor, targets: torch.Tensor) -> None:
        dtype = torch.float16 if self.config.precision == "16-mixed" else torch.bfloat16
        with torch.autocast(self.device.type, dtype=dtype, enabled=self.config.precision != "32-true"):
            loss = self.loss(ids, targets)
        loss.backward()

    def _quantising(self) -> float:
        """Seconds a step, on average over the run."""
        if self.config.qat == "none":
            return 0.0
        share = 1 - max(self.config.qat_start, self.config.pretrain_share)

        def both() -> None:
            self.quantiser.quantise()
            self.quantiser.restore()

        return share * min(self._seconds(both) for _ in range(2))

    def _seconds(self, work: Callable[[], object]) -> float:
        self._synchronise()
        start = time.perf_counter()
        work()
        self._synchronise()
        return time.perf_counter() - start

    def _synchronise(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        elif self.device.type == "mps":
            torch.mps.synchronize()
