"""LEDs switched, toggled and blinked; dimmed and faded with PWM."""

from __future__ import annotations

from typing import ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.numbers import DUTY_TOP, Quantity, Time, draw_duty, percent
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Device, Mode


class _Led(Action):
    device: Device

    def switch(self, c: Code, on: bool) -> None:
        name = c.led(self.device)
        if self.device in c.pwm:
            c.line(f"{name}.duty_u16({65535 if on else 0})")
        else:
            c.line(f"{name}.{'on' if on else 'off'}()")

    def shine(self, x: Expect, on: bool) -> None:
        x.light(self.device, 100 if on else 0)


class Switch(_Led):
    """An LED on or off."""

    kind: Literal["on", "off"]
    mode: ClassVar[Mode] = "steady"

    @property
    def rule(self) -> str:
        return f"led_{self.kind}"

    def code(self, c: Code) -> None:
        self.switch(c, self.kind == "on")

    def expect(self, x: Expect) -> None:
        self.shine(x, self.kind == "on")

    def opposite(self) -> Body:
        return Switch(kind="off" if self.kind == "on" else "on", device=self.device)


class Toggle(_Led):
    """An LED switched over."""

    kind: Literal["toggle"] = "toggle"
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "led_toggle"

    def code(self, c: Code) -> None:
        name = c.led(self.device)
        c.line(f"{name}.value(not {name}.value())")

    def expect(self, x: Expect) -> None:
        x.light(self.device, 0 if x.value(("pin", self.device.pin)) else 100)


class OnFor(_Led):
    """On for a time, then off."""

    kind: Literal["on_for"] = "on_for"
    rule: ClassVar[str] = "led_on_for"
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def code(self, c: Code) -> None:
        self.switch(c, True)
        c.sleep(self.time)
        self.switch(c, False)

    def expect(self, x: Expect) -> None:
        self.shine(x, True)
        x.wait(self.time.seconds)
        self.shine(x, False)


class Blink(_Led):
    """On and off, for ever (`times` None) or a number of times."""

    kind: Literal["blink", "blink_n"] = "blink"
    on: Time
    off: Time | None = None
    times: Quantity | None = None

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "timed" if self.times else "endless"

    @property
    def rule(self) -> str:
        return "led_blink"

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {}
        if self.off:
            said |= {"on": self.on, "off": self.off}
        elif not self.on.assumed:
            said[self.on.slot] = self.on
        if self.times:
            said["count"] = self.times
        return said

    def flags(self) -> set[str]:
        return {"counted"} if self.times else {"endless"}

    def open_timing(self) -> bool:
        return self.on.assumed

    def cycle(self, c: Code) -> None:
        self.switch(c, True)
        c.sleep(self.on)
        self.switch(c, False)
        c.sleep(self.off or self.on)

    def code(self, c: Code) -> None:
        with c.repeated(self.times):
            self.cycle(c)

    def expect(self, x: Expect) -> None:
        for _ in range(int(self.times.value) if self.times else 1):
            self.shine(x, True)
            x.wait(self.on.seconds)
            self.shine(x, False)
            x.wait((self.off or self.on).seconds)


class Dim(_Led):
    """A steady brightness: in percent, or as a duty of 0 to 255, 1023 or 65535."""

    kind: Literal["dim"] = "dim"
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "led_dim"
    pwm: ClassVar[bool] = True
    percent: Quantity

    def slots(self) -> dict[str, Spoken | str]:
        return {self.percent.kind: self.percent}

    def code(self, c: Code) -> None:
        top = DUTY_TOP.get(self.percent.unit, 100)
        scale = "" if top == 65535 else f" * 65535 // {top}"
        c.line(f"{c.led(self.device)}.duty_u16({self.percent.value}{scale})")

    def expect(self, x: Expect) -> None:
        x.light(self.device, 100 * self.percent.number / DUTY_TOP.get(self.percent.unit, 100))

    def opposite(self) -> Body:
        return Switch(kind="off", device=self.device)


