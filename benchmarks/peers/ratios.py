"""Ratios of two peers that did the same prompts, with the spread they have over prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

import numpy as np

RESAMPLES = 10_000
SEED = 8


class Ratio(NamedTuple):
    """A ratio for each prompt, and the 95 % interval of their median."""

    values: list[float]
    low: float
    high: float


def by_prompt(samples: Sequence[tuple[str, float]]) -> dict[str, float]:
    """One value for each prompt: the median of its rounds."""
    found: dict[str, list[float]] = {}
    for prompt, value in samples:
        found.setdefault(prompt, []).append(value)
    return {prompt: median(values) for prompt, values in found.items()}


def paired(ours: Mapping[str, float], theirs: Mapping[str, float]) -> Ratio | None:
    """`ours` by `theirs` over the prompts that both did; None when there are none.

    The interval is the percentile bootstrap over prompts (Efron 1979), the same for the same values.
    """
    both = [prompt for prompt in ours if theirs.get(prompt, 0.0) > 0.0]
    if not both:
        return None
    values = [ours[prompt] / theirs[prompt] for prompt in both]
    low, high = interval(values)
    return Ratio(values, low, high)


def interval(values: Sequence[float], resamples: int = RESAMPLES) -> tuple[float, float]:
    """The 95 % interval of the median of `values`, by the percentile bootstrap."""
    data = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(SEED).integers(0, len(data), (resamples, len(data)))
    low, high = np.percentile(np.median(data[drawn], axis=1), (2.5, 97.5))
    return float(low), float(high)
