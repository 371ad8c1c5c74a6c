"""NeoPixels: wipes, the first few, two colours, brightness, chance, fades, a rainbow, a bar of a reading."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, action, rule
from robo_train.compose.expect import Expect
from robo_train.compose.families.analog import FULL_SCALE_V, adc, analog, key
from robo_train.compose.families.pixels import RGB, Colour, Fill, _colour, _strip
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Body, Device, Mode, Rule

RAINBOW = ((255, 0, 0), (255, 165, 0), (255, 255, 0), (0, 255, 0), (0, 0, 255), (128, 0, 128))
WRITE_S = 0.00003
"""Seconds that writing takes for each pixel."""


class _Strip(Colour):
    def off(self) -> Body:
        return Fill(kind="pixels_off", device=self.device)

    def show(self, x: Expect, colours: list[tuple[int, int, int]]) -> None:
        x.set(("pixels", self.device.pin), tuple(colours))  # type: ignore[arg-type]


class Wipe(_Strip):
    """One pixel after the other comes on and stays."""

    kind: Literal["px_wipe"] = "px_wipe"
    rule: ClassVar[str] = "px_wipe"
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {**super().slots(), **({} if self.time.assumed else {"time": self.time})}

    def open_timing(self) -> bool:
        return self.time.assumed

    def code(self, c: Code) -> None:
        name = self.strip(c)
        with c.block(f"for i in range({self.device.size}):"):
            c.line(f"{name}[i] = {self.triple()}")
            c.line(f"{name}.write()")
            c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        for i in range(self.device.size):
            self.lit(x, self.colour(), i)
            x.wait(self.time.seconds)


class First(_Strip):
    """The first few pixels, the others dark."""

    kind: Literal["px_first"] = "px_first"
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "px_first"
    count: Quantity

    def slots(self) -> dict[str, Spoken | str]:
        return {**super().slots(), "count": self.count}

    def code(self, c: Code) -> None:
        name = self.strip(c)
        c.line(f"{name}.fill((0, 0, 0))")
        with c.block(f"for i in range({self.count.value}):"):
            c.line(f"{name}[i] = {self.triple()}")
        c.line(f"{name}.write()")

    def expect(self, x: Expect) -> None:
        n = int(self.count.value)
        self.show(x, [self.colour() if i < n else (0, 0, 0) for i in range(self.device.size)])

    def opposite(self) -> Body:
        return self.off()


class Two(_Strip):
    """Two colours on every other pixel; `px_swap` lets the whole strip change between them."""

    kind: Literal["px_two", "px_swap"]
    other: str
    time: Time | None = None

    @property
    def rule(self) -> str:
        return self.kind

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "steady" if self.kind == "px_two" else "endless"

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {**super().slots(), "other": self.other}
        return {**said, "time": self.time} if self.time and not self.time.assumed else said

    def open_timing(self) -> bool:
        return bool(self.time and self.time.assumed)

    def code(self, c: Code) -> None:
        name = self.strip(c)
        second = f"({', '.join(map(str, RGB[self.other]))})"
        if self.time:
            for triple in (self.triple(), second):
                self.fill(c, triple)
                c.sleep(self.time)
            return
        with c.block(f"for i in range({self.device.size}):"):
            c.line(f"{name}[i] = {self.triple()} if i % 2 == 0 else {second}")
        c.line(f"{name}.write()")

    def expect(self, x: Expect) -> None:
        if self.time:
            for colour in (self.colour(), RGB[self.other]):
                self.lit(x, colour)
                x.wait(self.time.seconds)
            return
        self.show(x, [self.colour() if i % 2 == 0 else RGB[self.other] for i in range(self.device.size)])

    def opposite(self) -> Body:
        return self.off()


class Part(_Strip):
    """A colour at a brightness in percent."""

    kind: Literal["px_part"] = "px_part"
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "px_part"
    percent: Quantity

    def slots(self) -> dict[str, Spoken | str]:
        return {**super().slots(), "percent": self.percent}

    def code(self, c: Code) -> None:
        p = self.percent.value
        self.fill(c, f"({', '.join(f'{v} * {p} // 100' if v else '0' for v in self.colour())})")

    def expect(self, x: Expect) -> None:
        r, g, b = (v * int(self.percent.value) // 100 for v in self.colour())
        self.lit(x, (r, g, b))

    def opposite(self) -> Body:
        return self.off()


class Rainbow(_Strip):
    """The colours of the rainbow along the strip; or one after the other on all pixels."""

    kind: Literal["px_rainbow", "px_rainbow_cycle"]
    time: Time | None = None

    @property
    def rule(self) -> str:
        return self.kind

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "steady" if self.kind == "px_rainbow" else "endless"

    def slots(self) -> dict[str, Spoken | str]:
        said = super().slots()
        return {**said, "time": self.time} if self.time and not self.time.assumed else said

    def open_timing(self) -> bool:
        return bool(self.time and self.time.assumed)

    def code(self, c: Code) -> None:
        name = self.strip(c)
        c.setup("rainbow", f"rainbow = {RAINBOW}")
        if self.time:
            with c.block("for color in rainbow:"):
                self.fill(c, "color")
                c.sleep(self.time)
            return
        with c.block(f"for i in range({self.device.size}):"):
            c.line(f"{name}[i] = rainbow[i % 6]")
        c.line(f"{name}.write()")

    def expect(self, x: Expect) -> None:
        if self.time:
            for colour in RAINBOW:
                self.lit(x, colour)
                x.wait(self.time.seconds)
            return
        self.show(x, [RAINBOW[i % 6] for i in range(self.device.size)])

    def opposite(self) -> Body:
        return self.off()


class Chance(_Strip):
    """All pixels in a colour of chance; `px_sparkle` lights one pixel of chance in a colour."""

    kind: Literal["px_random", "px_sparkle"]

    @property
    def rule(self) -> str:
        return self.kind

    def open_timing(self) -> bool:
        return True

    def code(self, c: Code) -> None:
        name = self.strip(c)
        c.import_("random")
        if self.kind == "px_random":
            self.fill(c, "(random.randint(0, 255), random.randint(0, 255), random.randint(0, 255))")
            return
        c.line(f"{name}.fill((0, 0, 0))")
        c.line(f"{name}[random.randint(0, {self.device.size} - 1)] = {self.triple()}")
        c.line(f"{name}.write()")

    def expect(self, x: Expect) -> None:
        seen: dict[str, Any] = {"color": list(self.colour())} if self.kind == "px_sparkle" else {}
        x.claim(op="pixels", key=self.device.pin, index="any", when="sometime", lasting=0.01, **seen)


class Fade(_Strip):
    """Brighter and darker again, for ever."""

    kind: Literal["px_breathe"] = "px_breathe"
    mode: ClassVar[Mode] = "endless"
    rule: ClassVar[str] = "px_breathe"

    def open_timing(self) -> bool:
        return True

    def code(self, c: Code) -> None:
        for span in ("101", "100, -1, -1"):
            with c.block(f"for level in range({span}):"):
                self.fill(c, f"({', '.join(f'{v} * level // 100' if v else '0' for v in self.colour())})")
                c.pause_ms(10)

    def expect(self, x: Expect) -> None:
        bright = list(self.colour())
        half = [v // 2 for v in bright]
        for colour in (bright, half, [0, 0, 0]):
            x.claim(op="pixels", key=self.device.pin, color=colour, when="sometime")
        signal = ["pixels", self.device.pin]
        steps = x.memory.get(("steps", self.device), 0) + 200
        x.memory["steps", self.device] = steps
        x.always = [c for c in x.always if c["op"] != "count" or c["sig"] != signal]
        x.claim(op="count", sig=signal, edge="both", min=3 * (steps - 200) // 4, max=steps * 5 // 4)
        x.wait(2.01 + 201 * WRITE_S * self.device.size)

    def opposite(self) -> Body:
        return self.off()


class Bar(Rule):
    """As many pixels as a reading is high."""

    kind: Literal["px_bar"] = "px_bar"
    device: Device
    strip: Device
    name: str
    rule: ClassVar[str] = "px_bar"

    def flags(self) -> set[str]:
        return {f"is_{key(self.device.label)}"}

    def slots(self) -> dict[str, Spoken | str]:
        return {
            "size": Quantity(kind="size", value=str(self.strip.size)),
            "p1": Quantity(kind="pin", value=str(self.strip.pin)),
            "rgb": self.name,
        }

    def code(self, c: Code) -> None:
        read = adc(c, self.device)
        strip = Fill(device=self.strip, name=self.name)
        name = strip.strip(c)
        size = self.strip.size
        c.line(f"count = {read} * {size} // 65535")
        with c.block(f"for i in range({size}):"):
            c.line(f"{name}[i] = {strip.triple()} if i < count else (0, 0, 0)")
        c.line(f"{name}.write()")

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def script(self) -> tuple[dict[str, Any], float]:
        size = self.strip.size
        shares = (0.5 / size, (size // 2 + 0.5) / size, (size - 0.5) / size)
        series = [(float(i), round(FULL_SCALE_V * s, 4)) for i, s in enumerate(shares)]
        return {"analog": {str(self.device.pin): series}}, 3.0

    def checks(self, until: float) -> list[dict[str, Any]]:
        size, on = self.strip.size, list(RGB[self.name])
        return [
            {"op": "hold", "sig": ["pixels", self.strip.pin], "tol": 10, "from": t + 0.1, "to": t + 0.95,
             "eq": [on if i < n else [0, 0, 0] for i in range(size)]}
            for t, n in ((0, 0), (1, size // 2), (2, size - 1))
        ]  # fmt: skip


def _time(d: Draw, default: str, p: float = 0.25) -> Time:
    return Time(value=default, assumed=True) if d.chance(p) else d.time(0.05, 2)


@action("px_wipe", weight=1)
def _wipe(d: Draw, kind: str) -> Body:
    return Wipe(device=_strip(d), time=_time(d, "0.1"), **_colour(d))  # type: ignore[arg-type]


@action("px_first", weight=1.2)
def _first(d: Draw, kind: str) -> Body:
    strip = _strip(d)
    n = d.rng.randint(1, strip.size - 1)
    return First(device=strip, count=Quantity(kind="size", value=str(n)), **_colour(d))  # type: ignore[arg-type]


@action("px_two", weight=0.8)
@action("px_swap", weight=0.8)
def _two(d: Draw, kind: str) -> Body:
    a, b = d.rng.sample(list(RGB), 2)
    time = _time(d, "0.5") if kind == "px_swap" else None
    return Two(kind=kind, device=_strip(d), name=a, other=b, time=time)  # type: ignore[arg-type]


@action("px_part", weight=1)
def _part(d: Draw, kind: str) -> Body:
    return Part(device=_strip(d), name=d.rng.choice(list(RGB)), percent=d.percent(5, 95))


@action("px_rainbow", weight=0.7)
@action("px_rainbow_cycle", weight=0.7)
def _rainbow(d: Draw, kind: str) -> Body:
    time = _time(d, "0.5") if kind == "px_rainbow_cycle" else None
    return Rainbow(kind=kind, device=_strip(d), time=time)  # type: ignore[arg-type]


@action("px_random", weight=0.5, only=("press", "release", "every"))
@action("px_sparkle", weight=0.5, only=("press", "release", "every"))
def _chance(d: Draw, kind: str) -> Body:
    colour = {} if kind == "px_random" else {"name": d.rng.choice(list(RGB))}
    return Chance(kind=kind, device=_strip(d), **colour)  # type: ignore[arg-type]


@action("px_breathe", weight=0.6)
def _breathe(d: Draw, kind: str) -> Body:
    return Fade(device=_strip(d), name=d.rng.choice(list(RGB)))


@rule("px_bar", weight=0.6)
def _bar(d: Draw, kind: str) -> Rule:
    d.assume = 0.0
    device = analog(d)
    strip = _strip(d)
    while strip.assumed or strip.size > 30:
        d.devices.remove(strip)
        strip = _strip(d)
    return Bar(device=device, strip=strip, name=d.rng.choice(list(RGB)))
