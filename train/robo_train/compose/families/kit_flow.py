"""Waiting for something to happen, doing something until it happens, and driving figures."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import CONDITIONS, Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.families.kit import Call, announce, draw_call
from robo_train.compose.families.kit_sensors import KitButton, KitFlag, KitReading, KitWord
from robo_train.compose.numbers import Quantity, Text, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import POLL_MS
from robo_train.compose.spec import Body, Condition, Node

PAUSE = 1.2
"""Seconds until an awaited thing happens."""


def until(x: Expect, condition: Condition) -> None:
    """Wait until it is true."""
    if x.plan:
        x.plan.at(condition, x.t, False)
        x.plan.at(condition, x.t + PAUSE, True)
        x.plan.at(condition, x.t + PAUSE + 0.4, False)
        x.wait(PAUSE)
        return
    while not condition.now(x):
        x.wait(POLL_MS / 1000)


def opposite(condition: Condition, c: Code) -> str:
    """The expression that is true as long as the condition is not."""
    text = condition.code(c)
    if isinstance(condition, KitReading):
        return text.replace(" > ", " <= ") if condition.kind == "above" else text.replace(" < ", " >= ")
    if isinstance(condition, KitWord):
        return text.replace(" == ", " != ")
    return text.removeprefix("not ") if text.startswith("not ") else f"not {text}"


class WaitButton(Body):
    """Wait for a press of a button of the kit."""

    kind: Literal["kit_wait_button"] = "kit_wait_button"
    rule: ClassVar[str] = "kit_wait_button"
    button: str = ""

    def slots(self) -> dict[str, Spoken | str]:
        return {"name": Text(text=self.button)} if self.button else {}

    @property
    def condition(self) -> KitButton:
        return KitButton(button=self.button or "A")  # type: ignore[arg-type]

    def code(self, c: Code) -> None:
        c.from_("robokit", "button")
        c.line(f'button.wait(name="{self.button}")' if self.button else "button.wait()")

    def expect(self, x: Expect) -> None:
        announce(x, "button.wait", {"name": self.button or "A"})
        until(x, self.condition)


class WaitUntil(Body):
    """Wait until a condition is true."""

    kind: Literal["kit_wait_until"] = "kit_wait_until"
    rule: ClassVar[str] = "kit_wait_until"
    condition: SerializeAsAny[Condition]

    def parts(self) -> dict[str, Node]:
        return {"cond": self.condition}

    def code(self, c: Code) -> None:
        with c.block(f"while {opposite(self.condition, c)}:"):
            c.pause_ms(POLL_MS)

    def expect(self, x: Expect) -> None:
        until(x, self.condition)


class DoUntil(Body):
    """Something that goes on until a condition is true, then ends."""

    kind: Literal["kit_do_until"] = "kit_do_until"
    rule: ClassVar[str] = "kit_do_until"
    action: Call
    condition: SerializeAsAny[Condition]

    def parts(self) -> dict[str, Node]:
        return {"act": self.action, "cond": self.condition}

    def code(self, c: Code) -> None:
        self.action.code(c)
        with c.block(f"while {opposite(self.condition, c)}:"):
            c.pause_ms(POLL_MS)
        self._end.code(c)

    @property
    def _end(self) -> Body:
        end = self.action.opposite()
        assert end is not None
        return end

    def expect(self, x: Expect) -> None:
        self.action.expect(x)
        until(x, self.condition)
        self._end.expect(x)


class While(Body):
    """Something with an end, again and again as long as a condition is true."""

    kind: Literal["kit_while"] = "kit_while"
    rule: ClassVar[str] = "kit_while"
    body: SerializeAsAny[Call]
    condition: SerializeAsAny[Condition]

    def parts(self) -> dict[str, Node]:
        return {"act": self.body, "cond": self.condition}

    def code(self, c: Code) -> None:
        with c.block(f"while {self.condition.code(c)}:"):
            self.body.code(c)

    def expect(self, x: Expect) -> None:
        if x.plan:
            x.plan.at(self.condition, max(0.0, x.t - 0.05), True)
            self.body.expect(x)
            start = x.t
            self.body.expect(x)
            x.plan.at(self.condition, (start + x.t) / 2, False)
            return
        while self.condition.now(x):
            self.body.expect(x)


class Polygon(Body):
    """A figure driven side by side: by way or by time, to the left or right."""

    kind: Literal["kit_polygon"] = "kit_polygon"
    shape: Literal["square", "triangle", "pentagon", "hexagon"]
    side: Quantity
    turn: Literal["left", "right"] = "right"
    said: bool = False
    """Whether the prompt names the direction; it is right otherwise."""

    @property
    def rule(self) -> str:
        return f"kit_{self.shape}"

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"side": self.side}
        return said | ({"turn": Text(text=self.turn)} if self.said else {})

    def steps(self) -> list[Call]:
        """One side and one corner."""
        degrees = {"square": "90", "triangle": "120", "pentagon": "72", "hexagon": "60"}[self.shape]
        drive = ("kit_forward_for", "seconds") if isinstance(self.side, Time) else ("kit_forward_cm", "cm")
        corner = Quantity(kind="angle", value=degrees)
        return [
            Call(kind=drive[0], values=((drive[1], self.side),)),
            Call(kind=f"kit_{self.turn}_angle", values=(("angle", corner),)),
        ]

    @property
    def corners(self) -> int:
        return {"square": 4, "triangle": 3, "pentagon": 5, "hexagon": 6}[self.shape]

    def code(self, c: Code) -> None:
        with c.block(f"for _ in range({self.corners}):"):
            for step in self.steps():
                step.code(c)

    def expect(self, x: Expect) -> None:
        for _ in range(self.corners):
            for step in self.steps():
                step.expect(x)


class ZigZag(Body):
    """To and fro: a way and a corner to the right, a way and a corner to the left, some times."""

    kind: Literal["kit_zigzag"] = "kit_zigzag"
    rule: ClassVar[str] = "kit_zigzag"
    times: Quantity
    cm: Quantity
    angle: Quantity

    def slots(self) -> dict[str, Spoken | str]:
        return {"times": self.times, "cm": self.cm, "angle": self.angle}

    def steps(self) -> list[Call]:
        drive = Call(kind="kit_forward_cm", values=(("cm", self.cm),))
        sides = [Call(kind=f"kit_{s}_angle", values=(("angle", self.angle),)) for s in ("right", "left")]
        return [drive, sides[0], drive, sides[1]]

    def code(self, c: Code) -> None:
        with c.block(f"for _ in range({self.times.value}):"):
            for step in self.steps():
                step.code(c)

    def expect(self, x: Expect) -> None:
        for _ in range(int(self.times.value)):
            for step in self.steps():
                step.expect(x)


class Spiral(Body):
    """A square spiral: every side is longer than the one before by the same way."""

    kind: Literal["kit_spiral"] = "kit_spiral"
    rule: ClassVar[str] = "kit_spiral"
    times: Quantity
    cm: Quantity

    def slots(self) -> dict[str, Spoken | str]:
        return {"times": self.times, "cm": self.cm}

    def code(self, c: Code) -> None:
        c.from_("robokit", "robot")
        with c.block(f"for i in range(1, {self.times.value} + 1):"):
            c.line(f"robot.forward_distance(i * {self.cm.value})")
            c.line("robot.turn_right_angle(angle=90)")

    def expect(self, x: Expect) -> None:
        corner = Call(kind="kit_right_angle", values=(("angle", Quantity(kind="angle", value="90")),))
        for i in range(1, int(self.times.value) + 1):
            way = Quantity(kind="cm", value=str(i * int(self.cm.value)))
            Call(kind="kit_forward_cm", values=(("cm", way),)).expect(x)
            corner.expect(x)


class Dance(Body):
    """A little dance: left, right, back and forth, some times."""

    kind: Literal["kit_dance"] = "kit_dance"
    rule: ClassVar[str] = "kit_dance"
    times: Quantity | None = None

    def slots(self) -> dict[str, Spoken | str]:
        return {"times": self.times} if self.times else {}

    def code(self, c: Code) -> None:
        with c.block(f"for _ in range({self.times.value if self.times else 4}):"):
            for step in self._steps():
                step.code(c)

    @staticmethod
    def _steps() -> list[Call]:
        half = (("seconds", Time(unit="s", value="0.5")),)
        return [Call(kind=f"kit_{way}_for", values=half) for way in ("left", "right", "backward", "forward")]

    def expect(self, x: Expect) -> None:
        for _ in range(int(self.times.value) if self.times else 4):
            for step in self._steps():
                step.expect(x)


class Counting(Body):
    """Numbers up or down on the display, one after the other."""

    kind: Literal["kit_count_up", "kit_count_down"]
    top: Quantity
    time: Time

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        return {"top": self.top, "time": self.time}

    def code(self, c: Code) -> None:
        c.from_("robokit", "display")
        ends = f"1, {self.top.value} + 1" if self.kind == "kit_count_up" else f"{self.top.value}, 0, -1"
        with c.block(f"for i in range({ends}):"):
            c.line("display.number(i)")
            c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        numbers = list(range(1, int(self.top.value) + 1))
        for n in numbers if self.kind == "kit_count_up" else reversed(numbers):
            announce(x, "display.number", {"value": n})
            x.wait(0.02 + self.time.seconds)


def draw_condition(d: Draw) -> Condition:
    """Any condition of the kit."""
    makers = [(m, w) for m, w, api in CONDITIONS.values() if api == "robokit"]
    return d.rng.choices([m for m, _ in makers], [w for _, w in makers])[0](d)


def driving_condition(d: Draw) -> Condition:
    """What stops a robot: mostly something in its way."""
    roll = d.rng.random()
    if roll < 0.4:
        level = Quantity(
            kind="cm", value=str(d.rng.choice((5, 10, 15, 20, 25, 30, 40, d.rng.randint(3, 100))))
        )
        return KitReading(kind="below", sensor="distance", level=level)
    if roll < 0.6:
        what = d.rng.choice(("obstacle", "obstacle", "line"))
        side = Text(
            text=d.rng.choice(
                ("left", "right", "front") if what == "obstacle" else ("left", "center", "right")
            )
        )
        return KitFlag(what=what, values=() if what == "obstacle" and d.chance(0.5) else (("side", side),))
    return draw_condition(d)


@action("kit_wait_button", weight=1.4, api="robokit", only=("seq",))
def _wait_button(d: Draw, kind: str) -> Body:
    return WaitButton(button="" if d.chance(0.2) else d.rng.choice(("A", "B")))


@action("kit_wait_until", weight=2, api="robokit", only=("seq",))
def _wait_until(d: Draw, kind: str) -> Body:
    return WaitUntil(condition=draw_condition(d))


@action("kit_do_until", weight=4, api="robokit")
def _do_until(d: Draw, kind: str) -> Body:
    moving = ("kit_forward", "kit_backward", "kit_left", "kit_right", "kit_motors", "kit_motor")
    if d.chance(0.75):
        act = draw_call(d, d.rng.choices(moving, (5, 2, 2, 2, 1, 1))[0])
        when = driving_condition(d)
    else:
        act = draw_call(
            d, d.rng.choice(("kit_led_on", "kit_sound", "kit_pixels", "kit_relay_on", "kit_all_on"))
        )
        when = draw_condition(d)
    assert isinstance(act, Call)
    return DoUntil(action=act, condition=when)


@action("kit_while", weight=1.6, api="robokit")
def _while(d: Draw, kind: str) -> Body:
    able = (
        "kit_beep",
        "kit_led_blink_n",
        "kit_led_blink",
        "kit_forward_for",
        "kit_right_angle",
        "kit_tone",
        "kit_rainbow",
    )
    body = draw_call(d, d.rng.choice(able))
    assert isinstance(body, Call)
    return While(body=body, condition=draw_condition(d))


@action("kit_polygon", weight=2.4, api="robokit")
def _polygon(d: Draw, kind: str) -> Body:
    cm = Quantity(kind="cm", value=str(d.rng.choice((10, 20, 25, 30, 40, 50, d.rng.randint(5, 100)))))
    seconds = Time(unit="s", value=d.rng.choice(("1", "2", "3", "0.5", "1.5")))
    return Polygon(
        shape=d.rng.choice(("square", "square", "square", "triangle", "pentagon", "hexagon")),
        side=cm if d.chance(0.7) else seconds,
        turn=(turn := d.rng.choice(("right", "left"))),
        said=turn == "left" or d.chance(0.4),
    )


@action("kit_zigzag", weight=0.9, api="robokit")
def _zigzag(d: Draw, kind: str) -> Body:
    cm = Quantity(kind="cm", value=str(d.rng.choice((10, 15, 20, 30, d.rng.randint(5, 60)))))
    angle = Quantity(kind="angle", value=str(d.rng.choice((30, 45, 60, 90, d.rng.randint(10, 90)))))
    return ZigZag(times=d.count(2, 6), cm=cm, angle=angle)


@action("kit_spiral", weight=0.7, api="robokit")
def _spiral(d: Draw, kind: str) -> Body:
    return Spiral(times=d.count(3, 9), cm=Quantity(kind="cm", value=str(d.rng.randint(2, 12))))


@action("kit_dance", weight=0.7, api="robokit")
def _dance(d: Draw, kind: str) -> Body:
    return Dance(times=d.count(2, 6) if d.chance(0.5) else None)


@action("kit_count_up", weight=0.5, api="robokit")
@action("kit_count_down", weight=0.6, api="robokit")
def _counting(d: Draw, kind: str) -> Body:
    return Counting(kind=kind, top=d.count(3, 20), time=d.time(0.2, 3))  # type: ignore[arg-type]
