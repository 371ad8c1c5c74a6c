"""A trace as lines of text, for a terminal or a file: a row per lane over time, then the robot's path."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from robo_runtime.simulate.plot.lanes import Lane, lanes, path
from robo_runtime.simulate.trace import Trace

WIDEST = 120
_SIDE_BY_SIDE = 56
"""Columns from which labels stand beside the rows; above them on a narrower screen."""
_LABEL, _RANGE = 18, 16
_LISTED = 12
"""Texts told in full below their row."""
_STYLES = {"level": "green", "number": "cyan", "texts": "yellow"}


class Marks(NamedTuple):
    """The characters of a chart."""

    steps: str
    """From nothing to all."""
    moment: str
    lit: str
    way: str
    start: str
    headings: str
    """Where the robot looks at its end: east, then anticlockwise."""


UNICODE = Marks("▁▂▃▄▅▆▇█", "│", "█", "·", "o", "→↗↑↖←↙↓↘")
ASCII = Marks("_.-=+*%#", "|", "#", ".", "o", ">/^\\</v\\")


def chart(trace: Trace, width: int = 100, marks: Marks = UNICODE) -> list[Text]:
    """The rows of a trace's picture, none wider than `width` columns."""
    width = max(20, min(width, WIDEST))
    beside = width >= _SIDE_BY_SIDE
    columns = width - _LABEL - _RANGE - 2 if beside else width
    rows: list[Text] = []
    for lane in lanes(trace):
        row, told = _row(lane, trace.until, columns, marks), _told(lane)
        label = Text(lane.label if beside else f"{lane.label}  {told}".rstrip(), style="bold")
        label.truncate(_LABEL if beside else width, overflow="ellipsis", pad=beside)
        rows += [label + " " + row + Text(f" {told}", style="dim")] if beside else [label, row]
        rows += list(_listed(lane, width))
    if rows:
        axis = _axis(trace.until, columns)
        rows.append(Text(" " * (_LABEL + 1) + axis if beside else axis, style="dim"))
    return rows + list(_robot(trace, min(width, 60), marks))


def _row(lane: Lane, until: float, columns: int, marks: Marks) -> Text:
    if lane.kind == "colors":
        return _colors(lane, until, columns, marks)
    if lane.kind == "texts":
        return _moments(lane, until, columns, marks)
    low, high = lane.bounds
    row = ""
    for value, moved in _means(lane.points, until, columns):
        step = 0 if value is None else round((value - low) / (high - low) * (len(marks.steps) - 1))
        row += " " if value is None else marks.steps[max(step, 1) if moved and value > low else step]
    return Text(row, style=_STYLES[lane.kind])


def _means(
    points: list[tuple[float, float | None]], until: float, columns: int
) -> Iterator[tuple[float | None, bool]]:
    """Mean over the time of each column, None where nothing is known yet; and whether it changed there."""
    i, value = 0, None
    for column in range(columns):
        now, end = until * column / columns, until * (column + 1) / columns
        total = known = 0.0
        moved = False
        while True:
            after = points[i][0] if i < len(points) else math.inf
            until_then = min(max(after, now), end)
            if value is not None:
                total, known = total + value * (until_then - now), known + until_then - now
            now = until_then
            if after >= end:
                break
            value, moved, i = points[i][1], True, i + 1
        if known > 0:
            yield total / known, moved
        else:
            yield value, moved


def _colors(lane: Lane, until: float, columns: int, marks: Marks) -> Text:
    """The brightest light of each column's end."""
    row, i, shown = Text(), 0, "#000000"
    for column in range(columns):
        while i < len(lane.points) and lane.points[i][0] < until * (column + 1) / columns:
            shown = max(lane.points[i][1] or ["#000000"], key=_brightness)
            i += 1
        row.append(*((marks.way, "dim") if shown == "#000000" else (marks.lit, shown)))
    return row


def _brightness(color: str) -> int:
    return sum(int(color[i : i + 2], 16) for i in (1, 3, 5))


def _moments(lane: Lane, until: float, columns: int, marks: Marks) -> Text:
    row = [marks.way] * columns
    for t, value in lane.points:
        if value and t < until:
            row[int(t / until * columns)] = marks.moment
    return Text("".join(row), style=_STYLES["texts"])


def _told(lane: Lane) -> str:
    """What stands beside a row: the range of its values, or how many there are."""
    if lane.kind == "number":
        low, high = (f"{round(v, 2):g}" for v in lane.bounds)
        return f"{low} to {high}{lane.unit}"
    if lane.kind == "texts":
        return ""
    changes = max(len(lane.points) - 1, 0)
    return "no change" if changes == 0 else f"{changes} change{'s' if changes > 1 else ''}"


def _listed(lane: Lane, width: int) -> Iterator[Text]:
    if lane.kind != "texts":
        return
    told = [(t, str(value)) for t, value in lane.points if value]
    for t, value in told[:_LISTED]:
        line = f"  {t:8.3f} s  {' '.join(value.split())}"
        yield Text(line if cell_len(line) <= width else set_cell_size(line, width - 1).rstrip() + "…")
    if len(told) > _LISTED:
        yield Text(f"  and {len(told) - _LISTED} more", style="dim")


def _axis(until: float, columns: int) -> str:
    parts = 4 if columns >= 40 else 2 if columns >= 24 else 1
    axis = ""
    for i in range(parts):
        tick = f"{until * i / parts:g}"
        axis = axis.ljust(columns * i // parts) + tick
    last = f"{until:g} s"
    return axis.ljust(columns)[: columns - len(last)] + last


def _robot(trace: Trace, width: int, marks: Marks) -> Iterator[Text]:
    """The robot's way from above; a character is twice as high as it is wide."""
    points = path(trace)
    if not points:
        return
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    span_x, span_y = max(xs) - min(xs), max(ys) - min(ys)
    scale = max(span_x / (width - 1), span_y / (2 * 15), 0.5)  # centimetres a column
    height = int(span_y / (2 * scale)) + 1
    canvas = [[" "] * (int(span_x / scale) + 1) for _ in range(height)]

    def put(x: float, y: float, mark: str) -> None:
        canvas[height - 1 - int((y - min(ys)) / (2 * scale))][int((x - min(xs)) / scale)] = mark

    for (x, y, _), (x2, y2, _) in pairwise(points):
        steps = int(max(abs(x2 - x) / scale, abs(y2 - y) / (2 * scale))) * 2 + 1
        for step in range(steps + 1):
            put(x + (x2 - x) * step / steps, y + (y2 - y) * step / steps, marks.way)
    put(xs[0], ys[0], marks.start)
    put(xs[-1], ys[-1], marks.headings[round(points[-1][2] / 45) % 8])
    title = Text(f"path of the robot, {span_x:.0f} by {span_y:.0f} cm, from {marks.start}", style="bold")
    title.truncate(width, overflow="ellipsis")
    yield title
    for row in canvas:
        yield Text("".join(row).rstrip(), style="cyan")
