"""Hugging Face transformers in float32: eager with its growing cache, or compiled over a static one.

The loop calls the model itself; `generate` would add a millisecond of bookkeeping to each token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import transformers as library

from benchmarks.peers.peer import Setup

_CONTEXT = 512  # of the static cache, which is read as a whole for every token


class Loop:
    """See `benchmarks.peers.peer.Decoder`."""

    def __init__(self, setup: Setup) -> None:
        torch.set_num_threads(setup.threads)
        library.logging.set_verbosity_error()
        self._model: Any = library.AutoModelForCausalLM.from_pretrained(
            setup.model, dtype=torch.float32
        ).eval()
        self._static = bool(setup.options.get("compiled"))
        self._forward = torch.compile(self._model, dynamic=False) if self._static else self._model
        self._cache: Any = self._fresh()
        self._used, self._best = 0, torch.zeros((1, 1), dtype=torch.long)
        if self._static:  # compiling belongs to loading, not to the first turn
            self.start([2] * 8)
            self.go_on(4)

    def _fresh(self) -> Any:
        if not self._static:
            return library.DynamicCache(config=self._model.config)
        return library.StaticCache(config=self._model.config, max_cache_len=_CONTEXT)

    @torch.inference_mode()
    def start(self, ids: Sequence[int]) -> None:
        """See the class; a prompt's length differs each time, so it is never compiled for."""
        if self._static:
            self._cache.reset()
        else:
            self._cache = self._fresh()
        self._used = 0
        self._step(self._model, torch.tensor([list(ids)]))

    @torch.inference_mode()
    def go_on(self, n: int) -> list[int]:
        """See the class."""
        found: list[int] = []
        for _ in range(n):
            found.append(int(self._best))
            self._step(self._forward, self._best)
        return found

    def _step(self, forward: Any, ids: torch.Tensor) -> None:
        place = torch.arange(self._used, self._used + ids.shape[1])
        out = forward(
            input_ids=ids,
            past_key_values=self._cache,
            position_ids=place[None],
            use_cache=True,
            logits_to_keep=1,
        )
        self._used += ids.shape[1]
        self._best = out.logits[:, -1:].argmax(-1)


def decoder(setup: Setup) -> Loop:
    """See `benchmarks.peers.peer`."""
    return Loop(setup)
