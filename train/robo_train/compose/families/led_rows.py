"""Rows of LEDs: there and back, one more each, chance, bits, a bar of a reading, the next at a press."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import INPUTS, Draw, action, rule
from robo_train.compose.expect import Expect
from robo_train.compose.families.analog import FULL_SCALE_V, adc, analog, key
from robo_train.compose.families.multi import All, _Leds, _leds, pins
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import POLL_MS, presses
from robo_train.compose.spec import Body, Device, Mode, Rule


def row(c: Code, leds: tuple[Device, ...]) -> None:
    """The list of the LEDs."""
    c.machine("Pin")
    c.setup("leds", f"leds = [Pin(n, Pin.OUT) for n in ({', '.join(str(d.pin) for d in leds)})]")


class _Row(_Leds):
    time: Time | None = None

    def open_timing(self) -> bool:
        return bool(self.time and self.time.assumed)

    def slots(self) -> dict[str, Spoken | str]:
        return {**pins(self.leds), **({"time": self.time} if self.time and not self.time.assumed else {})}

    def pause(self, c: Code) -> None:
        assert self.time
        c.sleep(self.time)

    def rest(self, x: Expect) -> None:
        assert self.time
        x.wait(self.time.seconds)


class Knight(_Row):
    """A light that runs there and back, for ever."""

    kind: Literal["leds_knight"] = "leds_knight"
    mode: ClassVar[Mode] = "endless"
    rule: ClassVar[str] = "leds_knight"

    def code(self, c: Code) -> None:
        row(c, self.leds)
        n = len(self.leds)
        there_and_back = ", ".join(map(str, [*range(n), *range(n - 2, 0, -1)]))
        with c.block(f"for i in ({there_and_back}):"):
            c.line("leds[i].on()")
            self.pause(c)
            c.line("leds[i].off()")

    def expect(self, x: Expect) -> None:
        for led in self.leds + self.leds[-2:0:-1]:
            x.light(led, 100)
            self.rest(x)
            x.light(led, 0)


class Cascade(_Row):
    """On one after the other (`leds_fill`); then off one after the other, for ever (`leds_cascade`)."""

    kind: Literal["leds_fill", "leds_cascade"]

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "timed" if self.kind == "leds_fill" else "endless"

    @property
    def rule(self) -> str:
        return self.kind

    def code(self, c: Code) -> None:
        row(c, self.leds)
        for call in ("on", "off")[: 1 if self.kind == "leds_fill" else 2]:
            with c.block("for led in leds:"):
                c.line(f"led.{call}()")
                self.pause(c)

    def expect(self, x: Expect) -> None:
        for percent in (100, 0)[: 1 if self.kind == "leds_fill" else 2]:
            for led in self.leds:
                x.light(led, percent)
                self.rest(x)


class RandomLed(_Row):
    """One LED of chance: alone on (`leds_random`), or for a time (`leds_flash`)."""

    kind: Literal["leds_random", "leds_flash"]

    @property
    def rule(self) -> str:
        return self.kind

    def open_timing(self) -> bool:
        return True

    def code(self, c: Code) -> None:
        row(c, self.leds)
        c.import_("random")
        if self.time:
            c.line("led = random.choice(leds)")
            c.line("led.on()")
            self.pause(c)
            c.line("led.off()")
            return
        with c.block("for led in leds:"):
            c.line("led.off()")
        c.line("random.choice(leds).on()")

    def expect(self, x: Expect) -> None:
        on = [{"op": "hold", "sig": ["pin", d.pin], "eq": 1, "when": "sometime"} for d in self.leds]
        x.claim(op="any_of", checks=on)
        if self.time:
            self.rest(x)


class Binary(_Row):
    """A number as bits (`leds_number`), or counting through all of them for ever (`leds_binary`)."""

    kind: Literal["leds_number", "leds_binary"]
    number: Quantity | None = None

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "steady" if self.number else "endless"

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        return {**super().slots(), **({"number": self.number} if self.number else {})}

    def _show(self, c: Code, number: str) -> None:
        with c.block(f"for i in range({len(self.leds)}):"):
            c.line(f"leds[i].value({number} >> i & 1)")

    def _lit(self, x: Expect, number: int) -> None:
        for i, led in enumerate(self.leds):
            x.light(led, 100 * (number >> i & 1))

    def code(self, c: Code) -> None:
        row(c, self.leds)
        if self.number:
            self._show(c, self.number.value)
            return
        with c.block(f"for count in range({2 ** len(self.leds)}):"):
            self._show(c, "count")
            self.pause(c)

    def expect(self, x: Expect) -> None:
        if self.number:
            self._lit(x, int(self.number.value))
            return
        for count in range(2 ** len(self.leds)):
            self._lit(x, count)
            self.rest(x)

    def opposite(self) -> Body:
        return All(kind="all_off", leds=self.leds)


class Bar(Rule):
    """As many LEDs as a reading is high."""

    kind: Literal["leds_bar"] = "leds_bar"
    rule: ClassVar[str] = "leds_bar"
    lists: ClassVar[bool] = True
    device: Device
    leds: tuple[Device, ...]

    def flags(self) -> set[str]:
        return {f"is_{key(self.device.label)}"}

    def slots(self) -> dict[str, Spoken | str]:
        return pins(self.leds)

    def code(self, c: Code) -> None:
        read = adc(c, self.device)
        row(c, self.leds)
        n = len(self.leds)
        c.line(f"level = {read} * ({n} + 1) // 65536")
        with c.block(f"for i in range({n}):"):
            c.line("leds[i].value(i < level)")

    def poll(self, x: Expect) -> None:
        share = x.read(("analog", self.device.pin)) / FULL_SCALE_V
        level = int(share * (len(self.leds) + 1))
        for i, led in enumerate(self.leds):
            x.light(led, 100 if i < level else 0)

    def script(self) -> tuple[dict[str, Any], float]:
        n = len(self.leds) + 1
        order = [0, n - 1, n // 2, *range(n)][: n + 2]
        series = [(0.6 * i, round(FULL_SCALE_V * (k + 0.5) / n, 3)) for i, k in enumerate(order)]
        return {"analog": {str(self.device.pin): series}}, 0.6 * len(order)


class Next(Rule):
    """The next LED at every press."""

    kind: Literal["leds_next"] = "leds_next"
    rule: ClassVar[str] = "leds_next"
    lists: ClassVar[bool] = True
    device: Device
    leds: tuple[Device, ...]

    def slots(self) -> dict[str, Spoken | str]:
        return pins(self.leds)

    def code(self, c: Code) -> None:
        name = c.button(self.device)
        row(c, self.leds)
        c.setup("index", "index = -1")
        with c.block(f"if {name}.value() == 0:"):
            c.line("leds[index].off()")
            c.line(f"index = (index + 1) % {len(self.leds)}")
            c.line("leds[index].on()")
            with c.block(f"while {name}.value() == 0:"):
                c.pause_ms(POLL_MS)

    def poll(self, x: Expect) -> None:
        if x.read(("button", self.device.pin)) != 1:
            return
        before = x.memory.get("index", -1)
        x.light(self.leds[before], 0)
        x.memory["index"] = (before + 1) % len(self.leds)
        x.light(self.leds[x.memory["index"]], 100)
        while x.read(("button", self.device.pin)) == 1:
            x.wait(POLL_MS / 1000)

    def script(self) -> tuple[dict[str, Any], float]:
        n = len(self.leds) + 2
        return presses(self.device, [(0.5 + 0.6 * i, 0.7 + 0.6 * i) for i in range(n)]), 0.6 + 0.6 * n


def _time(d: Draw, default: str) -> Time:
    return Time(value=default, assumed=True) if d.chance(0.2) else d.time(0.05, 2)


@action("leds_knight", weight=1)
def _knight(d: Draw, kind: str) -> Body:
    return Knight(leds=_leds(d, d.rng.choice((3, 4, 5))), time=_time(d, "0.2"))


@action("leds_fill", weight=0.8)
@action("leds_cascade", weight=0.9)
def _cascade(d: Draw, kind: str) -> Body:
    return Cascade(kind=kind, leds=_leds(d, d.rng.choice((3, 3, 4, 5))), time=_time(d, "0.5"))  # type: ignore[arg-type]


@action("leds_random", weight=0.6, only=("press", "release", "every"))
@action("leds_flash", weight=0.5, only=("press", "release", "every"))
def _random(d: Draw, kind: str) -> Body:
    time = d.time(0.1, 3) if kind == "leds_flash" else None
    return RandomLed(kind=kind, leds=_leds(d, d.rng.choice((2, 3, 3, 4, 5))), time=time)  # type: ignore[arg-type]


@action("leds_number", weight=0.6)
@action("leds_binary", weight=0.7)
def _binary(d: Draw, kind: str) -> Body:
    n = d.rng.choice((3, 3, 4))
    if kind == "leds_binary":
        return Binary(kind="leds_binary", leds=_leds(d, n), time=_time(d, "0.5"))
    number = Quantity(kind="int", value=str(d.rng.randint(1, 2**n - 1)))
    return Binary(kind="leds_number", leds=_leds(d, n), number=number)


@rule("leds_bar", weight=0.6)
def _bar(d: Draw, kind: str) -> Rule:
    return Bar(device=analog(d), leds=_leds(d, d.rng.choice((3, 4, 5))))


@rule("leds_next", weight=0.6)
def _next(d: Draw, kind: str) -> Rule:
    return Next(device=d.device("button", INPUTS), leds=_leds(d, d.rng.choice((2, 3, 3, 4))))
