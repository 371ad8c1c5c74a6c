"""A trace as a picture, by matplotlib."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.simulate.plot.lanes import Lane, path
from robo_runtime.simulate.trace import Trace

LETTERS = 30
"""Of a text that is written into a lane; those that would cover others are left out."""


def draw(trace: Trace, lanes: list[Lane], title: str, file: Path) -> None:
    """Write a PNG.

    Raises:
        RoboError: matplotlib is missing.
    """
    try:
        agg = import_module("matplotlib.backends.backend_agg")
        figures = import_module("matplotlib.figure")
    except ImportError:
        raise RoboError(
            "matplotlib is missing; install robo-runtime[plot], or write a .html, which needs nothing"
        ) from None
    points = path(trace)
    rows = max(len(lanes), 1)
    size = (10, 1.2 + 0.7 * rows + (4 if points else 0))
    figure = figures.Figure(figsize=size, dpi=120, layout="constrained")
    agg.FigureCanvasAgg(figure)
    heights = [1.0] * rows + ([6.0] if points else [])
    axes = figure.subplots(len(heights), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for axis, lane in zip(axes, lanes, strict=False):
        _lane(axis, lane, trace.until)
    for axis in axes[:rows]:
        axis.set_xlim(0, trace.until)
        axis.tick_params(labelbottom=axis is axes[rows - 1])
    axes[rows - 1].set_xlabel("seconds")
    if points:
        _path(axes[-1], points)
    figure.suptitle(f"{title}: {trace.error}" if trace.error else title, parse_math=False)
    figure.savefig(file, format="png")


def _lane(axis: Any, lane: Lane, until: float) -> None:
    axis.set_ylabel(
        f"{lane.label}\n{lane.unit.strip()}" if lane.unit else lane.label, rotation=0, ha="right", va="center"
    )
    ends = [t for t, _ in lane.points[1:]] + [until]
    if lane.kind in ("level", "number"):
        low, high = lane.bounds
        times = [t for t, _ in lane.points] + [until]
        values = [float("nan") if v is None else v for _, v in lane.points]
        axis.step(times, [*values, values[-1]], where="post", linewidth=1.2)
        axis.set_ylim(low - (high - low) * 0.1, high + (high - low) * 0.1)
        axis.set_yticks([low, high])
        return
    axis.set_yticks([])
    axis.set_ylim(0, 1)
    if lane.kind == "colors":
        for (start, colors), end in zip(lane.points, ends, strict=True):
            for i, color in enumerate(colors or ()):
                axis.barh(
                    1 - (i + 0.5) / len(colors), end - start, 1 / len(colors), start, color=color, linewidth=0
                )
        return
    free = 0.0
    for t, value in lane.points:
        axis.axvline(t, linewidth=0.8)
        if value and t >= free:
            shown = f" {value}"[:LETTERS]
            axis.text(t, 0.5, shown, fontsize=7, va="center", clip_on=True, parse_math=False)
            free = t + until * len(shown) / 150


def _path(axis: Any, points: list[tuple[float, float, float]]) -> None:
    axis.plot([p[0] for p in points], [p[1] for p in points], marker=".")
    axis.plot([0], [0], marker="o", color="black")
    axis.set_aspect("equal", adjustable="datalim")
    axis.set_xlabel("path of the robot, cm")
