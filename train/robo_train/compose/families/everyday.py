"""A sensor and what people switch with it: the combinations that are asked for most."""

from __future__ import annotations

from robo_train.compose.draw import CONDITIONS, CORE, Draw, Unfit, shape
from robo_train.compose.families.digital import buttonlike
from robo_train.compose.families.events import Edge, On
from robo_train.compose.sampler import level
from robo_train.compose.spec import Condition, Rule

SENSES = {"digital": 4.0, "reading": 3.0, "sensed": 3.0, "button": 1.5, "probe": 0.6, "touchpad": 0.4}
STEADY = {
    "on": 6.0, "out_on": 5.0, "sound": 4.0, "angle": 2.5, "off": 1.5, "out_off": 1.0, "rgb_set": 1.0,
    "oled_show": 1.0, "pixels_fill": 1.0, "dim": 0.7,
}  # fmt: skip
ENDLESS = {"blink": 3.0, "beep": 2.0, "siren": 1.0}
"""What lasts as long as the sensor says so."""
MOMENTS = ("toggle", "out_toggle", "beep_n", "blink_n", "on_for", "out_for", "print", "tone")
"""What is done once when the sensor begins to say so."""


def _sense(d: Draw) -> Condition:
    return CONDITIONS[_one(d, SENSES)][0](d)


def _one(d: Draw, weights: dict[str, float]) -> str:
    """One of the kinds, of those for beginners where only these are drawn."""
    if d.core:
        weights = {k: w for k, w in weights.items() if k in CORE} or weights
    return d.rng.choices(list(weights), list(weights.values()))[0]


@shape("everyday", weight=18)
def _everyday(d: Draw) -> tuple[Rule, ...]:
    if d.chance(0.72):
        return (level(d, _sense(d), (_one(d, STEADY), _one(d, ENDLESS))),)
    condition = _sense(d)
    if condition.kind == "down" or condition.poll_ms > 50:  # a press is a rule of its own
        raise Unfit
    body = d.action("press", ("steady", "timed"), MOMENTS)
    if body.opposite() is not None and not buttonlike(condition):  # "when it is dark, switch on" is a level
        raise Unfit
    return (On(kind="edge", trigger=Edge(condition=condition), body=body),)
