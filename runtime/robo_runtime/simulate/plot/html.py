"""A trace as one HTML file: no network, no library, readable on a phone.

Labels are ordinary text above each lane, so that they keep their size when the drawing is squeezed.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from robo_runtime.simulate.plot.lanes import Lane, path
from robo_runtime.simulate.plot.page import SCRIPT, STYLE
from robo_runtime.simulate.trace import Trace

HEIGHT = 40
WIDTH = 1000
MARKS = 200
"""Texts listed below a lane; more are counted."""


def page(trace: Trace, lanes: list[Lane], title: str) -> str:
    """The whole file."""
    until = trace.until
    body = "\n".join(
        [_head(trace, title), *(_lane(lane, until) for lane in lanes), _axis(until), _robot(trace)]
    )
    data = [
        {"kind": lane.kind, "unit": lane.unit, "moment": lane.momentary, "points": lane.points}
        for lane in lanes
    ]
    inside = json.dumps({"until": until, "lanes": data}, ensure_ascii=False).replace("<", "\\u003c")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
{body}
<script id="data" type="application/json">{inside}</script>
<script>{SCRIPT}</script>
</body>
</html>
"""


def _head(trace: Trace, title: str) -> str:
    if trace.error:
        state = f'<p class="error">{escape(trace.error)}</p>'
    elif trace.ended:
        state = f"<p>ended after {trace.duration:.3f} s</p>"
    else:
        state = f"<p>still running after {trace.until:g} s</p>"
    return (
        f'<h1>{escape(title)}</h1>{state}<p id="now" aria-live="polite">touch a lane to read its values</p>'
    )


def _lane(lane: Lane, until: float) -> str:
    drawn = {"level": _steps, "number": _steps, "colors": _colors, "texts": _texts}[lane.kind](lane, until)
    low, high = lane.bounds
    span = f"{low:g} to {high:g}{lane.unit}" if lane.kind == "number" else ""
    return (
        f"<section><h2>{escape(lane.label)} <small>{escape(span)}</small> <output></output></h2>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(lane.label)}">{drawn}<line class="cursor" y2="{HEIGHT}"/></svg>'
        f"{_listed(lane)}</section>"
    )


def _x(t: float, until: float) -> float:
    return round(t / until * WIDTH, 2)


def _spans(lane: Lane, until: float) -> list[tuple[float, float, Any]]:
    ends = [t for t, _ in lane.points[1:]] + [until]
    return [(_x(t, until), _x(end, until), v) for (t, v), end in zip(lane.points, ends, strict=True)]


def _steps(lane: Lane, until: float) -> str:
    low, high = lane.bounds
    moves: list[str] = []
    drawing = False
    for start, end, value in _spans(lane, until):
        if value is None:
            drawing = False
            continue
        y = round(HEIGHT - 3 - (value - low) / (high - low) * (HEIGHT - 6), 2)
        moves.append(f"{'L' if drawing else 'M'}{start} {y}H{end}")
        drawing = True
    return f'<path class="{lane.kind}" d="{"".join(moves)}"/>'


def _colors(lane: Lane, until: float) -> str:
    boxes = []
    for start, end, colors in _spans(lane, until):
        high = HEIGHT / max(len(colors or ()), 1)
        for i, color in enumerate(colors or ()):
            if color != "#000000":
                width = round(max(end - start, 1), 2)
                place = f'x="{start}" y="{i * high:.2f}" width="{width}" height="{high:.2f}"'
                boxes.append(f'<rect {place} fill="{color}"/>')
    return "".join(boxes)


def _texts(lane: Lane, until: float) -> str:
    if lane.momentary:
        return "".join(f'<path class="mark" d="M{_x(t, until)} 4V{HEIGHT - 4}"/>' for t, _ in lane.points)
    return "".join(
        f'<rect class="text" x="{start}" y="8" width="{max(end - start, 1):.2f}" height="{HEIGHT - 16}"/>'
        for start, end, value in _spans(lane, until)
        if value
    )


def _listed(lane: Lane) -> str:
    if lane.kind != "texts":
        return ""
    rows = "".join(f"<li><b>{t:.3f}</b> {escape(str(v))}</li>" for t, v in lane.points[:MARKS] if v)
    more = f"<li>… {len(lane.points) - MARKS} more</li>" if len(lane.points) > MARKS else ""
    return f"<details><summary>{len(lane.points)} in all</summary><ol>{rows}{more}</ol></details>"


def _axis(until: float) -> str:
    return '<div class="axis">' + "".join(f"<span>{until * i / 4:g} s</span>" for i in range(5)) + "</div>"


def _robot(trace: Trace) -> str:
    points = path(trace)
    if not points:
        return ""
    xs, ys = [p[0] for p in points], [-p[1] for p in points]
    left, top = min(xs) - 10, min(ys) - 10
    size = max(max(xs) - left, max(ys) - top) + 10
    way = "M" + "L".join(f"{x} {y}" for x, y in zip(xs, ys, strict=True))
    x, y, heading = points[-1]
    arrow = f'<g transform="translate({x} {-y}) rotate({-heading:.1f}) scale({size / 200:.3f})">'
    return (
        f"<section><h2>path of the robot <small>{size:.0f} cm wide; it starts at the dot</small></h2>"
        f'<svg class="path" viewBox="{left} {top} {size} {size}" role="img" aria-label="path of the robot">'
        f'<path class="way" d="{way}"/><circle r="{size / 60:.2f}"/>'
        f'{arrow}<path class="robot" d="M10 0L-8 7V-7Z"/></g></svg></section>'
    )
