"""What a trace shows, one lane per thing: levels, numbers, colours and texts over time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from robo_runtime.simulate.trace import Event, Key, Trace

Kind = Literal["level", "number", "colors", "texts"]
BUCKETS = 1000
"""Columns a lane is thinned to; each keeps its first, lowest, highest and last value."""


@dataclass
class Lane:
    """One row of a picture.

    Attributes:
        label: what it is, for a person.
        kind: how it is drawn: a level of 0 and 1, a number, a row of colours, or texts.
        points: times and values; a value holds until the next, None is nothing. Texts of `momentary` lanes
            happen and do not hold.
        unit: after a number.
    """

    label: str
    kind: Kind
    points: list[tuple[float, Any]] = field(default_factory=list)
    unit: str = ""
    momentary: bool = False

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest number, apart by at least a little; levels are 0 to 1."""
        values = [v for _, v in self.points if isinstance(v, (int, float))]
        low, high = min([0, *values]), max([0, *values])
        return (low, high) if high > low else (low, low + 1)


def _same(value: Any) -> Any:
    return value


_NUMBERS: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "pwm": ("duty of pin {}", lambda v: round(v[1] * 100, 2), " %"),
    "angle": ("servo on pin {}", _same, "°"),
    "tone": ("tone on {}", _same, " Hz"),
    "servo": ("servo {}", _same, "°"),
    "led": ("LED {}", lambda v: round(v * 100, 1), " %"),
    "dac": ("DAC on pin {}", _same, ""),
    "stepper": ("stepper", _same, " steps"),
    "servo_speed": ("servo {}", _same, " %"),
}
_LEVELS = {"pin": "pin {}", "input": "input {}", "relay": "relay {}"}
_TEXTS: dict[str, tuple[str, bool, Callable[[Event], str]]] = {
    "display": ("display {}", False, lambda e: " / ".join(e.value)),
    "gripper": ("gripper", False, lambda e: str(e.value)),
    "print": ("prints", True, lambda e: str(e.value)),
    "call": ("calls", True, lambda e: _call(e)),
    "net": ("messages", True, lambda e: f"{e.key}: {_short(e.value)}"),
    "file": ("files", True, lambda e: f"{e.key}: {str(e.value).strip()}"),
    "sleep": ("sleep", True, lambda e: f"{e.key} {e.value} ms"),
    "reset": ("reset", True, lambda e: "the board restarts"),
    "error": ("errors", True, lambda e: str(e.value)),
}
_MERGED = {"print", "call", "net", "file", "sleep", "reset", "error"}
_ORDER = (*_LEVELS, *_NUMBERS, "pixels", *_TEXTS)


def lanes(trace: Trace) -> list[Lane]:
    """The lanes of a trace: pins first, then numbers, colours and texts."""
    found: dict[tuple[str, Key], Lane] = {}
    for event in trace.events:
        where = (event.kind, "" if event.kind in _MERGED else event.key)
        if where not in found and (lane := _new(event)) is not None:
            found[where] = lane
        if where in found:
            found[where].points.append((event.t, _value(event)))
    ordered = sorted(found, key=lambda w: (_ORDER.index(w[0]), not isinstance(w[1], int), _number(w[1])))
    return [_thinned(found[w], trace.until) for w in ordered if _speaks(found[w], w[0])]


def _number(key: Key) -> tuple[int, str]:
    return (key, "") if isinstance(key, int) else (0, key)


def _speaks(lane: Lane, kind: str) -> bool:
    """A servo's pulses are no tone, and a pin that only stays silent is no speaker."""
    return kind != "tone" or any(v for _, v in lane.points)


def _new(event: Event) -> Lane | None:
    if event.kind in _LEVELS:
        return Lane(_LEVELS[event.kind].format(event.key), "level")
    if event.kind in _NUMBERS:
        label, _, unit = _NUMBERS[event.kind]
        return Lane(label.format(event.key), "number", unit=unit)
    if event.kind == "pixels":
        return Lane("pixels" if event.key == "kit" else f"pixels on pin {event.key}", "colors")
    if event.kind in _TEXTS:
        label, momentary, _ = _TEXTS[event.kind]
        key = "" if event.key in ("kit", 60) else event.key
        return Lane(label.format(key).strip(), "texts", momentary=momentary)
    return None


def _value(event: Event) -> Any:
    if event.value is None:
        return None
    if event.kind in _NUMBERS:
        return _NUMBERS[event.kind][1](event.value)
    if event.kind == "pixels":
        return ["#" + "".join(f"{min(c, 255):02x}" for c in pixel[:3]) for pixel in event.value]
    return _TEXTS[event.kind][2](event) if event.kind in _TEXTS else event.value


def _call(event: Event) -> str:
    if not isinstance(event.value, dict):
        return f"{event.key} {event.value}"
    given = ", ".join(f"{k}={_short(v)}" for k, v in event.value.items() if k != "->")
    result = f" → {_short(event.value['->'])}" if "->" in event.value else ""
    return f"{event.key}({given}){result}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _thinned(lane: Lane, until: float) -> Lane:
    """A lane with as many points as a screen has columns."""
    if len(lane.points) <= 4 * BUCKETS:
        return lane
    if lane.kind not in ("level", "number"):
        lane.points = lane.points[:: len(lane.points) // BUCKETS + 1]
        return lane
    kept: list[tuple[float, Any]] = []
    for bucket in _buckets(lane.points, until):
        numbers = [p for p in bucket if p[1] is not None] or bucket
        picked = {bucket[0], bucket[-1]}
        if numbers[0][1] is not None:
            picked |= {min(numbers, key=lambda p: p[1]), max(numbers, key=lambda p: p[1])}
        kept += sorted(picked, key=lambda p: p[0])
    lane.points = kept
    return lane


def _buckets(points: Iterable[tuple[float, Any]], until: float) -> Iterable[list[tuple[float, Any]]]:
    found: dict[int, list[tuple[float, Any]]] = {}
    for point in points:
        found.setdefault(int(point[0] / until * BUCKETS), []).append(point)
    return found.values()


def path(trace: Trace) -> list[tuple[float, float, float]]:
    """x, y and heading of the robot over time; empty if it never moved."""
    poses = [e.value for e in trace.of("pose")]
    return [tuple(p) for p in poses] if any(p[:2] != (0.0, 0.0) or p[2] for p in poses) else []
