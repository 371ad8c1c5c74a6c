"""How busy other programs keep the machine; a run that shares its cores trains on fewer tokens."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from robo_runtime.errors import RoboError
from robo_runtime.progress import duration
from robo_train.hardware import load_average

_STAT = Path("/proc/stat")
_EVERY = 15.0


def _times() -> tuple[int, int]:
    """Busy and all clock ticks of all cores (proc(5): user nice system idle iowait irq softirq steal …)."""
    first = _STAT.read_text(encoding="utf-8").splitlines()[0].split()[1:9]
    ticks = [int(word) for word in first]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def busy_cores(seconds: float = 3.0) -> float:
    """Cores in use, over some seconds in which this program sleeps; the load average where nothing tells."""
    if not _STAT.exists():
        return load_average()
    busy, everything = _times()
    time.sleep(seconds)
    busy_now, everything_now = _times()
    return (busy_now - busy) / max(everything_now - everything, 1) * (os.cpu_count() or 1)


def wait_until_idle(most: float, patience: float, seconds: float = 3.0) -> float:
    """Wait until other programs use at most `most` cores and return how many they use.

    Raises:
        RoboError: they still use more after `patience` seconds.
    """
    start, told = time.monotonic(), False
    while (busy := busy_cores(seconds)) > most:
        if time.monotonic() - start >= patience:
            raise RoboError(
                f"other programs use {busy:.1f} cores, a run may begin at {most:g}: figures would not"
                " compare. End them and run this again (finished runs are kept), or allow it with --max-busy"
            )
        if not told:
            sys.stderr.write(
                f"other programs use {busy:.1f} cores; waiting up to {duration(patience)} for {most:g}\n"
            )
            told = True
        time.sleep(min(_EVERY, patience))
    return round(busy, 2)
