"""Three zones of a temperature, a humidity or a distance: three lights, colours, brightnesses or angles."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, Unfit, rule
from robo_train.compose.expect import Expect
from robo_train.compose.families.bands import OneOf
from robo_train.compose.families.climate import PROBE_S, ds18b20, measured
from robo_train.compose.families.events import Lasts
from robo_train.compose.families.led import Switch
from robo_train.compose.families.sensors import DHT_S, dht, sonar
from robo_train.compose.numbers import Quantity
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import Seq
from robo_train.compose.spec import Body, Device, Rule

_UNIT = {"temperature": "celsius", "humidity": "percent", "distance": "cm"}


class Zones(Rule):
    """Below the lower limit, between them, above the upper one: three things."""

    kind: Literal["zones"] = "zones"
    rule: ClassVar[str] = "zones"
    device: Device
    what: Literal["temperature", "humidity", "distance"]
    low: Quantity
    high: Quantity
    bodies: tuple[SerializeAsAny[Body], ...]
    clauses: ClassVar[dict[str, str]] = {"bodies": "act"}

    @property
    def poll_ms(self) -> int:
        return {"hcsr04": 50, "probe": 1000}.get(self.device.type, 2000)

    def flags(self) -> set[str]:
        names = {"hcsr04": "is_sonar", "probe": "is_probe"}
        return {names.get(self.device.type, f"is_{self.what}")} | (
            {"dht22"} if self.device.label == "DHT22" else set()
        )

    def slots(self) -> dict[str, Spoken | str]:
        return {"low": self.low, "high": self.high}

    def code(self, c: Code) -> None:
        c.line(f"value = {measured(c, self.device, self.what)}")
        tests = f"if value < {self.low.value}:", f"elif value <= {self.high.value}:", "else:"
        for test, body in zip(tests, self.bodies, strict=True):
            with c.block(test):
                body.code(c)

    @property
    def _key(self) -> str:
        return "probe" if self.device.type == "probe" else self.what

    def poll(self, x: Expect) -> None:
        value = x.read(self._key)
        x.wait({"hcsr04": 0.0, "probe": PROBE_S}.get(self.device.type, DHT_S))
        self.bodies[(value >= self.low.number) + (value > self.high.number)].expect(x)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        low, high = self.low.number, self.high.number
        near = (high - low) / 4
        points = [low - near, low + near, high + near, high - near, low - near]
        span = 0.9 if self.device.type == "hcsr04" else 2.6 * self.poll_ms / 1000
        series = [(round(span * i, 2), round(max(p, 2.5), 1)) for i, p in enumerate(points)]
        return {self._key: series}, span * len(points)


def _limits(d: Draw, what: str) -> tuple[Quantity, Quantity]:
    """Two limits that are well apart."""
    ends, gap = {"temperature": ((8, 42), 3), "humidity": ((20, 90), 10), "distance": ((8, 150), 8)}[what]
    step = 5 if what != "temperature" and d.chance(0.7) else 1
    low, high = sorted(d.rng.sample(range(-(-ends[0] // step) * step, ends[1], step), 2))
    if high - low < gap or (what == "temperature" and high - low > 15):
        raise Unfit
    return Quantity(kind=_UNIT[what], value=str(low)), Quantity(kind=_UNIT[what], value=str(high))


def _bodies(d: Draw) -> tuple[Body, ...]:
    """Three lights of which one is on, or three states of one part."""
    if d.chance(0.5):
        d.reuse = 0.0
        d.coloured = d.coloured or d.chance(0.5)
        leds = [d.led() for _ in range(3)]
        on = [Switch(kind="on", device=x) for x in leds]
        off = [Switch(kind="off", device=x) for x in leds]
        return tuple(
            OneOf(body=Seq(steps=tuple(on[j] if j == i else off[j] for j in range(3))), lit=on[i])
            for i in range(3)
        )
    d.reuse = 1.0
    kinds = d.rng.choice(
        (("pixels_fill",), ("rgb_set",), ("angle",), ("dim", "off"), ("oled_show",), ("angle",))
    )
    found: list[Body] = []
    for _ in range(40):
        body = d.action("if", ("steady",), kinds)
        if body not in found and (not found or getattr(body, "device", 0) == getattr(found[0], "device", 0)):
            found.append(body)
        if len(found) == 3:
            return tuple(found)
    raise Unfit


@rule("zones", weight=1.7)
def _zones(d: Draw, kind: str) -> Rule:
    what = d.rng.choice(("temperature", "temperature", "humidity", "distance", "distance"))
    if what == "distance":
        device = sonar(d)
    else:
        device = ds18b20(d) if what == "temperature" and d.chance(0.25) else dht(d)
    low, high = _limits(d, what)
    d.assume = 0.0
    return Zones(device=device, what=what, low=low, high=high, bodies=_bodies(d))  # type: ignore[arg-type]
