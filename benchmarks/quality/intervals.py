"""Shares with their uncertainty, and comparisons of answerers that were asked the same prompts."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, sqrt
from typing import NamedTuple

Z = 1.959963984540054
"""The normal quantile of a 95 % interval."""


def wilson(hits: int, n: int, z: float = Z) -> tuple[float, float]:
    """The score interval of a proportion (Wilson 1927); 0 to 1 where nothing was asked."""
    if not n:
        return 0.0, 1.0
    p, z2 = hits / n, z * z
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided exact p of McNemar's test, from the pairs that disagree: a fair coin's tails, doubled."""
    n = only_first + only_second
    tail = sum(comb(n, i) for i in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / 2**n)


class Paired(NamedTuple):
    """Two answerers on the same prompts; differences are second less first, as shares."""

    n: int
    first: float
    second: float
    only_first: int
    only_second: int
    difference: float
    low: float
    high: float
    p: float


def paired(first: Sequence[bool], second: Sequence[bool]) -> Paired:
    """Compare verdicts on the same prompts. The interval is method 10 of Newcombe (1998, Statistics in
    Medicine 17, 2635-2650): Wilson intervals of both shares, joined with their correlation.

    Raises:
        ValueError: the lists differ in length.
    """
    pairs = list(zip(first, second, strict=True))
    n = len(pairs)
    both, neither = sum(a and b for a, b in pairs), sum(not a and not b for a, b in pairs)
    lost, won = sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs)
    if not n:
        return Paired(0, 0.0, 0.0, 0, 0, 0.0, -1.0, 1.0, 1.0)
    p1, p2 = (both + lost) / n, (both + won) / n
    (l1, u1), (l2, u2) = wilson(both + lost, n), wilson(both + won, n)
    phi = _correlation(both, won, lost, neither)
    difference = p2 - p1
    low = difference - _joined(p2 - l2, u1 - p1, phi)
    high = difference + _joined(u2 - p2, p1 - l1, phi)
    return Paired(n, p1, p2, lost, won, difference, low, high, mcnemar(lost, won))


def _joined(a: float, b: float, phi: float) -> float:
    return sqrt(max(0.0, a * a - 2 * phi * a * b + b * b))


def _correlation(both: int, won: int, lost: int, neither: int) -> float:
    """Phi of the two-by-two table, with Newcombe's correction of a positive one for continuity."""
    margins = (both + won) * (lost + neither) * (both + lost) * (won + neither)
    if not margins:
        return 0.0
    n = both + won + lost + neither
    product: float = both * neither - won * lost
    if product > 0:
        product = max(product - n / 2, 0)
    return product / sqrt(margins)
