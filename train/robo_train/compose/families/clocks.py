"""The time of day: shown again and again, or as a span in which something is on."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, Unfit, rule
from robo_train.compose.expect import Expect
from robo_train.compose.families.events import Lasts
from robo_train.compose.families.messages import FIRST_S, Clocktime
from robo_train.compose.numbers import Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Body, Rule

_START = (2025, 3, 3, 9, 7, 56)


class ShowTime(Rule):
    """Print the time of day, with or without seconds."""

    kind: Literal["print_clock", "print_clock_minutes"]
    polled: ClassVar[bool] = False
    time: Time

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.time.assumed else {"time": self.time}

    def code(self, c: Code) -> None:
        c.machine("RTC")
        c.setup("rtc", "rtc = RTC()")
        with c.block("while True:"):
            c.line("now = rtc.datetime()")
            if self.kind == "print_clock":
                c.line('print("%02d:%02d:%02d" % (now[4], now[5], now[6]))')
            else:
                c.line('print("%02d:%02d" % (now[4], now[5]))')
            c.sleep(self.time)

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def script(self) -> tuple[dict[str, Any], float]:
        return {"clock": _START}, round(max(3.4 * self.time.seconds, 6.0), 3)

    def _at(self, t: float) -> str:
        second = int(_START[3] * 3600 + _START[4] * 60 + _START[5] + t)
        hour, minute, second = second // 3600, second // 60 % 60, second % 60
        short = f"{hour:02d}:{minute:02d}"
        return f"{short}:{second:02d}" if self.kind == "print_clock" else short

    def checks(self, until: float) -> list[dict[str, Any]]:
        """The first time of day, a later one, and the pace."""
        step = self.time.seconds
        later = step * (4 // step if step < 4 else 1) + step  # after the change of the minute
        found: list[dict[str, Any]] = [{"op": "print", "contains": self._at(0), "min": 1, "to": 0.5}]
        if self.time.assumed:
            found.append({"op": "print", "contains": self._at(5), "min": 1, "to": until})
        else:
            found += [
                {"op": "print", "contains": self._at(round(t, 3)), "min": 1, "to": round(t + 0.4, 3)}
                for t in (step, later)
                if t < until - 0.4
            ]
            found.append({"op": "print", "min": 2, "every": step, "tol": 0.1, "to": until})
        return found


class Span(Rule):
    """On between two times of day, off for the rest of it."""

    kind: Literal["clock_span"] = "clock_span"
    rule: ClassVar[str] = "clock_span"
    start: tuple[int, int]
    end: tuple[int, int]
    body: SerializeAsAny[Body]
    clauses: ClassVar[dict[str, str]] = {"body": "act"}

    @property
    def poll_ms(self) -> int:
        return 1000

    def slots(self) -> dict[str, Spoken | str]:
        ends = (self.start, self.end)
        first, last = (Clocktime(hour=str(h), minute=str(m)) for h, m in ends)
        return {"begin": first, "end": last}

    def _off(self) -> Body:
        off = self.body.opposite()
        assert off is not None
        return off

    def code(self, c: Code) -> None:
        c.machine("RTC")
        c.setup("rtc", "rtc = RTC()")
        (h1, m1), (h2, m2) = self.start, self.end
        c.line("now = rtc.datetime()[4:6]")
        if self.start < self.end:
            test = f"({h1}, {m1}) <= now < ({h2}, {m2})"
        else:  # over midnight
            test = f"now >= ({h1}, {m1}) or now < ({h2}, {m2})"
        with c.block(f"if {test}:"):
            self.body.code(c)
        with c.block("else:"):
            self._off().code(c)

    def _begins(self) -> bool:
        """Whether the beginning is observed, or else the end."""
        return (self.start[0] + self.end[1] // 5) % 2 == 0

    def poll(self, x: Expect) -> None:
        if (x.t >= FIRST_S) == self._begins():
            self.body.expect(x)
        else:
            self._off().expect(x)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        hour, minute = self.start if self._begins() else self.end
        before = (hour * 60 + minute - 1) % 1440
        return {"clock": (2025, 3, 3, *divmod(before, 60), 57)}, FIRST_S + 6.0


@rule("print_clock", weight=0.6)
@rule("print_clock_minutes", weight=0.4)
def _show(d: Draw, kind: str) -> Rule:
    if kind == "print_clock":
        time = (
            Time(value="1", assumed=True)
            if d.chance(0.4)
            else Time(value=str(d.rng.choice((1, 1, 2, 5, 10))))
        )
    else:
        time = Time(value=str(d.rng.choice((1, 5, 10, 20, 30, 60))))
    return ShowTime(kind=kind, time=time)  # type: ignore[arg-type]


@rule("clock_span", weight=1.0)
def _span(d: Draw, kind: str) -> Rule:
    ends = [
        (d.rng.randint(0, 23), d.rng.choice((0, 0, 0, 10, 15, 30, 45, d.rng.randint(1, 59)))) for _ in "ab"
    ]
    if d.chance(0.3):
        ends[1] = (ends[0][0], ends[0][1] + d.rng.choice((5, 10, 15, 20, 30)))
    if ends[0] == ends[1] or ends[1][1] > 59:
        raise Unfit
    body = d.action("if", ("steady",), ("on", "out_on", "dim", "angle", "pixels_fill"))
    if body.opposite() is None or body.kind == "angle":
        raise Unfit
    return Span(start=ends[0], end=ends[1], body=body)
