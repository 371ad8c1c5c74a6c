"""Keys that sound, a robot that follows a line, pulses that are counted by an interrupt."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import INPUTS, Draw, Unfit, rule
from robo_train.compose.expect import Expect, merge
from robo_train.compose.families.buzzer import Silence, _buzzer
from robo_train.compose.families.digital import TOUCH_PINS, Touched, pin
from robo_train.compose.families.events import Lasts
from robo_train.compose.families.multi import pins
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import ButtonDown
from robo_train.compose.spec import Condition, Device, Rule


class Piano(Rule):
    """Every key (a button or a touch pad) has its tone; without a key it is silent."""

    kind: Literal["piano"] = "piano"
    rule: ClassVar[str] = "piano"
    lists: ClassVar[bool] = True
    out: Silence
    """The buzzer, silent."""
    keys: tuple[Device, ...]
    tones: tuple[Quantity, ...]
    named: ClassVar[dict[str, str]] = {"buzzer": "out"}

    @property
    def buzzer(self) -> Device:
        """What sounds."""
        return self.out.device

    def flags(self) -> set[str]:
        return {"touch"} if self.keys[0].type == "touchpad" else set()

    def slots(self) -> dict[str, Spoken | str]:
        return {**pins(self.keys), **{f"f{i}": q for i, q in enumerate(self.tones, 1)}}

    def _condition(self, key: Device) -> Condition:
        return Touched(device=key) if key.type == "touchpad" else ButtonDown(device=key)

    def code(self, c: Code) -> None:
        name = self.out.name(c)
        for i, (key, tone) in enumerate(zip(self.keys, self.tones, strict=True)):
            with c.block(f"{'elif' if i else 'if'} {self._condition(key).code(c)}:"):
                c.line(f"{name}.freq({tone.value})")
                c.line(f"{name}.duty_u16(32768)")
        with c.block("else:"):
            self.out.code(c)

    def poll(self, x: Expect) -> None:
        sound = 0
        for key, tone in zip(self.keys, self.tones, strict=True):
            if not sound and self._condition(key).now(x):
                sound = int(tone.value)
        x.set(("tone", self.buzzer.pin), sound)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        """One key after the other, with silence in between; the first one twice."""
        world: dict[str, Any] = {}
        n = len(self.keys)
        for i, key in enumerate(self.keys):
            changes = [(0.0, False)]
            for k in [i, *([n] if i == 0 else [])]:
                changes += [(round(start + 0.9 * k, 3), True), (round(start + 0.9 * k + 0.5, 3), False)]
            merge(world, self._condition(key).script(changes))
        return world, start + 0.9 * (n + 1)


class Follower(Rule):
    """Two line sensors: the motor of the side that sees black stops, so the car turns that way."""

    kind: Literal["line_follower"] = "line_follower"
    rule: ClassVar[str] = "line_follower"
    lists: ClassVar[bool] = True
    sensors: tuple[Device, Device]
    motors: tuple[Device, Device]

    def slots(self) -> dict[str, Spoken | str]:
        return pins((*self.sensors, *self.motors))

    def code(self, c: Code) -> None:
        for sensor, motor in zip(self.sensors, self.motors, strict=True):
            eye = pin(c, sensor)
            name = c.setup(motor, f"{c.names[motor]} = Pin({motor.pin}, Pin.OUT)")
            with c.block(f"if {eye}.value() == 1:"):
                c.line(f"{name}.off()")
            with c.block("else:"):
                c.line(f"{name}.on()")

    def poll(self, x: Expect) -> None:
        for sensor, motor in zip(self.sensors, self.motors, strict=True):
            black = x.read(("button", sensor.pin)) == 0
            x.set(("pin", motor.pin), 0 if black else 1)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        """Black on the left, on the right, on both sides."""
        at = [round(start + 0.7 * i, 3) for i in range(7)]
        left = [(0.0, 0), (at[0], 1), (at[1], 0), (at[4], 1), (at[5], 0)]
        right = [(0.0, 0), (at[2], 1), (at[3], 0), (at[4], 1), (at[5], 0)]
        sensors = zip(self.sensors, (left, right), strict=True)
        return {"buttons": {str(d.pin): series for d, series in sensors}}, at[6]


class Pulses(Rule):
    """Count pulses by interrupt and print how many came in each period."""

    kind: Literal["pulses"] = "pulses"
    rule: ClassVar[str] = "pulses"
    polled: ClassVar[bool] = False
    device: Device
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def code(self, c: Code) -> None:
        c.machine("Pin")
        name = c.setup(self.device, f"{c.names[self.device]} = Pin({self.device.pin}, Pin.IN)")
        c.setup("count", "count = 0")
        c.function("pulse", "def pulse(pin):", "    global count", "    count += 1")
        c.line(f"{name}.irq(trigger=Pin.IRQ_RISING, handler=pulse)")
        with c.block("while True:"):
            c.sleep(self.time)
            c.line("print(count)")
            c.line("count = 0")

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def script(self) -> tuple[dict[str, Any], float]:
        """Three pulses in the first period, seven in the second, none in the third."""
        step, points = self.time.seconds, [(0.0, 0)]
        for period, n in ((0, 3), (1, 7)):
            for i in range(n):
                t = step * (period + 0.2 + 0.6 * i / n)
                points += [(round(t, 4), 1), (round(t + 0.25 * step / n, 4), 0)]
        return {"buttons": {str(self.device.pin): points}}, round(3.3 * step, 3)

    def checks(self, until: float) -> list[dict[str, Any]]:
        step = self.time.seconds
        room = min(0.2 * step, 0.3)
        found: list[dict[str, Any]] = [
            {"op": "print", "number": n, "number_tol": 0.1, "eq": 1, "from": round(i * step - room, 3),
             "to": round(i * step + room, 3)}
            for i, n in enumerate((3, 7, 0), 1)
        ]  # fmt: skip
        return [*found, {"op": "print", "eq": 3, "to": until}]


@rule("piano", weight=1.0)
def _piano(d: Draw, kind: str) -> Rule:
    d.assume = 0.0
    out = Silence(device=_buzzer(d))
    n = d.rng.choice((2, 2, 3))
    touch = d.chance(0.5)
    keys = []
    for _ in range(n):
        keys.append(
            Device(type="touchpad" if touch else "button", pin=d.pin(TOUCH_PINS if touch else INPUTS))
        )
        d.devices.append(keys[-1])
    tones = [d.freq() for _ in range(n)]
    hertz = sorted(q.number for q in tones)
    if hertz[0] < 150 or any(b < 1.1 * a for a, b in pairwise(hertz)):
        raise Unfit
    return Piano(out=out, keys=tuple(keys), tones=tuple(tones))


@rule("line_follower", weight=0.5)
def _follower(d: Draw, kind: str) -> Rule:
    found = []
    for type, label in (("line", ""), ("line", ""), ("output", "motor"), ("output", "motor")):
        found.append(Device(type=type, pin=d.pin(INPUTS), label=label))
        d.devices.append(found[-1])
    return Follower(sensors=(found[0], found[1]), motors=(found[2], found[3]))


@rule("pulses", weight=0.5)
def _pulses(d: Draw, kind: str) -> Rule:
    device = Device(type="meter", pin=d.pin((*INPUTS, 34, 35, 36, 39)))
    d.devices.append(device)
    return Pulses(device=device, time=d.time(1, 20))
