"""Checks of the course of a signal: sequence and fade."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from robo_runtime.checks.base import Timed
from robo_runtime.checks.levels import CLOCK, plain
from robo_runtime.checks.signals import (
    SETTLE,
    Sig,
    Span,
    combined,
    name,
    near,
    readings,
    settled,
    show,
    spans,
)
from robo_runtime.simulate.trace import Trace


class Sequence(Timed):
    """The signal, or several at once, takes these states in this order.

    `durations` in seconds may hold None for "any"; with `loop` the states repeat until the end.
    """

    op: Literal["sequence"]
    sig: Sig | None = None
    sigs: list[Sig] = []
    states: list[Any] = Field(min_length=1)
    durations: list[float | None] = []
    tol: float = Field(0.05, ge=0)
    """Relative, of durations."""
    value_tol: float = Field(0.02, ge=0)
    loop: bool = False
    settle: float = Field(SETTLE, ge=0)

    @model_validator(mode="after")
    def _consistent(self) -> Sequence:
        if (self.sig is None) == (not self.sigs):
            raise ValueError("give either sig or sigs")
        if self.durations and len(self.durations) != len(self.states):
            raise ValueError("durations and states differ in number")
        if self.sigs and any(
            not isinstance(s, (list, tuple)) or len(s) != len(self.sigs) for s in self.states
        ):
            raise ValueError("with sigs, each state is a list of one value per signal")
        return self

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        if self.sig is not None:
            choices = readings(trace, self.sig, self.from_, self.end(trace))
            who = name(self.sig)
        else:
            choices = [combined(trace, list(self.sigs), self.from_, self.end(trace))]
            who = " + ".join(name(s) for s in self.sigs)
        best = (-1, "")
        for found in choices:
            kept = settled(found, self.settle)
            for start in range(len(kept)):
                count, why = self._match(kept, start)
                if why is None:
                    return None
                best = max(best, (count, why), key=lambda b: b[0])
        wanted = ", ".join(
            show(s) + (f" for {plain(d)} s" if d is not None else "")
            for s, d in zip(self.states, self.durations or [None] * len(self.states), strict=True)
        )
        repeated = " again and again" if self.loop else ""
        return f"{who}: expected {wanted}{repeated} {self.during(trace)}; {best[1] or 'got nothing'}"

    def _match(self, found: list[Span], start: int) -> tuple[int, str | None]:
        """How many states match from `start` on, and why the next does not."""
        last = found[-1].end
        wanted = len(found) - start if self.loop else len(self.states)
        if self.loop and wanted < len(self.states):
            return 0, "it does not get through them once"
        for k in range(wanted):
            i = k % len(self.states)
            if start + k >= len(found):
                return k, f"after {k} of them nothing follows"
            span = found[start + k]
            if not near(span.value, self.states[i], self.value_tol):
                return k, f"at t={plain(span.start)} got {show(span.value)} instead of {show(self.states[i])}"
            want = self.durations[i] if self.durations else None
            if want is not None:
                slack = self.tol * want + CLOCK
                cut = span.end >= last - 1e-6
                if span.length > want + slack and not (cut and not self.loop):
                    return k, f"{show(span.value)} at t={plain(span.start)} lasts {plain(span.length)} s"
                if span.length < want - slack and not cut:
                    return k, f"{show(span.value)} at t={plain(span.start)} lasts only {plain(span.length)} s"
        return wanted, None


class Fade(Timed):
    """The signal climbs (`up`), sinks (`down`) or does both, in small steps between `low` and `high`."""

    op: Literal["fade"]
    sig: Sig
    direction: Literal["up", "down", "both"] = "up"
    low: float = 0.1
    high: float = 0.9
    steps: int = Field(5, ge=2)
    duration: float | None = Field(None, gt=0)
    tol: float = Field(0.2, ge=0)
    min: int = Field(1, ge=1)
    """Number of ramps wanted in each direction."""

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        ramps = _ramps(
            [s for s in spans(trace, self.sig, self.from_, self.end(trace)) if s.value is not None]
        )
        for up in {"up": (True,), "down": (False,), "both": (True, False)}[self.direction]:
            words = "up" if up else "down"
            wanted = f"{name(self.sig)}: expected a fade {words} between {self.low:g} and {self.high:g}"
            full = [r for r in ramps if self._spans(r, up)]
            if len(full) < self.min:
                return f"{wanted} in at least {self.steps} steps {self.during(trace)}, {_seen(ramps, up)}"
            if self.duration is not None:
                times = [r[-1].start - r[0].start for r in full]
                slack = self.tol * self.duration + CLOCK
                if not any(abs(t - self.duration) <= slack for t in times):
                    return f"{wanted} in {plain(self.duration)} s ± {self.tol:.0%}, got {plain(times[0])} s"
        return None

    def _spans(self, ramp: list[Span], up: bool) -> bool:
        first, last = (ramp[0].value, ramp[-1].value) if up else (ramp[-1].value, ramp[0].value)
        return len(ramp) > self.steps and first <= self.low + 1e-9 and last >= self.high - 1e-9


def _ramps(found: list[Span]) -> list[list[Span]]:
    """Longest stretches that only climb or only sink."""
    out: list[list[Span]] = []
    ramp: list[Span] = []
    for span in found:
        if len(ramp) >= 2 and (span.value > ramp[-1].value) != (ramp[-1].value > ramp[-2].value):
            out.append(ramp)
            ramp = [ramp[-1]]
        ramp.append(span)
    return [*out, ramp] if ramp else out


def _seen(ramps: list[list[Span]], up: bool) -> str:
    fitting = [r for r in ramps if len(r) > 1 and (r[-1].value > r[0].value) == up]
    if not fitting:
        return "got none"
    ramp = max(fitting, key=len)
    return f"got {len(ramp) - 1} step(s) from {show(ramp[0].value)} to {show(ramp[-1].value)}"
