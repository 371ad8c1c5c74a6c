"""Digital sensors by name, touch pads, buttons to 3.3 V, and conditions made of two."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import CONDITIONS, INPUTS, Draw, Unfit, condition
from robo_train.compose.expect import Expect, merge
from robo_train.compose.rules import ButtonDown
from robo_train.compose.spec import Condition, Device


class Part(NamedTuple):
    """The level a part gives when it senses something, the pull it needs, and how often it is asked for."""

    level: int
    pull: str = ""
    weight: float = 1.0


PARTS: dict[str, Part] = {
    "pir": Part(1, "", 4),  # HC-SR501: high while it sees motion
    "obstacle": Part(0, "", 2.5),  # FC-51 infrared module: low when something is in front of it
    "line": Part(1, "", 1.5),  # TCRT5000 module: high over black, low over white
    "reed": Part(1, "PULL_UP", 2.5),  # door contact to ground, closed by its magnet: an open door reads 1
    "tilt": Part(1, "PULL_UP", 1.2),  # SW-520D to ground: closed upright, tilted it opens and reads 1
    "limit": Part(0, "PULL_UP", 1.2),  # micro switch to ground
    "flame": Part(0, "", 1.4),  # LM393 flame module: low when it sees fire
    "rain": Part(0, "", 1.4),  # LM393 rain and water module: low when wet
    "touch": Part(1, "", 2),  # TTP223: high while touched
    "hall": Part(0, "PULL_UP", 0.8),  # A3144: pulls low at a magnet
    "vibration": Part(1, "", 1),  # SW-420 module: high when shaken
    "barrier": Part(1, "", 1.2),  # slotted light barrier (KY-010): high while the beam is broken
    "gas": Part(0, "", 1.2),  # MQ-2 module, digital output of its LM393: low when there is gas or smoke
    "sound": Part(1, "", 1.6),  # KY-037 or KY-038 microphone module, digital output: high when it is loud
    "high_button": Part(1, "PULL_DOWN", 2.2),  # a button to 3.3 V
}
"""What is active by which level: the convention that makers of these modules publish."""
READ_ONLY = (34, 35, 36, 39)
TOUCH_PINS = (4, 12, 13, 14, 15, 27, 32, 33, 2)
TOUCHED = 300
"""A pad of the ESP32 counts less while it is touched."""
_BUTTONS = frozenset({"high_button", "limit", "touch", "touchpad", "button"})


def buttonlike(c: Condition) -> bool:
    """Whether a hand makes it true: then "when" is a press, and only "while" is a level."""
    return any(d.type in _BUTTONS for d in c.devices())


class Sense(Condition):
    """A digital sensor that senses something, or nothing (`idle`)."""

    kind: Literal["active", "idle"]
    device: Device

    @property
    def rule(self) -> str:
        return f"{self.device.type}_{self.kind}"

    def level(self) -> int:
        """The level of the pin for which the condition is true."""
        active = PARTS[self.device.type].level
        return active if self.kind == "active" else 1 - active

    def code(self, c: Code) -> str:
        return f"{pin(c, self.device)}.value() == {self.level()}"

    def now(self, x: Expect) -> bool:
        return 1 - x.read(("button", self.device.pin)) == self.level()

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        level = self.level()
        return {"buttons": {str(self.device.pin): [(t, level if on else 1 - level) for t, on in changes]}}


def pin(c: Code, d: Device) -> str:
    """The set-up of a digital input; returns its name."""
    c.machine("Pin")
    pull = PARTS[d.type].pull
    return c.setup(d, f"{c.names[d]} = Pin({d.pin}, Pin.IN{f', Pin.{pull}' if pull else ''})")


class Touched(Condition):
    """A touch pad of the ESP32 itself."""

    kind: Literal["touched"] = "touched"
    rule: ClassVar[str] = "touchpad_active"
    device: Device

    def code(self, c: Code) -> str:
        c.machine("Pin", "TouchPad")
        name = c.setup(self.device, f"{c.names[self.device]} = TouchPad(Pin({self.device.pin}))")
        return f"{name}.read() < {TOUCHED}"

    def now(self, x: Expect) -> bool:
        return x.read(("touch", self.device.pin)) == 1

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        return {"touch": {str(self.device.pin): [(t, int(on)) for t, on in changes]}}


class ButtonUp(Condition):
    """A button that is not pressed."""

    kind: Literal["up"] = "up"
    rule: ClassVar[str] = "up_c"
    device: Device

    def code(self, c: Code) -> str:
        return f"{c.button(self.device)}.value() == 1"

    def now(self, x: Expect) -> bool:
        return x.read(("button", self.device.pin)) == 0

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        return {"buttons": {str(self.device.pin): [(t, 1 if up else 0) for t, up in changes]}}


class Both(Condition):
    """Two conditions at once, or either of them."""

    kind: Literal["and", "or"]
    clauses: ClassVar[dict[str, str]] = {"first": "a", "second": "b"}
    first: SerializeAsAny[Condition]
    second: SerializeAsAny[Condition]

    @property
    def rule(self) -> str:
        return f"both_{self.kind}"

    @property
    def poll_ms(self) -> int:
        return max(self.first.poll_ms, self.second.poll_ms)

    def code(self, c: Code) -> str:
        first = self.first.code(c)
        return f"{first} {self.kind} {self.second.code(c)}"

    def now(self, x: Expect) -> bool:
        values = self.first.now(x), self.second.now(x)
        return all(values) if self.kind == "and" else any(values)

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        one = (True, False), (False, True)
        a: list[tuple[float, bool]] = []
        b: list[tuple[float, bool]] = []
        for i, (t, on) in enumerate(changes):
            if self.kind == "and":
                values = (True, True) if on else one[i // 2 % 2]
            else:
                values = one[i // 2 % 2] if on else (False, False)
            a.append((t, values[0]))
            b.append((t, values[1]))
        world: dict[str, Any] = {}
        merge(world, self.first.script(a))
        merge(world, self.second.script(b))
        return world


def digital(d: Draw, types: tuple[str, ...] = tuple(PARTS)) -> Device:
    """A digital sensor on a free pin; those that need no pull may sit on 34 to 39."""
    kind = d.rng.choices(types, [PARTS[t].weight for t in types])[0]
    return d.device(kind, INPUTS if PARTS[kind].pull or d.chance(0.75) else READ_ONLY)


def negated(expression: str) -> str:
    """The opposite of one comparison, or `not (...)` of a longer expression."""
    opposites = {" == 0": " == 1", " == 1": " == 0", " < ": " >= ", " > ": " <= "}
    found = [old for old in opposites if old in expression]
    if len(found) == 1 and " and " not in expression and " or " not in expression:
        return expression.replace(found[0], opposites[found[0]])
    return f"not ({expression})"


def quick(d: Draw, kinds: tuple[str, ...] = ()) -> Condition:
    """A condition that one expression tells at once, so that a loop can wait for it."""
    able = {k: v for k, v in CONDITIONS.items() if v[2] == "plain" and (not kinds or k in kinds)}
    for _ in range(50):
        found = d.rng.choices([m for m, _, _ in able.values()], [w for _, w, _ in able.values()])[0](d)
        if found.poll_ms <= 50:
            return found
        d.devices = [x for x in d.devices if x not in found.devices()]
    raise Unfit


@condition("digital", weight=3.2)
def _digital(d: Draw) -> Condition:
    device = digital(d)
    idle = device.type not in ("high_button", "vibration", "touch", "sound") and d.chance(0.2)
    return Sense(kind="idle" if idle else "active", device=device)


@condition("touchpad", weight=0.5)
def _touchpad(d: Draw) -> Condition:
    return Touched(device=d.device("touchpad", TOUCH_PINS))


@condition("up", weight=0.3)
def _up(d: Draw) -> Condition:
    return ButtonUp(device=d.device("button", INPUTS))


@condition("both", weight=1.4)
def _both(d: Draw) -> Condition:
    kind: Literal["and", "or"] = d.rng.choice(("and", "or"))
    d.assume = 0.0
    if d.chance(0.35):
        d.reuse = 0.0
        pair: list[Condition] = [ButtonDown(device=d.device("button", INPUTS)) for _ in range(2)]
    else:
        pair = [quick(d, ("button", "digital", "reading", "sensed", "touchpad")) for _ in range(2)]
    keys = [x.type for c in pair for x in c.devices()]
    if len(set(keys)) < 2 and keys[0] != "button":
        raise Unfit
    return Both(kind=kind, first=pair[0], second=pair[1])
