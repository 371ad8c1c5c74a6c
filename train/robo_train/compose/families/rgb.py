"""An RGB LED with a common cathode on three pins: colours by name or numbers, blinking, cycles, fades."""

from __future__ import annotations

from typing import ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.numbers import Quantity, Time, draw_rate
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Device, Mode

MIXED = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "yellow": (1, 1, 0),
    "cyan": (0, 1, 1),
    "purple": (1, 0, 1),
    "white": (1, 1, 1),
}
NAMES = ("red", "green", "blue")
DARK = (0, 0, 0)


class _Rgb(Action):
    device: Device

    def lit(self, c: Code, levels: tuple[int, int, int]) -> None:
        """Levels 0 or 1 of the three colours; full duty where the task sets duties."""
        self.wire(c)
        for name, level in zip(NAMES, levels, strict=True):
            if self.device in c.pwm:
                c.line(f"{name}.duty_u16({65535 if level else 0})")
            else:
                c.line(f"{name}.{'on' if level else 'off'}()")

    def wire(self, c: Code) -> None:
        c.machine("Pin")
        if self.device in c.pwm:
            c.machine("PWM")
        made = "PWM(Pin({}), freq=1000, duty_u16=0)" if self.device in c.pwm else "Pin({}, Pin.OUT)"
        pins = zip(NAMES, self.device.pins(), strict=True)
        c.setup(self.device, *(f"{name} = {made.format(pin)}" for name, pin in pins))

    def shine(self, x: Expect, shares: tuple[float, ...]) -> None:
        """Shares 0 to 1 of the three colours."""
        for pin, share in zip(self.device.pins(), shares, strict=True):
            if self.device in x.pwm:
                x.set(("duty", pin), 100 * share)
            else:
                x.set(("pin", pin), int(share))


class RgbSet(_Rgb):
    """An RGB LED in a colour that has a name, or dark."""

    kind: Literal["rgb_set", "rgb_off"]
    mode: ClassVar[Mode] = "steady"
    name: str = ""

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        return {"rgb": self.name} if self.name else {}

    def code(self, c: Code) -> None:
        self.lit(c, MIXED.get(self.name, DARK))

    def expect(self, x: Expect) -> None:
        self.shine(x, MIXED.get(self.name, DARK))

    def opposite(self) -> Body | None:
        return RgbSet(kind="rgb_off", device=self.device) if self.kind == "rgb_set" else None


class RgbMix(_Rgb):
    """Three numbers from 0 to 255, as duties."""

    kind: Literal["rgb_mix"] = "rgb_mix"
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "rgb_mix"
    pwm: ClassVar[bool] = True
    r: Quantity
    g: Quantity
    b: Quantity

    def slots(self) -> dict[str, Spoken | str]:
        return {"r": self.r, "g": self.g, "b": self.b}

    def code(self, c: Code) -> None:
        self.wire(c)
        for name, level in zip(NAMES, (self.r, self.g, self.b), strict=True):
            c.line(f"{name}.duty_u16({level.value} * 257)")

    def expect(self, x: Expect) -> None:
        self.shine(x, tuple(q.number / 255 for q in (self.r, self.g, self.b)))

    def opposite(self) -> Body:
        return RgbSet(kind="rgb_off", device=self.device)


class RgbFor(_Rgb):
    """A colour for a time, then off."""

    kind: Literal["rgb_for"] = "rgb_for"
    rule: ClassVar[str] = "rgb_for"
    name: str
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {"rgb": self.name, "time": self.time}

    def code(self, c: Code) -> None:
        self.lit(c, MIXED[self.name])
        c.sleep(self.time)
        self.lit(c, DARK)

    def expect(self, x: Expect) -> None:
        self.shine(x, MIXED[self.name])
        x.wait(self.time.seconds)
        self.shine(x, DARK)


class RgbBlink(_Rgb):
    """A colour on and off, for ever or a number of times."""

    kind: Literal["rgb_blink", "rgb_blink_n"]
    rule: ClassVar[str] = "rgb_blink"
    name: str
    time: Time
    times: Quantity | None = None

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "timed" if self.times else "endless"

    def flags(self) -> set[str]:
        return {"counted"} if self.times else {"endless"}

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"rgb": self.name}
        if not self.time.assumed:
            said[self.time.slot] = self.time
        return {**said, "count": self.times} if self.times else said

    def open_timing(self) -> bool:
        return self.time.assumed

    def _cycle(self, c: Code) -> None:
        self.lit(c, MIXED[self.name])
        c.sleep(self.time)
        self.lit(c, DARK)
        c.sleep(self.time)

    def code(self, c: Code) -> None:
        with c.repeated(self.times):
            self._cycle(c)

    def expect(self, x: Expect) -> None:
        for _ in range(int(self.times.value) if self.times else 1):
            self.shine(x, MIXED[self.name])
            x.wait(self.time.seconds)
            self.shine(x, DARK)
            x.wait(self.time.seconds)


