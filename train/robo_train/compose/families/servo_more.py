"""Servos that visit an angle, step through several, follow chance; two together; continuous rotation."""

from __future__ import annotations

from typing import ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import OUTPUTS, Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.families.servo import _Servo, _servo
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Device, Mode
from robo_train.compose.words import Words

PULSE = {"clockwise": "1000000", "counterclockwise": "2000000", "stop": "1500000"}
"""Nanoseconds; a servo for angles would read them as 45, 135 and 90 degrees."""
_SEEN = {"clockwise": 45, "counterclockwise": 135, "stop": 90}


class Visit(_Servo):
    """To one angle, a pause, then to another."""

    kind: Literal["servo_visit"] = "servo_visit"
    rule: ClassVar[str] = "servo_visit"
    there: Quantity
    back: Quantity
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {"to": self.there, "from": self.back, "time": self.time}

    def code(self, c: Code) -> None:
        self.turn(c, self.there.value)
        c.sleep(self.time)
        self.turn(c, self.back.value)

    def expect(self, x: Expect) -> None:
        self.at(x, self.there.number)
        x.wait(self.time.seconds)
        self.at(x, self.back.number)


class Stations(_Servo):
    """Several angles in turn with a pause at each, once or for ever."""

    kind: Literal["servo_stations", "servo_stations_loop"]
    angles: tuple[Quantity, ...]
    time: Time
    rule: ClassVar[str] = "servo_stations"

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "endless" if self.kind == "servo_stations_loop" else "timed"

    def flags(self) -> set[str]:
        return {"endless"} if self.mode == "endless" else {"once"}

    def slots(self) -> dict[str, Spoken | str]:
        return {**{f"a{i}": a for i, a in enumerate(self.angles, 1)}, "time": self.time}

    def code(self, c: Code) -> None:
        self.name(c)
        with c.block(f"for angle in ({', '.join(a.value for a in self.angles)}):"):
            self.turn(c, "angle")
            c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        for angle in self.angles:
            self.at(x, angle.number)
            x.wait(self.time.seconds)


class Grid(_Servo):
    """From one angle to another in steps of some degrees, with a pause."""

    kind: Literal["servo_grid"] = "servo_grid"
    rule: ClassVar[str] = "servo_grid"
    start: Quantity
    end: Quantity
    step: Quantity
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {"from": self.start, "to": self.end, "angle": self.step, "time": self.time}

    def code(self, c: Code) -> None:
        a, b, step = self.start.value, self.end.value, self.step.value
        self.name(c)
        span = f"{a}, {b} + 1, {step}" if int(a) < int(b) else f"{a}, {b} - 1, -{step}"
        with c.block(f"for angle in range({span}):"):
            self.turn(c, "angle")
            c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        a, b, step = int(self.start.value), int(self.end.value), int(self.step.value)
        for angle in range(a, b + 1, step) if a < b else range(a, b - 1, -step):
            self.at(x, angle)
            x.wait(self.time.seconds)


class RandomAngle(_Servo):
    """An angle of chance."""

    kind: Literal["servo_random"] = "servo_random"
    rule: ClassVar[str] = "servo_random"
    low: Quantity | None = None
    high: Quantity | None = None

    def slots(self) -> dict[str, Spoken | str]:
        return {"from": self.low, "to": self.high} if self.low and self.high else {}

    def open_timing(self) -> bool:
        return True

    def code(self, c: Code) -> None:
        low = self.low.value if self.low else "0"
        high = self.high.value if self.high else "180"
        c.import_("random")
        self.turn(c, f"random.randint({low}, {high})")

    def expect(self, x: Expect) -> None:
        low = self.low.number if self.low else 0
        high = self.high.number if self.high else 180
        x.claim(op="range", sig=["angle", self.device.pin], min=low - 8, max=high + 8, when="sometime")


class Both(Action):
    """Two servos to the same angle at the same time."""

    kind: Literal["servo_both"] = "servo_both"
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "servo_both"
    lists: ClassVar[bool] = True
    first: Device
    second: Device
    angle: Quantity
    rest: Quantity | None = None

    def slots(self) -> dict[str, Spoken | str]:
        pins = (Quantity(kind="pin", value=str(d.pin)) for d in (self.first, self.second))
        return {**dict(zip(("p1", "p2"), pins, strict=True)), "angle": self.angle}

    def code(self, c: Code) -> None:
        c.machine("Pin", "PWM")
        for d in (self.first, self.second):
            name = c.setup(d, f"{c.names[d]} = PWM(Pin({d.pin}), freq=50)")
            c.line(f"{name}.duty_ns(500000 + {self.angle.value} * 2000000 // 180)")

    def expect(self, x: Expect) -> None:
        for d in (self.first, self.second):
            x.set(("angle", d.pin), self.angle.number)

    def opposite(self) -> Body | None:
        if not self.rest:
            return None
        return Both(first=self.first, second=self.second, angle=self.rest)


