"""What a robokit cannot do: numbers beyond the range of a function, and wishes beyond its parts."""

from __future__ import annotations

from random import Random
from typing import Literal

from robo_train.compose.expect import Expect
from robo_train.compose.families.kit import Call, functions
from robo_train.compose.numbers import Quantity
from robo_train.compose.refusals import KIT_WAYS, swapped
from robo_train.compose.spec import Rule, TaskSpec

_WISHES = {
    "fly": "the robokit has wheels, it cannot fly.",
    "swim": "the robokit must stay dry, it cannot swim.",
    "walk": "the robokit drives on wheels, it cannot walk, jump or climb.",
    "camera": "the robokit has no camera.",
    "listen": "the robokit hears how loud it is, not what is said.",
    "music": "the speaker of the robokit plays tones only.",
    "video": "the display of the robokit shows text and simple drawings only.",
    "weigh": "the robokit cannot weigh.",
    "where": "the robokit has no GPS.",
    "arm": "the robokit has a gripper but no tool for that.",
}
_LIMITS = {
    "speed": "speed goes from {low} to {high} %, not to {value} %.",
    "percent": "percent goes from {low} to {high}, not to {value}.",
    "angle": "{part} turns from {low} to {high} degrees, not by {value}.",
    "seconds": "it can drive for {low} to {high} s, not for {value} s.",
    "cm": "it can drive {low} to {high} cm, not {value} cm.",
    "freq": "the speaker plays {low} to {high} Hz, not {value} Hz.",
    "index": "pixels are numbered from {low} to {high}, there is no pixel {value}.",
    "x": "x goes from {low} to {high}, not to {value}.",
    "y": "y goes from {low} to {high}, not to {value}.",
    "line": "the display has lines {low} to {high}, not {value}.",
    "rpm": "the stepper turns with {low} to {high} rpm, not with {value}.",
    "bpm": "the tempo goes from {low} to {high} bpm, not to {value}.",
    "times": "it can do that {low} to {high} times, not {value} times.",
    "radius": "the radius goes from {low} to {high} cm, not to {value} cm.",
    "radius in pixels": "the radius goes from {low} to {high} pixels, not to {value}.",
    "r": "red goes from {low} to {high}, not to {value}.",
    "g": "green goes from {low} to {high}, not to {value}.",
    "b": "blue goes from {low} to {high}, not to {value}.",
}
_PARTS = {"led": "LEDs", "servo": "servos", "relay": "relays"}


class KitWish(Rule):
    """A wish that needs a part that the kit does not have."""

    kind: Literal["kit_wish"] = "kit_wish"
    wish: str

    @property
    def rule(self) -> str:
        return f"kit_wish_{self.wish}"

    def poll(self, x: Expect) -> None:
        return


def _wish(spec: TaskSpec, rng: Random) -> TaskSpec | None:
    wish = rng.choice(list(_WISHES))
    return TaskSpec(
        family=f"refuse/kit_{wish}", rules=(KitWish(wish=wish),), api="robokit", refusal=_WISHES[wish]
    )


def _beyond(spec: TaskSpec, rng: Random) -> TaskSpec | None:
    """One number of one call beyond the range of its parameter."""
    calls = [n for rule in spec.rules for n in rule.nodes() if isinstance(n, Call)]
    rng.shuffle(calls)
    for call in calls:
        for name, value in call.values:
            limits = functions()[call.entry.function].parameters[name].range
            if not isinstance(value, Quantity) or limits is None or value.kind == "backward":
                continue
            why = _why(call, name, limits, rng)
            if why is None:
                continue
            wrong, text = why
            new = call.model_copy(
                update={
                    "values": tuple(
                        (n, v.model_copy(update={"value": wrong}) if n == name else v) for n, v in call.values
                    )
                }
            )
            rules = tuple(swapped(rule, call, new) for rule in spec.rules)
            return TaskSpec(family="refuse/kit_range", rules=rules, api="robokit", refusal=text)
    return None


def _why(call: Call, name: str, limits: tuple[float, float], rng: Random) -> tuple[str, str] | None:
    """A value that is too high, and the reason why it cannot be."""
    low, high = (int(v) for v in limits)
    part = call.entry.function.split(".")[0]
    beyond = [high + 1, high * 2, high + 10, high + rng.randint(1, high), rng.randint(high + 1, high * 3)]
    value = str(rng.choice(beyond))
    if name == "n" and part in _PARTS:
        value = str(high + rng.randint(1, 8))
        return value, f"the robokit has {_PARTS[part]} {low} to {high}, there is no number {value}."
    if name not in _LIMITS or (part == "stepper" and name == "angle"):
        return None
    if part == "display" and name == "r":
        name = "radius in pixels"
    if name == "seconds" and part != "robot":
        verb = {"sound": "sound", "system": "sleep", "power": "sleep"}.get(part, "wait")
        return value, f"it can {verb} for {low} to {high} s, not for {value} s."
    noun = "a servo" if part == "servo" else "the robot"
    return value, _LIMITS[name].format(low=low, high=high, value=value, part=noun)


KIT_WAYS += [_wish, _beyond, _beyond, _beyond]
