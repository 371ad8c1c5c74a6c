"""ONNX Runtime alone: its session in a loop of numpy, the caches handed from one run to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime

from benchmarks.peers.peer import Setup


class Loop:
    """See `benchmarks.peers.peer.Decoder`."""

    def __init__(self, setup: Setup) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = setup.threads, 1
        self._session = onnxruntime.InferenceSession(
            str(setup.model), options, providers=["CPUExecutionProvider"]
        )
        caches = [each for each in self._session.get_inputs() if each.name != "input_ids"]
        self._names = [each.name for each in caches]
        self._empty = [
            np.zeros([n if isinstance(n, int) else 0 for n in each.shape], np.float32) for each in caches
        ]
        self._outputs = [
            "logits",
            *(name.replace("past_key_values.", "present.", 1) for name in self._names),
        ]
        self._caches: list[Any] = self._empty
        self._best = 0

    def _step(self, ids: Sequence[int]) -> None:
        feeds = dict(zip(self._names, self._caches, strict=True))
        feeds["input_ids"] = np.array([ids], dtype=np.int64)
        logits, *self._caches = self._session.run(self._outputs, feeds)
        self._best = int(logits[0, -1].argmax())

    def start(self, ids: Sequence[int]) -> None:
        """See the class."""
        self._caches = self._empty
        self._step(ids)

    def go_on(self, n: int) -> list[int]:
        """See the class."""
        found: list[int] = []
        for _ in range(n):
            found.append(self._best)
            self._step(found[-1:])
        return found


def decoder(setup: Setup) -> Loop:
    """See `benchmarks.peers.peer`."""
    return Loop(setup)
