"""The robokit twins: the kit's own functions, asked for by a prompt or hardware list that says robokit.

One table says which functions there are, which arguments a prompt names, and what undoes them; code, checks
and phrases follow from it. Numbers keep the unit of the function (`ms`, `seconds`, `percent`).
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, action, condition
from robo_train.compose.expect import Expect
from robo_train.compose.numbers import Quantity, Text, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Condition

Mode = Literal["steady", "timed", "endless"]
COLOURS = ("red", "green", "blue", "yellow", "cyan", "magenta", "orange", "purple", "pink", "white")
MELODIES = ("happy", "sad", "birthday", "alarm")
_TEXTS = (
    "hello",
    "Hi there!",
    "ready",
    "stop",
    "go",
    "I am a robot",
    "danger",
    "bye",
    "Hello World",
    "ok",
    "42",
)


class Entry(NamedTuple):
    """Function; arguments as `name:what`, `?` before those given by keyword; what undoes it; its duration."""

    function: str
    arguments: str = ""
    undo: str = ""
    lasts: str = ""
    weight: float = 1.0
    steady: bool = False


TABLE: dict[str, Entry] = {
    "kit_led_on": Entry("led.on", "n:led", "kit_led_off", "", 2, True),
    "kit_led_off": Entry("led.off", "n:led", "kit_led_on", "", 1, True),
    "kit_led_toggle": Entry("led.toggle", "n:led", "", "", 0.7),
    "kit_led_blink": Entry("led.blink", "n:led ?times:times ?on_ms:ms ?off_ms:=on_ms", "", "blink", 2),
    "kit_led_blink_n": Entry("led.blink", "n:led ?times:times", "", "blink", 1.2),
    "kit_brightness": Entry("led.brightness", "n:led percent:percent", "", "", 1),
    "kit_fade": Entry("led.fade", "n:led start:p0 end:p1 ?ms:ms", "", "ms", 0.8),
    "kit_all_on": Entry("led.all_on", "", "kit_all_off", "", 0.5, True),
    "kit_all_off": Entry("led.all_off", "", "kit_all_on", "", 0.4, True),
    "kit_forward": Entry("robot.move_forward", "?speed:speed", "kit_stop", "", 1.5, True),
    "kit_backward": Entry("robot.move_backward", "?speed:speed", "kit_stop", "", 1, True),
    "kit_left": Entry("robot.turn_left", "?speed:speed", "kit_stop", "", 0.6, True),
    "kit_right": Entry("robot.turn_right", "?speed:speed", "kit_stop", "", 0.6, True),
    "kit_stop": Entry("robot.stop", "", "", "", 0.6, True),
    "kit_forward_for": Entry("robot.forward_for", "seconds:s ?speed:speed", "", "s", 1.5),
    "kit_backward_for": Entry("robot.backward_for", "seconds:s ?speed:speed", "", "s", 1.2),
    "kit_forward_cm": Entry("robot.forward_distance", "cm:cm", "", "?", 1.2),
    "kit_backward_cm": Entry("robot.backward_distance", "cm:cm", "", "?", 0.9),
    "kit_left_angle": Entry("robot.turn_left_angle", "angle:turn", "", "?", 1.2),
    "kit_right_angle": Entry("robot.turn_right_angle", "angle:turn", "", "?", 1.2),
    "kit_servo": Entry("servo.angle", "n:servo angle:angle", "", "", 1.6),
    "kit_servo_move": Entry("servo.move", "n:servo angle:angle ms:ms", "", "ms", 0.7),
    "kit_gripper_open": Entry("gripper.open", "", "kit_gripper_close", "?", 0.6),
    "kit_gripper_close": Entry("gripper.close", "", "kit_gripper_open", "?", 0.6),
    "kit_relay_on": Entry("relay.on", "n:relay", "kit_relay_off", "", 0.5, True),
    "kit_relay_off": Entry("relay.off", "n:relay", "kit_relay_on", "", 0.4, True),
    "kit_tone": Entry("sound.tone", "freq:freq ms:ms", "", "ms", 1.3),
    "kit_beep": Entry("sound.beep", "?times:times", "", "?", 1.3),
    "kit_melody": Entry("sound.melody", "name:melody", "", "?", 0.7),
    "kit_sound": Entry("sound.start", "freq:freq", "kit_silence", "", 0.7, True),
    "kit_silence": Entry("sound.stop", "", "", "", 0.4, True),
    "kit_pixels": Entry("pixels.fill", "color:color", "kit_pixels_off", "", 1.3, True),
    "kit_pixels_off": Entry("pixels.clear", "", "", "", 0.4, True),
    "kit_display": Entry("display.print", "text:text", "", "?", 1.2),
    "kit_clear": Entry("display.clear", "", "", "?", 0.4),
    "kit_say": Entry("say", "text:text", "", "", 0.7),
}  # fmt: skip


STEADY = frozenset({e.function for e in TABLE.values() if e.steady}) | {
    "led.brightness", "servo.angle", "gripper.open", "gripper.close", "display.print", "display.clear",
}  # fmt: skip
"""Functions that set a state."""


class Call(Action):
    """One call of a kit function; `values` are spelt as in the program."""

    kind: str
    values: tuple[tuple[str, Quantity | Text], ...] = ()

    @property
    def entry(self) -> Entry:
        return TABLE[self.kind]

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "steady" if self.entry.steady else "timed"

    @property
    def rule(self) -> str:
        return self.kind

    def open_timing(self) -> bool:
        return self.entry.lasts == "?"

    def slots(self) -> dict[str, Spoken | str]:
        return dict(self.values)

    def arguments(self) -> list[tuple[str, str, bool]]:
        """Name, spelling, whether by keyword."""
        given = {name: q.text if isinstance(q, Text) else q.value for name, q in self.values}
        found = []
        for part in self.entry.arguments.split():
            name, what = part.lstrip("?").split(":")
            source = what[1:] if what.startswith("=") else name
            if source in given:
                text = f'"{given[source]}"' if what in ("text", "color", "melody") else given[source]
                found.append((name, text, part[0] == "?"))
        return found

    def code(self, c: Code) -> None:
        c.from_("robokit", self.entry.function.split(".")[0])
        shown = ", ".join(f"{name}={text}" if keyword else text for name, text, keyword in self.arguments())
        c.line(f"{self.entry.function}({shown})")

    def expect(self, x: Expect) -> None:
        arguments = {
            n: t.strip('"') if t[0] == '"' else int(t) if t.isdecimal() else float(t)
            for n, t, _ in self.arguments()
        }
        x.call(self.entry.function, arguments, self.entry.function in STEADY)
        lasts = self.entry.lasts
        if lasts == "s":
            x.wait(float(arguments["seconds"]))
        elif lasts == "ms":
            x.wait(int(arguments["ms"]) / 1000)
        elif lasts == "blink":
            x.wait(int(arguments.get("times", 1)) * 2 * int(arguments.get("on_ms", 500)) / 1000)
        elif lasts == "?":
            x.wait(1.0)

    def opposite(self) -> Body | None:
        undo = self.entry.undo
        if not undo:
            return None
        wanted = {part.lstrip("?").split(":")[0] for part in TABLE[undo].arguments.split()}
        return Call(kind=undo, values=tuple((n, q) for n, q in self.values if n in wanted))


class KitButton(Condition):
    """A named button of the kit, held down."""

    kind: Literal["kit_button"] = "kit_button"
    rule: ClassVar[str] = "kit_button_c"
    button: Literal["A", "B"]

    def slots(self) -> dict[str, Spoken | str]:
        return {"name": Text(text=self.button)}

    def code(self, c: Code) -> str:
        c.from_("robokit", "button")
        return f'button.is_pressed("{self.button}")'

    def now(self, x: Expect) -> bool:
        return x.read(("kit", self.button)) == 1

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        return {"buttons": {self.button: [(t, int(down)) for t, down in changes]}}


class KitReading(Condition):
    """A reading of the kit above or below a limit."""

    kind: Literal["above", "below"]
    sensor: Literal["distance", "light", "temperature"]
    level: Quantity

    @property
    def rule(self) -> str:
        return f"kit_{self.sensor}_{self.kind}"

    def slots(self) -> dict[str, Spoken | str]:
        return {"level": self.level}

    def code(self, c: Code) -> str:
        c.from_("robokit", "sensor")
        return f"sensor.{self.sensor}() {'>' if self.kind == 'above' else '<'} {self.level.value}"

    def now(self, x: Expect) -> bool:
        value = x.read(self.sensor)
        return value > self.level.number if self.kind == "above" else value < self.level.number

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        n = self.level.number
        high, low = (n * 1.4 + 3, max(n * 0.6 - 2, 2.5)) if self.sensor != "temperature" else (n + 6, n - 6)
        if self.sensor == "light":
            high, low = (n + 100) / 2, n / 2
        series = [(t, round(high if on == (self.kind == "above") else low, 1)) for t, on in changes]
        return {"sensors": {"sensor.light": series}} if self.sensor == "light" else {self.sensor: series}


def _value(d: Draw, what: str) -> Quantity | Text:
    rng = d.rng
    small = {"led": 4, "servo": 4, "relay": 2}
    if what in small:
        return Quantity(kind="nr", value=str(rng.randint(1, small[what])))
    if what in ("color", "melody", "text"):
        return Text(text=rng.choice({"color": COLOURS, "melody": MELODIES, "text": _TEXTS}[what]))
    if what == "ms":
        value = rng.choice((100, 200, 250, 300, 500, 750, 1000, 1500, 2000, 10 * rng.randint(5, 300)))
        return Time(unit="ms", value=str(value))
    if what == "s":
        return Time(unit="s", value=str(rng.choice((1, 2, 3, 4, 5, "0.5", "1.5", "2.5", rng.randint(1, 20)))))
    if what in ("percent", "speed", "p0", "p1"):
        return d.percent(0 if what == "p0" else 5, 100)
    if what == "cm":
        return Quantity(kind="cm", value=str(rng.choice((5, 10, 20, 25, 30, 50, 100, rng.randint(3, 200)))))
    if what == "turn":
        return Quantity(
            kind="angle", value=str(rng.choice((45, 90, 90, 180, 30, 60, 120, rng.randint(10, 360))))
        )
    if what == "angle":
        return d.angle()
    if what == "freq":
        return d.freq()
    return d.count(2, 10)


def _call(d: Draw, kind: str) -> Body:
    values: list[tuple[str, Quantity | Text]] = []
    for part in TABLE[kind].arguments.split():
        name, what = part.lstrip("?").split(":")
        if what.startswith("=") or (what == "speed" and d.chance(0.35)):
            continue
        values.append((name, _value(d, what)))
    if kind == "kit_fade" and values[1][1] == values[2][1]:
        values[2] = ("end", Quantity(kind="percent", value="0" if values[1][1] != "0" else "100"))
    return Call(kind=kind, values=tuple(values))


for _kind, _entry in TABLE.items():
    action(_kind, weight=_entry.weight, api="robokit")(_call)


@condition("kit_button", weight=1, api="robokit")
def _button(d: Draw) -> Condition:
    return KitButton(button=d.rng.choice(("A", "B")))


@condition("kit_reading", weight=1.5, api="robokit")
def _reading(d: Draw) -> Condition:
    sensor = d.rng.choice(("distance", "distance", "light", "temperature"))
    unit = {"distance": "cm", "light": "percent", "temperature": "celsius"}[sensor]
    low, high = {"distance": (5, 100), "light": (10, 90), "temperature": (10, 40)}[sensor]
    level = Quantity(kind=unit, value=str(d.rng.randint(low, high)))
    return KitReading(kind=d.rng.choice(("above", "below")), sensor=sensor, level=level)  # type: ignore[arg-type]
