"""DC motors on an H-bridge (L298N, L9110, TB6612), and a car with two of them."""

from __future__ import annotations

from typing import ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Device, Mode
from robo_train.compose.words import Words

LEVELS = {
    "forward": (1, 0, 1, 0),
    "backward": (0, 1, 0, 1),
    "left": (0, 1, 1, 0),
    "right": (1, 0, 0, 1),
    "stop": (0, 0, 0, 0),
}
"""Inputs of the left motor, then of the right one; a single motor uses the first two."""


class _Motor(Action):
    """One motor; `device.more` is the enable pin, if the speed is set there."""

    device: Device

    def turn(self, c: Code, way: str, speed: Quantity | None = None) -> None:
        c.machine("Pin")
        d = self.device
        lines = [f"in1 = Pin({d.pin}, Pin.OUT)", f"in2 = Pin({d.pin2}, Pin.OUT)"]
        if d.more:
            c.machine("PWM")
            lines.append(f"enable = PWM(Pin({d.more[0]}), freq=1000, duty_u16=0)")
        c.setup(d, *lines)
        for name, level in zip(("in1", "in2"), LEVELS[way], strict=False):
            c.line(f"{name}.{'on' if level else 'off'}()")
        if d.more and way != "stop":
            c.line(f"enable.duty_u16({speed.value} * 65535 // 100)" if speed else "enable.duty_u16(65535)")

    def turns(self, x: Expect, way: str, speed: Quantity | None = None) -> None:
        for pin, level in zip(self.device.pins()[:2], LEVELS[way], strict=False):
            x.set(("pin", pin), level)
        if self.device.more and way != "stop":
            x.set(("duty", self.device.more[0]), speed.number if speed else 100)


class MotorRun(_Motor):
    """One motor forward or backward."""

    kind: Literal["dc_forward", "dc_backward"]
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "dc_run"
    speed: Quantity | None = None

    @property
    def way(self) -> str:
        return self.kind.removeprefix("dc_")

    def slots(self) -> dict[str, Spoken | str]:
        return {"way": Words(rule=f"w_{self.way}"), **({"percent": self.speed} if self.speed else {})}

    def code(self, c: Code) -> None:
        self.turn(c, self.way, self.speed)

    def expect(self, x: Expect) -> None:
        self.turns(x, self.way, self.speed)

    def opposite(self) -> Body:
        return MotorStop(device=self.device)


class MotorStop(_Motor):
    """One motor at rest."""

    kind: Literal["dc_stop"] = "dc_stop"
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "dc_stop"

    def code(self, c: Code) -> None:
        self.turn(c, "stop")

    def expect(self, x: Expect) -> None:
        self.turns(x, "stop")


class MotorFor(_Motor):
    """One way for a time, then stop."""

    kind: Literal["dc_for"] = "dc_for"
    rule: ClassVar[str] = "dc_for"
    way: Literal["forward", "backward"]
    time: Time
    speed: Quantity | None = None

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"way": Words(rule=f"w_{self.way}"), "time": self.time}
        return {**said, "percent": self.speed} if self.speed else said

    def code(self, c: Code) -> None:
        self.turn(c, self.way, self.speed)
        c.sleep(self.time)
        self.turn(c, "stop")

    def expect(self, x: Expect) -> None:
        self.turns(x, self.way, self.speed)
        x.wait(self.time.seconds)
        self.turns(x, "stop")


class MotorShuttle(_Motor):
    """One way for a time, then the other way for a time, for ever."""

    kind: Literal["dc_shuttle"] = "dc_shuttle"
    mode: ClassVar[Mode] = "endless"
    rule: ClassVar[str] = "dc_shuttle"
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def code(self, c: Code) -> None:
        for way in ("forward", "backward"):
            self.turn(c, way)
            c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        for way in ("forward", "backward"):
            self.turns(x, way)
            x.wait(self.time.seconds)

    def opposite(self) -> Body:
        return MotorStop(device=self.device)


