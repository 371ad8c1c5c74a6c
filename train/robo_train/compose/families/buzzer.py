"""Buzzers: tones, beeps, alarms, melodies."""

from __future__ import annotations

from typing import ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import OUTPUTS, Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Device, Mode

DEFAULT_HZ = 1000
BEEP_S = 0.2


class _Buzzer(Action):
    device: Device

    def name(self, c: Code) -> str:
        c.machine("Pin", "PWM")
        name = c.names[self.device]
        return c.setup(self.device, f"{name} = PWM(Pin({self.device.pin}), freq={DEFAULT_HZ}, duty_u16=0)")

    def sound(self, c: Code, hz: Quantity | None) -> None:
        name = self.name(c)
        if hz:
            c.line(f"{name}.freq({hz.value})")
        c.line(f"{name}.duty_u16(32768)")

    def silence(self, c: Code) -> None:
        c.line(f"{self.name(c)}.duty_u16(0)")

    def tone(self, x: Expect, hz: Quantity | None, on: bool = True) -> None:
        key = ("hz", self.device)
        if hz:
            x.memory[key] = int(hz.value)
        x.set(("tone", self.device.pin), x.memory.get(key, DEFAULT_HZ) if on else 0)


class Silence(_Buzzer):
    """No tone."""

    kind: Literal["silence"] = "silence"
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "buzzer_off"

    def code(self, c: Code) -> None:
        self.silence(c)

    def expect(self, x: Expect) -> None:
        self.tone(x, None, on=False)


class Sound(_Buzzer):
    """A tone that goes on."""

    kind: Literal["sound"] = "sound"
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "buzzer_on"
    hz: Quantity | None = None

    def slots(self) -> dict[str, Spoken | str]:
        return {"freq": self.hz} if self.hz else {}

    def code(self, c: Code) -> None:
        self.sound(c, self.hz)

    def expect(self, x: Expect) -> None:
        self.tone(x, self.hz)

    def opposite(self) -> Body:
        return Silence(device=self.device)


class Tone(_Buzzer):
    """A tone for a time."""

    kind: Literal["tone"] = "tone"
    rule: ClassVar[str] = "buzzer_tone"
    hz: Quantity | None = None
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time, **({"freq": self.hz} if self.hz else {})}

    def code(self, c: Code) -> None:
        self.sound(c, self.hz)
        c.sleep(self.time)
        self.silence(c)

    def expect(self, x: Expect) -> None:
        self.tone(x, self.hz)
        x.wait(self.time.seconds)
        self.tone(x, None, on=False)


class Beep(_Buzzer):
    """Short tones: `times` of them, or for ever; `time` on and off."""

    kind: Literal["beep", "beep_n"]
    hz: Quantity | None = None
    times: Quantity | None = None
    time: Time

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "timed" if self.kind == "beep_n" else "endless"

    @property
    def rule(self) -> str:
        return "buzzer_beep"

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {}
        if not self.time.assumed:
            said[self.time.slot] = self.time
        if self.times:
            said["count"] = self.times
        if self.hz:
            said["freq"] = self.hz
        return said

    def flags(self) -> set[str]:
        if self.kind == "beep":
            return {"endless"}
        return {"counted"} if self.times else {"single"}

    def open_timing(self) -> bool:
        return self.time.assumed

    def _cycle(self, c: Code, hz: Quantity | None) -> None:
        self.sound(c, hz)
        c.sleep(self.time)
        self.silence(c)
        if self.kind == "beep" or self.times:
            c.sleep(self.time)

    def code(self, c: Code) -> None:
        if not self.times:
            self._cycle(c, self.hz)
            return
        if self.hz:
            c.line(f"{self.name(c)}.freq({self.hz.value})")
        with c.block(f"for _ in range({self.times.value}):"):
            self._cycle(c, None)

    def expect(self, x: Expect) -> None:
        if self.hz:
            x.memory["hz", self.device] = int(self.hz.value)
        for _ in range(int(self.times.value) if self.times else 1):
            self.tone(x, None)
            x.wait(self.time.seconds)
            self.tone(x, None, on=False)
            if self.kind == "beep" or self.times:
                x.wait(self.time.seconds)


