"""Seconds a token as a sum of terms, none of them negative, and how well it tells models it has not seen.

    t = start + layers (layer + [threads > 1] sync) + weights weight / threads
        + missed (share bytes / bandwidth + layers miss)

`bandwidth` is what that many threads read from memory a second, `share` how much longer decoding takes for
it than reading in order, less what arithmetic hides. `missed` is the part of the weights that no cache holds
when their turn comes: all of them after the caches were emptied; else, of weights read over and over through
a cache of `cache` bytes that replaces at random, the root of m = 1 - exp(-m bytes / cache), 0 while they fit.

The terms are fitted by non-negative least squares (Lawson and Hanson 1974) of relative errors, the cache by
trying sizes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict

from benchmarks.predict.work import Work

WITHIN = 0.20
"""Relative error that a model which was held out may have."""
CACHES = [float(size) for size in np.geomspace(1e6, 512e6, 109)]
"""Bytes that are tried."""


class Sample(Strict):
    """One model measured one way."""

    model: str
    precision: str
    threads: int
    cold: bool
    """The caches held other data when each token began, so that the weights came from memory."""
    work: Work
    bandwidth: float
    """Bytes a second that so many threads read from memory."""
    seconds: float
    """A token."""
    tokens: int
    """That were timed."""


class Terms(Strict):
    """What the fit found; seconds, except `share` and `cache`."""

    start: float
    layer: float
    sync: float
    weight: float
    share: float
    miss: float
    cache: float
    """Bytes."""

    def seconds(
        self, work: Work, threads: int, bandwidth: float, *, cold: bool = False, slower: float = 1.0
    ) -> float:
        """Seconds a token.

        Args:
            bandwidth: bytes a second of all threads together.
            cold: nothing of the model is in a cache.
            slower: how much longer everything but memory takes than on the machine of the fit.
        """
        once = self.start + work.layers * (self.layer + (self.sync if threads > 1 else 0.0))
        shared = work.weights * self.weight / threads
        missed = 1.0 if cold else missing(work.bytes / self.cache)
        memory = missed * (self.share * work.bytes / bandwidth + work.layers * self.miss)
        return slower * (once + shared) + memory


class HeldOut(Strict):
    """A model told from the others."""

    model: str
    mean_error: float
    """Of the absolute relative errors of its samples."""
    worst_error: float
    predicted: list[float]
    """Seconds a token of its samples, in their order."""


def missing(times: float) -> float:
    """The part that misses when `times` as much as the cache holds is read over and over."""
    if times <= 1:
        return 0.0
    low, high = 1e-9, 1.0  # between the root that is always there, 0, and everything
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle < -math.expm1(-middle * times) else (low, middle)
    return low


def fit(samples: Sequence[Sample]) -> Terms:
    """The terms that tell the samples with the least squares of relative errors.

    Raises:
        RoboError: fewer samples than terms.
    """
    if len(samples) < len(Terms.model_fields):
        raise RoboError(
            f"{len(samples)} samples are too few for {len(Terms.model_fields)} terms; measure more models"
        )
    found = [_with_cache(samples, cache) for cache in CACHES]
    least = min(error for error, _ in found)
    # Sizes between two models tell them all alike; of those that do, the middle one.
    best = [terms for error, terms in found if error <= least * (1 + 1e-9) + 1e-12]
    return best[len(best) // 2]


def _with_cache(samples: Sequence[Sample], cache: float) -> tuple[float, Terms]:
    """The sum of squares that is left with a cache of this size, and the terms."""
    from scipy.optimize import nnls

    rows = np.array([_row(sample, cache) for sample in samples])
    scaled = rows / np.array([[sample.seconds] for sample in samples])
    norms = np.linalg.norm(scaled, axis=0)
    norms[norms == 0] = 1.0  # a term that no sample has, such as `sync` without threads
    found, left = nnls(scaled / norms, np.ones(len(samples)))
    names = [name for name in Terms.model_fields if name != "cache"]
    return left, Terms(cache=cache, **dict(zip(names, (float(x) for x in found / norms), strict=True)))


def _row(sample: Sample, cache: float) -> list[float]:
    work, threads = sample.work, sample.threads
    missed = 1.0 if sample.cold else missing(work.bytes / cache)
    return [
        1.0, work.layers, work.layers if threads > 1 else 0.0, work.weights / threads,
        missed * work.bytes / sample.bandwidth, missed * work.layers,
    ]  # fmt: skip


def told(terms: Terms, sample: Sample) -> float:
    """Seconds a token that the terms give for a sample."""
    return terms.seconds(sample.work, sample.threads, sample.bandwidth, cold=sample.cold)


def error_of(terms: Terms, sample: Sample) -> float:
    """Told over measured, less one."""
    return told(terms, sample) / sample.seconds - 1


def hold_out(samples: Sequence[Sample], fitted: Callable[[Sequence[Sample]], Terms] = fit) -> list[HeldOut]:
    """For each model in turn: fitted on all others, how far off its samples are."""
    found = []
    for model in dict.fromkeys(sample.model for sample in samples):
        terms = fitted([sample for sample in samples if sample.model != model])
        mine = [sample for sample in samples if sample.model == model]
        errors = [abs(error_of(terms, sample)) for sample in mine]
        found.append(
            HeldOut(
                model=model,
                mean_error=float(np.mean(errors)),
                worst_error=max(errors),
                predicted=[told(terms, sample) for sample in mine],
            )
        )
    return found
