"""Seconds a token as a sum of terms, none of them negative, and how well it tells models it has not seen.

    t = start + layers (layer + [threads > 1] sync) + (rows row + weights weight) / threads
        + share bytes / bandwidth

`bandwidth` is what that many threads read a second from where the weights are: the cache that holds them, or
memory. `share` is the part of that time which arithmetic does not hide. Fitted by non-negative least squares
(Lawson and Hanson 1974) of relative errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict

from benchmarks.predict.work import Work

WITHIN = 0.20
"""Relative error that a model which was held out may have."""


class Sample(Strict):
    """One model measured one way."""

    model: str
    precision: str
    threads: int
    cold: bool
    """The caches held other data when each token began, so that the weights came from memory."""
    work: Work
    bandwidth: float
    """Bytes a second."""
    seconds: float
    """A token."""
    tokens: int
    """That were timed."""


class Terms(Strict):
    """What the fit found; seconds, except `share`."""

    start: float
    layer: float
    sync: float
    row: float
    weight: float
    share: float

    def seconds(self, work: Work, threads: int, bandwidth: float, slower: float = 1.0) -> float:
        """Seconds a token.

        Args:
            bandwidth: bytes a second of all threads together.
            slower: how much longer everything but memory takes than on the machine of the fit.
        """
        once = self.start + work.layers * (self.layer + (self.sync if threads > 1 else 0.0))
        shared = (work.rows * self.row + work.weights * self.weight) / threads
        return slower * (once + shared) + self.share * work.bytes / bandwidth


class HeldOut(Strict):
    """A model told from the others."""

    model: str
    mean_error: float
    """Of the absolute relative errors of its samples."""
    worst_error: float
    predicted: list[float]
    """Seconds a token of its samples, in their order."""


def fit(samples: Sequence[Sample]) -> Terms:
    """The terms that tell the samples with the least squares of relative errors.

    Raises:
        RoboError: fewer samples than terms.
    """
    from scipy.optimize import nnls

    rows = np.array([_row(sample) for sample in samples])
    if len(samples) < len(Terms.model_fields):
        raise RoboError(
            f"{len(samples)} samples are too few for {len(Terms.model_fields)} terms; measure more models"
        )
    scaled = rows / np.array([[sample.seconds] for sample in samples])
    norms = np.linalg.norm(scaled, axis=0)
    norms[norms == 0] = 1.0  # a term that no sample has, such as `sync` without threads
    found, _ = nnls(scaled / norms, np.ones(len(samples)))
    return Terms(**dict(zip(Terms.model_fields, (float(x) for x in found / norms), strict=True)))


def _row(sample: Sample) -> list[float]:
    work, threads = sample.work, sample.threads
    return [
        1.0, work.layers, work.layers if threads > 1 else 0.0, work.rows / threads, work.weights / threads,
        work.bytes / sample.bandwidth,
    ]  # fmt: skip


def error_of(terms: Terms, sample: Sample) -> float:
    """Predicted over measured, less one."""
    return terms.seconds(sample.work, sample.threads, sample.bandwidth) / sample.seconds - 1


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
                predicted=[terms.seconds(s.work, s.threads, s.bandwidth) for s in mine],
            )
        )
    return found
