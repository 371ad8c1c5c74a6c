"""Times on the command line: `10`, `10s`, `500ms`, `2m`."""

from __future__ import annotations

import re

from robo_runtime.errors import RoboError

_FORM = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(us|ms|s|min|m|h|)\s*")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
DAY = 86_400.0


def seconds(text: str) -> float:
    """Seconds of a duration, at most a day.

    Raises:
        RoboError: not a duration, zero, or more than a day.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise RoboError(f"{text!r} is not a duration; write seconds as 10 or 10s, or 500ms, 2m, 1h")
    value = float(found[1]) * _SECONDS[found[2]]
    if not 1e-3 <= value <= DAY:
        raise RoboError(f"a duration of {text} is out of range; it goes from 1ms to 24h")
    return value
