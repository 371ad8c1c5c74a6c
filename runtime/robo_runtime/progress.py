"""Progress of long work with an estimate of the time left: a bar on a terminal, lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
_EVERY = 30.0  # seconds between lines in a log


def tracked(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """Yield `items`, of which there are `total`, showing progress on stderr."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import track

        yield from track(items, what, total=total, console=Console(stderr=True))
        return
    start = said = time.monotonic()
    for n, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - said >= _EVERY and n < total:
            said = now
            left = (now - start) / n * (total - n)
            sys.stderr.write(f"{what}: {n} of {total}, about {duration(left)} left\n")


def duration(seconds: float) -> str:
    """95 seconds as "1 min 35 s"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
