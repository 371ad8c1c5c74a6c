"""Signals of a trace as step functions of time, and the words for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator

from robo_runtime.simulate.trace import Event, Trace

SETTLE = 0.02
"""Seconds a program may take to set up or to change several outputs one after the other."""
CONVENTIONS = ((500, 2500), (1000, 2000), (600, 2400), (544, 2400), (782, 2248))
"""Pulse widths in µs that servo drivers use for 0° and 180°; the last is `duty` 40 to 115 at 50 Hz."""
LIT = 0.02
"""Duty above which an output counts as on."""

_KINDS = {
    "pin": "pin {}", "pwm": "duty of pin {}", "freq": "frequency of pin {}", "angle": "servo on pin {}",
    "tone": "tone on {}", "pixels": "pixels on {}", "display": "display", "print": "printed text",
    "dac": "DAC on pin {}",
    "led": "LED {}", "servo": "servo {}", "relay": "relay {}", "motors": "motors", "x": "x of the robot",
    "y": "y of the robot", "heading": "heading of the robot", "input": "input on pin {}",
    "stepper": "stepper",
}  # fmt: skip
_KEYLESS = {"display", "print", "motors", "x", "y", "heading", "stepper"}


def _known(sig: tuple[str | int, ...]) -> tuple[str | int, ...]:
    if not sig or sig[0] not in _KINDS:
        raise ValueError(f"a signal starts with one of: {', '.join(_KINDS)}")
    wanted = 1 if sig[0] in _KEYLESS else 2
    if len(sig) != wanted:
        raise ValueError(f"the signal {sig[0]!r} takes {wanted - 1} more value(s)")
    return sig


Sig = Annotated[tuple[str | int, ...], AfterValidator(_known)]
"""`["pin", 2]`, `["pwm", 2]`, `["angle", 13]`, `["tone", 25]`, `["print"]`…"""


class Span(NamedTuple):
    """The signal has `value` from `start` to `end` seconds."""

    start: float
    end: float
    value: Any

    @property
    def length(self) -> float:
        """Seconds."""
        return self.end - self.start


def name(sig: tuple[str | int, ...]) -> str:
    """The signal in words: "pin 2"."""
    return _KINDS[str(sig[0])].format(*sig[1:])


def _pin(events: Iterable[Event], key: Any) -> Iterable[tuple[float, Any]]:
    """A pin driven digitally or by PWM: 0, 1, or the duty in between."""
    for e in events:
        if e.key == key and e.kind == "pin":
            yield e.t, e.value
        elif e.key == key and e.kind == "pwm":
            duty = e.value[1]
            yield e.t, 0 if duty < LIT else 1 if duty > 1 - LIT else duty


def _field(
    kind: str, pick: Callable[[Any], Any]
) -> Callable[[Iterable[Event], Any], Iterable[tuple[float, Any]]]:
    def points(events: Iterable[Event], key: Any) -> Iterable[tuple[float, Any]]:
        return ((e.t, pick(e.value)) for e in events if e.kind == kind and (key is None or e.key == key))

    return points


_POINTS: dict[str, Callable[[Iterable[Event], Any], Iterable[tuple[float, Any]]]] = {
    "pin": _pin,
    "pwm": _field("pwm", lambda v: v[1]),
    "freq": _field("pwm", lambda v: v[0]),
    "x": _field("pose", lambda v: v[0]),
    "y": _field("pose", lambda v: v[1]),
    "heading": _field("pose", lambda v: v[2]),
}


def spans(
    trace: Trace, sig: tuple[str | int, ...], start: float = 0.0, end: float | None = None
) -> list[Span]:
    """The signal between `start` and `end`; before its first event its value is None."""
    kind, key = str(sig[0]), sig[1] if len(sig) > 1 else None
    points = _POINTS.get(kind) or _field(kind, lambda v: v)
    first = 0.0 if kind in ("x", "y", "heading") else None  # a robot that never moved stands at its start
    return _clip(points(trace.events, key), start, trace.until if end is None else end, first)


def readings(
    trace: Trace, sig: tuple[str | int, ...], start: float = 0.0, end: float | None = None
) -> list[list[Span]]:
    """Every fair reading of the signal: one, but for servo angles one per pulse convention."""
    if sig[0] != "angle":
        return [spans(trace, sig, start, end)]
    pulses = list(_field("pulse", lambda v: v)(trace.events, sig[1]))
    end = trace.until if end is None else end
    return [
        _clip([(t, (us - low) * 180 / (high - low) if us else None) for t, us in pulses], start, end)
        for low, high in CONVENTIONS
    ]


def _clip(points: Iterable[tuple[float, Any]], start: float, end: float, first: Any = None) -> list[Span]:
    out: list[Span] = []
    since, value = 0.0, first
    for t, new in points:
        if new == value:
            continue
        if t > end:
            break
        if t > max(since, start):
            out.append(Span(max(since, start), t, value))
        since, value = t, new
    if end > max(since, start) or not out:
        out.append(Span(max(since, start), max(end, since), value))
    return out


def settled(found: list[Span], shorter: float = SETTLE) -> list[Span]:
    """The spans without those too short to be meant; equal neighbours joined."""
    out: list[Span] = []
    for span in found:
        if span.length < shorter:
            if out:
                out[-1] = out[-1]._replace(end=span.end)
        elif out and out[-1].value == span.value:
            out[-1] = out[-1]._replace(end=span.end)
        else:
            out.append(span)
    return out


def combined(trace: Trace, sigs: list[tuple[str | int, ...]], start: float, end: float | None) -> list[Span]:
    """Several signals as one whose values are tuples."""
    each = [spans(trace, sig, start, end) for sig in sigs]
    times = sorted({span.start for one in each for span in one})
    last = max(one[-1].end for one in each)
    places = [0] * len(each)
    out: list[Span] = []
    for i, t in enumerate(times):
        for k, one in enumerate(each):
            while places[k] + 1 < len(one) and one[places[k] + 1].start <= t:
                places[k] += 1
        value = tuple(one[places[k]].value for k, one in enumerate(each))
        until = times[i + 1] if i + 1 < len(times) else last
        if out and out[-1].value == value:
            out[-1] = out[-1]._replace(end=until)
        else:
            out.append(Span(t, until, value))
    return out


def near(value: Any, wanted: Any, tol: float) -> bool:
    """Equality with a tolerance, also inside tuples; a wanted None matches anything."""
    if wanted is None:
        return True
    if isinstance(wanted, (list, tuple)):
        return (
            isinstance(value, (list, tuple))
            and len(value) == len(wanted)
            and all(near(v, w, tol) for v, w in zip(value, wanted, strict=True))
        )
    numbers = isinstance(value, (int, float)) and isinstance(wanted, (int, float))
    return abs(value - wanted) <= tol + 1e-9 if numbers else value == wanted


def is_on(value: Any) -> bool:
    """Whether a level, duty or tone counts as on."""
    return isinstance(value, (int, float)) and value > LIT


def show(value: Any) -> str:
    """A value in a message."""
    if value is None:
        return "nothing"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, (tuple, list)):
        return "(" + ", ".join(show(v) for v in value) + ")"
    return repr(value) if isinstance(value, str) else str(value)
