"""A file in an engine of the runtime, held against its checkpoint: weights, texts, and written programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from robo_runtime.engine.arrays import ArrayEngine

from robo_convert import reference
from robo_convert.layers import unlike
from robo_convert.manifest import Model
from robo_convert.parity import (
    Encoded,
    ParityError,
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
    n_bytes: float,
    *,
    stored: Callable[[Array], Array] = lambda weight: weight,
    token_by_token: bool = False,
) -> Model:
    """What was measured of a file.

    Args:
        engine: has the file loaded.
        weights: as read back from the file, by Hugging Face names.
        kinds: the type of each.
        n_bytes: that they take in the file.
        stored: what becomes of every weight before its type's own rounding, and counts as exact.
        token_by_token: read the texts in this way too, where an engine has a program for it.

    Raises:
        ParityError: it is not the checkpoint.
    """
    gate, source = job.gate, job.source
    own = {name: stored(weight) for name, weight in source.weights.items()}
    tensors = compare_tensors(weights, own, kinds, path.name)
    exact = quant == "int4" and _as_trained(path.name, weights, own, kinds, source.training.qat)
    found, expected = text_logits(engine, job.cases), list(job.expected)
    if token_by_token:
        found, expected = found + _stepwise(engine, job.cases), expected * 2
    figures = compare_logits(found, expected, gate.tie)
    written = write_greedily(engine, job.cases)
    checked = [
        reference.logits(source.weights, source.shape, [*prompt, *chosen[:-1]])[-len(chosen) :]
        for prompt, _, chosen in written
    ]
    greedy = compare_greedy([(rows, chosen) for _, rows, chosen in written], checked, gate.tie)
    limits = gate.limits_of(form, quant, exact=exact)
    failed = failures(figures, limits)
    failed += [f"token by token, {failure}" for failure in failures(greedy.figures, limits)]
    if failed:
        raise unlike(path.name, failed, tensors, weights, source, job.cases)
    return Model(
        quant=quant,
        bits_per_weight=round(8 * n_bytes / source.parameters, 4),
        types=dict(kinds),
        tensors=tensors,
        parity=figures,
        greedy=greedy,
    )


def _as_trained(file: str, found: Weights, expected: Weights, kinds: Mapping[str, str], qat: str) -> bool:
    """Whether an INT4 file has the very weights of its checkpoint; rows of 8 bits alone need not.

    Raises:
        ParityError: the checkpoint was trained for that, and it has not.
    """
    names = [name for name, kind in kinds.items() if kind != "int8 row"]
    odd = [name for name in names if not np.array_equal(found[name], expected[name])]
    if odd and qat == "q4_0":
        raise ParityError(
            f"{file}: training.json says the weights were trained for q4_0, but {len(odd)} of {len(names)}"
            f" tensors are not exactly what it stores, {odd[0]} for one; nothing was written"
        )
    return not odd


def text_logits(engine: ArrayEngine, cases: Sequence[Encoded]) -> list[Array]:
    """Logits (T, vocab) of every case."""
    found = []
    for case in cases:
        engine.reset()
        found.append(engine.feed_all(case.tokens(engine.n_ctx)))
    return found


def _stepwise(engine: ArrayEngine, cases: Sequence[Encoded]) -> list[Array]:
    """The same, a token at a time."""
    found = []
    for case in cases:
        engine.reset()
        rows = []
        for token in case.tokens(engine.n_ctx):
            engine.feed([token])
            rows.append(engine.logits())
        found.append(np.stack(rows))
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
