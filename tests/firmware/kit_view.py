"""Both records of a program in the same words: of the built-in kit, and of the kit's sources on their pins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from robo_runtime.simulate.firmware import load_firmware
from robo_runtime.simulate.trace import Trace

BOARD = load_firmware().settings
PINS = BOARD["PINS"]
REST: dict[str, Any] = {
    "led": 0,
    "tone": 0,
    "relay": 0,
    "motors": (0, 0),
    "display": (),
    "draw": (),
    "servo": None,
    "pixels": (),
}
TOGETHER = 0.004
"""Changes within so many seconds are one: the pins of a part are set one after the other."""

State = tuple[str, Any]
Line = list[tuple[float, Any]]


def states(trace: Trace) -> dict[State, Line]:
    """What each part does when: (kind, which) to a list of (seconds, value)."""
    lines: dict[State, Line] = defaultdict(list)
    for t, state, value in (*_native(trace), *_pins(trace), *_coils(trace)):
        lines[state].append((t, value))
    return {state: line for state, points in lines.items() if (line := _settled(state[0], points))}


def _settled(kind: str, points: Line) -> Line:
    """Without states that lasted no time or changed nothing, and without a rest at the start."""
    kept: Line = []
    points = sorted(points, key=lambda point: point[0])
    for i, (t, value) in enumerate(points):
        if i + 1 < len(points) and points[i + 1][0] - t < TOGETHER:
            continue
        if kept and kept[-1][1] == value:
            continue
        if kept or not close(REST.get(kind), value):
            kept.append((t, value))
    return kept


def _native(trace: Trace) -> Iterator[tuple[float, State, Any]]:
    for t, kind, key, value in trace.events:
        match kind:
            case "led" | "relay":
                yield t, (kind, key), value
            case "servo":
                yield t, ("servo", key), value
            case "servo_speed":
                yield t, ("servo", key), 90 + 0.45 * value  # full speed is 0.5 ms beside the middle
            case "gripper":
                yield t, ("servo", 4), BOARD["GRIPPER"][value]
            case "tone" if key == "speaker":
                yield t, ("tone", "speaker"), value
            case "pixels" if key == "kit":
                yield t, ("pixels", "kit"), value
            case "motors" | "stepper":
                yield t, (kind, "kit"), value
            case "display":
                yield t, (kind, "kit"), value
            case "draw":
                yield t, (kind, "kit"), ("icon",) if value and all(map(_of_icon, value)) else value
            case "call" if key == "display.invert":
                yield t, (kind, key), int(value.get("on", value.get("invert")))
            case "call" if key == "display.contrast":
                yield t, (kind, key), value.get("contrast", value.get("percent", 0) * 255 // 100)
            case "print" | "file" | "sleep" | "reset":
                yield t, (kind, key), value


def _of_icon(shape: tuple[Any, ...]) -> bool:
    """The built-in kit records an icon by name, the sources draw its dots."""
    return shape[0] == "icon" or (shape[0] == "rect" and tuple(shape[3:]) == (7, 7, True))


def _pins(trace: Trace) -> Iterator[tuple[float, State, Any]]:
    levels: dict[Any, Any] = {}
    for t, kind, key, value in trace.events:
        if kind == "pin":
            levels[key] = value
        if key in PINS["led"] and kind in ("pin", "pwm"):
            level = value if kind == "pin" else value[1] if value[0] else levels.get(key, 0)
            yield t, ("led", PINS["led"].index(key) + 1), level
        elif key in PINS["relay"] and kind == "pin":
            yield t, ("relay", PINS["relay"].index(key) + 1), int(value == BOARD["RELAY_ON"])
        elif key in PINS["servo"] and kind == "angle":
            yield t, ("servo", PINS["servo"].index(key) + 1), value
        elif key in PINS["servo"] and kind == "pulse" and not value:
            yield t, ("servo", PINS["servo"].index(key) + 1), None
        elif key == PINS["buzzer"] and kind == "tone":
            yield t, ("tone", "speaker"), value
        elif key == PINS["pixels"] and kind == "pixels":
            yield t, ("pixels", "kit"), value


def _coils(trace: Trace) -> Iterator[tuple[float, State, Any]]:
    """Steps of the stepper: two neighbouring coils at a time, reported when all are off again."""
    pins = PINS["stepper"]
    on = dict.fromkeys(pins, 0)
    patterns = {(1, 1, 0, 0): 0, (0, 1, 1, 0): 1, (0, 0, 1, 1): 2, (1, 0, 0, 1): 3}
    at = place = 0
    for t, kind, key, value in trace.events:
        if kind != "pin" or key not in on:
            continue
        on[key] = value
        phase = patterns.get(tuple(on.values()))
        if phase is not None:
            place += (phase - at + 1) % 4 - 1
            at = phase
        elif not any(on.values()) and place:
            yield t, ("stepper", "kit"), place


def close(a: Any, b: Any) -> bool:
    """Equal, numbers within what a pin can show: a Hz, a degree, a step of a dimmer."""
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(close(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return abs(a - b) <= (0.01 if max(abs(a), abs(b)) <= 1 else 0.75)
    return bool(a == b)


def difference(native: Trace, source: Trace, late: float = 0.06, drift: float = 0.01) -> str | None:
    """Where two records part; times may differ by `late` seconds and a part of the time, `drift`.

    The sources take some statements where the built-in kit takes none, so a loop with short waits falls behind.
    """
    end = native.until - late - drift * native.until
    a, b = states(native), states(source)
    shared = {"motors": ("relay", "stepper"), "relay": ("stepper",), "stepper": ("relay",)}
    for kind in sorted({kind for kind, _ in a} & set(shared)):  # parts on the same pins
        for state in [s for s in b if s[0] in shared[kind] and s not in a]:
            del b[state]
    for state in sorted({*a, *b}, key=str):
        one, other = a.get(state, []), b.get(state, [])
        for (t, v), (u, w) in zip(one, other, strict=False):
            if not close(v, w):
                return f"{state}: {v!r} at {t:.3f} s, but {w!r} at {u:.3f} s"
            if abs(t - u) > late + t * drift:
                return f"{state}: {v!r} at {t:.3f} s, but at {u:.3f} s"
        if any(t < end for t, _ in one[len(other) :] or other[len(one) :]):
            return f"{state}: {len(one)} states, but {len(other)}: {one[-3:]} / {other[-3:]}"
    return None
