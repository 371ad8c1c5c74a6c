"""Analog inputs: potentiometers, light, soil and other sensors; limits, hysteresis, mapping to an output."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from robo_train.compose.code import ANALOG_NAMES, Code
from robo_train.compose.draw import ADC_PINS, Draw, condition, rule
from robo_train.compose.expect import Expect
from robo_train.compose.families.buzzer import _buzzer
from robo_train.compose.families.led import Switch
from robo_train.compose.families.servo import _servo
from robo_train.compose.numbers import Quantity
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Body, Condition, Device, Rule

VAGUE = Quantity(kind="percent", value="30")
"""What "dark" and "dry" mean: below 30 % of the range."""
FULL_SCALE_V = 3.3
NEAR = 0.06
"""Inputs come this near to a limit, in shares of the range, so that another limit is found out."""


def adc(c: Code, d: Device) -> str:
    """The set-up of an analog input; returns the expression that reads 0..65535."""
    c.machine("Pin", "ADC")
    name = c.setup(d, f"{c.names[d]} = ADC(Pin({d.pin}), atten=ADC.ATTN_11DB)")
    return f"{name}.read_u16()"


STEPS = 4095
"""The largest value of `ADC.read()`, the converter's own twelve bits."""


def read(c: Code, d: Device, level: Quantity) -> str:
    """The expression that is compared with `level`: 0..65535, or 0..4095 for a level in steps."""
    expression = adc(c, d)
    return expression.replace("read_u16", "read") if level.unit == "steps" else expression


def limit(level: Quantity) -> str:
    """A threshold as the program compares it: raw, or scaled from percent."""
    return f"{level.value} * 65535 // 100" if level.kind == "percent" else level.value


def fraction(level: Quantity) -> float:
    """A threshold as a share of the whole range."""
    full = STEPS if level.unit == "steps" else 65535
    return level.number / (100 if level.kind == "percent" else full)


def raw(d: Draw, low: int, high: int) -> Quantity:
    """A bare reading between these shares of the range in percent.

    Up to 4095 it is meant in the converter's own steps, as `ADC.read()` counts; above, on the scale to
    65535.
    """
    if d.chance(0.55):
        value = d.rng.choice((5, 10, 50, 100)) * d.rng.randint(1, 400)
        while not low * STEPS < 100 * value < high * STEPS:
            value = d.rng.choice((5, 10, 50, 100)) * d.rng.randint(1, 400)
        return Quantity(kind="raw", unit="steps", value=str(value))
    value = 0
    while not max(low * 65535, 100 * (STEPS + 1)) < 100 * value < high * 65535:
        value = d.rng.choice((100, 500, 1000)) * d.rng.randint(10, 600)
    return Quantity(kind="raw", value=str(value))


def key(label: str) -> str:
    """What the phrase rules call an analog part."""
    return ANALOG_NAMES[label]


class Reading(Condition):
    """A reading above or below a limit, in percent of the range or raw 0..65535."""

    kind: Literal["above", "below"]
    device: Device
    level: Quantity
    vague: bool = False

    @property
    def rule(self) -> str:
        return f"{key(self.device.label)}_{self.kind}"

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.vague else {self.level.kind: self.level}

    def code(self, c: Code) -> str:
        sign = ">" if self.kind == "above" else "<"
        return f"{read(c, self.device, self.level)} {sign} {limit(self.level)}"

    def now(self, x: Expect) -> bool:
        share = x.read(("analog", self.device.pin)) / FULL_SCALE_V
        return share > fraction(self.level) if self.kind == "above" else share < fraction(self.level)

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        at = fraction(self.level)
        high, low = min(at + NEAR, (at + 1) / 2), max(at - NEAR, at / 2)
        series = [
            (t, round(FULL_SCALE_V * (high if on == (self.kind == "above") else low), 3)) for t, on in changes
        ]
        return {"analog": {str(self.device.pin): series}}


class Hysteresis(Rule):
    """On above one limit, off below a lower one (or the other way round), unchanged in between."""

    kind: Literal["hysteresis", "hysteresis_below"]
    device: Device
    low: Quantity
    high: Quantity
    led: Device
    named: ClassVar[dict[str, str]] = {"led": "led"}

    @property
    def rule(self) -> str:
        return f"analog_{self.kind}"

    def flags(self) -> set[str]:
        return {f"is_{key(self.device.label)}"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"low": self.low, "high": self.high}

    def actions(self) -> tuple[Body, Body]:
        """What happens above and below."""
        on, off = Switch(kind="on", device=self.led), Switch(kind="off", device=self.led)
        return (on, off) if self.kind == "hysteresis" else (off, on)

    def code(self, c: Code) -> None:
        above, below = self.actions()
        c.line(f"value = {read(c, self.device, self.low)}")
        with c.block(f"if value > {limit(self.high)}:"):
            above.code(c)
        with c.block(f"elif value < {limit(self.low)}:"):
            below.code(c)

    def poll(self, x: Expect) -> None:
        share = x.read(("analog", self.device.pin)) / FULL_SCALE_V
        above, below = self.actions()
        if share > fraction(self.high):
            above.expect(x)
        elif share < fraction(self.low):
            below.expect(x)

    def script(self) -> tuple[dict[str, Any], float]:
        low, high = fraction(self.low), fraction(self.high)
        points = [low / 2, (low + high) / 2, (high + 1) / 2, (low + high) / 2, low / 2, (low + high) / 2]
        series = [(round(0.8 * i, 2), round(FULL_SCALE_V * p, 3)) for i, p in enumerate(points)]
        return {"analog": {str(self.device.pin): series}}, 0.8 * len(points)


