"""What the simulated board senses: inputs as functions of time, written in YAML or JSON."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from robo_runtime.files import Strict

V = TypeVar("V")
Level = Literal[0, 1]
Scalar = bool | int | float | str | tuple[int, int, int]


def _pairs(value: Any) -> Any:
    """A lone value is a constant: `22.5` means `[[0, 22.5]]`."""
    if isinstance(value, (list, tuple)) and (not value or isinstance(value[0], (list, tuple))):
        return value
    return [(0.0, value)]


def _ordered(points: list[tuple[float, V]]) -> list[tuple[float, V]]:
    if any(a[0] > b[0] for a, b in pairwise(points)):
        raise ValueError("times must not go backwards")
    return points


def _pin_key(key: Any) -> Any:
    """JSON knows only text keys: "14" is pin 14, "A" is a named button."""
    return int(key) if isinstance(key, str) and key.isdigit() else key


Time = Annotated[float, Field(ge=0)]
Levels = Annotated[list[tuple[Time, Level]], BeforeValidator(_pairs), AfterValidator(_ordered)]
Numbers = Annotated[list[tuple[Time, float]], BeforeValidator(_pairs), AfterValidator(_ordered)]
Values = Annotated[list[tuple[Time, Scalar]], BeforeValidator(_pairs), AfterValidator(_ordered)]
PinOrName = Annotated[int | str, BeforeValidator(_pin_key)]


class Message(Strict):
    """Something that arrives from outside."""

    t: Time
    channel: Literal["uart", "mqtt", "ble", "espnow", "web"]
    text: str
    """What it says; on channel "web" the path that a visitor of the board's own server asks for."""
    topic: str = ""
    """Topic of MQTT; sender of ESP-NOW as 12 hexadecimal digits."""


class Page(Strict):
    """What a web address answers."""

    status: int = 200
    text: str = ""


class Wheel(Strict):
    """One motor on an H-bridge, by the pins of its driver's inputs."""

    forward: int
    back: int
    enable: int | None = None


class Wheels(Strict):
    """A robot with two motors on plain pins; also its figures, which hold for the kit's functions too."""

    left: Wheel
    right: Wheel
    top_speed: float = Field(30.0, gt=0)
    """Centimetres per second of a wheel at 100%."""
    track: float = Field(15.0, gt=0)
    """Centimetres between the wheels."""


class World(Strict):
    """Scripted inputs. A series is a constant or a list of `[seconds, value]` holding until the next.

    Attributes:
        seed: of `random`.
        buttons: electrical level (0/1) an input pin is driven to, by pin; before its first point the pull
            decides. Named buttons of the kit ("A", "B") and "motion" count 1 as pressed.
        analog: volts by pin.
        touch: 1 while touched, by pin (or kit pad "1"...).
        distance: centimetres to the obstacle; above 400 nothing answers.
        temperature, humidity: degrees Celsius, per cent.
        probe: temperature of the DS18B20; the air temperature when empty.
        sensors: what a kit function returns, by name ("sensor.light") or name and argument
            ("sensor.line:left").
        wheels: the pins of two motors that drive the robot.
        echo: echo pin by trigger pin; otherwise every unscripted input without a pull answers a trigger.
        messages: text that arrives.
        wifi: known networks and passwords; None lets any connect.
        pages: answers by web address.
        i2c: registers by device address; a list of bytes from each register on.
        faults: spans `[from, to]` in which "dht", "distance", "wifi", "http", "mqtt", "i2c" or "probe" fails.
        answers: lines typed for `input()`.
        clock: year, month, day, hour, minute, second at the start.
        files: text of files present at the start.
    """

    seed: int = 1
    buttons: dict[PinOrName, Levels] = {}
    analog: dict[int, Numbers] = {}
    touch: dict[PinOrName, Levels] = {}
    distance: Numbers = [(0.0, 100.0)]
    temperature: Numbers = [(0.0, 22.0)]
    humidity: Numbers = [(0.0, 50.0)]
    probe: Numbers = []
    sensors: dict[str, Values] = {}
    wheels: Wheels | None = None
    echo: dict[int, int] = {}
    messages: list[Message] = []
    wifi: dict[str, str] | None = None
    pages: dict[str, Page] = {}
    i2c: dict[int, dict[int, list[Annotated[int, Field(ge=0, le=255)]]]] = {0x3C: {}}
    faults: dict[str, list[tuple[Time, Time]]] = {}
    answers: list[str] = []
    clock: tuple[int, int, int, int, int, int] = (2025, 1, 1, 12, 0, 0)
    files: dict[str, str] = {}

    def faulty(self, part: str, t: float) -> bool:
        """Whether `part` fails at `t` seconds."""
        return any(start <= t < end for start, end in self.faults.get(part, ()))


def value_at(series: Sequence[tuple[float, V]], t: float, default: V) -> V:
    """The value that holds at `t` seconds; `default` before the first point."""
    i = bisect_right(series, t, key=lambda point: point[0])
    return series[i - 1][1] if i else default
