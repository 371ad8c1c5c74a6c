"""Drawing parts of a task at random: pins, numbers, devices; and the register of actions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from random import Random
from typing import NamedTuple

from robo_train.compose import numbers
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.spec import Body, Condition, Device, Rule

OUTPUTS = (0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 25, 26, 27, 32, 33)
_AWKWARD = (0, 1, 3)  # boot button and USB serial: legal, rarely wired
ADC_PINS = (32, 33, 34, 35, 36, 39, 0, 2, 4, 12, 13, 14, 15, 25, 26, 27)
INPUTS = OUTPUTS
DEFAULT_PIN = {
    "led": 2,
    "button": 14,
    "servo": 13,
    "buzzer": 25,
    "output": 26,
    "analog": 34,
    "pixels": 5,
    "dht": 4,
    "hcsr04": 5,
}
COLOURS = ("red", "green", "yellow", "blue", "white", "orange")


class Maker(NamedTuple):
    """Makes actions of one kind."""

    make: Callable[[Draw, str], Body]
    weight: float
    only: tuple[str, ...]
    api: str


ACTIONS: dict[str, Maker] = {}


def action(
    kind: str, *, weight: float = 1.0, only: tuple[str, ...] = (), api: str = "plain"
) -> Callable[[Callable[[Draw, str], Body]], Callable[[Draw, str], Body]]:
    """Register a maker of actions of this kind.

    Args:
        only: the triggers it makes sense under; all if empty.
        api: plain MicroPython, or robokit; a task has one of them.
    """

    def register(make: Callable[[Draw, str], Body]) -> Callable[[Draw, str], Body]:
        ACTIONS[kind] = Maker(make, weight, only, api)
        return make

    return register


CORE = frozenset(
    "on off toggle on_for blink blink_n dim fade_in fade_out breathe all_on all_off alternate together chaser"
    " traffic sound tone beep beep_n siren angle sweep sweep_once wag print pixels_fill pixels_off out_on"
    " out_off button reading sensed map_led map_servo report report_temperature report_distance"
    " hysteresis".split()
)
"""What beginners ask for first: actions, conditions and rules that a small budget of training learns best."""

CONDITIONS: dict[str, tuple[Callable[[Draw], Condition], float, str]] = {}
RULES: dict[str, tuple[Callable[[Draw, str], Rule], float]] = {}


def condition(
    kind: str, *, weight: float = 1.0, api: str = "plain"
) -> Callable[[Callable[[Draw], Condition]], Callable[[Draw], Condition]]:
    """Register a maker of conditions."""

    def register(make: Callable[[Draw], Condition]) -> Callable[[Draw], Condition]:
        CONDITIONS[kind] = (make, weight, api)
        return make

    return register


def rule(
    kind: str, *, weight: float = 1.0
) -> Callable[[Callable[[Draw, str], Rule]], Callable[[Draw, str], Rule]]:
    """Register a maker of whole rules that are no combination of a trigger and an action."""

    def register(make: Callable[[Draw, str], Rule]) -> Callable[[Draw, str], Rule]:
        RULES[kind] = (make, weight)
        return make

    return register


SHAPES: dict[str, tuple[Callable[[Draw], tuple[Rule, ...]], float]] = {}


class Unfit(Exception):
    """The draw makes no sense; draw again."""


def shape(
    name: str, *, weight: float
) -> Callable[[Callable[[Draw], tuple[Rule, ...]]], Callable[[Draw], tuple[Rule, ...]]]:
    """Register a way to put a whole task together."""

    def register(make: Callable[[Draw], tuple[Rule, ...]]) -> Callable[[Draw], tuple[Rule, ...]]:
        SHAPES[name] = (make, weight)
        return make

    return register


class Draw:
    """The random choices of one task; every device gets a pin of its own."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.devices: list[Device] = []
        self.reuse = 0.0
        self.coloured = rng.random() < 0.2
        self.assume = 0.1
        self.api = "plain"
        self.core = False
        """Draw only what beginners ask for first."""
        self.pool: list[int] = []
        """Numbers that pins, counts, times and angles are taken from first: only their roles differ."""

    def pooled(self, able: Iterable[int]) -> int | None:
        """One of the pool that may stand here, each once."""
        found = [n for n in self.pool if n in able]
        if not found:
            return None
        self.pool.remove(found[0])
        return found[0]

    def chance(self, p: float) -> bool:
        """Whether something of probability `p` happens."""
        return self.rng.random() < p

    def pin(self, pins: Iterable[int]) -> int:
        """An unused pin, uniformly, the awkward ones rarely."""
        used = {p for d in self.devices for p in d.pins()}
        free = [p for p in pins if p not in used]
        if not free:
            raise Unfit
        if (number := self.pooled(free)) is not None:
            return number
        good = [p for p in free if p not in _AWKWARD]
        return self.rng.choice(good if good and not self.chance(0.02) else free)

    def device(self, type: str, pins: Iterable[int], label: str = "", size: int = 0) -> Device:
        """A new device, sometimes on the assumed default pin; or one in use, with chance `reuse`."""
        same = [
            d for d in self.devices if d.type == type and (not label or type == "led" or d.label == label)
        ]
        if same and (self.chance(self.reuse) or any(d.assumed for d in same)):
            return self.rng.choice(same)
        default = DEFAULT_PIN.get(type, -1)
        taken = {p for d in self.devices for p in d.pins()}
        if not same and default >= 0 and default not in taken and self.chance(self.assume):
            device = Device(type=type, pin=default, assumed=True, label=label, size=size)
        else:
            device = Device(type=type, pin=self.pin(pins), label=label, size=size)
        self.devices.append(device)
        return device

    def part(self, type: str, pins: int, label: str = "") -> Device:
        """The part of this type in use, or a new one with so many pins."""
        for known in self.devices:
            if known.type == type:
                return known
        found: list[int] = []
        while len(found) < pins:
            found.append(self.pin([p for p in OUTPUTS if p not in found]))
        first, second, *more = [*found, -1][: max(pins, 2)]
        device = Device(type=type, pin=first, pin2=second, more=tuple(more), label=label)
        self.devices.append(device)
        return device

    def led(self) -> Device:
        """An LED, with a colour of its own where the task has coloured ones."""
        label = ""
        if self.coloured:
            used = {d.label for d in self.devices}
            free = [c for c in COLOURS if c not in used]
            if not free:
                raise Unfit
            label = self.rng.choice(free)
        return self.device("led", OUTPUTS, label)

    def time(self, low: float = 0.05, high: float = 10.0, hz: bool = False) -> Time:
        """A duration; with `hz` sometimes a rate."""
        whole = range(math.ceil(low), math.floor(high) + 1)
        if self.pool and (number := self.pooled(whole)) is not None:
            return Time(unit="s", value=str(number))
        return numbers.draw_time(self.rng, low, high, hz)

    def count(self, low: int, high: int) -> Quantity:
        """A number of times; now and then one that looks like a pin in use, so roles must be learnt."""
        if (number := self.pooled(range(low, high + 1))) is not None:
            return numbers.count(number)
        pins = [d.pin for d in self.devices if low <= d.pin <= high]
        if pins and self.chance(0.1):
            return numbers.count(self.rng.choice(pins))
        small = min(high, 6)
        return numbers.count(self.rng.randint(low, small if self.chance(0.5) else high))

    def percent(self, low: int = 1, high: int = 100) -> Quantity:
        """A brightness or share, half of them round."""
        if (number := self.pooled(range(low, high + 1))) is not None:
            return numbers.percent(number)
        if self.chance(0.5):
            return numbers.percent(self.rng.choice([p for p in range(5, 101, 5) if low <= p <= high]))
        return numbers.percent(self.rng.randint(low, high))

    def angle(self, low: int = 0, high: int = 180) -> Quantity:
        """An angle in degrees, half of them round."""
        if (number := self.pooled(range(low, high + 1))) is not None:
            return numbers.angle(number)
        if self.chance(0.5):
            return numbers.angle(self.rng.choice([a for a in range(0, 181, 15) if low <= a <= high]))
        return numbers.angle(self.rng.randint(low, high))

    def freq(self) -> Quantity:
        """A tone in hertz."""
        if self.chance(0.6):
            return numbers.freq(self.rng.choice([50, 100, 25]) * self.rng.randint(2, 40))
        return numbers.freq(
            self.rng.choice([262, 294, 330, 349, 392, 440, 494, 523, self.rng.randint(100, 4000)])
        )

    def action(self, trigger: str, modes: tuple[str, ...], kinds: Iterable[str] = ()) -> Body:
        """An action that fits the trigger and has one of the modes."""
        wanted = set(kinds)
        able = [
            (k, m)
            for k, m in ACTIONS.items()
            if m.api == self.api and (not m.only or trigger in m.only) and (not wanted or k in wanted)
        ]
        if self.core:
            able = [(k, m) for k, m in able if k in CORE] or able
        while True:
            kind, maker = self.rng.choices(able, [m.weight for _, m in able])[0]
            saved = list(self.devices)
            body = maker.make(self, kind)
            if body.mode in modes:
                return body
            self.devices = saved
