"""Requests that cannot be done. The answer is one comment and nothing else.

Most are ordinary tasks in which one pin or number is impossible, so that only that number tells them from
tasks that can be done; the others ask for what no kit can do, or ask for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Literal

from robo_train.compose.draw import ADC_PINS, OUTPUTS
from robo_train.compose.expect import Expect
from robo_train.compose.families.digital import PARTS, TOUCH_PINS
from robo_train.compose.numbers import Quantity
from robo_train.compose.spec import Condition, Device, Node, Rule, TaskSpec

INPUT_ONLY = (34, 35, 36, 39)
FLASH = (6, 7, 8, 9, 10, 11)
MISSING = (20, 24, 28, 29, 30, 31, 40, 41, 42, 45, 48, 50, 60, 99, 100)
_CANNOT = {
    "led": "cannot switch an LED",
    "servo": "cannot move a servo",
    "buzzer": "cannot drive a buzzer",
    "pixels": "cannot drive a NeoPixel strip",
}
_NOWHERE = {
    "flash": "pin {} belongs to the flash memory, use another pin.",
    "missing": "the ESP32 has no pin {}.",
}
"""Pins that no part can have."""
_SENSES = ("button", "analog", "dht", "probe", *PARTS)
_ABSENT = {
    "camera": "this kit has no camera.",
    "gps": "this kit has no GPS receiver.",
    "speech": "this kit cannot understand speech.",
    "phone": "this kit has no SIM card, it cannot phone.",
}
"""Parts that people wish for and no kit has."""


class Impossible(Rule):
    """A wish outside the kit (`far`, or a part that is missing), or no wish at all (`nothing`)."""

    kind: Literal["far", "nothing", "camera", "gps", "speech", "phone"]

    @property
    def rule(self) -> str:
        return f"impossible_{self.kind}"

    def poll(self, x: Expect) -> None:
        return


Wrong = Callable[[TaskSpec, Random], "TaskSpec | None"]


KIT_WAYS: list[Wrong] = []
"""Ways in which a robokit task can be impossible; `families.kit_refusals` fills it."""


def refused(spec: TaskSpec, rng: Random) -> TaskSpec | None:
    """`spec` made impossible in one way; None if it offers no such way."""
    if spec.api == "robokit":
        return rng.choice(KIT_WAYS)(spec, rng)
    roll = rng.random()
    if roll < 0.18:
        return TaskSpec(
            family="refuse/far", rules=(Impossible(kind="far"),), refusal="this kit cannot do that."
        )
    if roll < 0.28:
        kind: Any = rng.choice(tuple(_ABSENT))
        return TaskSpec(family=f"refuse/{kind}", rules=(Impossible(kind=kind),), refusal=_ABSENT[kind])
    if roll < 0.31:
        return TaskSpec(
            family="refuse/nothing",
            rules=(Impossible(kind="nothing"),),
            refusal="say what the program should do, for example blink the LED on pin 2.",
        )
    ways: tuple[Wrong, ...] = (
        _output, _output, _output, _analog, _button, _angle, _percent, _input, _input, _freq, _touch, _twice,
    )  # fmt: skip
    return rng.choice(ways)(spec, rng)


def _replaced(spec: TaskSpec, old: object, new: object, family: str, why: str) -> TaskSpec:
    rules = tuple(swapped(rule, old, new) for rule in spec.rules)
    return TaskSpec(family=f"refuse/{family}", rules=rules, refusal=why)


def _moved(spec: TaskSpec, device: Device, pin: int, family: str, why: str) -> TaskSpec:
    """`spec` with a device on a pin where it cannot be; `why` says `{}` for the pin."""
    return _replaced(spec, device, device.model_copy(update={"pin": pin}), family, why.format(pin))


def swapped(value: Any, old: object, new: object) -> Any:
    """`value` with every `old` in its tree replaced."""
    if type(value) is type(old) and value == old:
        return new
    if isinstance(value, Node):
        fields = {k: swapped(v, old, new) for k, v in value.__dict__.items()}
        return value.model_copy(update=fields)
    if isinstance(value, tuple):
        return tuple(swapped(v, old, new) for v in value)
    return value


def _pick(spec: TaskSpec, rng: Random, types: tuple[str, ...]) -> Device | None:
    found = [d for d in spec.devices() if d.type in types and not d.assumed]
    return rng.choice(found) if found else None


def _output(spec: TaskSpec, rng: Random) -> TaskSpec | None:
    device = _pick(spec, rng, tuple(_CANNOT))
    if device is None:
        return None
    pin, why = rng.choice(
        [(p, "input") for p in INPUT_ONLY]
        + [(p, "flash") for p in FLASH]
        + [(rng.choice(MISSING), "missing")] * 4
    )
    if pin in {d.pin for d in spec.devices()}:
        return None
    reason = f"pin {{}} can only read, it {_CANNOT[device.type]}." if why == "input" else _NOWHERE[why]
    return _moved(spec, device, pin, f"pin_{why}", reason)


def _analog(spec: TaskSpec, rng: Random) -> TaskSpec | None:
    device = _pick(spec, rng, ("analog",))
    if device is None:
        return None
    used = {d.pin for d in spec.devices()}
    pin = rng.choice([p for p in OUTPUTS if p not in ADC_PINS and p not in used and p > 3])
    return _moved(spec, device, pin, "pin_adc", "pin {} cannot read analog values, use one of 32 to 39.")


def _button(spec: TaskSpec, rng: Random) -> TaskSpec | None:
    device = _pick(spec, rng, ("button",))
    if device is None:
        return None
    used = {d.pin for d in spec.devices()}
    pin = rng.choice([p for p in INPUT_ONLY if p not in used] or [34])
    why = "pin {} has no pull-up resistor for a button, use another pin."
    return _moved(spec, device, pin, "pin_button", why)


def _quantity(spec: TaskSpec, rng: Random, kind: str) -> Quantity | None:
    found = [
        q
        for rule in spec.rules
        for node in rule.nodes()
        for name, q in node.__dict__.items()
        if isinstance(q, Quantity) and q.kind == kind and name != "level"
        and (name != "rest" or getattr(rule, "said_otherwise", False))
    ]  # fmt: skip
    return rng.choice(found) if found else None


def _angle(spec: TaskSpec, rng: Random) -> TaskSpec | None:
    old = _quantity(spec, rng, "angle")
    if old is None:
        return None
    value = rng.choice((200, 270, 360, 190, 220, 300, rng.randint(181, 720)))
    why = f"a servo turns from 0 to 180 degrees, not to {value}."
    return _replaced(spec, old, Quantity(kind="angle", value=str(value)), "angle", why)


def _percent(spec: TaskSpec, rng: Random) -> TaskSpec | None:
    old = _quantity(spec, rng, "percent")
    if old is None:
        return None
    value = rng.choice((110, 120, 150, 200, 300, rng.randint(101, 400)))
    what = "a reading" if old in _limits(spec) else "brightness"
    why = f"{what} goes from 0 to 100 %, not to {value} %."
    return _replaced(spec, old, Quantity(kind="percent", value=str(value)), "percent", why)


def _limits(spec: TaskSpec) -> list[Quantity]:
    """The thresholds of its conditions and rules; other percentages are how bright something is."""
    return [
        q
        for rule in spec.rules
        for node in rule.nodes()
        if isinstance(node, Condition | Rule)
        for q in node.__dict__.values()
        if isinstance(q, Quantity) and q.kind == "percent"
    ]


def _freq(spec: TaskSpec, rng: Random) -> TaskSpec | None:
    old = _quantity(spec, rng, "freq")
    if old is None:
        return None
    value = rng.choice((25000, 30000, 40000, 50000, 100000, 1000 * rng.randint(21, 90)))
    why = f"a buzzer plays tones from 20 to 20000 Hz, not {value} Hz."
    return _replaced(spec, old, Quantity(kind="freq", value=str(value)), "freq", why)


def _input(spec: TaskSpec, rng: Random) -> TaskSpec | None:
    """A sensor on a pin that is not there or belongs to the flash memory."""
    device = _pick(spec, rng, _SENSES)
    if device is None:
        return None
    pin, why = rng.choice([(p, "flash") for p in FLASH] + [(rng.choice(MISSING), "missing")] * 5)
    if pin in {d.pin for d in spec.devices()}:
        return None
    return _moved(spec, device, pin, f"input_{why}", _NOWHERE[why])


def _touch(spec: TaskSpec, rng: Random) -> TaskSpec | None:
    device = _pick(spec, rng, ("touchpad",))
    if device is None:
        return None
    used = {d.pin for d in spec.devices()}
    pin = rng.choice([p for p in OUTPUTS if p not in TOUCH_PINS and p not in used and p > 3])
    return _moved(
        spec, device, pin, "pin_touch", "pin {} is no touch pin, use 4, 12, 13, 14, 15, 27, 32 or 33."
    )


def _twice(spec: TaskSpec, rng: Random) -> TaskSpec | None:
    """Two parts of different kinds on one pin."""
    kinds = (*_CANNOT, *_SENSES)
    found = [d for d in spec.devices() if not d.assumed and d.type in kinds and d.pin in OUTPUTS]
    if len(found) < 2 or len({d.type for d in found}) < 2:
        return None
    first = found[0]
    other = rng.choice([d for d in found if d.type != first.type])
    why = "pin {} is used twice, give every part a pin of its own."
    return _moved(spec, other, first.pin, "pin_twice", why)


def checks(spec: TaskSpec) -> list[dict[str, Any]]:
    """The program ends at once, prints nothing and moves nothing."""
    found: list[dict[str, Any]] = [
        {"op": "ended", "max": 0.01},
        {"op": "print", "eq": 0, "to": 1.0},
    ]
    for d in spec.devices():
        if d.type in _CANNOT:
            found.append({"op": "count", "sig": ["pin", d.pin], "edge": "both", "eq": 0, "to": 1.0})
    return found