class Siren(_Buzzer):
    """Two tones in turn, for ever."""

    kind: Literal["siren"] = "siren"
    mode: ClassVar[Mode] = "endless"
    rule: ClassVar[str] = "buzzer_siren"
    low: Quantity
    high: Quantity
    time: Time
    default: bool = False

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {} if self.default else {"from": self.low, "to": self.high}
        if not self.time.assumed:
            said["time"] = self.time
        return said

    def open_timing(self) -> bool:
        return self.time.assumed

    def code(self, c: Code) -> None:
        for hz in (self.low, self.high):
            self.sound(c, hz)
            c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        for hz in (self.low, self.high):
            self.tone(x, hz)
            x.wait(self.time.seconds)

    def opposite(self) -> Body:
        return Silence(device=self.device)


class Melody(_Buzzer):
    """Several tones of one length, then silence."""

    kind: Literal["melody"] = "melody"
    rule: ClassVar[str] = "buzzer_melody"
    tones: tuple[Quantity, ...]
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {f"f{i}": hz for i, hz in enumerate(self.tones, 1)}
        if not self.time.assumed:
            said["time"] = self.time
        return said

    def open_timing(self) -> bool:
        return self.time.assumed

    def code(self, c: Code) -> None:
        name = self.name(c)
        with c.block(f"for tone in ({', '.join(t.value for t in self.tones)}):"):
            c.line(f"{name}.freq(tone)")
            c.line(f"{name}.duty_u16(32768)")
            c.sleep(self.time)
        c.line(f"{name}.duty_u16(0)")

    def expect(self, x: Expect) -> None:
        for hz in self.tones:
            self.tone(x, hz)
            x.wait(self.time.seconds)
        self.tone(x, None, on=False)


def _buzzer(d: Draw) -> Device:
    return d.device("buzzer", OUTPUTS)


def _hz(d: Draw, p: float) -> Quantity | None:
    return d.freq() if d.chance(p) else None


@action("sound", weight=1.6)
def _sound(d: Draw, kind: str) -> Body:
    return Sound(device=_buzzer(d), hz=_hz(d, 0.7))


@action("tone", weight=2)
def _tone(d: Draw, kind: str) -> Body:
    return Tone(device=_buzzer(d), hz=_hz(d, 0.75), time=d.time(0.1, 6))


@action("beep", weight=1.2)
@action("beep_n", weight=2.4)
def _beep(d: Draw, kind: str) -> Body:
    time = Time(value="0.2", assumed=True) if d.chance(0.5) else d.time(0.05, 2, hz=kind == "beep")
    times = d.count(2, 12) if kind == "beep_n" and d.chance(0.8) else None
    if kind == "beep_n" and not times:
        time = Time(value="0.2", assumed=True)
    return Beep(kind=kind, device=_buzzer(d), hz=_hz(d, 0.3), times=times, time=time)  # type: ignore[arg-type]


@action("siren", weight=1.3)
def _siren(d: Draw, kind: str) -> Body:
    time = Time(value="0.5", assumed=True) if d.chance(0.5) else d.time(0.1, 2)
    if d.chance(0.4):
        low, high = Quantity(kind="freq", value="600"), Quantity(kind="freq", value="900")
        return Siren(device=_buzzer(d), low=low, high=high, time=time, default=True)
    low, high = d.freq(), d.freq()
    while abs(int(low.value) - int(high.value)) < 60:
        low, high = d.freq(), d.freq()
    return Siren(device=_buzzer(d), low=low, high=high, time=time)


@action("melody", weight=0.9)
def _melody(d: Draw, kind: str) -> Body:
    tones = [d.freq()]
    for _ in range(d.rng.randint(1, 3)):
        hz = d.freq()
        while abs(int(hz.value) - int(tones[-1].value)) < 30:
            hz = d.freq()
        tones.append(hz)
    time = Time(value="0.5", assumed=True) if d.chance(0.3) else d.time(0.1, 2)
    return Melody(device=_buzzer(d), tones=tuple(tones), time=time)
