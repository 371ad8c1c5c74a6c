"""A file in an engine of the runtime, held against its checkpoint: weights, texts, and written programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from robo_runtime.engine.arrays import ArrayEngine

from robo_convert import reference
from robo_convert.layers import unlike
from robo_convert.manifest import Model
from robo_convert.parity import (
    Encoded,
    compare_greedy,
    compare_logits,
    compare_tensors,
    failures,
)
from robo_convert.reference import Array, Weights

if TYPE_CHECKING:
    from robo_convert.child import Job

GREEDY_PROMPTS, GREEDY_TOKENS = 8, 64


def prove(
    form: str,
    path: Path,
    quant: str,
    job: Job,
    engine: ArrayEngine,
    weights: Weights,
    kinds: Mapping[str, str],
    n_bytes: int,
    *,
    exact: bool | None = None,
) -> Model:
    """What was measured of a file.

    Args:
        engine: has the file loaded.
        weights: as read back from the file, by Hugging Face names.
        kinds: the type of each.
        n_bytes: that they take in the file.
        exact: hold it to the limits of a file with the checkpoint's very weights; when None, if it is one.

    Raises:
        ParityError: it is not the checkpoint.
    """
    gate, source = job.gate, job.source
    tensors = compare_tensors(weights, source.weights, kinds, path.name)
    figures = compare_logits(text_logits(engine, job.cases), job.expected, gate.tie)
    written = write_greedily(engine, job.cases)
    checked = [
        reference.logits(source.weights, source.shape, [*prompt, *chosen[:-1]])[-len(chosen) :]
        for prompt, _, chosen in written
    ]
    greedy = compare_greedy([(rows, chosen) for _, rows, chosen in written], checked, gate.tie)
    if exact is None:
        exact = tensors.exact == tensors.tensors
    limits = gate.limits_of(form, quant, exact=exact)
    found = failures(figures, limits)
    found += [f"token by token, {failure}" for failure in failures(greedy.figures, limits)]
    if found:
        raise unlike(path.name, found, tensors, weights, source, job.cases)
    return Model(
        quant=quant,
        bits_per_weight=round(8 * n_bytes / source.parameters, 4),
        types=dict(kinds),
        tensors=tensors,
        parity=figures,
        greedy=greedy,
    )


def text_logits(engine: ArrayEngine, cases: Sequence[Encoded]) -> list[Array]:
    """Logits (T, vocab) of every case."""
    found = []
    for case in cases:
        engine.reset()
        found.append(engine.feed_all(case.tokens(engine.n_ctx)))
    return found


def write_greedily(engine: ArrayEngine, cases: Sequence[Encoded]) -> list[tuple[list[int], Array, list[int]]]:
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
