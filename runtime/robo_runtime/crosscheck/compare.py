"""Whether two traces say the same.

The rule: the same events in the same order, with equal kinds and keys; times within `TIME` seconds; numbers
equal to six significant digits, since an ESP32 has floats of 32 bits and the WebAssembly build of 64; decimal
numbers inside texts to six digits too. Errors are equal when their class is: wordings differ between ports.
"""

from __future__ import annotations

import re
from typing import Any

from robo_runtime.simulate.trace import Event, Trace

TIME = 0.001
_DECIMAL = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?|-?\d+e[+-]?\d+")


def difference(ours: Trace, real: Trace) -> str | None:
    """The first difference between the simulator's trace and the real one; None when they are the same."""
    if real.error and real.error.startswith("MicroPython"):
        return f"the host failed: {real.error}"
    for i, (a, b) in enumerate(zip(ours.events, real.events, strict=False)):
        if a.kind != b.kind or str(a.key) != str(b.key) or _unlike(a, b):
            return f"event {i}: simulator {_show(a)}, MicroPython {_show(b)}"
        if abs(a.t - b.t) > TIME:
            return f"event {i}: {a.kind} {a.key} at {a.t:.6f} s in the simulator, {b.t:.6f} s in MicroPython"
    if len(ours.events) != len(real.events):
        longer, who = (ours, "simulator") if len(ours.events) > len(real.events) else (real, "MicroPython")
        extra = longer.events[min(len(ours.events), len(real.events))]
        return f"{len(ours.events)} events in the simulator, {len(real.events)} in MicroPython; only in the {who}: {_show(extra)}"  # noqa: E501
    if _error(ours) != _error(real):
        return f"the simulator ends with {ours.error or 'no error'}, MicroPython with {real.error or 'none'}"
    if ours.ended != real.ended:
        return f"ended: {ours.ended} in the simulator, {real.ended} in MicroPython"
    return None


def _unlike(a: Event, b: Event) -> bool:
    if a.kind == "error":
        return False
    return plain(a.value) != plain(b.value)


def _show(e: Event) -> str:
    return f"{e.kind} {e.key} = {e.value!r} at {e.t:.6f} s"


def plain(value: Any) -> Any:
    """A value in the form in which two are compared."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return _six(float(value))
    if isinstance(value, str):
        return _DECIMAL.sub(lambda found: f"{_six(float(found.group())):.6g}", value)
    if isinstance(value, (bytes, bytearray)):
        return "<bytes>"
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    return value


def _six(number: float) -> float:
    return float(f"{number:.6g}")


def _error(trace: Trace) -> str | None:
    """The class of the error, without the line."""
    if trace.error is None:
        return None
    text = re.sub(r"^(line \d+: |in a callback: (line \d+: )?)", "", trace.error)
    return text.split(":")[0]
