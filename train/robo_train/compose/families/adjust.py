"""Two buttons step a value up and down: the brightness of an LED, the angle of a servo, a printed number."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from robo_train.compose import numbers
from robo_train.compose.code import Code
from robo_train.compose.draw import INPUTS, Draw, rule
from robo_train.compose.expect import Expect, merge
from robo_train.compose.families.events import Lasts
from robo_train.compose.families.led import Dim
from robo_train.compose.families.servo import Angle, _servo
from robo_train.compose.numbers import Quantity
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import POLL_MS, presses
from robo_train.compose.spec import Device, Rule

_TOP = {"adjust_led": 100, "adjust_servo": 180}
_NAME = {"adjust_led": "level", "adjust_servo": "angle"}


class Adjust(Rule):
    """One button raises, the other lowers; the value stays within its limits."""

    kind: Literal["adjust_led", "adjust_servo"]
    out: Dim | Angle
    """The part, at the value that it begins with."""
    device: Device
    other: Device
    step: Quantity
    named: ClassVar[dict[str, str]] = {"other": "other", "part": "out"}

    @property
    def part(self) -> Device:
        """What is adjusted."""
        return self.out.device

    @property
    def start(self) -> Quantity:
        """The value at power-on."""
        return self.out.percent if isinstance(self.out, Dim) else self.out.angle

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        return {"step": self.step, "start": self.start}

    def code(self, c: Code) -> None:
        name, top = _NAME[self.kind], _TOP[self.kind]
        c.setup(name, f"{name} = {self.start.value}")
        changes = ((self.device, f"min({name} + {self.step.value}, {top})"),
                   (self.other, f"max({name} - {self.step.value}, 0)"))  # fmt: skip
        for button, value in changes:
            pressed = f"{c.button(button)}.value() == 0"
            with c.block(f"if {pressed}:"):
                c.line(f"{name} = {value}")
                with c.block(f"while {pressed}:"):
                    c.pause_ms(POLL_MS)
        if isinstance(self.out, Dim):
            c.line(f"{c.led(self.part)}.duty_u16(level * 65535 // 100)")
        else:
            self.out.turn(c, "angle")

    def poll(self, x: Expect) -> None:
        value = x.memory.setdefault("adjusted", int(self.start.value))
        step = int(self.step.value)
        for button, change in ((self.device, step), (self.other, -step)):
            if x.read(("button", button.pin)) == 1:
                value = x.memory["adjusted"] = min(max(value + change, 0), _TOP[self.kind])
                while x.read(("button", button.pin)) == 1:
                    x.wait(POLL_MS / 1000)
        if isinstance(self.out, Dim):
            x.light(self.part, value)
        else:
            self.out.at(x, value)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        """Up twice, down until it stops at the lower limit, up once more."""
        step = int(self.step.value)
        downs = min(2 + int(self.start.value) // step + 2, 9)
        times = [round(start + 0.5 * i, 3) for i in range(2 + downs + 1)]
        up = [*times[:2], times[-1]]
        world = presses(self.device, [(t, t + 0.15) for t in up])
        merge(world, presses(self.other, [(t, t + 0.15) for t in times[2:-1]]))
        return world, times[-1] + 0.8


@rule("adjust_led", weight=1.0)
@rule("adjust_servo", weight=0.8)
def _adjust(d: Draw, kind: str) -> Rule:
    d.reuse = 0.0
    d.assume = 0.0
    up, down = d.device("button", INPUTS), d.device("button", INPUTS)
    out: Dim | Angle
    if kind == "adjust_led":
        out = Dim(device=d.led(), percent=numbers.percent(d.rng.choice((0, 10, 20, 30, 40, 50, 60, 80, 100))))
        step = numbers.percent(d.rng.choice((5, 10, 10, 15, 20, 25)))
    else:
        out = Angle(device=_servo(d), angle=numbers.angle(d.rng.choice((0, 30, 45, 60, 90, 90, 90, 120))))
        step = numbers.angle(d.rng.choice((5, 10, 10, 15, 20, 30, 45)))
    return Adjust(kind=kind, out=out, device=up, other=down, step=step)  # type: ignore[arg-type]
