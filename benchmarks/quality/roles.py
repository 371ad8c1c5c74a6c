"""Which number of one request plays the role of which number of another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.quality.mentions import Mention

MEASURES = ("time", "rate", "share", "angle", "length", "volt", "temperature")
"""Kinds of numbers with a unit."""
_FORM = frozenset(
    "a an and as at by connected d for from g gpio gpios in io is it its my no number of on or p pin pins "
    "that the then this to which with".split()
)
"""Words that say nothing about a mention's role."""
_CONTEXT, _ORDER, _ORDER_OF_PINS = 0.8, 1.0, 0.25
_FAR = 2.0
"""An alignment this bad is none."""


def align(
    text: str, left: Sequence[Mention], other: str, right: Sequence[Mention]
) -> tuple[dict[int, int], float]:
    """Which mention of one text plays the role of which in another: by kind, neighbouring words and order.

    Returns:
        Pairs of indices, and the mean cost of a pair.
    """
    if not left or not right:
        return {}, 0.0
    around, beside = _contexts(text, left), _contexts(other, right)
    order, place = _ranks(left), _ranks(right)
    costs = np.array(
        [
            [
                _unlike(a.kind, b.kind) + _CONTEXT * (1 - _overlap(around[i], beside[j]))
                + (_ORDER_OF_PINS if a.kind == "pin" else _ORDER) * abs(order[i] - place[j])
                for j, b in enumerate(right)
            ]
            for i, a in enumerate(left)
        ]
    )  # fmt: skip
    rows, columns = linear_sum_assignment(costs)
    pairs = {int(i): int(j) for i, j in zip(rows, columns, strict=True) if costs[i, j] < _FAR}
    return pairs, float(np.mean([costs[i, j] for i, j in pairs.items()])) if pairs else 0.0


def _unlike(a: str, b: str) -> float:
    if a == b:
        return 0.0
    if (a, b) == ("word", "text"):
        return 0.3
    plain = {"pin", "number", *MEASURES}
    return 0.7 if a in plain and b in plain and "number" in (a, b) else 3.0


def _ranks(found: Sequence[Mention]) -> list[float]:
    """The place of each mention among those of its kind, from 0 to 1."""
    kinds = Counter(m.kind for m in found)
    seen: Counter[str] = Counter()
    ranks = []
    for m in found:
        ranks.append(seen[m.kind] / max(kinds[m.kind] - 1, 1))
        seen[m.kind] += 1
    return ranks


def _contexts(text: str, found: Sequence[Mention]) -> list[dict[str, float]]:
    """Words around each mention, up to the next, with weights that sink with the distance."""
    contexts = []
    for m in found:
        start = max((o.end for o in found if o.end <= m.start), default=0)
        end = min((o.start for o in found if o.start >= m.end), default=len(text))
        words: dict[str, float] = {}
        for side, weight, step in ((text[start : m.start], 1.0, -1), (text[m.end : end], 0.5, 1)):
            content = [w for w in re.findall(r"[^\W\d_]+", side.lower()) if w not in _FORM]
            for distance, word in enumerate(content[::step][:5]):
                words[word] = max(words.get(word, 0.0), weight / (1 + distance))
        contexts.append(words)
    return contexts


def _overlap(a: dict[str, float], b: dict[str, float]) -> float:
    shared = sum(min(w, b[word]) for word, w in a.items() if word in b)
    return shared / max(min(sum(a.values()), sum(b.values())), 1e-9)