class Fade(_Led):
    """Brightness up (in), down (out) or both for ever (breathe)."""

    kind: Literal["fade_in", "fade_out", "breathe"]
    pwm: ClassVar[bool] = True
    time: Time | None = None

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "endless" if self.kind == "breathe" else "timed"

    @property
    def rule(self) -> str:
        return f"led_{self.kind}"

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time} if self.time else {}

    def open_timing(self) -> bool:
        return self.time is None

    def code(self, c: Code) -> None:
        if self.kind != "fade_out":
            self._ramp(c, "101")
        if self.kind != "fade_in":
            self._ramp(c, "100, -1, -1")

    def _ramp(self, c: Code, steps: str) -> None:
        name = c.led(self.device)
        c.import_("time")
        with c.block(f"for level in range({steps}):"):
            c.line(f"{name}.duty_u16(level * 65535 // 100)")
            if self.time is None:
                c.line("time.sleep_ms(10)")
            elif self.time.unit == "ms":
                c.line(f"time.sleep_ms({self.time.value} // 100)")
            else:
                c.line(f"time.sleep({self.time.value} / 100)")

    def expect(self, x: Expect) -> None:
        step = self.time.seconds / 100 if self.time else 0.01
        if self.kind != "fade_out":
            for level in range(101):
                x.light(self.device, level)
                x.wait(step)
        if self.kind != "fade_in":
            for level in range(100, -1, -1):
                x.light(self.device, level)
                x.wait(step)


class Pattern(_Led):
    """Known rhythms, for ever: a heartbeat, SOS in Morse code."""

    kind: Literal["heartbeat", "sos"]
    mode: ClassVar[Mode] = "endless"

    @property
    def rule(self) -> str:
        return f"led_{self.kind}"

    def open_timing(self) -> bool:
        return True

    def code(self, c: Code) -> None:
        if self.kind == "heartbeat":
            for ms in (100, 700):
                self.switch(c, True)
                c.pause_ms(100)
                self.switch(c, False)
                c.pause_ms(ms)
            return
        with c.block("for length in (1, 1, 1, 3, 3, 3, 1, 1, 1):"):
            self.switch(c, True)
            c.line("time.sleep(length * 0.2)")
            self.switch(c, False)
            c.sleep(Time(value="0.2"))
        c.sleep(Time(value="1"))

    def expect(self, x: Expect) -> None:
        beats = ((0.1, 0.1), (0.1, 0.7))
        if self.kind == "sos":
            beats = tuple((0.2 * n, 0.2) for n in (1, 1, 1, 3, 3, 3, 1, 1, 1))  # type: ignore[assignment]
        for on, off in beats:
            self.shine(x, True)
            x.wait(on)
            self.shine(x, False)
            x.wait(off)
        x.wait(1 if self.kind == "sos" else 0)


@action("heartbeat", weight=0.4)
@action("sos", weight=0.4)
def _pattern(d: Draw, kind: str) -> Body:
    return Pattern(kind=kind, device=d.led())  # type: ignore[arg-type]


@action("on", weight=3)
@action("off", weight=1.2)
def _switch(d: Draw, kind: str) -> Body:
    return Switch(kind=kind, device=d.led())  # type: ignore[arg-type]


@action("toggle", weight=0.8, only=("press", "release", "every"))
def _toggle(d: Draw, kind: str) -> Body:
    return Toggle(device=d.led())


@action("on_for", weight=1.6)
def _on_for(d: Draw, kind: str) -> Body:
    return OnFor(device=d.led(), time=d.time(0.1, 12))


@action("blink", weight=4)
@action("blink_n", weight=3)
def _blink(d: Draw, kind: str) -> Body:
    times = d.count(2, 20) if kind == "blink_n" else None
    device = d.led()
    shape = d.rng.random()
    if shape < 0.12:
        return Blink(kind=kind, device=device, on=Time(value="0.5", assumed=True), times=times)  # type: ignore[arg-type]
    if shape < 0.3:
        return Blink(kind=kind, device=device, on=d.time(0.05, 5), off=d.time(0.05, 5), times=times)  # type: ignore[arg-type]
    return Blink(kind=kind, device=device, on=d.time(0.03, 5, hz=True), times=times)  # type: ignore[arg-type]


@action("dim", weight=1.6)
def _dim(d: Draw, kind: str) -> Body:
    if d.chance(0.15):
        return Dim(device=d.led(), percent=draw_duty(d.rng))
    if d.chance(0.1):  # "half as bright" is what most people ask for
        return Dim(device=d.led(), percent=percent(d.rng.choice((25, 50, 50, 75))))
    return Dim(device=d.led(), percent=d.percent(1, 99))


@action("fade_in", weight=0.8)
@action("fade_out", weight=0.7)
@action("breathe", weight=1.2)
def _fade(d: Draw, kind: str) -> Body:
    time = d.time(0.5, 8) if d.rng.random() < 0.6 else None
    while time and time.unit == "ms" and int(time.value) % 100:  # 100 steps of whole milliseconds
        time = d.time(0.5, 8)
    return Fade(kind=kind, device=d.led(), time=time)  # type: ignore[arg-type]
