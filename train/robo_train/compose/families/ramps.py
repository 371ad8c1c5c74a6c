"""LEDs that change as they go: ever faster, Morse code, cross-fades, candle light, steps; a PWM signal."""

from __future__ import annotations

from typing import ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import OUTPUTS, Draw, Unfit, action
from robo_train.compose.expect import Expect
from robo_train.compose.families.led import _Led
from robo_train.compose.families.multi import pins
from robo_train.compose.numbers import Quantity, Text, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Device, Mode

_SIGNS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.--"
    " --.."
)
MORSE = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", _SIGNS.split(), strict=True))
_WORDS = (
    "SOS HI TOM MIA LEO EVA BEN TIM ROBOT CAT DOG SUN HELP YES NO OK LOVE STOP GO KAI LISA PAUL EMMA JAN ADA"
    " SAM HELLO FUN MAX IDA ZOE CQ TEST STAR MOON LUNA FELIX NOAH QUIZ JOY"
).split()


class Hurry(_Led):
    """Blinking that gets faster (or slower) by a step of milliseconds each time."""

    kind: Literal["blink_faster", "blink_slower"]
    start: Quantity
    end: Quantity
    step: Quantity

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        return {"from": self.start, "to": self.end, "step": self.step}

    def code(self, c: Code) -> None:
        up = self.kind == "blink_slower"
        last = f"{self.end.value} {'+' if up else '-'} 1"
        c.import_("time")
        with c.block(
            f"for pause in range({self.start.value}, {last}, {'' if up else '-'}{self.step.value}):"
        ):
            self.switch(c, True)
            c.line("time.sleep_ms(pause)")
            self.switch(c, False)
            c.line("time.sleep_ms(pause)")

    def expect(self, x: Expect) -> None:
        a, b, step = (int(q.value) for q in (self.start, self.end, self.step))
        for pause in range(a, b + 1, step) if a < b else range(a, b - 1, -step):
            self.shine(x, True)
            x.wait(pause / 1000)
            self.shine(x, False)
            x.wait(pause / 1000)


class Morse(_Led):
    """A word in Morse code, once or for ever."""

    kind: Literal["morse", "morse_loop"]
    word: str
    dot: Quantity
    assumed: bool

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "endless" if self.kind == "morse_loop" else "timed"

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"text": Text(text=self.word)}
        return said if self.assumed else {**said, "dot": self.dot}

    def open_timing(self) -> bool:
        return self.assumed

    def code(self, c: Code) -> None:
        c.import_("time")
        letters = ", ".join(f'"{MORSE[letter]}"' for letter in self.word)
        dot = self.dot.value
        with c.block(f"for letter in ({letters}):"):
            with c.block("for sign in letter:"):
                self.switch(c, True)
                c.line(f'time.sleep_ms({dot} if sign == "." else 3 * {dot})')
                self.switch(c, False)
                c.line(f"time.sleep_ms({dot})")
            c.line(f"time.sleep_ms(2 * {dot})")
        if self.kind == "morse_loop":
            c.line(f"time.sleep_ms(4 * {dot})")

    def expect(self, x: Expect) -> None:
        dot = int(self.dot.value) / 1000
        for letter in self.word:
            for sign in MORSE[letter]:
                self.shine(x, True)
                x.wait(dot if sign == "." else 3 * dot)
                self.shine(x, False)
                x.wait(dot)
            x.wait(2 * dot)
        if self.kind == "morse_loop":
            x.wait(4 * dot)


class DimSteps(_Led):
    """Several brightnesses one after the other, each for a time; the last one stays."""

    kind: Literal["dim_steps"] = "dim_steps"
    rule: ClassVar[str] = "dim_steps"
    pwm: ClassVar[bool] = True
    levels: tuple[Quantity, ...]
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {**{f"x{i}": q for i, q in enumerate(self.levels, 1)}, "time": self.time}

    def code(self, c: Code) -> None:
        name = c.led(self.device)
        with c.block(f"for percent in ({', '.join(q.value for q in self.levels)}):"):
            c.line(f"{name}.duty_u16(percent * 65535 // 100)")
            c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        for q in self.levels:
            x.light(self.device, int(q.value))
            x.wait(self.time.seconds)


class Candle(_Led):
    """Random brightness, again and again."""

    kind: Literal["candle"] = "candle"
    mode: ClassVar[Mode] = "endless"
    rule: ClassVar[str] = "candle"
    pwm: ClassVar[bool] = True

    def open_timing(self) -> bool:
        return True

    def code(self, c: Code) -> None:
        c.import_("random")
        c.line(f"{c.led(self.device)}.duty_u16(random.randint(10, 100) * 65535 // 100)")
        c.pause_ms(80)

    def expect(self, x: Expect) -> None:
        """Now dark, now bright, never out."""
        sig = ["pwm", self.device.pin]
        for low, high in ((0.03, 0.45), (0.6, 0.98)):
            x.claim(op="range", sig=sig, min=low, max=high, when="sometime")
        x.wait(1.0)


