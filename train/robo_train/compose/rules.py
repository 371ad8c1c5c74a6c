"""Combinators and triggers that fit every family: sequences, repetition, buttons, levels, clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import INPUTS, Draw, condition
from robo_train.compose.expect import Done, Expect, Plan
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Body, Condition, Device, Rule

POLL_MS = 10
SLOW = 0.5
"""The share of its period from which on a repeated action is too slow to be said with "every"."""


class Wait(Body):
    """A pause."""

    kind: Literal["wait"] = "wait"
    rule: ClassVar[str] = "wait"
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def code(self, c: Code) -> None:
        c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        x.wait(self.time.seconds)


class Seq(Body):
    """Steps one after the other."""

    kind: Literal["seq"] = "seq"
    steps: tuple[SerializeAsAny[Body], ...]

    def code(self, c: Code) -> None:
        for step in self.steps:
            step.code(c)

    def expect(self, x: Expect) -> None:
        for step in self.steps:
            step.expect(x)


class Repeat(Body):
    """The body a number of times."""

    kind: Literal["repeat"] = "repeat"
    times: Quantity
    body: SerializeAsAny[Body]

    def code(self, c: Code) -> None:
        with c.repeated(self.times):
            self.body.code(c)

    def expect(self, x: Expect) -> None:
        for _ in range(int(self.times.value)):
            self.body.expect(x)


class Start(Rule):
    """At power-on: once, or for ever if the body is endless."""

    kind: Literal["start"] = "start"
    nests: ClassVar[bool] = False
    polled: ClassVar[bool] = False
    body: SerializeAsAny[Body]

    def code(self, c: Code) -> None:
        _run(c, self.body)

    def poll(self, x: Expect) -> None:
        _play(x, self.body)


class Forever(Rule):
    """A timed body again and again."""

    kind: Literal["forever"] = "forever"
    nests: ClassVar[bool] = False
    polled: ClassVar[bool] = False
    body: SerializeAsAny[Body]

    def code(self, c: Code) -> None:
        with c.block("while True:"):
            self.body.code(c)

    def poll(self, x: Expect) -> None:
        while True:
            self.body.expect(x)


class Every(Rule):
    """The body, then a pause, for ever."""

    kind: Literal["every"] = "every"
    polled: ClassVar[bool] = False
    time: Time
    body: SerializeAsAny[Body]

    def flags(self) -> set[str]:
        return {"slow"} if slow(self.body, self.time) else set()

    def code(self, c: Code) -> None:
        with c.block("while True:"):
            self.body.code(c)
            c.sleep(self.time)

    def poll(self, x: Expect) -> None:
        while True:
            self.body.expect(x)
            x.wait(self.time.seconds)


def slow(body: Body, time: Time) -> bool:
    """Whether `body` takes so long that "every <time>" would not be understood as the pause after it."""
    x = Expect(10_000.0, set())
    x.plan = Plan()
    with suppress(Done):
        body.expect(x)
    return x.t > SLOW * time.seconds


class After(Rule):
    """A pause, then the body."""

    kind: Literal["after"] = "after"
    polled: ClassVar[bool] = False
    time: Time
    body: SerializeAsAny[Body]

    def code(self, c: Code) -> None:
        c.sleep(self.time)
        _run(c, self.body)

    def poll(self, x: Expect) -> None:
        x.wait(self.time.seconds)
        _play(x, self.body)


class ButtonDown(Condition):
    """A button to ground with pull-up, pressed (or, `kind` up, not pressed)."""

    kind: Literal["down"] = "down"
    rule: ClassVar[str] = "down_c"
    device: Device

    def code(self, c: Code) -> str:
        return f"{c.button(self.device)}.value() == 0"

    def now(self, x: Expect) -> bool:
        return x.read(("button", self.device.pin)) == 1

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        return {"buttons": {str(self.device.pin): [(t, 0 if down else 1) for t, down in changes]}}


def presses(button: Device, spans: Iterable[tuple[float, float]]) -> dict[str, Any]:
    """The world in which a button to ground is down in these spans of seconds."""
    points: list[tuple[float, int]] = [(0.0, 1)]
    for start, end in spans:
        points += [(round(start, 3), 0), (round(end, 3), 1)]
    return {"buttons": {str(button.pin): points}}


@condition("button", weight=2)
def _button(d: Draw) -> Condition:
    return ButtonDown(device=d.device("button", INPUTS))


class Press(Rule):
    """Once for every press, or (`release`) when the button is let go."""

    kind: Literal["press", "release"]
    button: Device
    body: SerializeAsAny[Body]

    def code(self, c: Code) -> None:
        name = c.button(self.button)
        with c.block(f"if {name}.value() == 0:"):
            if self.kind == "press":
                self.body.code(c)
            with c.block(f"while {name}.value() == 0:"):
                c.pause_ms(POLL_MS)
            if self.kind == "release":
                self.body.code(c)

    def poll(self, x: Expect) -> None:
        down: Callable[[], bool] = lambda: x.read(("button", self.button.pin)) == 1  # noqa: E731
        if not down():
            return
        if self.kind == "press":
            self.body.expect(x)
        while down():
            x.wait(POLL_MS / 1000)
        if self.kind == "release":
            self.body.expect(x)


def branch(c: Code, condition: Condition, body: Body, otherwise: Body | None) -> None:
    """Write `if condition: body`, with an `else` where there is something for the other case."""
    with c.block(f"if {condition.code(c)}:"):
        body.code(c)
    if otherwise:
        with c.block("else:"):
            otherwise.code(c)


class Level(Rule):
    """While a condition holds one thing, otherwise another (or nothing)."""

    kind: Literal["while", "if"]
    condition: SerializeAsAny[Condition]
    body: SerializeAsAny[Body]
    otherwise: SerializeAsAny[Body] | None = None
    said_otherwise: bool = False
    """Whether the prompt names what happens otherwise; an obvious opposite goes without saying."""

    def code(self, c: Code) -> None:
        branch(c, self.condition, self.body, self.otherwise)

    def poll(self, x: Expect) -> None:
        if self.condition.now(x):
            self.body.expect(x)
        elif self.otherwise:
            self.otherwise.expect(x)


def _run(c: Code, body: Body) -> None:
    if body.mode == "endless":
        with c.block("while True:"):
            body.code(c)
    elif isinstance(body, Seq) and body.steps[-1].mode == "endless":
        for step in body.steps[:-1]:
            step.code(c)
        with c.block("while True:"):
            body.steps[-1].code(c)
    else:
        body.code(c)


def _play(x: Expect, body: Body) -> None:
    steps = body.steps if isinstance(body, Seq) else (body,)
    for step in steps:
        step.expect(x)
        while step.mode == "endless":
            step.expect(x)
