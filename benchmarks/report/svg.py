"""Lines and points as SVG, drawn for the width of a phone: larger screens show several side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 360, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 10, 34
"""Pixels around the drawing: figures on the left, names below."""


class Point(NamedTuple):
    """A point; `low` and `high` draw an interval through it."""

    x: float
    y: float
    says: str = ""
    low: float | None = None
    high: float | None = None


class Line(NamedTuple):
    """Points in order; joined or not."""

    name: str
    points: Sequence[Point]
    joined: bool = True


class Axis(NamedTuple):
    """One axis."""

    name: str
    low: float
    high: float
    form: str = "{:g}"
    log: bool = False
    whole: bool = False
    """Only whole numbers are written at it."""

    def at(self, value: float) -> float:
        """0 at the low end, 1 at the high end."""
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            value = math.log(max(value, self.low))
        else:
            low, high = self.low, self.high
        return min(max((value - low) / ((high - low) or 1.0), 0.0), 1.0)

    def ticks(self) -> list[float]:
        """Round values to write at the axis; none where its ends are too far apart for a number."""
        if not math.isfinite(self.high - self.low):
            return []
        if self.log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            steps = (1, 2, 5) if last - first <= 3 else (1,)
            found = [step * 10.0**power for power in range(first, last + 1) for step in steps]
            return [tick for tick in found if self.low <= tick <= self.high * (1 + 1e-9)]
        raw = (self.high - self.low) / 4 or 1.0
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= raw * 0.999)
        step = max(1, math.ceil(step)) if self.whole else step
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def plot(title: str, lines: Sequence[Line], x: Axis, y: Axis, *, diagonal: bool = False) -> str:
    """Lines over two axes; `diagonal` draws where both are equal."""

    def px(value: float) -> float:
        return round(LEFT + x.at(value) * (WIDTH - LEFT - RIGHT), 1)

    def py(value: float) -> float:
        return round(HEIGHT - BOTTOM - y.at(value) * (HEIGHT - TOP - BOTTOM), 1)

    floor = HEIGHT - BOTTOM
    drawn = [
        f'<path class="grid" d="M{LEFT} {py(t)}H{WIDTH - RIGHT}"/>'
        f'<text class="tick left" x="{LEFT - 5}" y="{py(t) + 4}">{escape(y.form.format(t))}</text>'
        for t in y.ticks()
    ]
    drawn += [
        f'<text class="tick" x="{px(t)}" y="{floor + 14}">{escape(x.form.format(t))}</text>'
        for t in x.ticks()
    ]
    drawn.append(
        f'<text class="tick" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 5}">{escape(x.name)}</text>'
    )
    if diagonal:
        low, high = max(x.low, y.low), min(x.high, y.high)
        drawn.append(f'<path class="equal" d="M{px(low)} {py(low)}L{px(high)} {py(high)}"/>')
    for i, line in enumerate(lines):
        drawn.append(_line(line, i, px, py))
    return (
        f'<figure class="plot"><figcaption>{escape(title)}<small> {escape(y.name)}</small></figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(drawn)}</svg></figure>"
    )


def _line(line: Line, series: int, px: Callable[[float], float], py: Callable[[float], float]) -> str:
    parts = []
    if line.joined and len(line.points) > 1:
        path = "L".join(f"{px(p.x)} {py(p.y)}" for p in line.points)
        parts.append(f'<path class="line" d="M{path}"/>')
    few = len(line.points) <= 60
    for p in line.points:
        if p.low is not None and p.high is not None:
            parts.append(f'<path class="whisker" d="M{px(p.x)} {py(p.low)}V{py(p.high)}"/>')
        if few:
            said = f"<title>{escape(f'{line.name}: {p.says}' if p.says else line.name)}</title>"
            parts.append(f'<circle cx="{px(p.x)}" cy="{py(p.y)}" r="3.2">{said}</circle>')
    return f'<g class="s{series % 6}">{"".join(parts)}</g>'


def padded(values: Sequence[float], *, zero: bool = False, share: float = 0.08) -> tuple[float, float]:
    """The ends of an axis that shows all values with some room."""
    low, high = min(values), max(values)
    room = (high - low) * share or abs(high) * share or 1.0
    return (0.0 if zero else low - room), high + room
