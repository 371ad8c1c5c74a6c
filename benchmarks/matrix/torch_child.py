"""transformers on a GPU, its step compiled into a CUDA graph.

The cache has a fixed length, so that every step has the same shapes; several texts are written at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError

from benchmarks.matrix.answering import serve

PREFILL, DECODE = 128, 100
"""Tokens of a prompt, and of what is written after it."""
_WARM_UPS = 3  # runs; the graph is recorded in the second


@dataclass(frozen=True)
class Job:
    """What to do."""

    checkpoint: str
    batch: int
    runs: int
    device: str = "cuda"
    compiled: bool = True


class TorchMissing(RoboError):
    """torch or transformers is not installed."""


def do(job: Job) -> dict[str, Any]:
    """Arguments of `schema.Metric.of` by name, and notes.

    Raises:
        TorchMissing: a library is not installed.
        RoboError: there is no GPU, or the checkpoint cannot be read.
    """
    loop = Loop(job)
    for _ in range(_WARM_UPS):
        loop.write()
    prefill, decode, total = [], [], []
    for _ in range(job.runs):
        read, written = loop.write()
        prefill.append(job.batch * PREFILL / read)
        decode.append(job.batch * DECODE / written)
        total.append(read + written)
    faster, slower = {"unit": "tokens/s", "better": "higher"}, {"unit": "s", "better": "lower"}
    metrics: dict[str, Any] = {
        "prefill_tokens_per_s": {"values": prefill, **faster},
        "decode_tokens_per_s": {"values": decode, **faster},
        "tokens_100_s": {"values": total, **slower},
    }
    if (peak := loop.peak_memory()) is not None:
        metrics["gpu_peak_bytes"] = {"values": [peak], "unit": "bytes", "better": "lower"}
    return {
        "metrics": metrics,
        "notes": {"device": loop.name, "compiled": job.compiled, "all_texts": job.batch},
    }


class Loop:
    """A model with a cache for one batch."""

    def __init__(self, job: Job) -> None:
        try:
            import torch
            import transformers
        except ImportError as e:
            raise TorchMissing(f"{e.name} is not installed; scripts/env.py test installs it") from None
        if job.device == "cuda" and not torch.cuda.is_available():
            raise RoboError("torch finds no CUDA device; install a build of torch for CUDA")
        if not (Path(job.checkpoint) / "config.json").is_file():
            raise RoboError(f"{job.checkpoint}: no checkpoint; make one with ./justw train nano")
        self._torch, self._job = torch, job
        self._kind = torch.float16 if job.device == "cuda" else torch.float32
        self.name = torch.cuda.get_device_name() if job.device == "cuda" else job.device
        model = transformers.LlamaForCausalLM.from_pretrained(job.checkpoint, dtype=self._kind)
        self._model: Any = model.to(job.device).eval()
        self._cache: Any = transformers.StaticCache(config=model.config, max_cache_len=PREFILL + DECODE)
        self._step: Callable[[Any, Any], Any] = self._next
        if job.compiled:
            self._step = torch.compile(self._next, mode="reduce-overhead", fullgraph=True)
        generator = torch.Generator().manual_seed(1)
        shape = (job.batch, PREFILL)
        self._prompt = torch.randint(64, model.config.vocab_size, shape, generator=generator).to(job.device)
        self.written: Any = None
        """Tokens of the last run, (batch, DECODE)."""

    def write(self) -> tuple[float, float]:
        """Read the prompts and write what the model finds likeliest; seconds of reading and of writing."""
        torch = self._torch
        with torch.inference_mode():
            self._cache.reset()
            start = self._now()
            token = self._next(self._prompt, torch.arange(PREFILL, device=self._job.device))
            read, tokens = self._now(), []
            for n in range(DECODE):
                tokens.append(token)
                # A graph's output lies where its next run writes, so it is copied.
                token = self._step(token, torch.tensor([PREFILL + n], device=self._job.device)).clone()
            end = self._now()
        self.written = torch.cat(tokens, dim=1)
        return read - start, end - read

    def _next(self, tokens: Any, positions: Any) -> Any:
        """The likeliest token after each row of `tokens` (batch, n), as (batch, 1)."""
        out = self._model(
            input_ids=tokens, position_ids=positions.unsqueeze(0), cache_position=positions,
            past_key_values=self._cache, use_cache=True, logits_to_keep=1,
        )  # fmt: skip
        return out.logits[:, -1:].argmax(-1)

    def _now(self) -> float:
        if self._job.device == "cuda":
            self._torch.cuda.synchronize()
        return time.perf_counter()

    def peak_memory(self) -> int | None:
        """Most bytes of the GPU's memory that were in use; None without one."""
        return int(self._torch.cuda.max_memory_allocated()) if self._job.device == "cuda" else None


def main() -> None:
    """Do the one job that comes in."""
    serve(lambda job: do(Job(**job)))


if __name__ == "__main__":
    main()
