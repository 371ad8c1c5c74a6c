"""From time lines to checks over a trace (`robo_runtime.checks`), in their JSON form.

All checks carry an end (`to`) where it matters, so watching longer than needed does no harm. Where the
prompt leaves the timing open, only the order of states is judged.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from robo_train.compose.expect import Expect, Line, Signal
from robo_train.compose.program import dimmed, play
from robo_train.compose.rules import Forever, Level, Start
from robo_train.compose.spec import TaskSpec
from robo_train.compose.world import Scene, inputs

MARGIN = 0.06
"""Seconds around a change that are not judged: polling, and reaction to a button."""
MOST = 8
"""Held levels judged per signal."""
ANGLE_TOL = 8.0

Check = dict[str, Any]


class Span(NamedTuple):
    """A level that is held, from `start` to `end` seconds."""

    start: float
    end: float
    value: float


class Ramp(NamedTuple):
    """Small steps one way, from `start` to `end` seconds."""

    start: float
    end: float
    first: float
    last: float


def compile_checks(spec: TaskSpec, scene: Scene) -> list[Check]:
    """What a trace of the right program shows in `scene`; empty if nothing can be seen."""
    given = [rule.checks(scene.until) for rule in spec.rules]
    own = [check for checks in given for check in checks]
    if own and all(given):
        return own
    rough = any(rule.rough for rule in spec.rules)
    judged = {tuple(c["sig"]) for c in own if "sig" in c}
    x = Expect(scene.until, dimmed(spec))
    x.inputs = inputs(scene.world)
    play(spec, x)
    scene = scene._replace(until=min(scene.until, round(x.ended + 0.02, 3)))
    loose = spec.open_timing()
    first = spec.rules[0]
    endless = isinstance(first, Forever) or (isinstance(first, Start) and first.body.mode == "endless")
    slow = 0.0 if spec.poll_ms() == 10 else spec.poll_ms() / 1000 + 0.1
    continuing = any(isinstance(r, Level) and r.body.mode == "endless" for r in spec.rules)
    checks: list[Check] = own
    for signal, line in x.lines.items():
        if signal in judged:
            continue
        spans, ramps = split(line, scene.until)
        checks += _quiet_before(signal, line, slow)
        checks += _ramps(signal, ramps, loose, scene.until)
        if ramps and signal[0] in ("angle", "duty"):
            checks.append(_bounds(signal, line, scene.until))
        if loose:
            checks += _order(signal, spans, ramps, scene.until)
        elif endless and (cycle := _cycle(signal, spans, scene.until)):
            checks.append(cycle)
        else:
            checks += _holds(signal, spans, scene.until, slow)
            if not rough:
                checks += _edges(signal, line, ramps, scene.until, continuing)
    return checks + _prints(x, loose) + _calls(x, loose) + _seen(x, loose)


def _quiet_before(signal: Signal, line: Line, slow: float) -> list[Check]:
    """An output that goes on only later must not be on before: "after 15 s" is not at once."""
    start, first = line[0]
    to = round(start - MARGIN - slow, 3)
    if signal[0] not in ("pin", "tone") or not first or to < 2 * MARGIN:
        return []
    return [{"op": "count", "sig": list(signal), "edge": "rising", "eq": 0, "to": to}]


def split(line: Line, until: float) -> tuple[list[Span], list[Ramp]]:
    """Levels that are held, and runs of at least ten small steps one way."""
    spans = [Span(t, end, v) for (t, v), (end, _) in zip(line, [*line[1:], (until, 0.0)], strict=True)]
    held: list[Span] = []
    ramps: list[Ramp] = []
    if isinstance(line[0][1], tuple):
        return spans, []
    i = 0
    while i < len(spans):
        j = i
        while j + 1 < len(spans) and spans[j].end - spans[j].start < 0.25:
            step, first = spans[j + 1].value - spans[j].value, spans[i + 1].value - spans[i].value
            if step * first <= 0:
                break
            j += 1
        if j - i >= 10:
            ramps.append(Ramp(spans[i].start, spans[j].start, spans[i].value, spans[j].value))
            if spans[j].end - spans[j].start >= 0.25:
                held.append(spans[j])
            i = j if j + 1 < len(spans) and spans[j].end - spans[j].start < 0.25 else j + 1
        else:
            held.append(spans[i])
            i += 1
    return held, ramps


def _value(signal: Signal, value: float, start: float, end: float) -> Check:
    kind, key = signal
    span = {"from": round(start, 3), "to": round(end, 3)}
    if kind == "tone":
        return {"op": "tone", "key": key, "hz": value, **span}
    if kind == "pixels":
        return _pixels(key, value, span)
    if kind == "angle":
        return {"op": "angle", "key": key, "deg": value, "tol": ANGLE_TOL, **span}
    if kind == "duty":
        return {"op": "hold", "sig": ["pwm", key], "eq": round(value / 100, 4), "tol": 0.015, **span}
    if kind == "display":
        return {"op": "hold", "sig": ["display"], "eq": list(value), **span}  # type: ignore[call-overload]
    return {"op": "hold", "sig": ["pin", key], "eq": int(value), **span}


def _pixels(key: int, value: Any, span: Check) -> Check:
    """The strip in one colour, or its one pixel that is lit."""
    lit = [i for i, rgb in enumerate(value) if any(rgb)]
    if len(lit) == 1 and len(value) > 1:
        return {"op": "pixels", "key": key, "index": lit[0], "color": list(value[lit[0]]), **span}
    if len(set(value)) > 1:
        return {"op": "hold", "sig": ["pixels", key], "eq": [list(rgb) for rgb in value], "tol": 10, **span}
    return {"op": "pixels", "key": key, "color": list(value[0]), "index": "all", **span}


def _holds(signal: Signal, spans: list[Span], until: float, slow: float) -> list[Check]:
    checks = []
    for s in spans:
        length = s.end - s.start
        margin = min(MARGIN, 0.25 * length)
        late = slow if s.start > slow else 0.0
        early = slow if s.end < until else 0.0
        if length - late - early >= max(0.02, 2.5 * margin):
            checks.append(_value(signal, s.value, s.start + late + margin, s.end - early - margin))
    if len(checks) > MOST:
        keep = MOST // 2
        if signal[0] == "pixels":  # writing a strip takes time, which adds up
            return checks[:MOST]
        checks = checks[:keep] + checks[-keep:]
    return checks


def _edges(signal: Signal, line: Line, ramps: list[Ramp], until: float, rough: bool) -> list[Check]:
    """How often it goes on, exactly unless `rough`; edges near the end are left out of the count."""
    if signal[0] not in ("pin", "tone") or ramps:
        return []
    last = line[-1][0]
    to = until if until - last > 2 * MARGIN else (line[-2][0] + last) / 2 if len(line) > 1 else until
    ups = _ups([v for t, v in line if t < to])
    wanted = {"min": max(0, ups - 2), "max": ups + 2} if rough else {"eq": ups}
    return [{"op": "count", "sig": list(signal), "edge": "rising", **wanted, "to": round(to, 3)}]


def _cycle(signal: Signal, spans: list[Span], until: float) -> Check | None:
    """A blink without an end, judged by period and duty whatever it starts with."""
    if signal[0] != "pin" or len(spans) < 5 or any(s.value != (i + 1) % 2 for i, s in enumerate(spans)):
        return None
    ons = {round(s.end - s.start, 6) for s in spans[0:-1:2]}
    offs = {round(s.end - s.start, 6) for s in spans[1:-1:2]}
    if len(ons) != 1 or len(offs) != 1:
        return None
    on, off = ons.pop(), offs.pop()
    if until - spans[-1].start > max(on, off) + 1e-6:
        return None
    return {
        "op": "periodic", "sig": list(signal), "period": round(on + off, 5), "tol": 0.05,
        "duty": round(on / (on + off), 4), "to": until,
    }  # fmt: skip


def _ramps(signal: Signal, ramps: list[Ramp], loose: bool, until: float) -> list[Check]:
    kind = "pwm" if signal[0] == "duty" else signal[0]
    scale = 0.01 if signal[0] == "duty" else 1.0
    checks: list[Check] = []
    for r in ramps:
        if r.end > until - 0.2:
            continue
        low, high = sorted((r.first * scale, r.last * scale))
        check: Check = {
            "op": "fade", "sig": [kind, signal[1]], "direction": "up" if r.last > r.first else "down",
            "low": round(low + 0.08 * (high - low), 4), "high": round(high - 0.08 * (high - low), 4),
            "to": until,
        }  # fmt: skip
        if not loose:
            check |= {"duration": round(r.end - r.start, 4), "from": round(max(0, r.start - 0.1), 3)}
            check["to"] = round(r.end + 0.1, 3)
        if check not in checks and len(checks) < 4:
            checks.append(check)
    return checks


def _bounds(signal: Signal, line: Line, until: float) -> Check:
    """A ramp must not go beyond its ends."""
    scale, room = (0.01, 0.02) if signal[0] == "duty" else (1.0, ANGLE_TOL)
    values = [v * scale for _, v in line]
    return {
        "op": "range", "sig": ["pwm" if signal[0] == "duty" else "angle", signal[1]],
        "min": round(min(values) - room, 3), "max": round(max(values) + room, 3),
        "from": round(line[0][0] + MARGIN, 3), "to": until,
    }  # fmt: skip


def _order(signal: Signal, spans: list[Span], ramps: list[Ramp], until: float) -> list[Check]:
    """States in their order, whatever their times."""
    kind, key = signal
    if ramps or not spans:
        return []
    if kind == "duty":
        levels = list(dict.fromkeys(s.value for s in spans if s.end - s.start > 0.1))[:6]
        return [{**_value(signal, v, 0, until), "when": "sometime", "lasting": 0.05} for v in levels]
    if kind == "display":
        pictures: list[Any] = [list(s.value) for s in spans[:24]]  # type: ignore[call-overload]
        return [{"op": "sequence", "sig": ["display"], "states": pictures, "to": until}]
    if kind == "low":
        known = list(dict.fromkeys(s.value for s in spans if s.end - s.start > 0.01))[:6]
        return [{**_value(signal, v, 0, until), "when": "sometime", "lasting": 0.01} for v in known]
    if kind == "pixels":
        seen = list(dict.fromkeys(s.value for s in spans if s.end - s.start > 0.01))[:6]
        return [{**_value(signal, v, 0, until), "when": "sometime", "lasting": 0.01} for v in seen]
    states = [int(s.value) if kind == "pin" else s.value for s in spans]
    if kind == "tone":
        found = [
            {**_value(signal, s, 0, until), "when": "sometime", "lasting": 0.02}
            for s in dict.fromkeys(states)
        ]
        return [*found, {"op": "count", "sig": ["tone", key], "min": _ups(states), "to": until}]
    check: Check = {"op": "sequence", "sig": [kind, key], "states": states[:24], "to": until}
    if kind == "angle":
        check["value_tol"] = ANGLE_TOL
    ended = spans[-1].end - spans[-1].start > 0.6
    if kind == "pin" and ended:
        return [check, {"op": "count", "sig": [kind, key], "edge": "rising", "eq": sum(states), "to": until}]
    return [check]


def _ups(states: list[float]) -> int:
    return sum(1 for a, b in zip([0.0, *states], states, strict=False) if b and not a)


def _calls(x: Expect, loose: bool) -> list[Check]:
    """Each different call: how often at least, and when first and last if that can be told."""
    checks: list[Check] = []
    different: list[tuple[str, dict[str, Any]]] = []
    for _, function, arguments in x.calls:
        if (function, arguments) not in different:
            different.append((function, arguments))
    for function, arguments in different[:8]:
        times = [t for t, *call in x.calls if call == [function, arguments] and t < x.until - 0.2]
        check: Check = {"op": "event", "name": function, "args": arguments, "to": round(x.until, 3)}
        if not times:  # only at the very end
            continue
        if loose:
            checks.append({**check, "min": max(1, len(times) // 3)})
        else:
            checks += [
                {**check, "at": round(t, 3), "at_tol": 0.15} for t in dict.fromkeys((times[0], times[-1]))
            ]
    return checks


def _seen(x: Expect, loose: bool) -> list[Check]:
    """Happenings with a check of their own: when first and last, or how often if the timing is open."""
    different: list[dict[str, Any]] = []
    for _, check in x.seen:
        if check not in different:
            different.append(check)
    end = {"to": round(x.until, 3)}
    checks: list[Check] = [
        {**c, "checks": [{**i, **end} for i in c["checks"]]} if "checks" in c else {**c, **end}
        for c in x.always
    ]
    for check in x.always:
        if (first := x.claimed[str(check)]) > 0.3 and _sometime(check):  # not before it is asked for
            early = {"to": round(min(first - 0.1, 0.5) if loose else first - 0.1, 3)}
            inner = {"checks": [{**i, **early} for i in check["checks"]]} if "checks" in check else early
            checks.append({"op": "not", "check": {**check, **inner}})
    for check in different[:6]:
        times = [t for t, other in x.seen if other == check and t < x.until - 0.2]
        if loose or not times:
            checks.append({**check, "min": max(1, len(times) // 3), "to": round(x.until, 3)})
            continue
        span = {"eq": len(times), "to": round(times[-1] + 0.15, 3), "at_tol": 0.15}
        checks += [{**check, **span, "at": round(t, 3)} for t in dict.fromkeys((times[0], times[-1]))]
    return checks


def _sometime(check: dict[str, Any]) -> bool:
    """Whether it asks for something to be seen once."""
    if check["op"] == "any_of":
        return all(_sometime(c) for c in check["checks"])
    return check.get("when") == "sometime"


def _prints(x: Expect, loose: bool) -> list[Check]:
    checks: list[Check] = []
    texts = list(dict.fromkeys(text for _, text in x.prints))
    for text in texts if len(texts) <= 6 else texts[:3] + texts[-3:]:
        times = [t for t, other in x.prints if other == text]
        sure = [t for t in times if t < x.until - 0.2]
        check: Check = {"op": "print", "text": text}
        if loose or not sure:
            check |= {"min": max(1, len(sure)), "to": x.until}
        else:
            check |= {"eq": len(sure), "to": round(max(sure) + 0.15, 3)}
            check |= {"at": round(sure[-1], 3), "at_tol": 0.15}
        checks.append(check)
    last = max((t for t, _ in x.prints), default=x.until)
    if len(texts) > 6 and not loose and last < x.until - 0.3:  # no line more than there should be
        checks.append({"op": "print", "eq": len(x.prints), "to": round(x.until - 0.1, 3)})
    return checks
