"""How well a median is known, and a ratio of two."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

_LEAST = 6
"""Values below which no two of them enclose the median with 95 %."""


def median_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of the median between two of the values themselves; None below 6 values.

    Whatever the distribution: each value is below the median as a fair coin falls, so how many are is
    binomial (Conover, Practical Nonparametric Statistics, 3.2). Holds with 95 % or more.
    """
    n = len(values)
    if n < _LEAST:
        return None
    ordered, tail, k = sorted(values), 0.0, 0
    while True:  # the k lowest and the k highest may go while the tails stay below 2.5 % each
        tail += math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2))
        if tail > 0.025:
            break
        k += 1
    return ordered[k - 1], ordered[n - k]


class Ratio(NamedTuple):
    """A ratio and its interval."""

    value: float
    low: float
    high: float


def paired_ratio(new: Sequence[float], base: Sequence[float]) -> Ratio | None:
    """The median of the ratios of values that belong together, in order; None where one is not above zero."""
    if len(new) != len(base) or not new or min(*new, *base) <= 0:
        return None
    logs = [math.log(a / b) for a, b in zip(new, base, strict=True)]
    low, high = median_interval(logs) or (min(logs), max(logs))
    return Ratio(math.exp(statistics.median(logs)), math.exp(low), math.exp(high))


def ratio_of_medians(new: tuple[float, float, float], base: tuple[float, float, float]) -> Ratio | None:
    """The ratio of two independent medians, each given with the ends of its interval.

    Relative half-widths are joined as independent errors are, each side with the one that it makes worse.
    None where a number is not above zero.
    """
    if min(*new, *base) <= 0:
        return None
    value = math.log(new[0] / base[0])
    below = math.hypot(math.log(new[0] / new[1]), math.log(base[2] / base[0]))
    above = math.hypot(math.log(new[2] / new[0]), math.log(base[0] / base[1]))
    return Ratio(math.exp(value), math.exp(value - below), math.exp(value + above))