class Spin(Action):
    """A servo for continuous rotation."""

    kind: Literal["spin_cw", "spin_ccw", "spin_stop"]
    mode: ClassVar[Mode] = "steady"
    device: Device

    @property
    def way(self) -> str:
        return {"spin_cw": "clockwise", "spin_ccw": "counterclockwise", "spin_stop": "stop"}[self.kind]

    @property
    def rule(self) -> str:
        return "spin_stop" if self.kind == "spin_stop" else "spin"

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.kind == "spin_stop" else {"way": Words(rule=f"w_{self.way}")}

    def code(self, c: Code) -> None:
        spin(c, self.device, self.way)

    def expect(self, x: Expect) -> None:
        x.set(("angle", self.device.pin), _SEEN[self.way])

    def opposite(self) -> Body | None:
        return None if self.kind == "spin_stop" else Spin(kind="spin_stop", device=self.device)


def spin(c: Code, d: Device, way: str) -> None:
    """Write that a continuous servo turns one way, or stops."""
    c.machine("Pin", "PWM")
    name = c.setup(d, f"{c.names[d]} = PWM(Pin({d.pin}), freq=50)")
    c.line(f"{name}.duty_ns({PULSE[way]})")


class SpinFor(Action):
    """Continuous rotation for a time, then stop."""

    kind: Literal["spin_for"] = "spin_for"
    rule: ClassVar[str] = "spin_for"
    device: Device
    way: Literal["clockwise", "counterclockwise"]
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {"way": Words(rule=f"w_{self.way}"), "time": self.time}

    def code(self, c: Code) -> None:
        spin(c, self.device, self.way)
        c.sleep(self.time)
        spin(c, self.device, "stop")

    def expect(self, x: Expect) -> None:
        x.set(("angle", self.device.pin), _SEEN[self.way])
        x.wait(self.time.seconds)
        x.set(("angle", self.device.pin), _SEEN["stop"])


def _apart(d: Draw, other: Quantity) -> Quantity:
    while abs((angle := d.angle()).number - other.number) < 20:
        pass
    return angle


@action("servo_visit", weight=2)
def _visit(d: Draw, kind: str) -> Body:
    there = d.angle()
    return Visit(device=_servo(d), there=there, back=_apart(d, there), time=d.time(0.3, 10))


@action("servo_stations", weight=0.9)
@action("servo_stations_loop", weight=0.9)
def _stations(d: Draw, kind: str) -> Body:
    angles = [d.angle()]
    for _ in range(d.rng.randint(2, 4)):
        angles.append(_apart(d, angles[-1]))
    if kind == "servo_stations_loop" and abs(angles[0].number - angles[-1].number) < 20:
        angles.pop()
    return Stations(kind=kind, device=_servo(d), angles=tuple(angles), time=d.time(0.3, 5))  # type: ignore[arg-type]


@action("servo_grid", weight=0.9)
def _grid(d: Draw, kind: str) -> Body:
    step = d.rng.choice((10, 15, 20, 30, 45, 60))
    a = d.rng.choice((0, 0, 0, step))
    ends = [Quantity(kind="angle", value=str(v)) for v in (a, a + step * ((180 - a) // step))]
    if d.chance(0.25):
        ends.reverse()
    q = Quantity(kind="angle", value=str(step))
    return Grid(device=_servo(d), start=ends[0], end=ends[1], step=q, time=d.time(0.1, 3))


@action("servo_random", weight=0.6, only=("press", "release", "every"))
def _random(d: Draw, kind: str) -> Body:
    if d.chance(0.4):
        return RandomAngle(device=_servo(d))
    low, high = sorted((d.angle(0, 90), d.angle(91, 180)), key=lambda q: q.number)
    return RandomAngle(device=_servo(d), low=low, high=high)


@action("servo_both", weight=0.9)
def _both(d: Draw, kind: str) -> Body:
    pair = []
    for _ in range(2):
        pair.append(Device(type="servo", pin=d.pin(OUTPUTS)))
        d.devices.append(pair[-1])
    angle = d.angle()
    return Both(first=pair[0], second=pair[1], angle=angle, rest=_apart(d, angle))


@action("spin_cw", weight=0.6)
@action("spin_ccw", weight=0.5)
@action("spin_stop", weight=0.3)
def _spin(d: Draw, kind: str) -> Body:
    return Spin(kind=kind, device=d.device("spinner", OUTPUTS))  # type: ignore[arg-type]


@action("spin_for", weight=0.8)
def _spin_for(d: Draw, kind: str) -> Body:
    way = d.rng.choice(("clockwise", "counterclockwise"))
    return SpinFor(device=d.device("spinner", OUTPUTS), way=way, time=d.time(0.3, 15))  # type: ignore[arg-type]
