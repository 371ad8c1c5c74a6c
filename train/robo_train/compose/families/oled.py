"""An SSD1306 OLED on I2C: texts, counting, readings, the state of a button."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import INPUTS, Draw, action, rule
from robo_train.compose.expect import Expect
from robo_train.compose.families.analog import FULL_SCALE_V, adc, analog, key
from robo_train.compose.families.sensors import dht, reading, sonar
from robo_train.compose.numbers import Quantity, Text, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Device, Mode, Rule

SHOW_S = 0.0236
"""Sending the whole picture takes this long."""
SCREEN = ("display", 0)
TEXTS = (
    "Hello|Hello World|hello world|Hi|ready|done|OK|start|stop|on|off|ALARM|go|Welcome|Good morning|"
    "good night|danger|stop it|I love robots|123|42|bye|pressed|it works|Hallo|test|ROBOT|help|yes|no|party|"
    "Hi there!|Let's go|warning|open|closed|I am awake|ouch|game over|you win|score|level 1|free|busy|full|"
    "empty|water me|too hot|too cold|Please wait|Happy Birthday|Class 5b|Team Red|ESP32|MicroPython|room 12|"
    "do not enter"
).split("|")


def screen(c: Code, d: Device) -> None:
    """The set-up of the display."""
    c.machine("Pin", "I2C")
    c.from_("ssd1306", "SSD1306_I2C")
    c.setup(d, f"i2c = I2C(0, scl=Pin({d.pin}), sda=Pin({d.pin2}))", "oled = SSD1306_I2C(128, 64, i2c)")


def draw(c: Code, d: Device, *rows: tuple[str, str]) -> None:
    """A new picture of (expression of a text, y) rows."""
    screen(c, d)
    c.line("oled.fill(0)")
    for text, y in rows:
        c.line(f"oled.text({text}, 0, {y})")
    c.line("oled.show()")


def shown(x: Expect, *texts: str) -> None:
    """The lines that a display shows from now on; drawing them takes a moment."""
    x.wait(SHOW_S)
    x.set(SCREEN, texts)  # type: ignore[arg-type]


class _Oled(Action):
    device: Device


class Clear(_Oled):
    """An empty display."""

    kind: Literal["oled_clear"] = "oled_clear"
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "oled_clear"

    def code(self, c: Code) -> None:
        draw(c, self.device)

    def expect(self, x: Expect) -> None:
        shown(x)


class Show(_Oled):
    """A text in the first or a given line (counted from 1), or two texts in two lines."""

    kind: Literal["oled_show", "oled_line", "oled_two"]
    mode: ClassVar[Mode] = "steady"
    text: str
    line: Quantity | None = None
    second: str = ""

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"text": Text(text=self.text)}
        if self.line:
            said["line"] = self.line
        return {**said, "text2": Text(text=self.second)} if self.second else said

    def code(self, c: Code) -> None:
        y = f"({self.line.value} - 1) * 16" if self.line else "0"
        rows = [(f'"{self.text}"', y)]
        if self.second:
            rows.append((f'"{self.second}"', "16"))
        draw(c, self.device, *rows)

    def expect(self, x: Expect) -> None:
        shown(x, self.text, *filter(None, (self.second,)))

    def opposite(self) -> Body:
        return Clear(device=self.device)


class Count(_Oled):
    """Counting up for ever, from 0 or 1."""

    kind: Literal["oled_count"] = "oled_count"
    mode: ClassVar[Mode] = "endless"
    rule: ClassVar[str] = "oled_count"
    start: Quantity | None = None
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {} if self.time.assumed else {"time": self.time}
        return {**said, "from": self.start} if self.start else said

    def open_timing(self) -> bool:
        return self.time.assumed

    def code(self, c: Code) -> None:
        screen(c, self.device)
        c.setup("count", f"count = {self.start.value if self.start else 0}")
        draw(c, self.device, ("str(count)", "0"))
        c.line("count += 1")
        c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        count = x.memory.get("count", int(self.start.value) if self.start else 0)
        shown(x, str(count))
        x.memory["count"] = count + 1
        x.wait(self.time.seconds)


class Countdown(_Oled):
    """From one number to another, once."""

    kind: Literal["oled_countdown", "oled_countup"]
    start: Quantity
    end: Quantity
    time: Time

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"from": self.start, "to": self.end}
        return said if self.time.assumed else {**said, "time": self.time}

    def open_timing(self) -> bool:
        return self.time.assumed

    def numbers(self) -> range:
        a, b = int(self.start.value), int(self.end.value)
        return range(a, b + 1) if a < b else range(a, b - 1, -1)

    def code(self, c: Code) -> None:
        a, b = self.start.value, self.end.value
        span = f"{a}, {b} + 1" if int(a) < int(b) else f"{a}, {b} - 1, -1"
        with c.block(f"for count in range({span}):"):
            draw(c, self.device, ("str(count)", "0"))
            c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        for n in self.numbers():
            shown(x, str(n))
            x.wait(self.time.seconds)


class Report(Rule):
    """A reading on the display, again and again."""

    kind: Literal["oled_raw", "oled_percent", "oled_temperature", "oled_humidity", "oled_distance"]
    polled: ClassVar[bool] = False
    device: Device
    display: Device
    time: Time
    named: ClassVar[dict[str, str]] = {"display": "display"}

    @property
    def rule(self) -> str:
        return self.kind

    @property
    def what(self) -> str:
        return self.kind.removeprefix("oled_")

    def flags(self) -> set[str]:
        if self.device.type == "analog":
            return {f"is_{key(self.device.label)}"}
        return {"dht22"} if self.device.label == "DHT22" else set()

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.time.assumed else {"time": self.time}

    def code(self, c: Code) -> None:
        with c.block("while True:"):
            if self.device.type == "analog":
                value = adc(c, self.device) + (" * 100 // 65535" if self.what == "percent" else "")
            else:
                value = reading(c, self.device, self.what)
            draw(c, self.display, (f"str({value})", "0"))
            c.sleep(self.time)

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def script(self) -> tuple[dict[str, Any], float]:
        t = round(1.5 * self.time.seconds + 0.1, 3)
        if self.device.type == "analog":
            return {"analog": {str(self.device.pin): [(0.0, 1.65), (t, 2.97)]}}, 2 * t
        first, then = {"temperature": (21.0, 33.0), "humidity": (40.0, 71.0), "distance": (50.0, 140.0)}[
            self.what
        ]
        return {self.what: [(0.0, first), (t, then)]}, 2 * t

    def _text(self, value: float) -> str:
        if self.device.type != "analog":
            return str(int(value))
        share = round(value / FULL_SCALE_V * 4095)
        raw = share << 4 | share >> 8
        return str(raw * 100 // 65535 if self.what == "percent" else raw)

    def checks(self, until: float) -> list[dict[str, Any]]:
        world, _ = self.script()
        series = world["analog"][str(self.device.pin)] if "analog" in world else world[self.what]
        (_, first), (change, then) = series
        margin = self.time.seconds + 0.3
        if self.what == "distance":  # measured in microseconds: 49.98 or 50.01
            texts = [("49.", "50."), ("139.", "140.")]
        else:
            texts = [(self._text(first),) * 2, (self._text(then),) * 2]
        spans = ({"from": 0.1, "to": change}, {"from": change + margin, "to": until + margin + 0.3})
        return [
            {"op": "any_of", "checks": [
                {"op": "display", "contains": t, "when": "always", **span} for t in dict.fromkeys(both)
            ]} if len(set(both)) > 1 else
            {"op": "display", "contains": both[0], "when": "always", **span}
            for both, span in zip(texts, spans, strict=True)
        ]  # fmt: skip


class ButtonState(Rule):
    """One text while a button is pressed, another while it is not."""

    kind: Literal["oled_button"] = "oled_button"
    rule: ClassVar[str] = "oled_button"
    device: Device
    display: Device
    down: str
    up: str
    named: ClassVar[dict[str, str]] = {"display": "display"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"text": Text(text=self.down), "text2": Text(text=self.up)}

    def code(self, c: Code) -> None:
        name = c.button(self.device)
        screen(c, self.display)
        c.line("oled.fill(0)")
        with c.block(f"if {name}.value() == 0:"):
            c.line(f'oled.text("{self.down}", 0, 0)')
        with c.block("else:"):
            c.line(f'oled.text("{self.up}", 0, 0)')
        c.line("oled.show()")

    def poll(self, x: Expect) -> None:
        shown(x, self.down if x.read(("button", self.device.pin)) == 1 else self.up)

    def script(self) -> tuple[dict[str, Any], float]:
        series = [(0.0, 1), (0.8, 0), (1.6, 1), (2.4, 0)]
        return {"buttons": {str(self.device.pin): series}}, 3.2

    def checks(self, until: float) -> list[dict[str, Any]]:
        texts = (self.up, self.down, self.up, self.down)
        return [
            {"op": "hold", "sig": ["display"], "eq": [t], "from": round(0.8 * i + 0.15, 2),
             "to": round(0.8 * i + 0.75, 2)}
            for i, t in enumerate(texts)
        ]  # fmt: skip


def oled(d: Draw) -> Device:
    """The display of the task: the one in use, or a new one."""
    same = [x for x in d.devices if x.type == "oled"]
    if same:
        return same[0]
    used = {p for x in d.devices for p in x.pins()}
    if d.chance(0.45) and not used & {22, 21}:
        device = Device(type="oled", pin=22, pin2=21, assumed=True)
        d.devices.append(device)
        return device
    if d.chance(0.4) and not used & {22, 21}:
        device = Device(type="oled", pin=22, pin2=21)
        d.devices.append(device)
        return device
    return d.part("oled", 2)


def _text(d: Draw, other: str = "") -> str:
    return d.rng.choice([t for t in TEXTS if t.lower() != other.lower()])


@action("oled_show", weight=3)
@action("oled_line", weight=1)
@action("oled_two", weight=0.8)
def _show(d: Draw, kind: str) -> Body:
    text = _text(d)
    line = Quantity(kind="line", value=str(d.rng.randint(1, 4))) if kind == "oled_line" else None
    second = _text(d, text) if kind == "oled_two" else ""
    return Show(kind=kind, device=oled(d), text=text, line=line, second=second)  # type: ignore[arg-type]


@action("oled_clear", weight=0.4, only=("press", "release", "after", "seq", "if", "while"))
def _clear(d: Draw, kind: str) -> Body:
    return Clear(device=oled(d))


@action("oled_count", weight=1, only=("start", "after"))
def _count(d: Draw, kind: str) -> Body:
    start = (
        Quantity(kind="int", value=str(d.rng.choice((0, 1, 1, d.rng.randint(2, 100)))))
        if d.chance(0.6)
        else None
    )
    time = Time(value="1", assumed=True) if d.chance(0.2) else d.time(0.2, 10)
    return Count(device=oled(d), start=start, time=time)


@action("oled_countdown", weight=1)
@action("oled_countup", weight=0.7)
def _countdown(d: Draw, kind: str) -> Body:
    low, high = d.rng.choice((0, 0, 1)), d.rng.randint(3, 20)
    ends = [Quantity(kind="int", value=str(v)) for v in (low, high)]
    if kind == "oled_countdown":
        ends.reverse()
    time = Time(value="1", assumed=True) if d.chance(0.3) else d.time(0.2, 2)
    return Countdown(kind=kind, device=oled(d), start=ends[0], end=ends[1], time=time)  # type: ignore[arg-type]


@rule("oled_raw", weight=0.5)
@rule("oled_percent", weight=0.5)
@rule("oled_temperature", weight=0.8)
@rule("oled_humidity", weight=0.4)
@rule("oled_distance", weight=0.7)
def _report(d: Draw, kind: str) -> Rule:
    display = oled(d)
    d.assume = 0.0
    what = kind.removeprefix("oled_")
    device = analog(d) if what in ("raw", "percent") else sonar(d) if what == "distance" else dht(d)
    slow = what in ("temperature", "humidity")
    time = (
        Time(value="2" if slow else "0.5", assumed=True) if d.chance(0.3) else d.time(2 if slow else 0.1, 20)
    )
    return Report(kind=kind, device=device, display=display, time=time)  # type: ignore[arg-type]


@rule("oled_button", weight=0.7)
def _button(d: Draw, kind: str) -> Rule:
    display = oled(d)
    down, up = d.rng.choice(
        (("pressed", "released"), ("on", "off"), ("closed", "open"), ("down", "up"), ("1", "0"),
         ("yes", "no"), ("ALARM", "ok"), ("occupied", "free"), ("hello", "bye"), (_text(d), "waiting"),
         ("pressed", "not pressed"))
    )  # fmt: skip
    return ButtonState(device=d.device("button", INPUTS), display=display, down=down, up=up)
