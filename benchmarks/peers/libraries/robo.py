"""Our runtime, over whatever engine takes the file: its raw loop, and programs from text to the check."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from robo_runtime.engine import load_engine
from robo_runtime.generate import Generator

from benchmarks.peers.peer import MOST, Ask, Setup, Watch, Wrote


class Loop:
    """See `benchmarks.peers.peer.Decoder`."""

    def __init__(self, setup: Setup) -> None:
        self._engine = load_engine(setup.model, threads=setup.threads)
        self._picker = self._engine.picker(0.0, 0, 0)

    def start(self, ids: Sequence[int]) -> None:
        """See the class."""
        self._engine.reset()
        self._engine.feed(ids)

    def go_on(self, n: int) -> list[int]:
        """See the class."""
        found: list[int] = []
        for _ in range(n):
            found.append(self._picker.pick())
            self._engine.feed(found[-1:])
        return found


class Programs:
    """See `benchmarks.peers.peer.Writer`."""

    def __init__(self, setup: Setup) -> None:
        start = time.perf_counter()
        engine = load_engine(setup.model, threads=setup.threads)
        loaded = time.perf_counter() - start
        self._generator: Any = Generator(setup.model, threads=setup.threads, engine=engine)
        self.grammar_s = time.perf_counter() - start - loaded
        self._check = self._generator.check = _Timed(self._generator.check)
        self._feed = self._generator.engine.feed = _Timed(self._generator.engine.feed, first=True)

    def write(self, ask: Ask) -> Wrote:
        """See the class."""
        self._check.spent = self._feed.spent = (0.0, 0.0)
        made = self._generator.generate(ask.prompt, lang=ask.lang, hardware=ask.hardware, max_tokens=MOST)
        ended = made.stopped == "end"
        return Wrote(made.code, made.timings.tokens, ended, self._feed.spent, self._check.spent)


class _Timed:
    """A function whose time is taken: all its calls', or only the first one's, which reads the prompt."""

    def __init__(self, call: Callable[..., Any], *, first: bool = False) -> None:
        self._call, self._first = call, first
        self.spent = (0.0, 0.0)

    def __call__(self, *args: Any) -> Any:
        if self._first and self.spent[0]:
            return self._call(*args)
        watch = Watch()
        try:
            return self._call(*args)
        finally:
            wall, cpu = watch.read()
            self.spent = self.spent[0] + wall, self.spent[1] + cpu


def decoder(setup: Setup) -> Loop:
    """See `benchmarks.peers.peer`."""
    return Loop(setup)


def writer(setup: Setup) -> Programs:
    """See `benchmarks.peers.peer`."""
    return Programs(setup)
