"""What a distance does: a parking beeper, a bar of LEDs, a servo that follows."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, rule
from robo_train.compose.expect import Expect
from robo_train.compose.families.buzzer import _buzzer
from robo_train.compose.families.multi import _leds, pins
from robo_train.compose.families.sensors import reading, sonar
from robo_train.compose.families.servo import _servo
from robo_train.compose.numbers import Quantity
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Device, Rule


class Parking(Rule):
    """Beeps (or blinks) the faster the closer something is: the pause is ten milliseconds a centimetre."""

    kind: Literal["parking_beep", "parking_blink"]
    polled: ClassVar[bool] = False
    device: Device
    out: Device
    named: ClassVar[dict[str, str]] = {"out": "out"}

    @property
    def rule(self) -> str:
        return self.kind

    def code(self, c: Code) -> None:
        read = reading(c, self.device, "distance")
        c.import_("time")
        if self.kind == "parking_beep":
            c.machine("Pin", "PWM")
            name = c.names[self.out]
            c.setup(self.out, f"{name} = PWM(Pin({self.out.pin}), freq=1000, duty_u16=0)")
            on, off = f"{name}.duty_u16(32768)", f"{name}.duty_u16(0)"
        else:
            name = c.led(self.out)
            on, off = f"{name}.on()", f"{name}.off()"
        with c.block("while True:"):
            c.line(f"wait = int({read} * 10)")
            c.line(on)
            c.pause_ms(50)
            c.line(off)
            c.line("time.sleep_ms(wait)")

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def script(self) -> tuple[dict[str, Any], float]:
        return {"distance": [(0.0, 100.0), (6.0, 12.0)]}, 10.0

    def checks(self, until: float) -> list[dict[str, Any]]:
        sig = ["tone" if self.kind == "parking_beep" else "pin", self.out.pin]
        return [
            {"op": "count", "sig": sig, "edge": "rising", "min": 3, "max": 8, "to": 6.0},
            {"op": "count", "sig": sig, "edge": "rising", "min": 12, "from": 7.2, "to": 10.0},
        ]


class Bar(Rule):
    """The more LEDs, the closer something is: each has its own limit in centimetres."""

    kind: Literal["distance_bar"] = "distance_bar"
    rule: ClassVar[str] = "distance_bar"
    polled: ClassVar[bool] = True
    lists: ClassVar[bool] = True
    device: Device
    leds: tuple[Device, ...]
    limits: tuple[Quantity, ...]

    @property
    def poll_ms(self) -> int:
        return 50

    def slots(self) -> dict[str, Spoken | str]:
        return {**pins(self.leds), **{f"l{i}": q for i, q in enumerate(self.limits, 1)}}

    def code(self, c: Code) -> None:
        c.line(f"distance = {reading(c, self.device, 'distance')}")
        for led, q in zip(self.leds, self.limits, strict=True):
            c.line(f"{c.led(led)}.value(distance < {q.value})")

    def poll(self, x: Expect) -> None:
        for led, q in zip(self.leds, self.limits, strict=True):
            x.light(led, 100 if x.read("distance") < q.number else 0)

    def script(self) -> tuple[dict[str, Any], float]:
        edges = [q.number for q in self.limits]
        points = [edges[0] * 1.5 + 3, *((a + b) / 2 for a, b in zip(edges, [*edges[1:], 2.5], strict=True))]
        series = [(round(0.9 * i, 2), round(max(p, 2.5), 1)) for i, p in enumerate([*points, points[0]])]
        return {"distance": series}, 0.9 * len(series)


class Follow(Rule):
    """The angle of a servo is the distance in centimetres, up to a limit that means 180 degrees."""

    kind: Literal["distance_servo"] = "distance_servo"
    rule: ClassVar[str] = "distance_servo"
    device: Device
    out: Device
    top: Quantity
    named: ClassVar[dict[str, str]] = {"out": "out"}

    @property
    def poll_ms(self) -> int:
        return 50

    def slots(self) -> dict[str, Spoken | str]:
        return {"level": self.top}

    def code(self, c: Code) -> None:
        top = self.top.value
        c.line(f"distance = min({reading(c, self.device, 'distance')}, {top})")
        c.machine("Pin", "PWM")
        name = c.setup(self.out, f"{c.names[self.out]} = PWM(Pin({self.out.pin}), freq=50)")
        c.line(f"{name}.duty_ns(500000 + int(distance * 2000000 / {top}))")

    def poll(self, x: Expect) -> None:
        x.set(("angle", self.out.pin), 180 * min(x.read("distance") / self.top.number, 1.0))

    def script(self) -> tuple[dict[str, Any], float]:
        top = self.top.number
        points = [0.25 * top, 0.75 * top, 1.4 * top, 0.5 * top]
        return {"distance": [(float(i), round(max(p, 2.5), 1)) for i, p in enumerate(points)]}, 4.0


@rule("parking_beep", weight=1.2)
@rule("parking_blink", weight=0.7)
def _parking(d: Draw, kind: str) -> Rule:
    out = _buzzer(d) if kind == "parking_beep" else d.led()
    return Parking(kind=kind, device=sonar(d), out=out)  # type: ignore[arg-type]


@rule("distance_bar", weight=0.9)
def _bar(d: Draw, kind: str) -> Rule:
    n = d.rng.choice((2, 3, 3))
    device = sonar(d).model_copy()
    leds = _leds(d, n)
    start = d.rng.choice((20, 30, 40, 50, 60, 80, 100))
    limits = [start]
    while len(limits) < n:
        limits.append(
            d.rng.choice([v for v in (5, 8, 10, 15, 20, 25, 30, 40, 50, 60) if v < limits[-1]] or [4])
        )
    return Bar(device=device, leds=leds, limits=tuple(Quantity(kind="cm", value=str(v)) for v in limits))


@rule("distance_servo", weight=0.8)
def _follow(d: Draw, kind: str) -> Rule:
    top = Quantity(kind="cm", value=str(d.rng.choice((30, 40, 50, 60, 80, 90, 100, 150, 180, 200))))
    return Follow(device=sonar(d), out=_servo(d), top=top)
