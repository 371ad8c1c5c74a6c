"""Several LEDs together: all on or off, alternating, running lights, traffic lights, independent blinking."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import OUTPUTS, Draw, action, rule
from robo_train.compose.expect import Expect
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Body, Device, Mode, Rule


def pins(leds: tuple[Device, ...]) -> dict[str, Spoken | str]:
    """Slots p1, p2, ... of the pins in order."""
    return {f"p{i}": Quantity(kind="pin", value=str(d.pin)) for i, d in enumerate(leds, 1)}


class _Leds(Body):
    leds: tuple[Device, ...]
    lists: ClassVar[bool] = True
    """The phrase names the pins itself, so they are not listed before the task."""

    def slots(self) -> dict[str, Spoken | str]:
        return pins(self.leds)

    def switch(self, c: Code, on: bool) -> None:
        for led in self.leds:
            c.line(f"{c.led(led)}.{'on' if on else 'off'}()")

    def shine(self, x: Expect, on: bool) -> None:
        for led in self.leds:
            x.light(led, 100 if on else 0)


class All(_Leds):
    """Several LEDs on or off."""

    kind: Literal["all_on", "all_off"]
    mode: ClassVar[Mode] = "steady"

    @property
    def rule(self) -> str:
        return f"leds_{self.kind}"

    def code(self, c: Code) -> None:
        self.switch(c, self.kind == "all_on")

    def expect(self, x: Expect) -> None:
        self.shine(x, self.kind == "all_on")

    def opposite(self) -> Body:
        return All(kind="all_off" if self.kind == "all_on" else "all_on", leds=self.leds)


class Together(_Leds):
    """All blink at the same time, or (two of them) in turn."""

    kind: Literal["together", "alternate"]
    mode: ClassVar[Mode] = "endless"
    time: Time

    @property
    def rule(self) -> str:
        return f"leds_{self.kind}"

    def open_timing(self) -> bool:
        return self.time.assumed

    def slots(self) -> dict[str, Spoken | str]:
        return {**pins(self.leds), **({} if self.time.assumed else {"time": self.time})}

    def code(self, c: Code) -> None:
        for on in (True, False):
            for i, led in enumerate(self.leds):
                lit = on != (self.kind == "alternate" and i == 1)
                c.line(f"{c.led(led)}.{'on' if lit else 'off'}()")
            c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        for on in (True, False):
            for i, led in enumerate(self.leds):
                x.light(led, 100 if on != (self.kind == "alternate" and i == 1) else 0)
            x.wait(self.time.seconds)


class Chaser(_Leds):
    """One LED after the other."""

    kind: Literal["chaser"] = "chaser"
    mode: ClassVar[Mode] = "endless"
    rule: ClassVar[str] = "leds_chaser"
    time: Time

    def open_timing(self) -> bool:
        return self.time.assumed

    def slots(self) -> dict[str, Spoken | str]:
        return {**pins(self.leds), **({} if self.time.assumed else {"time": self.time})}

    def code(self, c: Code) -> None:
        c.machine("Pin")
        numbers = ", ".join(str(d.pin) for d in self.leds)
        c.setup("leds", f"leds = [Pin(n, Pin.OUT) for n in ({numbers})]")
        with c.block("for led in leds:"):
            c.line("led.on()")
            c.sleep(self.time)
            c.line("led.off()")

    def expect(self, x: Expect) -> None:
        for led in self.leds:
            x.light(led, 100)
            x.wait(self.time.seconds)
            x.light(led, 0)


class Traffic(_Leds):
    """Red, green, yellow, each for its own time; leds and times in the order red, yellow, green."""

    kind: Literal["traffic"] = "traffic"
    mode: ClassVar[Mode] = "endless"
    rule: ClassVar[str] = "leds_traffic"
    times: tuple[Time, Time, Time]

    def open_timing(self) -> bool:
        return self.times[0].assumed

    def slots(self) -> dict[str, Spoken | str]:
        said = pins(self.leds)
        if not self.times[0].assumed:
            said |= {"t1": self.times[0], "t2": self.times[1], "t3": self.times[2]}
        return said

    def code(self, c: Code) -> None:
        for i in (0, 2, 1):
            name = c.led(self.leds[i])
            c.line(f"{name}.on()")
            c.sleep(self.times[i])
            c.line(f"{name}.off()")

    def expect(self, x: Expect) -> None:
        for i in (0, 2, 1):
            x.light(self.leds[i], 100)
            x.wait(self.times[i].seconds)
            x.light(self.leds[i], 0)


class Independent(Rule):
    """Two LEDs blink at the same time, each at its own pace."""

    kind: Literal["independent"] = "independent"
    rule: ClassVar[str] = "leds_independent"
    lists: ClassVar[bool] = True
    a: Device
    b: Device
    time_a: Time
    time_b: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {**pins((self.a, self.b)), "t1": self.time_a, "t2": self.time_b}

    def code(self, c: Code) -> None:
        names = c.led(self.a), c.led(self.b)
        c.import_("time")
        c.setup("last", "last1 = time.ticks_ms()", "last2 = time.ticks_ms()")
        c.line("now = time.ticks_ms()")
        for i, (name, t) in enumerate(zip(names, (self.time_a, self.time_b), strict=True), 1):
            ms = t.value if t.unit == "ms" else f"{t.value} * 1000"
            with c.block(f"if time.ticks_diff(now, last{i}) >= {ms}:"):
                c.line(f"last{i} = now")
                c.line(f"{name}.value(not {name}.value())")

    def poll(self, x: Expect) -> None:
        for device, t in ((self.a, self.time_a), (self.b, self.time_b)):
            last = x.memory.setdefault(device, 0.0)
            if x.t - last >= t.seconds - 1e-6:
                x.memory[device] = x.t
                x.light(device, 0 if x.value(("pin", device.pin)) else 100)

    def script(self) -> tuple[dict[str, Any], float]:
        return {}, 6.5 * max(self.time_a.seconds, self.time_b.seconds)

    def checks(self, until: float) -> list[dict[str, Any]]:
        return [
            {
                "op": "periodic",
                "sig": ["pin", d.pin],
                "period": round(2 * t.seconds, 4),
                "tol": 0.08,
                "duty": 0.5,
                "to": until,
            }
            for d, t in ((self.a, self.time_a), (self.b, self.time_b))
        ]


def _leds(d: Draw, n: int, labels: tuple[str, ...] = ()) -> tuple[Device, ...]:
    found = []
    for i in range(n):
        led = Device(type="led", pin=d.pin(OUTPUTS), label=labels[i] if labels else "")
        d.devices.append(led)
        found.append(led)
    return tuple(found)


def _time(d: Draw) -> Time:
    return Time(value="0.5", assumed=True) if d.chance(0.2) else d.time(0.05, 3)


@action("all_on", weight=0.9)
@action("all_off", weight=0.3)
def _all(d: Draw, kind: str) -> Body:
    return All(kind=kind, leds=_leds(d, d.rng.choice((2, 2, 3, 3, 4))))  # type: ignore[arg-type]


@action("alternate", weight=1.1)
@action("together", weight=0.7)
def _together(d: Draw, kind: str) -> Body:
    n = 2 if kind == "alternate" or d.chance(0.6) else 3
    return Together(kind=kind, leds=_leds(d, n), time=_time(d))  # type: ignore[arg-type]


@action("chaser", weight=1.2)
def _chaser(d: Draw, kind: str) -> Body:
    time = Time(value="0.2", assumed=True) if d.chance(0.2) else d.time(0.03, 2)
    return Chaser(leds=_leds(d, d.rng.choice((3, 3, 4, 5))), time=time)


@action("traffic", weight=0.9)
def _traffic(d: Draw, kind: str) -> Body:
    leds = _leds(d, 3, ("red", "yellow", "green"))
    if d.chance(0.35):
        times = [Time(value=v, assumed=True) for v in ("3", "1", "3")]
    else:
        times = [d.time(0.5, 12) for _ in range(3)]
    return Traffic(leds=leds, times=(times[0], times[1], times[2]))


@rule("independent", weight=0.7)
def _independent(d: Draw, kind: str) -> Rule:
    a, b = _leds(d, 2)
    ta, tb = d.time(0.2, 3), d.time(0.2, 3)
    while ta.seconds == tb.seconds:
        tb = d.time(0.2, 3)
    return Independent(a=a, b=b, time_a=ta, time_b=tb)
