"""Functions that the kit calls back, and loops that answer each press of a button."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.expect import Done, Expect
from robo_train.compose.numbers import Text, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import POLL_MS
from robo_train.compose.spec import Body, Node, Rule

GAP = 1.3
"""Seconds between events that come from outside, beside the time that an answer takes."""


def length(body: Body) -> float:
    """Seconds that a body takes."""
    x = Expect(10_000.0, set())
    body.expect(x)
    return x.t


class Event(Node):
    """One function that is called back: at a press, every so often, once later."""

    kind: Literal["kit_on_press", "kit_timer_every", "kit_timer_after"]
    button: str = ""
    time: Time | None = None
    body: SerializeAsAny[Body]

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time} if self.time else {"name": Text(text=self.button)}

    def parts(self) -> dict[str, Node]:
        return {"act": self.body}

    def name(self, alone: bool) -> str:
        """Of the function."""
        if self.kind == "kit_on_press":
            return "pressed" if alone else f"pressed_{self.button.lower()}"
        return "tick" if self.kind == "kit_timer_every" else "late"

    def register(self, c: Code, name: str) -> None:
        """The line that hands the function to the kit."""
        if self.kind == "kit_on_press":
            c.from_("robokit", "button")
            c.line(f'button.on_press("{self.button}", {name})')
        else:
            c.from_("robokit", "timer")
            assert self.time is not None
            c.line(
                f"timer.{'every' if self.kind == 'kit_timer_every' else 'after'}({self.time.value}, {name})"
            )

    def times(self, upto: float) -> list[float]:
        """When it is called: three times by a button."""
        if self.time is None:
            step = GAP + length(self.body)
            first = 0.7 if self.button == "A" else 1.1
            once = any(getattr(n, "kind", "") in ("kit_sleep", "kit_restart") for n in self.body.nodes())
            return [round(first + i * step, 3) for i in range(1 if once else 3)]
        n = 1 if self.kind == "kit_timer_after" else int(upto / self.time.seconds)
        return [round((i + 1) * self.time.seconds, 4) for i in range(n)]

    def watched(self) -> float:
        """Seconds in which it is called often enough."""
        takes = length(self.body)
        if self.time is None:
            return 1.1 + 3 * (GAP + takes)
        return self.time.seconds * (1 if self.kind == "kit_timer_after" else 3.3) + takes


class CallBacks(Rule):
    """One or two functions that are called back."""

    kind: Literal["kit_callbacks"] = "kit_callbacks"
    polled: ClassVar[bool] = False
    events: tuple[SerializeAsAny[Event], ...]

    @property
    def rule(self) -> str:
        return "kit_callbacks"

    def parts(self) -> dict[str, Node]:
        return dict(zip("ab", self.events, strict=False))

    def code(self, c: Code) -> None:
        alone = len(self.events) == 1
        for e in self.events:
            with c.block(f"def {e.name(alone)}():"):
                e.body.code(c)
            c.line("")
        for e in self.events:
            e.register(c, e.name(alone))

    def depth(self) -> int:
        return 1 + max(e.body.depth() for e in self.events)

    def script(self) -> tuple[dict[str, Any], float]:
        end = max(e.watched() for e in self.events)
        buttons: dict[str, list[tuple[float, int]]] = {}
        for e in self.events:
            if e.kind == "kit_on_press":
                series = [(0.0, 0)]
                for t in e.times(end):
                    series += [(t, 1), (round(t + 0.2, 3), 0)]
                buttons[e.button] = series
        return ({"buttons": buttons} if buttons else {}), round(end, 2)

    def poll(self, x: Expect) -> None:
        calls = sorted((t, i) for i, e in enumerate(self.events) for t in e.times(x.until))
        for t, i in calls:
            if t > x.until:
                raise Done
            x.t = max(x.t, t)
            self.events[i].body.expect(x)


class Pressed(Rule):
    """A polling loop that asks whether a button was pressed, or waits for it, and answers each press."""

    kind: Literal["kit_was_pressed", "kit_each_wait"]
    polled: ClassVar[bool] = False
    button: str
    body: SerializeAsAny[Body]

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        return {"name": Text(text=self.button)}

    def parts(self) -> dict[str, Node]:
        return {"act": self.body}

    def code(self, c: Code) -> None:
        c.from_("robokit", "button")
        name = f'(name="{self.button}")'
        with c.block("while True:"):
            if self.kind == "kit_each_wait":
                c.line(f"button.wait{name}")
                self.body.code(c)
                with c.block(f"while button.is_pressed{name}:"):
                    c.pause_ms(POLL_MS)
                return
            with c.block(f"if button.was_pressed{name}:"):
                self.body.code(c)
            c.pause_ms(POLL_MS)

    def _times(self) -> list[float]:
        step = GAP + length(self.body)
        return [round(0.8 + i * step, 3) for i in range(3)]

    def script(self) -> tuple[dict[str, Any], float]:
        series = [(0.0, 0)]
        for t in self._times():
            series += [(t, 1), (round(t + 0.3, 3), 0)]
        return {"buttons": {self.button: series}}, round(self._times()[-1] + GAP + length(self.body), 2)

    def poll(self, x: Expect) -> None:
        for t in self._times():
            x.t = max(x.t, t)
            self.body.expect(x)
