"""How much other programs used the processor meanwhile."""

from __future__ import annotations

import os
import time

MOST = 0.25
"""Cores that other programs may use before a figure counts as noisy."""


class Others:
    """Watches from its making on what other programs use."""

    def __init__(self) -> None:
        self._start = _now()

    def cores(self) -> float | None:
        """Mean number of cores in use by others since then; None where the system does not tell.

        What this process and its ended children used is not counted: read it when no child runs.
        """
        if self._start is None or (end := _now()) is None:
            return None
        wall, busy, own = (b - a for a, b in zip(self._start, end, strict=True))
        # Clocks that tick a hundred times a second can show more than there is in a short time.
        return min(max(0.0, (busy - own) / wall), float(os.cpu_count() or 1)) if wall > 0 else None


def _now() -> tuple[float, float, float] | None:
    """Seconds on the clock, of all cores together in use, and of this process with its children."""
    if os.name == "nt":  # does not count what ended children used
        return None
    import psutil  # type: ignore[import-untyped]

    all_, mine = psutil.cpu_times(), os.times()
    # `user` has the ticks of guests already; what the host took away (`steal`) was missing here, too.
    names = ("user", "nice", "system", "irq", "softirq", "steal")
    busy = sum(getattr(all_, name, 0.0) for name in names)
    return time.monotonic(), busy, mine.user + mine.system + mine.children_user + mine.children_system
