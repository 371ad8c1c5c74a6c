"""Readings put to use: printed, shown, sent, written down; and outputs that follow a reading."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.families.kit import announce, functions, lasts, spelled
from robo_train.compose.families.kit_sensors import (
    FLAGS,
    GETTERS,
    NUMBERS,
    TEXTUAL,
    WORDS,
    Reading,
    arguments,
)
from robo_train.compose.families.kit_values import MAKERS, Value
from robo_train.compose.numbers import Quantity, Text
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Body, Mode, Node


class Sink(NamedTuple):
    """Where text goes: a function, its parameter, and its other arguments; `print` is Python's own."""

    function: str
    parameter: str = "text"
    others: str = ""
    weight: float = 1.0


SINKS: dict[str, Sink] = {
    "print": Sink("print", "", "", 2.5),
    "say": Sink("say", "text", "", 1.5),
    "display": Sink("display.print", "text", "line:line?", 2.5),
    "number": Sink("display.number", "value", "line:line? label:label?", 1),
    "radio": Sink("radio.send", "text", "", 1),
    "log": Sink("log.write", "text", "name:file", 0.8),
}
"""Sinks that need no connection."""
WIRED: dict[str, Sink] = {
    "ble": Sink("ble.send", "text", ""),
    "publish": Sink("mqtt.publish", "message", "topic:topic"),
}
_SHOWN = (
    {k: v.weight for k, v in (NUMBERS | WORDS).items()}
    | dict.fromkeys(FLAGS, 0.6)
    | {"presses": 2.5, "pixels": 2.0, "time": 1.2, "color_rgb": 2.6}
)
_LABELS = ("Value:", "now", "Sensor", "I read", ">", "it is", "result", "!")
_OWN_LABELS: dict[str, tuple[str, ...]] = {
    "distance": ("Distance:", "D", "dist", "wall at"), "temperature": ("T", "Temp:", "It is"),
    "humidity": ("H", "Humidity:", "hum"), "probe": ("Water:", "T"), "light": ("Light:", "L"),
    "soil": ("Soil:", "S", "moisture"), "sound": ("Noise:", "loudness"), "gas": ("Gas:", "G"),
    "rain": ("Rain:", "R"), "battery": ("Battery:", "B", "Akku"), "heading": ("Heading:", "N"),
    "pressure": ("P", "Pressure:"), "knob": ("Knob:", "pot"), "presses": ("Presses:", "count", "n ="),
    "time": ("Time:", "it is"), "color": ("Color:", "I see"), "key": ("Key:", "you pressed"),
    "ip": ("IP:", "my address is"), "pixels": ("Pixels:", "n ="), "seconds": ("Time:", "t ="),
    "servo": ("Servo:", "angle"), "travelled": ("way:", "driven"), "scan": ("Networks:", "I found"),
}  # fmt: skip
_UNITS = {
    "cm": ("cm",), "celsius": ("C", "degrees"), "percent": ("%", "percent"), "g": ("g",), "hpa": ("hPa",),
    "turning": ("deg/s",), "angle": ("degrees", "deg"),
}  # fmt: skip


