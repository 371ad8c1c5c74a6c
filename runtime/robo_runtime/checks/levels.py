"""Checks of signals: hold, range, periodic, count."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Literal

from pydantic import Field, model_validator

from robo_runtime.checks.base import Held, Timed
from robo_runtime.checks.signals import (
    Sig,
    Span,
    is_on,
    name,
    near,
    readings,
    show,
    spans,
)
from robo_runtime.simulate.trace import Trace

CLOCK = 0.003
"""Seconds that any measured time may be off: statements and polling take time."""

Value = float | int | str | list[Any] | None


def hold_failure(
    check: Held, trace: Trace, sig: tuple[str | int, ...], fits: Callable[[Any], bool], want: str
) -> str | None:
    """The verdict of a check that a signal fits, under the fairest reading of it."""
    first: str | None = None
    for found in readings(trace, sig, check.from_, check.end(trace)):
        right = [s for s in found if fits(s.value)]
        bad = check.weigh(right, [s for s in found if not fits(s.value)])
        if bad is None:
            return None
        when = "all the time" if check.when == "always" else "at some time"
        first = first or (
            f"{name(sig)}: expected {want} {when} {check.during(trace)}, "
            f"got {show(bad.value)} from t={plain(bad.start)} to t={plain(bad.end)}"
        )
    return first


class Hold(Held):
    """The signal equals `eq`."""

    op: Literal["hold"]
    sig: Sig
    eq: Value
    tol: float = Field(0.02, ge=0)

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        return hold_failure(self, trace, self.sig, lambda v: near(v, self.eq, self.tol), show(self.eq))


class Range(Held):
    """The signal stays within `min` and `max`."""

    op: Literal["range"]
    sig: Sig
    min: float = float("-inf")
    max: float = float("inf")

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if self.min == float("-inf") and self.max == float("inf"):
            raise ValueError("give min or max")
        if self.min > self.max:
            raise ValueError("min is greater than max")
        return self

    def judge(self, trace: Trace) -> str | None:
        """See the class."""

        def fits(value: Any) -> bool:
            return isinstance(value, (int, float)) and self.min - 1e-9 <= value <= self.max + 1e-9

        if self.min == float("-inf"):
            want = f"at most {self.max:g}"
        else:
            want = f"{self.min:g} to {self.max:g}" if self.max < float("inf") else f"at least {self.min:g}"
        return hold_failure(self, trace, self.sig, fits, want)


class Periodic(Timed):
    """The signal goes on and off with a period of `period` seconds, until the end."""

    op: Literal["periodic"]
    sig: Sig
    period: float = Field(gt=0)
    tol: float = Field(0.05, ge=0)
    duty: float | None = Field(None, ge=0, le=1)
    duty_tol: float = Field(0.05, ge=0)

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        found = _lit(spans(trace, self.sig, self.from_, self.end(trace)))
        rises = [s.start for s in found if s.value and s.start > self.from_]
        wanted = f"{name(self.sig)}: expected a period of {plain(self.period)} s ± {self.tol:.0%}"
        slack = self.tol * self.period + CLOCK
        if len(rises) < 2:
            times = "went on only once" if rises else "never went on"
            return f"{wanted}, but it {times} {self.during(trace)}"
        gaps = [b - a for a, b in pairwise(rises)]
        wrong = [i for i, gap in enumerate(gaps) if abs(gap - self.period) > slack]
        if wrong and len(wrong) == len(gaps):
            typical = sorted(gaps)[len(gaps) // 2]
            return f"{wanted}, got {plain(typical)} s between t={plain(rises[0])} and t={plain(rises[-1])}"
        if wrong:
            i = wrong[0]
            return f"{wanted}, got {plain(gaps[i])} s between t={plain(rises[i])} and t={plain(rises[i + 1])}"
        if rises[0] - self.from_ > self.period + slack:
            return f"{wanted}, but it starts only at t={plain(rises[0])}"
        if self.end(trace) - rises[-1] > self.period + slack:
            return f"{wanted}, but it stops after t={plain(rises[-1])}"
        return self._duty(found, rises)

    def _duty(self, found: list[Span], rises: list[float]) -> str | None:
        if self.duty is None:
            return None
        for s in found:
            if s.value and rises[0] <= s.start < rises[-1] - CLOCK:
                got = s.length / self.period
                if abs(got - self.duty) > self.duty_tol + CLOCK / self.period:
                    return (
                        f"{name(self.sig)}: expected on for {self.duty:.0%} of each period, "
                        f"got {got:.0%} at t={plain(s.start)}"
                    )
        return None


class Count(Timed):
    """How often the signal goes on (`rising`), off, or changes (`both`)."""

    op: Literal["count"]
    sig: Sig
    edge: Literal["rising", "falling", "both"] = "rising"
    eq: int | None = Field(None, ge=0)
    min: int | None = Field(None, ge=0)
    max: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _bounded(self) -> Count:
        if self.eq is None and self.min is None and self.max is None:
            raise ValueError("give eq, min or max")
        return self

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        got = count_edges(trace, self.sig, self.edge, self.from_, self.end(trace))
        if fits(got, self.eq, self.min, self.max):
            return None
        what = {"rising": "rising edges", "falling": "falling edges", "both": "changes"}[self.edge]
        wanted = bounds(self.eq, self.min, self.max)
        return f"{name(self.sig)}: expected {wanted} {what} {self.during(trace)}, got {got}"


def count_edges(trace: Trace, sig: tuple[str | int, ...], edge: str, start: float, end: float) -> int:
    """Edges after `start`; going to the first level from nothing counts only if that is on."""
    if sig[0] in ("pin", "pwm", "tone", "led", "relay", "input"):
        found = _lit(spans(trace, sig, 0.0, end))
        ups = sum(1 for s in found[1:] if s.value and s.start >= start)
        downs = sum(1 for s in found[1:] if not s.value and s.start >= start)
        return ups if edge == "rising" else downs if edge == "falling" else ups + downs
    known = [s for s in spans(trace, sig, 0.0, end) if s.value is not None]
    steps = [(a.value, b.value) for a, b in pairwise(known) if b.start >= start]
    if edge == "both":
        return len(steps)
    return sum(1 for a, b in steps if (b > a) == (edge == "rising"))


def _lit(found: list[Span]) -> list[Span]:
    """On and off, whatever the brightness."""
    out: list[Span] = []
    for span in found:
        on = is_on(span.value)
        if out and out[-1].value == on:
            out[-1] = out[-1]._replace(end=span.end)
        else:
            out.append(Span(span.start, span.end, on))
    return out


def fits(got: int, eq: int | None, low: int | None, high: int | None) -> bool:
    """Whether a count is as wanted."""
    return (eq is None or got == eq) and (low is None or got >= low) and (high is None or got <= high)


def bounds(eq: int | None, low: int | None, high: int | None) -> str:
    """A wanted count in words."""
    if eq is not None:
        return str(eq)
    parts = ([f"at least {low}"] if low is not None else []) + (
        [f"at most {high}"] if high is not None else []
    )
    return " and ".join(parts) or "some"


def plain(value: float) -> str:
    """Seconds in a message, without needless digits."""
    text = (f"{value:.2f}" if value >= 1 else f"{value:.3f}").rstrip("0")
    return text + "0" if text.endswith(".") else text
