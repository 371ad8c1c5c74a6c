"""Bars with intervals as SVG: no library, no network, readable without colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

LABEL, WIDTH, BAR, GAP, RIGHT = 230, 900, 13, 9, 150
"""Pixels: names on the left, the whole drawing, one bar, space between groups, figures on the right."""


class Bar(NamedTuple):
    """A share with its interval; `series` picks the colour."""

    series: int
    rate: float
    low: float
    high: float
    note: str


class Group(NamedTuple):
    """Bars that belong to one value, such as a split."""

    label: str
    bars: Sequence[Bar]


def bars(title: str, groups: Sequence[Group], series: Sequence[str], low: float = 0, high: float = 1) -> str:
    """Horizontal bars from `low` to `high` (shares), a whisker over each; negative ones grow to the left."""
    span = WIDTH - LABEL - RIGHT

    def x(value: float) -> float:
        return round(LABEL + (min(max(value, low), high) - low) / (high - low) * span, 1)

    drawn: list[str] = []
    y = 4.0
    for group in groups:
        height = BAR * len(group.bars)
        drawn.append(
            f'<text x="{LABEL - 8}" y="{y + height / 2 + 4:.1f}" class="name">{escape(_short(group.label))}'
            f"<title>{escape(group.label)}</title></text>"
        )
        for bar in group.bars:
            drawn.append(_bar(bar, y, x, series))
            y += BAR
        y += GAP
    ticks = [low + (high - low) * i / 4 for i in range(5)]
    grid = "".join(
        f'<line class="grid" x1="{x(t)}" x2="{x(t)}" y1="0" y2="{y:.0f}"/>'
        f'<text class="tick" x="{x(t)}" y="{y + 13:.0f}">{t:.0%}</text>'
        for t in ticks
    )
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDTH} {y + 18:.0f}" role="img" '
        f'aria-label="{escape(title)}">{grid}{"".join(drawn)}</svg></figure>'
    )


def _bar(bar: Bar, y: float, place: Callable[[float], float], series: Sequence[str]) -> str:
    start, end = sorted((place(0), place(bar.rate)))
    middle = y + BAR / 2
    name = escape(f"{series[bar.series]}: {bar.note}")
    return (
        f'<g class="s{bar.series % 6}"><title>{name}</title>'
        f'<rect x="{start}" y="{y + 1.5:.1f}" width="{max(end - start, 0.5):.1f}" height="{BAR - 3}"/>'
        f'<path class="whisker" d="M{place(bar.low)} {middle:.1f}H{place(bar.high)}'
        f'M{place(bar.low)} {middle - 3:.1f}v6M{place(bar.high)} {middle - 3:.1f}v6"/>'
        f'<text class="note" x="{WIDTH - RIGHT + 8}" y="{middle + 4:.1f}">{escape(bar.note)}</text></g>'
    )


def legend(series: Sequence[str]) -> str:
    """Which colour is whose."""
    items = "".join(f'<span class="s{i % 6}"><i></i>{escape(name)}</span>' for i, name in enumerate(series))
    return f'<p class="legend">{items}</p>'


def _short(text: str) -> str:
    return text if len(text) <= 32 else text[:31] + "…"
