"""Checks of what happens at a moment: printed lines, calls, messages, the end."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from robo_runtime.checks.base import BaseCheck, Timed
from robo_runtime.checks.levels import CLOCK, bounds, fits, plain
from robo_runtime.checks.signals import near, show
from robo_runtime.simulate.trace import Event, Trace

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


class _Happening(Timed):
    """Something found in the trace: how often, when (`at`), how regularly (`every`)."""

    eq: int | None = Field(None, ge=0)
    min: int | None = Field(None, ge=0)
    max: int | None = Field(None, ge=0)
    at: float | None = Field(None, ge=0)
    at_tol: float = Field(0.1, ge=0)
    every: float | None = Field(None, gt=0)
    tol: float = Field(0.05, ge=0)

    def verdict(self, trace: Trace, found: list[Event], what: str) -> str | None:
        """Judge the times of `found`."""
        times = [e.t for e in found if self.from_ <= e.t <= self.end(trace)]
        least = 1 if self.eq is None and self.min is None and self.max is None else self.min
        if not fits(len(times), self.eq, least, self.max):
            return (
                f"{what}: expected {bounds(self.eq, least, self.max)} {self.during(trace)}, got {len(times)}"
            )
        if self.at is not None and not any(abs(t - self.at) <= self.at_tol for t in times):
            closest = min(times, key=lambda t: abs(t - self.at), default=None)  # type: ignore[operator]
            got = "never" if closest is None else f"at t={plain(closest)}"
            return f"{what}: expected at t={self.at:g} ± {self.at_tol:g} s, got it {got}"
        return self._regular(trace, times, what) if self.every is not None else None

    def _regular(self, trace: Trace, times: list[float], what: str) -> str | None:
        assert self.every is not None
        slack = self.tol * self.every + CLOCK
        wanted = f"{what}: expected every {self.every:g} s ± {self.tol:.0%}"
        if len(times) < 2:
            return f"{wanted}, got {len(times)} {self.during(trace)}"
        for a, b in pairwise(times):
            if abs(b - a - self.every) > slack:
                return f"{wanted}, got {plain(b - a)} s between t={plain(a)} and t={plain(b)}"
        if self.end(trace) - times[-1] > self.every + slack:
            return f"{wanted}, but the last is at t={plain(times[-1])}"
        return None


class Print(_Happening):
    """A line is printed: any, or one equal to `text`, with `contains` or `number` in it, matching `regex`."""

    op: Literal["print"]
    text: str | None = None
    contains: str | None = None
    regex: str | None = None
    number: float | None = None
    number_tol: float = Field(0.05, ge=0)
    ignore_case: bool = False

    @field_validator("regex")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as e:
            raise ValueError(f"not a regular expression: {e}") from None
        return value

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        found = [e for e in trace.of("print") if self._fits(e.value)]
        failure = self.verdict(trace, found, self._what())
        if failure and not found:
            lines = [e.value for e in trace.of("print")]
            failure += (
                f"; printed: {', '.join(map(repr, lines[:3])) or 'nothing'}{'…' if len(lines) > 3 else ''}"
            )
        return failure

    def _fits(self, line: str) -> bool:
        fold = str.lower if self.ignore_case else str
        return (
            (self.text is None or fold(line.strip()) == fold(self.text.strip()))
            and (self.contains is None or fold(self.contains) in fold(line))
            and (
                self.regex is None or re.search(self.regex, line, re.I if self.ignore_case else 0) is not None
            )
            and (
                self.number is None
                or any(abs(float(n) - self.number) <= self.number_tol + 1e-9 for n in _NUMBER.findall(line))
            )
        )

    def _what(self) -> str:
        if self.text is not None:
            return f"line {self.text!r}"
        if self.contains is not None:
            return f"a line with {self.contains!r}"
        if self.regex is not None:
            return f"a line like {self.regex!r}"
        return "a line" if self.number is None else f"a line with the number {self.number:g}"


class Happens(_Happening):
    """An event: a kit call by `name` with (some of) its `args`, or another `kind` by `name` and `value`."""

    op: Literal["event"]
    name: str | int | None = None
    kind: Literal["call", "net", "sleep", "reset", "draw", "file", "error"] = "call"
    args: dict[str, Any] = {}
    value: Any = None
    value_tol: float = Field(0.02, ge=0)

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        found = [e for e in trace.of(self.kind, self.name) if self._fits(e)]
        failure = self.verdict(trace, found, self._what())
        if failure and not found and self.name is not None:
            others = [show_args(e.value) for e in trace.of(self.kind, self.name)]
            failure += f"; {self.name} came with {', '.join(others[:3])}" if others else ""
        return failure

    def _fits(self, event: Event) -> bool:
        given = event.value if isinstance(event.value, dict) else {}
        return all(k in given and near(given[k], v, self.value_tol) for k, v in self.args.items()) and (
            self.value is None or near(event.value, self.value, self.value_tol)
        )

    def _what(self) -> str:
        what = f"{self.kind} {self.name}" if self.name is not None else self.kind
        return what + (show_args(self.args) if self.args else "") + (
            f" = {show(self.value)}" if self.value is not None else ""
        )  # fmt: skip


class Every(Timed):
    """An event repeats every `period` seconds until the end."""

    op: Literal["every"]
    period: float = Field(gt=0)
    tol: float = Field(0.05, ge=0)
    name: str | int | None = None
    kind: Literal["call", "net", "sleep", "print", "file"] = "call"
    args: dict[str, Any] = {}

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        common: dict[str, Any] = {"from_": self.from_, "to": self.to, "every": self.period, "tol": self.tol}
        if self.kind == "print":
            return Print(op="print", contains=None if self.name is None else str(self.name), **common).judge(
                trace
            )
        return Happens(op="event", name=self.name, kind=self.kind, args=self.args, **common).judge(trace)


class Ended(BaseCheck):
    """The main program ends by itself, at the earliest at `min` and at the latest at `max` seconds."""

    op: Literal["ended"]
    min: float = Field(0.0, ge=0)
    max: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Ended:
        if self.max is not None and self.max < self.min:
            raise ValueError("max is less than min")
        return self

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        if not trace.ended:
            return f"the program should end by itself, but still runs at t={trace.until:g}"
        if trace.duration < self.min - CLOCK:
            ended = plain(trace.duration)
            return f"the program should run for at least {self.min:g} s, but ended at t={ended}"
        if self.max is not None and trace.duration > self.max + CLOCK:
            return f"the program should end by t={self.max:g}, but ended at t={plain(trace.duration)}"
        return None


class Running(BaseCheck):
    """The main program still runs at the end of what was observed."""

    op: Literal["running"]

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        if trace.error:
            return f"the program should keep running, but failed: {trace.error}"
        return (
            f"the program should keep running, but ended at t={plain(trace.duration)}"
            if trace.ended
            else None
        )


def show_args(value: Any) -> str:
    """Arguments of a call in a message."""
    if isinstance(value, dict):
        return "(" + ", ".join(f"{k}={show(v)}" for k, v in value.items()) + ")"
    return show(value)