class Map(Rule):
    """An output follows a reading."""

    kind: Literal["map_led", "map_servo", "map_tone"]
    device: Device
    out: Device
    low: Quantity | None = None
    high: Quantity | None = None
    named: ClassVar[dict[str, str]] = {"out": "out"}

    @property
    def rule(self) -> str:
        return f"analog_{self.kind}"

    def flags(self) -> set[str]:
        return {f"is_{key(self.device.label)}"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"from": self.low, "to": self.high} if self.low and self.high else {}

    def code(self, c: Code) -> None:
        read = adc(c, self.device)
        name, pin = c.names[self.out], self.out.pin
        c.machine("PWM")
        if self.kind == "map_led":
            c.setup(self.out, f"{name} = PWM(Pin({pin}), freq=1000, duty_u16=0)")
            c.line(f"{name}.duty_u16({read})")
        elif self.kind == "map_servo":
            c.setup(self.out, f"{name} = PWM(Pin({pin}), freq=50)")
            c.line(f"{name}.duty_ns(500000 + {read} * 2000000 // 65535)")
        else:
            assert self.low
            assert self.high
            c.setup(self.out, f"{name} = PWM(Pin({pin}), freq=1000, duty_u16=32768)")
            low, high = self.low.value, self.high.value
            c.line(f"{name}.freq({low} + {read} * ({high} - {low}) // 65535)")

    def poll(self, x: Expect) -> None:
        share = x.read(("analog", self.device.pin)) / FULL_SCALE_V
        if self.kind == "map_led":
            x.set(("duty", self.out.pin), 100 * share)
        elif self.kind == "map_servo":
            x.set(("angle", self.out.pin), 180 * share)
        else:
            assert self.low
            assert self.high
            x.set(("tone", self.out.pin), self.low.number + (self.high.number - self.low.number) * share)

    def script(self) -> tuple[dict[str, Any], float]:
        series = [(0.0, 0.33), (1.0, 1.65), (2.0, 3.0), (3.0, 0.99)]
        return {"analog": {str(self.device.pin): series}}, 4.0


_LABELS = ("potentiometer", "light sensor", "soil sensor", "sensor")


def analog(d: Draw, labels: tuple[str, ...] = _LABELS) -> Device:
    """An analog input that measures one of `labels`."""
    return d.device("analog", ADC_PINS, d.rng.choice(labels))


@condition("reading", weight=2)
def _reading(d: Draw) -> Condition:
    device = analog(d, (*_LABELS, *_LABELS, "light sensor", "light sensor", "sound sensor", "gas sensor"))
    kind: Literal["above", "below"] = "above" if d.chance(0.5) else "below"
    if device.label in ("light sensor", "soil sensor") and d.chance(0.45):
        return Reading(kind=kind, device=device, level=VAGUE, vague=True)
    if d.chance(0.62):
        return Reading(kind=kind, device=device, level=d.percent(5, 95))
    return Reading(kind=kind, device=device, level=raw(d, 5, 95))


@rule("hysteresis", weight=0.5)
def _hysteresis(d: Draw, kind: str) -> Rule:
    if d.chance(0.25):
        steps = sorted(d.rng.sample(range(200, 4000, 50 if d.chance(0.5) else 100), 2))
        low, high = (Quantity(kind="raw", unit="steps", value=str(v)) for v in steps)
    else:
        low, high = sorted((d.percent(5, 90), d.percent(10, 95)), key=lambda q: q.number)
    while fraction(high) - fraction(low) < 0.1:
        low, high = sorted((d.percent(5, 90), d.percent(10, 95)), key=lambda q: q.number)
    side = d.rng.choice(("hysteresis", "hysteresis_below"))
    device = analog(d, ("potentiometer", "light sensor", "sensor"))
    return Hysteresis(kind=side, device=device, low=low, high=high, led=d.led())  # type: ignore[arg-type]


@rule("map_led", weight=0.8)
@rule("map_servo", weight=0.9)
@rule("map_tone", weight=0.5)
def _map(d: Draw, kind: str) -> Rule:
    device = analog(d, ("potentiometer", "potentiometer", "light sensor", "sensor"))
    if kind == "map_led":
        return Map(kind="map_led", device=device, out=d.led())
    if kind == "map_servo":
        return Map(kind="map_servo", device=device, out=_servo(d))
    low, high = sorted((d.freq(), d.freq()), key=lambda q: q.number)
    while high.number - low.number < 200:
        low, high = sorted((d.freq(), d.freq()), key=lambda q: q.number)
    return Map(kind="map_tone", device=device, out=_buzzer(d), low=low, high=high)