class _Car(Action):
    device: Device

    def drive(self, c: Code, way: str) -> None:
        c.machine("Pin")
        numbers = ", ".join(map(str, self.device.pins()))
        c.setup(self.device, f"motors = [Pin(n, Pin.OUT) for n in ({numbers})]")
        c.function(
            "drive",
            "def drive(levels):",
            "    for motor, level in zip(motors, levels):",
            "        motor.value(level)",
        )
        c.line(f"drive(({', '.join(map(str, LEVELS[way]))}))")

    def drives(self, x: Expect, way: str) -> None:
        for pin, level in zip(self.device.pins(), LEVELS[way], strict=True):
            x.set(("pin", pin), level)


class CarGo(_Car):
    """Both motors: straight on, back, or a turn."""

    kind: Literal["car_forward", "car_backward", "car_left", "car_right"]
    mode: ClassVar[Mode] = "steady"

    @property
    def way(self) -> str:
        return self.kind.removeprefix("car_")

    @property
    def rule(self) -> str:
        return "car_turn" if self.way in ("left", "right") else "car_go"

    def slots(self) -> dict[str, Spoken | str]:
        return {"way": Words(rule=f"w_{self.way}")}

    def code(self, c: Code) -> None:
        self.drive(c, self.way)

    def expect(self, x: Expect) -> None:
        self.drives(x, self.way)

    def opposite(self) -> Body:
        return CarStop(device=self.device)


class CarStop(_Car):
    """Both motors at rest."""

    kind: Literal["car_stop"] = "car_stop"
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "car_stop"

    def code(self, c: Code) -> None:
        self.drive(c, "stop")

    def expect(self, x: Expect) -> None:
        self.drives(x, "stop")


class CarFor(_Car):
    """One way for a time, then stop."""

    kind: Literal["car_for"] = "car_for"
    way: Literal["forward", "backward", "left", "right"]
    time: Time

    @property
    def rule(self) -> str:
        return "car_turn_for" if self.way in ("left", "right") else "car_go_for"

    def slots(self) -> dict[str, Spoken | str]:
        return {"way": Words(rule=f"w_{self.way}"), "time": self.time}

    def code(self, c: Code) -> None:
        self.drive(c, self.way)
        c.sleep(self.time)
        self.drive(c, "stop")

    def expect(self, x: Expect) -> None:
        self.drives(x, self.way)
        x.wait(self.time.seconds)
        self.drives(x, "stop")


def _bridge(d: Draw, enable: bool = False) -> Device:
    return d.part("hbridge", 3 if enable else 2)


def _speed(d: Draw, device: Device) -> Quantity | None:
    return d.percent(10, 99) if device.more else None


@action("dc_forward", weight=1.3)
@action("dc_backward", weight=0.8)
def _run(d: Draw, kind: str) -> Body:
    device = _bridge(d, d.chance(0.35))
    return MotorRun(kind=kind, device=device, speed=_speed(d, device))  # type: ignore[arg-type]


@action("dc_stop", weight=0.5)
def _stop(d: Draw, kind: str) -> Body:
    return MotorStop(device=_bridge(d))


@action("dc_for", weight=1.3)
def _for(d: Draw, kind: str) -> Body:
    device = _bridge(d, d.chance(0.3))
    way = d.rng.choice(("forward", "forward", "backward"))
    return MotorFor(device=device, way=way, time=d.time(0.2, 30), speed=_speed(d, device))  # type: ignore[arg-type]


@action("dc_shuttle", weight=0.5)
def _shuttle(d: Draw, kind: str) -> Body:
    return MotorShuttle(device=_bridge(d), time=d.time(0.3, 10))


@action("car_forward", weight=0.6)
@action("car_backward", weight=0.4)
@action("car_left", weight=0.35)
@action("car_right", weight=0.35)
def _go(d: Draw, kind: str) -> Body:
    return CarGo(kind=kind, device=d.part("car", 4))  # type: ignore[arg-type]


@action("car_stop", weight=0.4)
def _halt(d: Draw, kind: str) -> Body:
    return CarStop(device=d.part("car", 4))


@action("car_for", weight=1.4)
def _car_for(d: Draw, kind: str) -> Body:
    way = d.rng.choice(("forward", "forward", "backward", "left", "right"))
    return CarFor(device=d.part("car", 4), way=way, time=d.time(0.2, 20))  # type: ignore[arg-type]