class CrossFade(Body):
    """While one LED gets brighter the other gets darker, and back, for ever."""

    kind: Literal["crossfade"] = "crossfade"
    mode: ClassVar[Mode] = "endless"
    rule: ClassVar[str] = "crossfade"
    lists: ClassVar[bool] = True
    first: Device
    second: Device
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        said = pins((self.first, self.second))
        return said if self.time.assumed else {**said, "time": self.time}

    def open_timing(self) -> bool:
        return self.time.assumed

    def code(self, c: Code) -> None:
        c.machine("Pin", "PWM")
        names = [
            c.setup(d, f"{c.names[d]} = PWM(Pin({d.pin}), freq=1000, duty_u16=0)")
            for d in (self.first, self.second)
        ]
        for steps in ("101", "100, -1, -1"):
            with c.block(f"for level in range({steps}):"):
                c.line(f"{names[0]}.duty_u16(level * 65535 // 100)")
                c.line(f"{names[1]}.duty_u16((100 - level) * 65535 // 100)")
                c.import_("time")
                if self.time.unit == "ms":
                    c.line(f"time.sleep_ms({self.time.value} // 100)")
                else:
                    c.line(f"time.sleep({self.time.value} / 100)")

    def expect(self, x: Expect) -> None:
        for level in (*range(101), *range(100, -1, -1)):
            x.set(("duty", self.first.pin), level)
            x.set(("duty", self.second.pin), 100 - level)
            x.wait(self.time.seconds / 100)


class Signal(Action):
    """A PWM signal of a frequency and a duty cycle on a pin."""

    kind: Literal["pwm_signal"] = "pwm_signal"
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "pwm_signal"
    device: Device
    freq: Quantity
    percent: Quantity

    def slots(self) -> dict[str, Spoken | str]:
        return {"freq": self.freq, "percent": self.percent}

    def code(self, c: Code) -> None:
        c.machine("Pin", "PWM")
        d = self.device
        name = c.setup(d, f"{c.names[d]} = PWM(Pin({d.pin}), freq={self.freq.value}, duty_u16=0)")
        c.line(f"{name}.duty_u16({self.percent.value} * 65535 // 100)")

    def expect(self, x: Expect) -> None:
        x.set(("duty", self.device.pin), int(self.percent.value))
        x.claim(op="tone", key=self.device.pin, hz=int(self.freq.value), when="sometime", lasting=0.05)


def _ms(n: int) -> Quantity:
    return Quantity(kind="msec", value=str(n))


@action("blink_faster", weight=0.7)
@action("blink_slower", weight=0.4)
def _hurry(d: Draw, kind: str) -> Body:
    step = d.rng.choice((10, 20, 25, 50, 50, 100, 100))
    low = step * d.rng.randint(1, 4)
    high = low + step * d.rng.randint(4, 12)
    a, b = (high, low) if kind == "blink_faster" else (low, high)
    if low < 40:
        raise Unfit
    return Hurry(kind=kind, device=d.led(), start=_ms(a), end=_ms(b), step=_ms(step))  # type: ignore[arg-type]


@action("morse", weight=0.8)
@action("morse_loop", weight=0.5)
def _morse(d: Draw, kind: str) -> Body:
    assumed = d.chance(0.5)
    dot = 200 if assumed else d.rng.choice((50, 80, 100, 120, 150, 200, 250, 300))
    return Morse(kind=kind, device=d.led(), word=d.rng.choice(_WORDS), dot=_ms(dot), assumed=assumed)  # type: ignore[arg-type]


@action("dim_steps", weight=0.7)
def _dim_steps(d: Draw, kind: str) -> Body:
    levels = [d.percent(1, 100) for _ in range(d.rng.choice((3, 3, 4)))]
    if len({q.value for q in levels}) < len(levels):
        raise Unfit
    if d.chance(0.6):
        levels.sort(key=lambda q: q.number, reverse=d.chance(0.3))
    return DimSteps(device=d.led(), levels=tuple(levels), time=d.time(0.2, 5))


@action("candle", weight=0.7, only=("start", "after"))
def _candle(d: Draw, kind: str) -> Body:
    return Candle(device=d.led())


@action("crossfade", weight=0.6, only=("start", "after"))
def _crossfade(d: Draw, kind: str) -> Body:
    leds = []
    for _ in range(2):
        leds.append(Device(type="led", pin=d.pin(OUTPUTS)))
        d.devices.append(leds[-1])
    time = Time(value="1", assumed=True) if d.chance(0.4) else d.time(0.5, 6)
    if time.unit == "ms" and int(time.value) % 100:
        raise Unfit
    return CrossFade(first=leds[0], second=leds[1], time=time)


@action("pwm_signal", weight=0.6, only=("start", "after", "press"))
def _signal(d: Draw, kind: str) -> Body:
    pin = d.pin(OUTPUTS)
    device = Device(type="pwm", pin=pin)
    d.devices.append(device)
    freq = d.rng.choice((200, 500, 1000, 1000, 2000, 5000, 10000, 20000, 25 * d.rng.randint(8, 200)))
    return Signal(device=device, freq=Quantity(kind="freq", value=str(freq)), percent=d.percent(5, 95))
