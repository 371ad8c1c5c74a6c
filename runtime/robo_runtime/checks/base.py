"""What all checks share: a span of time, and a verdict in words."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from robo_runtime.checks.signals import SETTLE, Span
from robo_runtime.files import Strict
from robo_runtime.simulate.trace import Trace


class BaseCheck(Strict):
    """A statement about a trace. `judge` answers None when it holds, else one sentence."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)

    def judge(self, trace: Trace) -> str | None:
        """What is wrong with `trace`, or None."""
        raise NotImplementedError


class Timed(BaseCheck):
    """A check of the seconds `from` to `to`; by default from the start to the end of what was observed."""

    from_: float = Field(0.0, ge=0, alias="from")
    to: float | None = Field(None, gt=0)

    def end(self, trace: Trace) -> float:
        """Where the judged time ends."""
        return trace.until if self.to is None else min(self.to, trace.until)

    def during(self, trace: Trace) -> str:
        """The judged time in words."""
        return f"between t={self.from_:g} and t={self.end(trace):g}"


class Held(Timed):
    """A value must be there always (but for `slack` seconds) or sometime (for `lasting` seconds)."""

    when: Literal["always", "sometime"] = "always"
    slack: float = Field(SETTLE, ge=0)
    lasting: float = Field(0.0, ge=0)

    def weigh(self, right: list[Span], wrong: list[Span]) -> Span | None:
        """None if the right spans suffice, else the span to complain about."""
        if self.when == "always":
            return max(wrong, key=lambda s: s.length) if sum(s.length for s in wrong) > self.slack else None
        if any(s.length >= self.lasting - self.slack for s in right) and right:
            return None
        return max(wrong, key=lambda s: s.length) if wrong else max(right, key=lambda s: s.length)
