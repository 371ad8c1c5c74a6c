"""Whether a changed program still does the same: then it is no wrong program, and checks need not catch it.

Swapping two independent lines, or dropping one that sets what is set already, changes nothing one can see.
"""

from __future__ import annotations

from typing import Any

from robo_runtime.simulate import Trace

CLOSE_S = 0.003
"""Events nearer than this happen together: a statement takes 25 µs, writing a strip about a millisecond."""
_SHORT_S = 0.001
_HAPPEN = frozenset({"print", "call", "net"})
_INNER = frozenset({"sleep", "input"})

Line = list[tuple[float, Any]]


def same_behaviour(a: Trace, b: Trace) -> bool:
    """No signal differs by more than `CLOSE_S`, whatever the order of events that happen together."""
    if (a.error is None) != (b.error is None) or a.ended != b.ended:
        return False
    lines, others = _lines(a), _lines(b)
    return lines.keys() == others.keys() and all(_close(line, others[key]) for key, line in lines.items())


def _lines(trace: Trace) -> dict[tuple[str, Any], Line]:
    """Values of each signal over time, without those that last no time and without repeats."""
    found: dict[tuple[str, Any], Line] = {}
    for e in trace.events:
        if e.kind in _INNER or e.t > trace.until - CLOSE_S:
            continue
        line = found.setdefault((e.kind, e.key), [])
        if e.kind not in _HAPPEN:
            if line and e.t - line[-1][0] < _SHORT_S:
                line.pop()
            if line and line[-1][1] == e.value:
                continue
        line.append((e.t, e.value))
    return {key: line for key, line in found.items() if line}


def _close(a: Line, b: Line) -> bool:
    return len(a) == len(b) and all(
        abs(t - u) <= CLOSE_S and v == w for (t, v), (u, w) in zip(a, b, strict=True)
    )
