"""A package as an engine of the runtime: what it writes can be judged where no Apple machine is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from robo_runtime.engine.arrays import ArrayEngine
from robo_runtime.engine.pieces import IdsAlone, Pieces

from robo_convert.coreml.run import Held
from robo_convert.coreml.run import Model as Running
from robo_convert.reference import Array

_FEW = 8  # tokens that `decode` reads sooner than `prefill` its whole chunk


class PackageEngine(ArrayEngine):
    """A saved package in the evaluator with one running text; the tokenizer lies beside it.

    Args:
        ends: tokens that end a text. With them the engine runs ids alone, whatever the model's tokenizer.
    """

    def __init__(self, package: Path, *, ends: Sequence[int] | None = None) -> None:
        self.running = Running(package)
        beside = package.parent / "tokenizer.model"
        pieces = Pieces(beside, self.running.vocabulary) if ends is None else IdsAlone(ends)
        super().__init__(pieces, self.running.vocabulary, trained=self.running.context)

    def _start(self) -> Held:
        self.running.reset()
        return self.running.held()

    def _step(self, state: Held, tokens: list[int]) -> tuple[Array, Held]:
        running = self.running
        running.hold(state)
        rows = np.stack([running.step(t) for t in tokens]) if len(tokens) < _FEW else running.feed(tokens)
        return rows, running.held()

    def _first(self, state: Held, n: int) -> Held:
        return Held(state.caches, n)  # rows behind a position are not seen before they are written anew
