"""What the robokit can read: numbers, yes or no, and words; and the conditions made of them."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, condition
from robo_train.compose.expect import Expect
from robo_train.compose.families.kit import functions, lasts, meant, spelled
from robo_train.compose.families.kit_values import COLOURS, KEYS, MAKERS, Value
from robo_train.compose.numbers import Quantity, Text
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Condition, Node


class Getter(NamedTuple):
    """A function that answers.

    levels: the limits that make sense, and the kind of number they are; empty if it is not compared.
    usual: what it reads while nothing else is scripted, different for each.
    series: its place in the world, when that is not the function's name.
    """

    function: str
    arguments: str = ""
    levels: tuple[int, int, str] = (0, 0, "")
    usual: Any = 0
    series: str = ""
    weight: float = 1.0


NUMBERS: dict[str, Getter] = {
    "distance": Getter("sensor.distance", "", (5, 100, "cm"), 47.5, "distance", 2),
    "line_value": Getter("sensor.line_value", "side:sides", (200, 3800, "int"), 1234),
    "line_position": Getter("sensor.line_position", "", (5, 80, "int"), 37, "", 1.4),
    "temperature": Getter("sensor.temperature", "", (10, 40, "celsius"), 22.5, "temperature", 1.5),
    "humidity": Getter("sensor.humidity", "", (25, 90, "percent"), 61.0, "humidity"),
    "probe": Getter("sensor.probe_temperature", "", (5, 90, "celsius"), 18.5, "probe"),
    "light": Getter("sensor.light", "", (10, 90, "percent"), 73, "", 1.3),
    "soil": Getter("sensor.soil", "", (10, 90, "percent"), 31),
    "sound": Getter("sensor.sound", "", (10, 90, "percent"), 64),
    "gas": Getter("sensor.gas", "", (10, 90, "percent"), 12),
    "rain": Getter("sensor.rain", "", (10, 90, "percent"), 45),
    "battery": Getter("sensor.battery", "", (10, 60, "percent"), 88),
    "acceleration": Getter("sensor.acceleration", "axis:axis", (1, 3, "g"), 0.3, "", 1.4),
    "gyro": Getter("sensor.gyro", "axis:axis", (10, 250, "turning"), 35.5),
    "heading": Getter("sensor.heading", "", (10, 350, "angle"), 123),
    "pressure": Getter("sensor.pressure", "", (950, 1050, "hpa"), 1002.5),
    "knob": Getter("knob.read", "", (5, 95, "percent"), 42),
    "knob_raw": Getter("knob.raw", "", (100, 4000, "int"), 1717),
    "joystick_x": Getter("joystick.x", "", (10, 90, "percent"), 33, "", 1.8),
    "joystick_y": Getter("joystick.y", "", (10, 90, "percent"), 28, "", 1.8),
}
FLAGS: dict[str, Getter] = {
    "obstacle": Getter("sensor.obstacle", "side:around?", (0, 0, ""), False),
    "line": Getter("sensor.line", "side:sides", (0, 0, ""), False),
    "motion": Getter("sensor.motion", "", (0, 0, ""), False),
    "touch": Getter("sensor.touch", "pad:pad?", (0, 0, ""), False),
    "tilt": Getter("sensor.tilt", "direction:direction", (0, 0, ""), False),
}
WORDS: dict[str, Getter] = {
    "color": Getter("sensor.color", "", (0, 0, ""), "magenta"),
    "key": Getter("remote.key", "", (0, 0, ""), "ok"),
}
OTHERS: dict[str, Getter] = {
    "presses": Getter("button.count", "name:button?"),
    "servo": Getter("servo.read", "n:servo", (0, 0, ""), 90),
    "travelled": Getter("robot.distance_travelled", "", (0, 0, ""), 0.0),
    "seconds": Getter("timer.seconds"),
    "pixels": Getter("pixels.count", "", (0, 0, ""), 12),
    "time": Getter("clock.time"),
    "color_rgb": Getter("sensor.color_rgb", "", (0, 0, ""), (200, 90, 30)),
    "ip": Getter("wifi.ip", "", (0, 0, ""), "192.168.1.50"),
    "scan": Getter("wifi.scan", "", (0, 0, ""), ["home"]),
    "page": Getter("web.get", "url:url", (0, 0, ""), "OK 7"),
    "random": Getter("random_number", "low:low high:high"),
    "moving": Getter("robot.is_moving", "", (0, 0, ""), False),
    "lit": Getter("led.is_on", "n:led?", (0, 0, ""), False),
    "connected": Getter("wifi.is_connected", "", (0, 0, ""), False),
}
GETTERS = NUMBERS | FLAGS | WORDS | OTHERS
TEXTUAL = frozenset({"color", "key", "time", "ip", "page"})
"""Getters that answer text."""
PRESS_EVERY = 1.7
"""Seconds between the presses of a button that is counted."""


def arguments(what: str, d: Draw) -> tuple[tuple[str, Value], ...]:
    """Values for the arguments of a getter; those with defaults are often left unsaid."""
    found = []
    for part in GETTERS[what].arguments.split():
        name, kind = part.rstrip("?").split(":")
        if not (part.endswith("?") and d.chance(0.35)):
            found.append((name, MAKERS[kind](d)))
    return tuple(found)


class Reading(Node):
    """One call that answers; a noun phrase."""

    kind: Literal["kit_value"] = "kit_value"
    what: str
    values: tuple[tuple[str, Value], ...] = ()

    @property
    def getter(self) -> Getter:
        """The call that gives it."""
        return GETTERS[self.what]

    @property
    def rule(self) -> str:
        return f"kv_{self.what}"

    def slots(self) -> dict[str, Spoken | str]:
        return dict(self.values)

    def code(self, c: Code) -> str:
        """The expression."""
        c.from_("robokit", self.getter.function.split(".")[0])
        parameters = functions()[self.getter.function].parameters
        kinds = dict(p.rstrip("?").split(":") for p in self.getter.arguments.split())
        shown = [(n, spelled(v, kinds[n])) for n, v in self.values]
        inside = ", ".join(text if parameters[n].required else f"{n}={text}" for n, text in shown)
        return f"{self.getter.function}({inside})"

    def bound(self) -> dict[str, Any]:
        """All arguments, defaults included."""
        kinds = dict(p.rstrip("?").split(":") for p in self.getter.arguments.split())
        given = {n: meant(spelled(v, kinds[n])) for n, v in self.values}
        return {n: given.get(n, p.default) for n, p in functions()[self.getter.function].parameters.items()}

    def key(self) -> str:
        """Where the world keeps it: "distance", "sensor.line:left"."""
        return self.getter.series or ":".join(
            [self.getter.function, *(str(v) for v in self.bound().values())]
        )

    def script(self, series: list[tuple[float, Any]]) -> dict[str, Any]:
        """The part of the world in which it reads this."""
        return {self.getter.series: series} if self.getter.series else {"sensors": {self.key(): series}}

    def needs(self) -> dict[str, Any]:
        if self.what == "presses":
            presses = [(0.0, 0)]
            for i in range(40):
                presses += [(round(0.4 + PRESS_EVERY * i, 2), 1), (round(0.6 + PRESS_EVERY * i, 2), 0)]
            return {"buttons": {self.bound()["name"]: presses}}
        if self.what == "page":
            return {"pages": {self.bound()["url"]: {"status": 200, "text": self.getter.usual}}}
        if self.what in OTHERS and self.what not in ("pixels", "color_rgb"):
            return {}
        return self.script([(0.0, self.getter.usual)])

    def takes(self) -> float:
        """Seconds until it answers, where that can be noticed."""
        if self.what == "page":
            return lasts(('wifi.connect("a", "b")', f'web.get("{self.bound()["url"]}")'))
        return 2.0 if self.what == "scan" else 0.0

    def now(self, x: Expect) -> Any:
        """What it reads now."""
        if self.what == "presses":
            series = x.inputs.get(("kit", self.bound()["name"]), [])
            return sum(1 for t, level in series if level and t <= x.t)
        if self.what == "servo":
            return x.memory.get(("servo", self.bound()["n"]), 90)
        if self.what == "travelled":
            return float(x.memory.get("travelled", 0.0))
        if self.what == "seconds":
            return round(x.t - x.memory.get("reset", 0.0), 3)
        if self.what == "time":
            at, seconds = x.memory.get("clock", (0.0, 12 * 3600))
            now = int(seconds + int(x.t + 1e-6) - int(at + 1e-6)) % 86_400
            return f"{now // 3600:02d}:{now // 60 % 60:02d}:{now % 60:02d}"
        if self.what == "lit":
            return bool(x.memory.get(("led", self.bound()["n"]), False))
        if self.what == "moving":
            return bool(x.memory.get("moving", False))
        if self.what == "connected":
            return "wifi.connect" in str(x.memory.get("setting", ""))
        series = x.inputs.get(self.key().removeprefix("sensor."), [])
        if not series:
            return self.getter.usual
        value: Any = None
        for t, v in series:
            if t > x.t:
                break
            value = v
        return value


class KitButton(Condition):
    """A named button of the kit, held down."""

    kind: Literal["kit_button"] = "kit_button"
    rule: ClassVar[str] = "kit_button_c"
    button: Literal["A", "B"]

    def slots(self) -> dict[str, Spoken | str]:
        return {"name": Text(text=self.button)}

    def code(self, c: Code) -> str:
        c.from_("robokit", "button")
        return f'button.is_pressed(name="{self.button}")'

    def now(self, x: Expect) -> bool:
        return x.read(("kit", self.button)) == 1

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        return {"buttons": {self.button: [(t, int(down)) for t, down in changes]}}


class KitReading(Condition):
    """A reading of the kit above or below a limit."""

    kind: Literal["above", "below"]
    sensor: str
    level: Quantity
    values: tuple[tuple[str, Value], ...] = ()

    @property
    def reading(self) -> Reading:
        """What is compared."""
        return Reading(what=self.sensor, values=self.values)

    @property
    def rule(self) -> str:
        return f"kit_{self.sensor}_{self.kind}"

    def slots(self) -> dict[str, Spoken | str]:
        return {"level": self.level, **dict(self.values)}

    def code(self, c: Code) -> str:
        return f"{self.reading.code(c)} {'>' if self.kind == 'above' else '<'} {self.level.value}"

    def now(self, x: Expect) -> bool:
        value = self.reading.now(x)
        return value > self.level.number if self.kind == "above" else value < self.level.number

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        n, (_, _, unit) = self.level.number, self.reading.getter.levels
        high, low = round(n * 1.4 + 3, 1), round(max(n * 0.6 - 2, 2.5), 1)
        if unit == "celsius":
            high, low = n + 6, n - 6
        elif self.sensor == "humidity" or unit == "percent":
            high, low = round((n + 100) / 2), round(n / 2)
        elif unit in ("angle", "int"):
            high, low = round(n + 4), round(n - 4)
        elif unit == "hpa":
            high, low = n + 10, n - 10
        elif unit in ("g", "turning"):
            high, low = round(n + 0.3, 2), round(n - 0.3, 2)
        if self.reading.getter.series:  # the simulator keeps these as floats
            high, low = float(high), float(low)
        return self.reading.script([(t, high if on == (self.kind == "above") else low) for t, on in changes])


class KitFlag(Condition):
    """Something the kit says yes or no to."""

    kind: Literal["kit_yes", "kit_no"] = "kit_yes"
    what: str
    values: tuple[tuple[str, Value], ...] = ()

    @property
    def rule(self) -> str:
        return f"kit_{self.what}_{'c' if self.kind == 'kit_yes' else 'not'}"

    def slots(self) -> dict[str, Spoken | str]:
        return dict(self.values)

    @property
    def reading(self) -> Reading:
        """What is asked."""
        return Reading(what=self.what, values=self.values)

    def code(self, c: Code) -> str:
        return ("" if self.kind == "kit_yes" else "not ") + self.reading.code(c)

    def now(self, x: Expect) -> bool:
        return bool(self.reading.now(x)) == (self.kind == "kit_yes")

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        return self.reading.script([(t, int(on == (self.kind == "kit_yes"))) for t, on in changes])


class KitWord(Condition):
    """A colour that is seen, a key of the remote control."""

    kind: Literal["kit_word"] = "kit_word"
    what: Literal["color", "key"]
    word: str

    @property
    def rule(self) -> str:
        return f"kit_{self.what}_is"

    def slots(self) -> dict[str, Spoken | str]:
        return {"color" if self.what == "color" else "word": Text(text=self.word)}

    def code(self, c: Code) -> str:
        return f'{Reading(what=self.what).code(c)} == "{self.word}"'

    def now(self, x: Expect) -> bool:
        return bool(Reading(what=self.what).now(x) == self.word)

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        other = "" if self.what == "key" else "off"
        return Reading(what=self.what).script([(t, self.word if on else other) for t, on in changes])


@condition("kit_button", weight=2, api="robokit")
def _button(d: Draw) -> Condition:
    return KitButton(button=d.rng.choice(("A", "B")))


@condition("kit_reading", weight=9, api="robokit")
def reading(d: Draw) -> Condition:
    """A number beyond a limit."""
    sensor = d.rng.choices(list(NUMBERS), [g.weight for g in NUMBERS.values()])[0]
    low, high, unit = NUMBERS[sensor].levels
    value = str(d.rng.randint(low, high))
    if unit == "g":
        value = f"{d.rng.randint(0, 1)}.{d.rng.randint(1, 9)}"
    elif d.chance(0.4) and high - low > 20:
        value = str(max(low, 10 * d.rng.randint(low // 10, high // 10)))
    level = Quantity(kind=unit, value=value)
    kind: Literal["above", "below"] = d.rng.choice(("above", "below"))
    return KitReading(kind=kind, sensor=sensor, level=level, values=arguments(sensor, d))


@condition("kit_flag", weight=4, api="robokit")
def flag(d: Draw) -> Condition:
    """Yes, or sometimes no."""
    what = d.rng.choice(list(FLAGS))
    return KitFlag(kind="kit_no" if d.chance(0.2) else "kit_yes", what=what, values=arguments(what, d))


@condition("kit_word", weight=2, api="robokit")
def _word(d: Draw) -> Condition:
    if d.chance(0.6):
        return KitWord(what="color", word=d.rng.choice(COLOURS))
    return KitWord(what="key", word=d.rng.choice(KEYS))
