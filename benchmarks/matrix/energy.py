"""Energy of the processor package, from the counters that Linux shows for RAPL."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

POWERCAP = Path("/sys/class/powercap")


class Counter(NamedTuple):
    """One package's counter."""

    path: Path
    wraps_at: int
    """Microjoules after which it starts again from zero."""

    def read(self) -> int:
        """Microjoules so far. Raises OSError."""
        return int(self.path.read_text(encoding="ascii"))


def counters(root: Path = POWERCAP) -> list[Counter]:
    """Counters of whole packages that this user may read; most systems allow it to root alone."""
    found = []
    for zone in sorted(root.glob("*:[0-9]*")) if root.is_dir() else []:
        if zone.name.count(":") != 1:  # intel-rapl:0:0 is a part of intel-rapl:0
            continue
        try:
            counter = Counter(
                zone / "energy_uj", int((zone / "max_energy_range_uj").read_text(encoding="ascii"))
            )
            counter.read()
        except (OSError, ValueError):
            continue
        found.append(counter)
    return found


def why_none(root: Path = POWERCAP) -> str:
    """Why `counters` is empty, in words."""
    if not root.is_dir() or not any(root.iterdir()):
        return f"no energy counters: {root} is empty or missing, as in most virtual machines"
    return f"the energy counters in {root} may be read by root alone"


class Meter:
    """Joules between two points."""

    def __init__(self, found: list[Counter] | None = None) -> None:
        self._counters = counters() if found is None else found
        self._start = [counter.read() for counter in self._counters]

    def joules(self) -> float | None:
        """Since the meter was made; None without counters. One turn of a counter in between is noticed."""
        if not self._counters:
            return None
        used = 0
        for counter, start in zip(self._counters, self._start, strict=True):
            end = counter.read()
            used += end - start + (counter.wraps_at if end < start else 0)
        return used / 1e6
