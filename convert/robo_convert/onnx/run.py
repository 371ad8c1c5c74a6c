"""An ONNX file run: whole texts at once, and programs token by token through the runtime's own engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from robo_runtime.engine.onnx import OnnxEngine

from robo_convert.parity import Encoded
from robo_convert.reference import Array

GREEDY_PROMPTS, GREEDY_TOKENS = 8, 64


def text_logits(engine: OnnxEngine, cases: Sequence[Encoded]) -> list[Array]:
    """Logits (T, vocab) of every case, fed as one batch."""
    found = []
    for case in cases:
        engine.reset()
        found.append(engine.feed_all(case.tokens(engine.n_ctx)))
    return found


def write_greedily(engine: OnnxEngine, cases: Sequence[Encoded]) -> list[tuple[list[int], Array, list[int]]]:
    """Prompt, logits (N, vocab) and the N tokens chosen from them, for the first few cases."""
    written = []
    for case in cases[:GREEDY_PROMPTS]:
        prompt = case.prompt()[: engine.n_ctx - 1]
        engine.reset()
        engine.feed(prompt)
        rows: list[Any] = []
        chosen: list[int] = []
        while len(chosen) < GREEDY_TOKENS and engine.room():
            rows.append(engine.logits())
            chosen.append(int(rows[-1].argmax()))
            if chosen[-1] in engine.ends:
                break
            engine.feed(chosen[-1:])
        written.append((prompt, np.stack(rows), chosen))
    return written
