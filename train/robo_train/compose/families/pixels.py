"""NeoPixel strips: one colour, single pixels, blinking, a running light."""

from __future__ import annotations

from typing import ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import OUTPUTS, Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.numbers import Quantity, Time, draw_rate
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Device, Mode

RGB = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "white": (255, 255, 255),
    "purple": (128, 0, 128),
    "orange": (255, 165, 0),
    "cyan": (0, 255, 255),
    "pink": (255, 0, 128),
}


class Colour(Action):
    """What all pixel actions share: a strip and a colour, by name or by numbers."""

    device: Device
    name: str = ""
    rgb: tuple[Quantity, Quantity, Quantity] | None = None

    def colour(self) -> tuple[int, int, int]:
        if self.rgb:
            r, g, b = (int(q.value) for q in self.rgb)
            return r, g, b
        return RGB[self.name]

    def triple(self) -> str:
        return f"({', '.join(map(str, self.colour()))})"

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {}
        if not self.device.assumed:
            said["size"] = Quantity(kind="size", value=str(self.device.size))
        if self.rgb:
            return {**said, "r": self.rgb[0], "g": self.rgb[1], "b": self.rgb[2]}
        return {**said, "rgb": self.name} if self.name else said

    def strip(self, c: Code) -> str:
        c.machine("Pin")
        c.from_("neopixel", "NeoPixel")
        d = self.device
        return c.setup(d, f"{c.names[d]} = NeoPixel(Pin({d.pin}), {d.size})")

    def fill(self, c: Code, triple: str) -> None:
        name = self.strip(c)
        c.line(f"{name}.fill({triple})")
        c.line(f"{name}.write()")

    def lit(self, x: Expect, colour: tuple[int, int, int], only: int | None = None) -> None:
        """All pixels, or one of them (the others as they are)."""
        key = ("pixels", self.device.pin)
        line = x.lines.get(key)
        now = list(line[-1][1]) if line else [(0, 0, 0)] * self.device.size  # type: ignore[call-overload]
        for i in range(self.device.size) if only is None else (only,):
            now[i] = colour
        x.set(key, tuple(now))  # type: ignore[arg-type]


class Fill(Colour):
    """All pixels in a colour."""

    kind: Literal["pixels_fill", "pixels_off"] = "pixels_fill"
    mode: ClassVar[Mode] = "steady"

    @property
    def rule(self) -> str:
        return self.kind

    def code(self, c: Code) -> None:
        self.fill(c, self.triple() if self.kind == "pixels_fill" else "(0, 0, 0)")

    def expect(self, x: Expect) -> None:
        self.lit(x, self.colour() if self.kind == "pixels_fill" else (0, 0, 0))

    def opposite(self) -> Body | None:
        return Fill(kind="pixels_off", device=self.device) if self.kind == "pixels_fill" else None


class One(Colour):
    """One pixel, counted from 0."""

    kind: Literal["pixels_one"] = "pixels_one"
    mode: ClassVar[Mode] = "timed"
    rule: ClassVar[str] = "pixels_one"
    index: Quantity

    def slots(self) -> dict[str, Spoken | str]:
        return {**super().slots(), "index": self.index}

    def code(self, c: Code) -> None:
        name = self.strip(c)
        c.line(f"{name}[{self.index.value}] = {self.triple()}")
        c.line(f"{name}.write()")

    def expect(self, x: Expect) -> None:
        self.lit(x, self.colour(), int(self.index.value))


class PixelsBlink(Colour):
    """All pixels on and off, for ever or a number of times."""

    kind: Literal["pixels_blink"] = "pixels_blink"
    mode: ClassVar[Mode] = "endless"
    rule: ClassVar[str] = "pixels_blink"
    time: Time

    def open_timing(self) -> bool:
        return self.time.assumed

    def slots(self) -> dict[str, Spoken | str]:
        return {**super().slots(), **({} if self.time.assumed else {self.time.slot: self.time})}

    def code(self, c: Code) -> None:
        self.fill(c, self.triple())
        c.sleep(self.time)
        self.fill(c, "(0, 0, 0)")
        c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        self.lit(x, self.colour())
        x.wait(self.time.seconds)
        self.lit(x, (0, 0, 0))
        x.wait(self.time.seconds)


class PixelsChase(PixelsBlink):
    """One pixel after the other."""

    kind: Literal["pixels_chase"] = "pixels_chase"  # type: ignore[assignment]
    rule: ClassVar[str] = "pixels_chase"

    def code(self, c: Code) -> None:
        name = self.strip(c)
        with c.block(f"for i in range({self.device.size}):"):
            c.line(f"{name}.fill((0, 0, 0))")
            c.line(f"{name}[i] = {self.triple()}")
            c.line(f"{name}.write()")
            c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        key = ("pixels", self.device.pin)
        for i in range(self.device.size):
            x.set(key, tuple(self.colour() if k == i else (0, 0, 0) for k in range(self.device.size)))  # type: ignore[arg-type]
            x.wait(self.time.seconds)


def _strip(d: Draw) -> Device:
    same = [x for x in d.devices if x.type == "pixels"]
    if same:
        return same[0]
    if d.chance(0.12) and all(5 not in (x.pin, x.pin2) for x in d.devices):
        device = Device(type="pixels", pin=5, size=8, assumed=True)
    else:
        device = Device(
            type="pixels",
            pin=d.pin(OUTPUTS),
            size=d.rng.choice((8, 12, 16, 24, 30, 60, d.rng.randint(2, 60))),
        )
    d.devices.append(device)
    return device


def _colour(d: Draw) -> dict[str, object]:
    if d.chance(0.25):
        values = [
            Quantity(kind="int", value=str(d.rng.choice((0, 255, d.rng.randint(0, 255))))) for _ in range(3)
        ]
        if any(v.value != "0" for v in values):
            return {"rgb": tuple(values)}
    return {"name": d.rng.choice(list(RGB))}


@action("pixels_fill", weight=2)
def _fill(d: Draw, kind: str) -> Body:
    return Fill(device=_strip(d), **_colour(d))  # type: ignore[arg-type]


@action("pixels_off", weight=0.3)
def _off(d: Draw, kind: str) -> Body:
    return Fill(kind="pixels_off", device=_strip(d))


@action("pixels_one", weight=1, only=("start", "seq", "press", "release", "after"))
def _one(d: Draw, kind: str) -> Body:
    strip = _strip(d)
    index = Quantity(kind="index", value=str(d.rng.randrange(strip.size)))
    return One(device=strip, index=index, **_colour(d))  # type: ignore[arg-type]


@action("pixels_blink", weight=1)
@action("pixels_chase", weight=0.8)
def _blink(d: Draw, kind: str) -> Body:
    made = PixelsBlink if kind == "pixels_blink" else PixelsChase
    time = (
        Time(value="0.5" if kind == "pixels_blink" else "0.1", assumed=True)
        if d.chance(0.2)
        else d.time(0.05, 3)
    )
    if kind == "pixels_blink" and d.chance(0.12):
        time = draw_rate(d.rng, 0.1, 3)
    return made(device=_strip(d), time=time, **_colour(d))  # type: ignore[arg-type]
