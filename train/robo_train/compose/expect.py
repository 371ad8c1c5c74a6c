"""What the hardware must be seen to do, worked out from the meaning alone, never from the program.

Nodes play themselves on an `Expect` with a clock; it records when every output takes which value. The
check compiler (`checking.py`) turns these time lines into trace checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from robo_train.compose.spec import Device

if TYPE_CHECKING:
    from robo_train.compose.spec import Condition

Signal = tuple[str, int]
Line = list[tuple[float, float]]


class Plan:
    """When each condition holds, as the bodies that look at it wish it to put them to the test."""

    def __init__(self) -> None:
        self.changes: dict[Condition, list[tuple[float, bool]]] = {}

    def at(self, condition: Condition, t: float, holds: bool) -> None:
        """From `t` on it holds, or does not."""
        series = self.changes.setdefault(condition, [(0.0, False)])
        t = max(round(t, 3), series[-1][0])
        if t == series[-1][0]:
            series[-1] = (t, holds)
        elif series[-1][1] != holds:
            series.append((t, holds))

    def world(self) -> dict[str, Any]:
        """The scripted inputs, in the form of `robo_runtime.simulate.World`."""
        found: dict[str, Any] = {}
        for condition, series in self.changes.items():
            merge(found, condition.script(series))
        return found


def merge(world: dict[str, Any], more: dict[str, Any]) -> None:
    """Add scripted inputs to `world`."""
    for key, value in more.items():
        world[key] = {**world.get(key, {}), **value} if isinstance(value, dict) else value


class Done(Exception):
    """The observed time is over."""


class Expect:
    """A clock, the outputs' time lines, and the scripted inputs.

    Args:
        until: seconds that are observed.
        pwm: LEDs whose brightness is a duty rather than a level.
    """

    def __init__(self, until: float, pwm: set[Device]) -> None:
        self.t = 0.0
        self.until = until
        self.pwm = pwm
        self.lines: dict[Signal, Line] = {}
        self.calls: list[tuple[float, str, dict[str, Any]]] = []
        self.prints: list[tuple[float, str]] = []
        self.seen: list[tuple[float, dict[str, Any]]] = []
        self.always: list[dict[str, Any]] = []
        self.claimed: dict[str, float] = {}
        """When each of `always` was first claimed, by its text."""
        self.ended = float("inf")
        """When the board slept deeply or restarted: outputs hold nothing from then on."""
        self.inputs: dict[object, list[tuple[float, float]]] = {}
        self.memory: dict[object, Any] = {}
        self.plan: Plan | None = None
        """While the scene is being written, bodies that look at a condition say here when it holds."""

    def wait(self, seconds: float) -> None:
        """Time passes; raises `Done` at the end of what is watched."""
        self.t += seconds
        if self.t > self.until:
            raise Done

    def set(self, signal: Signal, value: float) -> None:
        """A signal has this value from now on."""
        line = self.lines.setdefault(signal, [])
        if not line or line[-1][1] != value:
            if line and line[-1][0] == self.t:
                line[-1] = (self.t, value)
            else:
                line.append((self.t, value))

    def value(self, signal: Signal) -> float:
        """What a signal has now; 0 before it is set."""
        line = self.lines.get(signal)
        return line[-1][1] if line else 0

    def light(self, device: Device, percent: float) -> None:
        """Brightness of an LED: a level, or a duty in percent when the task dims it."""
        if device in self.pwm:
            self.set(("duty", device.pin), percent)
        else:
            self.set(("pin", device.pin), 1 if percent else 0)

    def print(self, text: str) -> None:
        """A line is printed now."""
        self.prints.append((self.t, text))

    def see(self, **check: Any) -> None:
        """Something happens now that only a check of its own can tell (a message, a random number)."""
        self.seen.append((self.t, check))

    def claim(self, **check: Any) -> None:
        """A check of the whole run, once."""
        if check not in self.always:
            self.always.append(check)
            self.claimed.setdefault(str(check), self.t)

    def call(self, function: str, arguments: dict[str, Any], steady: bool) -> None:
        """A call of a kit function; setting a part to the `steady` state that it has says nothing new."""
        part = ("call", function.split(".")[0], arguments.get("n"))
        if not steady or self.memory.get(part) != (function, arguments):
            self.calls.append((self.t, function, arguments))
        self.memory[part] = (function, arguments)

    def read(self, key: object) -> float:
        """The scripted value of an input now."""
        value = 0.0
        for t, v in self.inputs.get(key, ()):
            if t > self.t:
                break
            value = v
        return value
