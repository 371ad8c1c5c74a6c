"""The check of where a robot is."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

from pydantic import Field, model_validator

from robo_runtime.checks.base import BaseCheck
from robo_runtime.simulate.trace import Trace


class Pose(BaseCheck):
    """The robot is at `x`, `y` (cm) and looks towards `heading` (degrees, left is positive) at `at` seconds.

    It starts at (0, 0) looking along +x. What is not given may be anything; `at` is the end when left out.
    """

    op: Literal["pose"]
    at: float | None = Field(None, ge=0)
    x: float | None = None
    y: float | None = None
    heading: float | None = None
    tol: float = Field(3.0, ge=0)
    """Centimetres."""
    heading_tol: float = Field(10.0, ge=0)

    @model_validator(mode="after")
    def _something(self) -> Pose:
        if self.x is None and self.y is None and self.heading is None:
            raise ValueError("give x, y or heading")
        return self

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        at = trace.until if self.at is None else min(self.at, trace.until)
        x, y, heading = pose_at(trace, at)
        near = all(w is None or abs(g - w) <= self.tol + 1e-6 for g, w in ((x, self.x), (y, self.y)))
        turned = 0.0 if self.heading is None else abs((heading - self.heading + 180) % 360 - 180)
        if near and turned <= self.heading_tol + 1e-6:
            return None
        got = f"x={x:.1f} y={y:.1f} cm, looking towards {heading:.0f}°"
        return f"robot: expected {self._wanted()} at t={at:g}, got {got}"

    def _wanted(self) -> str:
        parts = [f"{name}={value:g}" for name, value in (("x", self.x), ("y", self.y)) if value is not None]
        words = [f"{' '.join(parts)} cm ± {self.tol:g}"] if parts else []
        if self.heading is not None:
            words.append(f"looking towards {self.heading:g}° ± {self.heading_tol:g}")
        return ", ".join(words)


def pose_at(trace: Trace, t: float) -> tuple[float, float, float]:
    """x, y in cm and the heading in degrees at `t` seconds, between the recorded poses on a straight line."""
    points: list[tuple[float, Any]] = [(0.0, (0.0, 0.0, 0.0))]
    points += [(e.t, e.value) for e in trace.of("pose")]
    moving = [(e.t, any(e.value)) for e in trace.of("motors")]
    for (t0, a), (t1, b) in pairwise(points):
        if t0 <= t < t1:
            started = max((s for s, on in moving if on and t0 <= s < t1), default=t0)
            share = (t - started) / (t1 - started) if t > started and t1 > started else 0.0
            x, y, heading = (p + (q - p) * share for p, q in zip(a, b, strict=True))
            return x, y, heading
    x, y, heading = points[-1][1]
    return x, y, heading
