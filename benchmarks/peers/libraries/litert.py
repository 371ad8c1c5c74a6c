"""The LiteRT interpreter alone: its signatures in a loop of numpy, which owns the caches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from benchmarks.peers.peer import Setup


class Loop:
    """See `benchmarks.peers.peer.Decoder`."""

    def __init__(self, setup: Setup) -> None:
        self._interpreter = Interpreter(model_path=str(setup.model), num_threads=setup.threads)
        self._interpreter.allocate_tensors()
        self._decode: Any = self._interpreter.get_signature_runner("decode")
        self._prefill: Any = self._interpreter.get_signature_runner("prefill")
        inputs = self._decode.get_input_details()
        self._caches = {
            name: np.zeros(each["shape"], np.float32)
            for name, each in inputs.items()
            if name not in ("tokens", "position")
        }
        self._length = int(self._prefill.get_input_details()["tokens"]["shape"][-1])
        self._used = self._best = 0

    def start(self, ids: Sequence[int]) -> None:
        """See the class: all but the last token in batches of the file's length."""
        self._used = 0
        for at in range(0, len(ids) - 1, self._length):
            part = list(ids[at : at + self._length][: len(ids) - 1 - at])
            padded = np.zeros((1, self._length), np.int32)
            padded[0, : len(part)] = part
            self._keep(self._prefill(tokens=padded, position=self._position(), **self._caches), len(part))
        self._step(ids[-1])

    def go_on(self, n: int) -> list[int]:
        """See the class."""
        found: list[int] = []
        for _ in range(n):
            found.append(self._best)
            self._step(self._best)
        return found

    def _step(self, token: int) -> None:
        out = self._decode(tokens=np.array([[token]], np.int32), position=self._position(), **self._caches)
        self._best = int(out["logits"].reshape(-1).argmax())
        self._keep(out, 1)

    def _position(self) -> Any:
        return np.array([self._used], np.int32)

    def _keep(self, out: Any, n: int) -> None:
        for name, cache in self._caches.items():
            cache[:, :, self._used : self._used + n] = out[f"new_{name}"][:, :, :n]
        self._used += n


def decoder(setup: Setup) -> Loop:
    """See `benchmarks.peers.peer`."""
    return Loop(setup)
