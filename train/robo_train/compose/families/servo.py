"""Servos: an angle, a sweep, back and forth."""

from __future__ import annotations

from typing import ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import OUTPUTS, Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Device, Mode

STEP_MS = 15


class _Servo(Action):
    device: Device

    def turn(self, c: Code, angle: str) -> None:
        name = self.name(c)
        c.line(f"{name}.duty_ns(500000 + {angle} * 2000000 // 180)")

    def name(self, c: Code) -> str:
        c.machine("Pin", "PWM")
        return c.setup(self.device, f"{c.names[self.device]} = PWM(Pin({self.device.pin}), freq=50)")

    def at(self, x: Expect, angle: float) -> None:
        x.set(("angle", self.device.pin), angle)


class Angle(_Servo):
    """A servo at an angle."""

    kind: Literal["angle"] = "angle"
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "servo_angle"
    angle: Quantity
    rest: Quantity | None = None
    """Where it goes when a condition ends; always said."""

    def slots(self) -> dict[str, Spoken | str]:
        return {"angle": self.angle}

    def code(self, c: Code) -> None:
        self.turn(c, self.angle.value)

    def expect(self, x: Expect) -> None:
        self.at(x, int(self.angle.value))

    def opposite(self) -> Body | None:
        return Angle(device=self.device, angle=self.rest) if self.rest else None


class Sweep(_Servo):
    """From one angle to another in steps of a degree; `back`: and back again, for ever."""

    kind: Literal["sweep", "sweep_once"]
    start: Quantity
    end: Quantity
    pause: Time | None = None

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "endless" if self.kind == "sweep" else "timed"

    @property
    def rule(self) -> str:
        return f"servo_{self.kind}"

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {}
        if (self.start.value, self.end.value) != ("0", "180"):
            said |= {"from": self.start, "to": self.end}
        if self.pause:
            said["time"] = self.pause
        return said

    def open_timing(self) -> bool:
        return self.pause is None

    def code(self, c: Code) -> None:
        a, b = self.start.value, self.end.value
        up, down = f"range({a}, {b} + 1)", f"range({a}, {b} - 1, -1)"
        self._ramp(c, up if int(a) < int(b) else down)
        if self.kind == "sweep":
            self._ramp(c, f"range({b}, {a} - 1, -1)" if int(a) < int(b) else f"range({b}, {a} + 1)")

    def _ramp(self, c: Code, span: str) -> None:
        self.name(c)
        c.import_("time")
        with c.block(f"for angle in {span}:"):
            self.turn(c, "angle")
            c.line(self.pause.sleep() if self.pause else f"time.sleep_ms({STEP_MS})")

    def expect(self, x: Expect) -> None:
        a, b = int(self.start.value), int(self.end.value)
        step = 1 if a < b else -1
        legs = [range(a, b + step, step)]
        if self.kind == "sweep":
            legs.append(range(b, a - step, -step))
        for leg in legs:
            for angle in leg:
                self.at(x, angle)
                x.wait(self.pause.seconds if self.pause else STEP_MS / 1000)


class Wag(_Servo):
    """Between two angles with a pause at each, for ever or a number of times."""

    kind: Literal["wag", "wag_n"]
    a: Quantity
    b: Quantity
    time: Time
    times: Quantity | None = None

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "timed" if self.times else "endless"

    @property
    def rule(self) -> str:
        return "servo_wag"

    def flags(self) -> set[str]:
        return {"counted"} if self.times else {"endless"}

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"from": self.a, "to": self.b}
        if not self.time.assumed:
            said["time"] = self.time
        if self.times:
            said["count"] = self.times
        return said

    def open_timing(self) -> bool:
        return self.time.assumed

    def _cycle(self, c: Code) -> None:
        self.turn(c, self.a.value)
        c.sleep(self.time)
        self.turn(c, self.b.value)
        c.sleep(self.time)

    def code(self, c: Code) -> None:
        with c.repeated(self.times):
            self._cycle(c)

    def expect(self, x: Expect) -> None:
        for _ in range(int(self.times.value) if self.times else 1):
            self.at(x, int(self.a.value))
            x.wait(self.time.seconds)
            self.at(x, int(self.b.value))
            x.wait(self.time.seconds)


def _servo(d: Draw) -> Device:
    return d.device("servo", OUTPUTS)


@action("angle", weight=3.2)
def _angle(d: Draw, kind: str) -> Body:
    angle = d.angle()
    rest = d.angle()
    while abs(int(rest.value) - int(angle.value)) < 20:
        rest = d.angle()
    return Angle(device=_servo(d), angle=angle, rest=rest)


def _two(d: Draw) -> tuple[Quantity, Quantity]:
    a, b = d.angle(), d.angle()
    while abs(int(a.value) - int(b.value)) < 20:
        a, b = d.angle(), d.angle()
    return a, b


@action("sweep", weight=1.5)
@action("sweep_once", weight=1)
def _sweep(d: Draw, kind: str) -> Body:
    a, b = _two(d)
    if d.chance(0.35):
        a, b = Quantity(kind="angle", value="0"), Quantity(kind="angle", value="180")
    pause = None
    if d.chance(0.25):
        pause = Time(unit="ms", value=str(d.rng.choice((5, 10, 15, 20, 25, 30, 40, 50))))
    return Sweep(kind=kind, device=_servo(d), start=a, end=b, pause=pause)  # type: ignore[arg-type]


@action("wag", weight=1.5)
@action("wag_n", weight=0.8)
def _wag(d: Draw, kind: str) -> Body:
    a, b = _two(d)
    time = Time(value="0.5", assumed=True) if d.chance(0.3) else d.time(0.2, 5)
    times = d.count(2, 12) if kind == "wag_n" else None
    return Wag(kind=kind, device=_servo(d), a=a, b=b, time=time, times=times)  # type: ignore[arg-type]
