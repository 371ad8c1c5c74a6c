"""How many CPU threads decode fastest: measured once per processor and size of model, then remembered.

Two threads can be twice as fast as one or far slower: they wait for each other at every layer, and spin when
another program has the second core. So the count is measured, and only while the machine has little to do.
"""

from __future__ import annotations

import contextlib
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from robo_runtime.cache import cached_text, fingerprint, kept_text
from robo_runtime.errors import RoboError

if TYPE_CHECKING:
    from robo_runtime.engine import Engine

SECONDS = 1.0
"""Of measuring, all counts together."""
MOST = 8
"""Threads tried; matrices of 384 columns feed no more."""
_BURST, _BURST_SECONDS = 8, 0.06  # tokens, and the patience with a count that is far too high
_GAIN = 1.1  # what a higher count has to bring: it also keeps other programs waiting
_IDLE = 0.25  # load per core up to which a measurement says something


def default_threads(model: Path | None = None) -> int:
    """`$ROBO_THREADS`, else what was measured for such a model, else 1.

    Raises:
        RoboError: `ROBO_THREADS` is no whole number from 1.
    """
    if (named := named_threads()) is not None:
        return named
    return remembered(model) or 1 if model is not None else 1


def named_threads() -> int | None:
    """`$ROBO_THREADS`; None when it is not set.

    Raises:
        RoboError: it is no whole number from 1.
    """
    text = os.environ.get("ROBO_THREADS")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise RoboError(f"ROBO_THREADS is {text!r}; use a whole number from 1")
    return int(text)


def tuned_threads(model: Path, say: Callable[[str], None]) -> int:
    """`default_threads`, after a measurement where one is due: none is kept, and the machine is idle.

    Args:
        say: is told what was measured.

    Raises:
        RoboError: the model cannot be used.
    """
    if (found := named_threads() or remembered(model)) is not None:
        return found
    if cores() == 1 or busy():
        return 1
    rates = measure(model)
    count = remember(model, best(rates))
    say(f"measured once: {sentence(rates, count)}; `robo tune` measures again")
    return count


def remembered(model: Path) -> int | None:
    """The count measured on this processor for a model of this size."""
    with contextlib.suppress(OSError, ValueError):
        count = int(kept_text(_entry(model)) or 0)
        return count if 1 <= count <= cores() else None
    return None


def remember(model: Path, count: int) -> int:
    """Keep a measured count in the cache folder."""
    return int(cached_text(_entry(model), lambda: f"{count}\n", fresh=True))


def measure(model: Path, seconds: float = SECONDS) -> dict[int, float]:
    """Tokens a second of `model` by number of threads.

    Raises:
        RoboError: the model cannot be used.
    """
    from robo_runtime.engine import load_engine

    engine = load_engine(model, threads=1, context=64)
    try:
        return rates_of(engine, counts(cores()), seconds)
    finally:
        engine.close()


def rates_of(engine: Engine, tried: Sequence[int], seconds: float) -> dict[int, float]:
    """The median rate of each count, from short bursts that take turns, so that a disturbance hits all."""
    from robo_runtime.prompt import BOS, Part

    start = engine.encode([Part(BOS, True)])
    rates: dict[int, list[float]] = {count: [] for count in tried}
    end = time.perf_counter() + seconds
    while True:
        for count in tried:
            engine.use_threads(count)
            engine.reset()
            engine.feed(start)  # wakes the threads
            rates[count].append(_burst(engine, start))
        if time.perf_counter() >= end:
            return {count: statistics.median(found) for count, found in rates.items()}


def _burst(engine: Engine, token: Sequence[int]) -> float:
    begun, done, spent = time.perf_counter(), 0, 0.0
    while done < _BURST and spent <= _BURST_SECONDS:
        engine.feed(token)
        done, spent = done + 1, time.perf_counter() - begun
    return done / spent


def best(rates: Mapping[int, float]) -> int:
    """The lowest count that is nearly as fast as the fastest."""
    fastest = max(rates.values())
    return min(count for count, rate in rates.items() if rate * _GAIN >= fastest)


def sentence(rates: Mapping[int, float], count: int) -> str:
    """What a measurement brought, for a person."""
    table = ", ".join(f"{n}: {rate:,.0f}" for n, rate in sorted(rates.items()))
    noun = "thread is" if count == 1 else "threads are"
    return f"{count} {noun} the best choice here (tokens a second by threads: {table})"


def counts(available: int) -> list[int]:
    """Counts worth trying on so many cores: 1, 2, 4, 8 and all of them."""
    top = min(available, MOST)
    return sorted({n for n in (1, 2, 4, 8) if n <= top} | {top})


def cores() -> int:
    """Cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def busy() -> bool:
    """Whether other programs keep the machine so busy that a measurement would mislead."""
    if not hasattr(os, "getloadavg"):  # Windows
        return False
    return os.getloadavg()[0] > _IDLE * cores()


def processor() -> str:
    """The name of the processor, as far as the system tells it."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
            wanted = ("model name", "CPU implementer", "CPU part", "Model")  # the last three on Arm
            found = dict.fromkeys(line for line in lines if line.startswith(wanted))
            if found:
                return "; ".join(found)
    if sys.platform == "darwin":
        asked = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=2).stdout.strip()
    return platform.processor() or platform.machine()


def _entry(model: Path) -> str:
    """Name in the cache: another processor, another number of cores or another size measures anew."""
    megabytes = round(model.stat().st_size / 1e6)
    return f"{fingerprint([], 'threads', processor(), str(cores()), str(megabytes))}.threads"