class Show(Body):
    """A reading goes to the console, the display, the radio, a file; with text before or behind it."""

    kind: Literal["kit_show"] = "kit_show"
    sink: str
    reading: Reading
    extra: tuple[tuple[str, Value], ...] = ()
    before: str = ""
    behind: str = ""

    @property
    def rule(self) -> str:
        return f"kit_show_{self.sink}"

    def parts(self) -> dict[str, Node]:
        return {"value": self.reading}

    def flags(self) -> set[str]:  # an address or the time is read, not measured
        return {"measured"} if self.reading.getter.function.startswith("sensor.") else set()

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = dict(self.extra)
        if self.before:
            said["before"] = Text(text=self.before)
        if self.behind:
            said["behind"] = Text(text=self.behind)
        return said

    def open_timing(self) -> bool:
        return False

    @property
    def place(self) -> Sink:
        """Where it is put out."""
        return (SINKS | WIRED)[self.sink]

    def _written(self, value: str) -> str:
        """The expression that is put out."""
        if self.before or self.behind:
            return f'f"{" ".join(filter(None, (self.before, f"{{{value}}}", self.behind)))}"'
        if self.sink in ("print", "number") or self.reading.what in TEXTUAL:
            return value
        return f'f"{{{value}}}"'

    def code(self, c: Code) -> None:
        text = self._written(self.reading.code(c))
        if '"' in text[2:-1] and text.startswith('f"'):  # Python before 3.12 cannot nest the same quotes
            c.line(f"value = {self.reading.code(c)}")
            text = self._written("value")
        if self.sink == "print":
            c.line(f"print({text})")
            return
        c.from_("robokit", self.place.function.split(".")[0])
        c.line(f"{self.place.function}({self._inside(text)})")

    def _inside(self, text: str) -> str:
        parameters = functions()[self.place.function].parameters
        kinds = dict(p.rstrip("?").split(":") for p in self.place.others.split())
        given = {n: spelled(v, kinds[n]) for n, v in self.extra} | {self.place.parameter: text}
        return ", ".join(
            given[n] if p.required else f"{n}={given[n]}" for n, p in parameters.items() if n in given
        )

    def expect(self, x: Expect) -> None:
        x.wait(self.reading.takes())
        value = self.reading.now(x)
        text = " ".join(filter(None, (self.before, str(value), self.behind)))
        if self.sink == "print":
            x.print(text)
            return
        given: dict[str, Any] = {n: getattr(v, "text", None) or int(v.value) for n, v in self.extra}  # type: ignore[union-attr]
        given[self.place.parameter] = value if self.sink == "number" else text
        announce(x, self.place.function, given)
        if self.place.function.startswith("display"):
            x.wait(lasts(('display.print("x")',)))


class Follow(Body):
    """An output that is set to what is read, as it is, scaled or limited."""

    kind: Literal["kit_follow"] = "kit_follow"
    mode: ClassVar[Mode] = "steady"
    target: str
    reading: Reading
    extra: tuple[tuple[str, Value], ...] = ()
    how: Literal["", "map", "limit"] = ""
    numbers: tuple[str, ...] = ()
    live: bool = False
    """Again and again, as in "follow" and "control"; otherwise once, as in "set"."""

    def flags(self) -> set[str]:
        return {"live"} if self.live else set()

    @property
    def rule(self) -> str:
        return f"kit_follow_{self.how}" if self.how else "kit_follow"

    def parts(self) -> dict[str, Node]:
        return {"value": self.reading, "target": Target(target=self.target, values=self.extra)}

    def slots(self) -> dict[str, Spoken | str]:
        names = {"map": ("a", "b", "c", "d"), "limit": ("low", "high"), "": ()}[self.how]
        return {n: Quantity(kind="int", value=v) for n, v in zip(names, self.numbers, strict=True)}

    def code(self, c: Code) -> None:
        value = self.reading.code(c)
        if self.how:
            function = "map_range" if self.how == "map" else "limit"
            c.from_("robokit", function)
            value = f"int({function}({value}, {', '.join(self.numbers)}))"
        function = TARGETS[self.target].function
        c.from_("robokit", function.split(".")[0])
        parameters = functions()[function].parameters
        given = {n: _plain(v) for n, v in self.extra} | {TARGETS[self.target].parameter: value}
        shown = [given[n] if p.required else f"{n}={given[n]}" for n, p in parameters.items() if n in given]
        c.line(f"{function}({', '.join(shown)})")

    def expect(self, x: Expect) -> None:
        value = self.reading.now(x)
        low = [float(n) for n in self.numbers]
        if self.how == "map":
            value = int(low[2] + (value - low[0]) * (low[3] - low[2]) / (low[1] - low[0]))
        elif self.how == "limit":
            value = int(max(low[0], min(low[1], value)))
        given: dict[str, Any] = {n: getattr(v, "text", None) or int(v.value) for n, v in self.extra}  # type: ignore[union-attr]
        given[TARGETS[self.target].parameter] = value
        announce(x, TARGETS[self.target].function, given)


def _plain(value: Value) -> str:
    return f'"{value.text}"' if isinstance(value, Text) else value.value


class Target(Node):
    """What follows, as a noun phrase."""

    kind: Literal["kit_target"] = "kit_target"
    target: str
    values: tuple[tuple[str, Value], ...] = ()

    @property
    def rule(self) -> str:
        return f"kt_{self.target}"

    def slots(self) -> dict[str, Spoken | str]:
        return dict(self.values)


