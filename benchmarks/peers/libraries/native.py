"""Our native core for phones (`mobile/native`), as a C program calls it: from text to program, no check."""

from __future__ import annotations

import time

from robo_runtime.cache import grammar_text, scope_table
from robo_runtime.native import native_data

from benchmarks.peers.peer import MOST, Ask, Setup, Wrote
from tests.native.binding import Native

_BOARD = "esp32"


class Programs:
    """See `benchmarks.peers.peer.Writer`."""

    def __init__(self, setup: Setup) -> None:
        start = time.perf_counter()
        data = native_data(grammar_text(_BOARD), scope_table(), _BOARD)
        self.grammar_s = time.perf_counter() - start
        self._native = Native(setup.model, data, threads=setup.threads)

    def write(self, ask: Ask) -> Wrote:
        """See the class."""
        hardware = ", ".join(ask.hardware) or None
        code, stopped, stats = self._native.generate(
            ask.prompt, lang=ask.lang, hardware=hardware, max_tokens=MOST
        )
        return Wrote(code, stats.tokens, stopped == "end")


def writer(setup: Setup) -> Programs:
    """See `benchmarks.peers.peer`."""
    return Programs(setup)