class RgbCycle(_Rgb):
    """Colours in turn, once or for ever."""

    kind: Literal["rgb_cycle", "rgb_once"]
    rule: ClassVar[str] = "rgb_cycle"
    names: tuple[str, ...]
    time: Time

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "timed" if self.kind == "rgb_once" else "endless"

    def flags(self) -> set[str]:
        return {"once"} if self.kind == "rgb_once" else {"endless"}

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {f"c{i}": n for i, n in enumerate(self.names, 1)}
        return said if self.time.assumed else {**said, "time": self.time}

    def open_timing(self) -> bool:
        return self.time.assumed

    def code(self, c: Code) -> None:
        self.wire(c)
        levels = ", ".join(str(MIXED[n]) for n in self.names)
        with c.block(f"for r, g, b in ({levels}):"):
            for name, level in zip(NAMES, "rgb", strict=True):
                if self.device in c.pwm:
                    c.line(f"{name}.duty_u16({level} * 65535)")
                else:
                    c.line(f"{name}.value({level})")
            c.sleep(self.time)
        if self.kind == "rgb_once":
            self.lit(c, DARK)

    def expect(self, x: Expect) -> None:
        for name in self.names:
            self.shine(x, MIXED[name])
            x.wait(self.time.seconds)
        if self.kind == "rgb_once":
            self.shine(x, DARK)


class RgbRandom(_Rgb):
    """A colour of chance."""

    kind: Literal["rgb_random"] = "rgb_random"
    rule: ClassVar[str] = "rgb_random"
    pwm: ClassVar[bool] = True

    def open_timing(self) -> bool:
        return True

    def code(self, c: Code) -> None:
        self.wire(c)
        c.import_("random")
        for name in NAMES:
            c.line(f"{name}.duty_u16(random.randint(0, 65535))")

    def expect(self, x: Expect) -> None:
        for pin in self.device.pins():
            x.claim(op="range", sig=["pwm", pin], min=0.002, max=1, when="sometime")


def _rgb(d: Draw) -> Device:
    return d.part("rgb", 3)


def _colour(d: Draw) -> str:
    return d.rng.choice((*MIXED, "red", "green", "blue"))


def _time(d: Draw) -> Time:
    return Time(value="0.5", assumed=True) if d.chance(0.25) else d.time(0.1, 4)


@action("rgb_set", weight=2.4)
@action("rgb_off", weight=0.5)
def _set(d: Draw, kind: str) -> Body:
    name = _colour(d) if kind == "rgb_set" else ""
    return RgbSet(kind=kind, device=_rgb(d), name=name)  # type: ignore[arg-type]


@action("rgb_mix", weight=0.9)
def _mix(d: Draw, kind: str) -> Body:
    levels = [
        Quantity(kind="int", value=str(d.rng.choice((0, 255, d.rng.randint(1, 254))))) for _ in range(3)
    ]
    if all(q.value == "0" for q in levels):
        levels[0] = Quantity(kind="int", value="255")
    return RgbMix(device=_rgb(d), r=levels[0], g=levels[1], b=levels[2])


@action("rgb_for", weight=1)
def _for(d: Draw, kind: str) -> Body:
    return RgbFor(device=_rgb(d), name=_colour(d), time=d.time(0.2, 20))


@action("rgb_blink", weight=1)
@action("rgb_blink_n", weight=0.7)
def _blink(d: Draw, kind: str) -> Body:
    times = d.count(2, 10) if kind == "rgb_blink_n" else None
    time = draw_rate(d.rng, 0.1, 3) if d.chance(0.15) else _time(d)
    return RgbBlink(kind=kind, device=_rgb(d), name=_colour(d), time=time, times=times)  # type: ignore[arg-type]


@action("rgb_cycle", weight=1.2)
@action("rgb_once", weight=0.5)
def _cycle(d: Draw, kind: str) -> Body:
    names = d.rng.sample(list(MIXED), d.rng.choice((2, 3, 3, 4)))
    if d.chance(0.3):
        names = ["red", "green", "blue"]
    return RgbCycle(kind=kind, device=_rgb(d), names=tuple(names), time=_time(d))  # type: ignore[arg-type]


@action("rgb_random", weight=0.4, only=("press", "release", "every"))
def _random(d: Draw, kind: str) -> Body:
    return RgbRandom(device=_rgb(d))
