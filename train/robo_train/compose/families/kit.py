"""Calls of the robokit's own functions, asked for by a prompt or hardware list that says robokit.

The rows of `TABLE` come from `kit_motion`, `kit_lights` and their sisters, one file a category: the function,
the arguments a prompt may name, and what undoes them. Code, checks and phrases follow. Arguments that the
registry requires are given by position, the others by name; a number keeps the unit of its function.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from robo_runtime.registry import Function, load_registry
from robo_runtime.simulate import simulate
from robo_runtime.simulate.kit import news

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.families.kit_values import MAKERS, QUOTED, Value
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Mode


class Entry(NamedTuple):
    """One way to call a function.

    arguments: `name:what`, `name:what?` where a prompt may leave it out; `name:=other` repeats a value,
        `name:!True` is always the same.
    undo: the entry that ends the state. steady: sets a state. alone: makes sense as a whole program.
    """

    function: str
    arguments: str = ""
    undo: str = ""
    weight: float = 1.0
    steady: bool = False
    alone: bool = True


TABLE: dict[str, Entry] = {}


@lru_cache(maxsize=1)
def functions() -> Mapping[str, Function]:
    """The functions of the registry by name."""
    return load_registry().functions


def table(rows: dict[str, Entry]) -> None:
    """Add the rows of a category and register their actions."""
    for kind, entry in rows.items():
        TABLE[kind] = entry
        action(kind, weight=entry.weight if entry.alone else 0, api="robokit")(draw_call)


def spelled(value: Value, what: str) -> str:
    """A value as the program writes it."""
    text = getattr(value, "text", None) or getattr(value, "value", "")
    return f'"{text}"' if what in QUOTED else str(text)


def meant(text: str) -> Any:
    """What the spelling of an argument means."""
    if text[0] == '"':
        return text[1:-1]
    if text in ("True", "False"):
        return text == "True"
    if text[0] == "{":
        name, _, value = text[1:-1].partition(": ")
        return {name.strip('"'): int(value)}
    return float(text) if "." in text else int(text)


@lru_cache(maxsize=20_000)
def lasts(calls: tuple[str, ...]) -> float:
    """Seconds that the last of these calls takes after the others: what the kit itself needs."""

    def run(lines: tuple[str, ...]) -> float:
        names = sorted({line.split(".")[0].split("(")[0] for line in lines})
        return simulate(f"from robokit import {', '.join(names)}\n" + "\n".join(lines), None, 3700.0).duration

    return run(calls) - (run(calls[:-1]) if len(calls) > 1 else 0.0)


def announce(x: Expect, function: str, arguments: dict[str, Any]) -> None:
    """A call as the simulator records it: with every default, and not when a state stays as it is."""
    usual = {"speed": x.memory["speed"]} if function.startswith("robot.") and "speed" in x.memory else {}
    full = {
        name: arguments.get(name, usual.get(name, parameter.default))
        for name, parameter in functions()[function].parameters.items()
        if parameter.type != "function"
    }
    if news(x.memory.setdefault("steady", {}), function, full):
        x.call(function, full, False)


class Call(Action):
    """One call of a kit function; `values` are the arguments that the prompt names."""

    kind: str
    values: tuple[tuple[str, Value], ...] = ()

    @property
    def entry(self) -> Entry:
        return TABLE[self.kind]

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "steady" if self.entry.steady else "timed"

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        return dict(self.values)

    def arguments(self) -> list[tuple[str, str]]:
        """Names and spellings."""
        given = dict(self.values)
        found = []
        for part in self.entry.arguments.split():
            name, what = part.rstrip("?").split(":")
            source = what[1:] if what.startswith("=") else name
            if what.startswith("!"):
                found.append((name, what[1:]))
            elif source in given:
                found.append((name, spelled(given[source], what)))
        return found

    def text(self) -> str:
        """The call as the program writes it."""
        parameters = functions()[self.entry.function].parameters
        shown = [t if parameters[n].required else f"{n}={t}" for n, t in self.arguments()]
        return f"{self.entry.function}({', '.join(shown)})"

    def code(self, c: Code) -> None:
        c.from_("robokit", self.entry.function.split(".")[0])
        c.line(self.text())

    def expect(self, x: Expect) -> None:
        function = self.entry.function
        arguments = {n: meant(t) for n, t in self.arguments()}
        before = x.memory.setdefault("setting", ())
        took = 0.0 if function.startswith("system.") else lasts((*before, self.text()))
        if answers := functions()[function].returns.type != "None":
            x.wait(took)
        announce(x, function, arguments)
        if function in SETTINGS:
            x.memory["setting"] = (*before, self.text())
        _remember(x, function, arguments)
        if not answers:
            x.wait(took)

    def opposite(self) -> Body | None:
        undo = self.entry.undo
        if not undo:
            return None
        wanted = {part.split(":")[0] for part in TABLE[undo].arguments.split()}
        return Call(kind=undo, values=tuple((n, q) for n, q in self.values if n in wanted))


def _remember(x: Expect, function: str, arguments: dict[str, Any]) -> None:
    """What later readings depend on."""
    if function in ("robot.move_forward", "robot.move_backward", "robot.stop", "robot.forward_for"):
        x.memory["moving"] = "move" in function and arguments.get("speed") != 0
    if function == "robot.set_default_speed":
        x.memory["speed"] = arguments["speed"]
    elif function in ("servo.angle", "servo.move", "servo.sweep"):
        x.memory["servo", arguments["n"]] = arguments.get("angle", arguments.get("end", 180))
    elif function == "robot.forward_distance":
        x.memory["travelled"] = x.memory.get("travelled", 0.0) + arguments["cm"]
    elif function == "robot.reset_encoders":
        x.memory["travelled"] = 0.0
    elif function.startswith("led."):
        lit = x.memory.get(("led", arguments.get("n", 1)), False)
        x.memory["led", arguments.get("n", 1)] = not lit if function == "led.toggle" else function == "led.on"
    elif function == "timer.reset":
        x.memory["reset"] = x.t
    elif function == "clock.set":
        at = arguments["hour"] * 3600 + arguments["minute"] * 60 + arguments.get("second", 0)
        x.memory["clock"] = (x.t, at)


SETTINGS = frozenset({"sound.tempo", "robot.set_default_speed", "wifi.connect", "mqtt.connect"})
"""Calls that decide how long later ones take, or whether they work at all."""
SAME = 0.25
"""Share of calls with two numbers in which the values could change roles."""


def draw_call(d: Draw, kind: str) -> Body:
    """A call with values; some arguments that have defaults stay unsaid."""
    values: list[tuple[str, Value]] = []
    parts = TABLE[kind].arguments.split()
    for part in parts:
        name, what = part.rstrip("?").split(":")
        if what[0] in "=!" or (part.endswith("?") and d.chance(0.4 if len(parts) < 3 else 0.25)):
            continue
        values.append((name, MAKERS[what](d)))
    return Call(kind=kind, values=_apart(d, tuple(values)))


def _apart(d: Draw, values: tuple[tuple[str, Value], ...]) -> tuple[tuple[str, Value], ...]:
    """Two ends of one movement differ."""
    found = dict(values)
    if "start" in found and found["start"] == found.get("end"):
        low = found["start"].model_copy(update={"value": "0"})
        found["start"] = low if found["start"] != low else low.model_copy(update={"value": "90"})
    return tuple(found.items())
