"""The `time` module on the virtual clock."""

from __future__ import annotations

import calendar
import time as host
from collections.abc import Mapping
from typing import Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.native import as_float, as_int

TICKS = 1 << 30
_EPOCH = 946_684_800
"""MicroPython counts seconds from 2000-01-01; this is that moment in Unix time."""


def seconds(board: Board) -> float:
    """Seconds since 2000-01-01 by the board's clock."""
    board.clock_read = board.now
    return calendar.timegm((*board.world.clock, 0, 0, 0)) - _EPOCH + board.rtc_offset + board.t


def names(board: Board, module: str) -> Mapping[str, Any]:
    """The names of `time`."""

    def sleep(duration: Any, /) -> None:
        board.sleep(_span(as_float(duration) * 1e6))

    def sleep_ms(duration: Any, /) -> None:
        board.sleep(_span(as_int(duration) * 1000))

    def sleep_us(duration: Any, /) -> None:
        board.sleep(_span(as_int(duration)))

    def ticks_ms() -> int:
        board.clock_read = board.now
        return board.now // 1000 % TICKS

    def ticks_us() -> int:
        board.clock_read = board.now
        return board.now % TICKS

    def ticks_cpu() -> int:
        board.clock_read = board.now
        return board.now * 160 % TICKS

    def ticks_add(ticks: Any, delta: Any, /) -> int:
        return (as_int(ticks) + as_int(delta)) % TICKS

    def ticks_diff(later: Any, earlier: Any, /) -> int:
        return (as_int(later) - as_int(earlier) + TICKS // 2) % TICKS - TICKS // 2

    def now() -> int:
        return int(seconds(board))

    def time_ns() -> int:
        return int(seconds(board) * 1e9)

    def gmtime(when: Any = None, /) -> tuple[int, ...]:
        moment = now() if when is None else as_int(when)
        if not -(1 << 31) <= moment < 1 << 33:
            raise OverflowError("timestamp out of range")
        return tuple(host.gmtime(moment + _EPOCH))[:8]

    def mktime(date: Any, /) -> int:
        if len(date) not in (8, 9):
            raise TypeError("mktime needs a tuple of length 8 or 9")
        return calendar.timegm((*(as_int(part) for part in date[:6]), 0, 0, 0)) - _EPOCH

    return {
        "sleep": sleep, "sleep_ms": sleep_ms, "sleep_us": sleep_us, "ticks_ms": ticks_ms,
        "ticks_us": ticks_us,
        "ticks_cpu": ticks_cpu, "ticks_add": ticks_add, "ticks_diff": ticks_diff, "time": now,
        "time_ns": time_ns,
        "gmtime": gmtime, "localtime": gmtime, "mktime": mktime,
    }  # fmt: skip


def _span(us: float) -> int:
    if us != us or us > 1e15:
        raise OverflowError("overflow converting long int to machine word")
    return max(round(us), 0)
