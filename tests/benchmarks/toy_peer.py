"""A library that needs no model, for tests of the benchmark of peers; how it behaves is an option of its row."""

import os
import signal
import time
from collections.abc import Sequence

from benchmarks.peers.peer import Ask, Setup, Wrote

LED = "from machine import Pin\n\nled = Pin({}, Pin.OUT)\nled.on()\n"
TOKENS = 50


class Toy:
    """Counts up from the prompt's length, and writes one program."""

    grammar_s = 0.25

    def __init__(self, setup: Setup) -> None:
        if setup.options.get("refuses"):
            raise ValueError("this grammar is not for me\nsecond line\n<state> a page of it")
        self._options, self._next = setup.options, 0

    def start(self, ids: Sequence[int]) -> None:
        if self._options.get("dies"):
            os.kill(os.getpid(), signal.SIGABRT)
        self._next = len(ids)

    def go_on(self, n: int) -> list[int]:
        _work(self._options.get("seconds", 0.002))
        start, self._next = self._next, self._next + n
        return list(range(start, start + n))

    def write(self, ask: Ask) -> Wrote:
        seconds = self._options.get("seconds", 0.002)
        _work(seconds)
        pin = 99 if self._options.get("wrong") else 2
        return Wrote(LED.format(pin), TOKENS, True, (seconds / 2, seconds / 2))


def _work(seconds: float) -> None:
    """Use the processor for so long."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


decoder = writer = Toy
