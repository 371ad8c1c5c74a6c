"""Rows of LEDs that blink in turn, together or as a running light so many times; a metronome."""

from __future__ import annotations

from typing import ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.families.buzzer import _Buzzer, _buzzer
from robo_train.compose.families.multi import _Leds, _leds
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Body, Mode

_TICK_MS = 50


class Counted(_Leds):
    """In turn (two LEDs), together, or one after the other, a number of times; all are dark afterwards."""

    kind: Literal["alternate_n", "together_n", "chaser_n"]
    mode: ClassVar[Mode] = "timed"
    times: Quantity
    time: Time

    @property
    def rule(self) -> str:
        return f"leds_{self.kind}"

    def open_timing(self) -> bool:
        return self.time.assumed

    def slots(self) -> dict[str, Spoken | str]:
        said = {**super().slots(), "count": self.times}
        return said if self.time.assumed else {**said, "time": self.time}

    def code(self, c: Code) -> None:
        if self.kind == "chaser_n":
            c.machine("Pin")
            c.setup("leds", f"leds = [Pin(n, Pin.OUT) for n in ({', '.join(str(d.pin) for d in self.leds)})]")
            with c.repeated(self.times), c.block("for led in leds:"):
                c.line("led.on()")
                c.sleep(self.time)
                c.line("led.off()")
            return
        names = [c.led(d) for d in self.leds]
        with c.repeated(self.times):
            for on in (True, False):
                for i, name in enumerate(names):
                    lit = on != (self.kind == "alternate_n" and i == 1)
                    c.line(f"{name}.{'on' if lit else 'off'}()")
                c.sleep(self.time)
        if self.kind == "alternate_n":
            c.line(f"{names[1]}.off()")

    def expect(self, x: Expect) -> None:
        for _ in range(int(self.times.value)):
            if self.kind == "chaser_n":
                for led in self.leds:
                    x.light(led, 100)
                    x.wait(self.time.seconds)
                    x.light(led, 0)
                continue
            for on in (True, False):
                for i, led in enumerate(self.leds):
                    x.light(led, 100 if on != (self.kind == "alternate_n" and i == 1) else 0)
                x.wait(self.time.seconds)
        if self.kind == "alternate_n":
            x.light(self.leds[1], 0)


class Metronome(_Buzzer):
    """A short tick so many times a minute."""

    kind: Literal["metronome"] = "metronome"
    mode: ClassVar[Mode] = "endless"
    rule: ClassVar[str] = "metronome"
    bpm: Quantity

    def slots(self) -> dict[str, Spoken | str]:
        return {"bpm": self.bpm}

    def code(self, c: Code) -> None:
        self.sound(c, None)
        c.pause_ms(_TICK_MS)
        self.silence(c)
        c.import_("time")
        c.line(f"time.sleep(60 / {self.bpm.value} - 0.05)")

    def expect(self, x: Expect) -> None:
        self.tone(x, None)
        x.wait(_TICK_MS / 1000)
        self.tone(x, None, on=False)
        x.wait(60 / self.bpm.number - _TICK_MS / 1000)


@action("alternate_n", weight=0.8)
@action("together_n", weight=0.6)
@action("chaser_n", weight=0.8)
def _counted(d: Draw, kind: str) -> Body:
    n = {"alternate_n": 2, "together_n": d.rng.choice((2, 2, 3))}.get(kind, d.rng.choice((3, 3, 4, 5)))
    time = Time(value="0.5", assumed=True) if d.chance(0.2) else d.time(0.05, 2)
    if kind == "chaser_n" and time.assumed:
        time = Time(value="0.2", assumed=True)
    return Counted(kind=kind, leds=_leds(d, n), times=d.count(2, 12), time=time)  # type: ignore[arg-type]


@action("metronome", weight=0.7, only=("start", "while", "after"))
def _metronome(d: Draw, kind: str) -> Body:
    bpm = d.rng.choice((60, 80, 90, 100, 100, 120, 120, 140, d.rng.randint(40, 200)))
    return Metronome(device=_buzzer(d), bpm=Quantity(kind="int", value=str(bpm)))