class Driven(NamedTuple):
    """A function whose `parameter` follows a reading; the range that it takes."""

    function: str
    parameter: str
    others: str
    low: int
    high: int
    direct: bool = True


TARGETS: dict[str, Driven] = {
    "led": Driven("led.brightness", "percent", "n:led", 0, 100),
    "pixels": Driven("pixels.brightness", "percent", "", 0, 100),
    "bar": Driven("pixels.bar", "percent", "color:color?", 0, 100),
    "contrast": Driven("display.contrast", "percent", "", 0, 100),
    "forward": Driven("robot.move_forward", "speed", "", 0, 100),
    "motor": Driven("robot.set_motor", "speed", "side:side", 0, 100),
    "turning": Driven("servo.continuous", "speed", "n:servo", 0, 100),
    "servo": Driven("servo.angle", "angle", "n:servo", 0, 180, False),
    "tone": Driven("sound.start", "freq", "", 100, 3000, False),
}
_PERCENT = ("knob", "light", "soil", "sound", "gas", "rain", "battery", "knob", "light")


@action("kit_follow", weight=2, api="robokit")
def _follow(d: Draw, kind: str) -> Body:
    target = d.rng.choice(list(TARGETS))
    driven = TARGETS[target]
    hows: tuple[Literal["", "map", "limit"], ...] = ("", "map", "limit") if driven.direct else ("map",)
    how = d.rng.choice(hows)
    what = d.rng.choice(_PERCENT)
    numbers: tuple[str, ...] = ()
    if how == "limit":
        low = d.rng.choice((5, 10, 20, 25, 30, d.rng.randint(1, 40)))
        numbers = (str(low), str(low + d.rng.choice((20, 30, 40, 50, d.rng.randint(10, 60)))))
    elif how == "map":
        what = d.rng.choice((*_PERCENT, "knob_raw", "distance", "temperature", "joystick_x"))
        a, b = {
            "knob_raw": (0, 4095),
            "distance": (5, 100),
            "temperature": (0, 40),
            "joystick_x": (-100, 100),
        }.get(what, (0, 100))
        top = driven.high if d.chance(0.6) else d.rng.randint(driven.high // 2, driven.high)
        bottom = driven.low if d.chance(0.6) else d.rng.randint(driven.low, driven.high // 3)
        if target == "tone":
            bottom, top = d.rng.choice((100, 200, 220, 300)), d.rng.choice((800, 1000, 1500, 2000))
        ends = (bottom, top) if d.chance(0.75) else (top, bottom)
        numbers = tuple(map(str, (a, b, *ends)))
    extra = _others(d, driven.others)
    return Follow(target=target, reading=Reading(what=what), extra=extra, how=how, numbers=numbers)


def _others(d: Draw, parts: str) -> tuple[tuple[str, Value], ...]:
    found = []
    for part in parts.split():
        name, what = part.rstrip("?").split(":")
        if not (part.endswith("?") and d.chance(0.6)):
            found.append((name, MAKERS[what](d)))
    return tuple(found)


def show(d: Draw, sink: str, what: str, values: tuple[tuple[str, Value], ...] | None = None) -> Show:
    """A reading of a certain kind put out in a certain way."""
    place = (SINKS | WIRED)[sink]
    before = behind = ""
    unit = GETTERS[what].levels[2]
    if sink != "number":
        before = d.rng.choice(_OWN_LABELS.get(what, _LABELS)) if d.chance(0.3) else ""
        behind = d.rng.choice(_UNITS[unit]) if unit in _UNITS and d.chance(0.25 + 0.4 * bool(before)) else ""
    reading = Reading(what=what, values=arguments(what, d) if values is None else values)
    return Show(sink=sink, reading=reading, extra=_others(d, place.others), before=before, behind=behind)


@action("kit_show", weight=11, api="robokit")
def _show(d: Draw, kind: str) -> Body:
    what = d.rng.choices(list(_SHOWN), list(_SHOWN.values()))[0]
    sinks = {k: s.weight for k, s in SINKS.items() if k != "number" or what in NUMBERS or what == "presses"}
    return show(d, d.rng.choices(list(sinks), list(sinks.values()))[0], what)
