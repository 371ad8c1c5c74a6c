"""machine.Timer, RTC and WDT, and the ways to sleep and to reset."""

from __future__ import annotations

import calendar
from typing import Any, NoReturn

from robo_runtime.simulate.board import Board, current
from robo_runtime.simulate.limits import Restart
from robo_runtime.simulate.modules.clock import seconds
from robo_runtime.simulate.native import Native, as_bytes, as_float, as_int

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
BOOT_US = 300_000
"""Time from a reset to the first statement."""


class Timer(Native):
    """A hardware timer; its callback runs between statements."""

    ONE_SHOT, PERIODIC = 0, 1

    __slots__ = ("_board", "_id", "_period", "_run", "_started")

    def __init__(self, id: Any, /, **options: Any) -> None:
        self._board = current()
        self._id = as_int(id)
        if not -1 <= self._id <= 3:
            raise ValueError("invalid Timer number")
        self._run = 0
        self._period = self._started = 0
        if options:
            self.init(**options)

    def init(
        self, *, mode: Any = 1, callback: Any = None, period: Any = None, tick_hz: Any = 1000, freq: Any =
        None,
        hard: Any = None,
    ) -> None:  # fmt: skip
        mode = as_int(mode)
        if freq is not None:
            if as_float(freq) <= 0:
                raise ValueError("freq must be positive")
            self._period = max(round(1e6 / as_float(freq)), 1)
        else:
            ticks = 0xFFFFFFFF if period is None else as_int(period)
            self._period = max(ticks * 1_000_000 // max(as_int(tick_hz), 1), 1)
        if callback is not None and not callable(callback):
            raise ValueError("callback must be callable")
        self.deinit()
        others = self._board.parts.setdefault("timers", {})
        if self._id in others and others[self._id] is not self and self._id >= 0:
            others[self._id].deinit()  # one hardware timer: the new user takes it over
        others[self._id] = self
        self._started = self._board.now
        if callback is not None:
            self._arm(self._run, self._started + self._period, mode == self.PERIODIC, callback)

    def _arm(self, run: int, at: int, again: bool, callback: Any) -> None:
        def fire() -> None:
            if run == self._run:
                self._board.interrupt(callback, self)
                if again:
                    self._arm(run, at + self._period, again, callback)

        self._board.schedule(at, fire)

    def deinit(self) -> None:
        self._run += 1

    def value(self) -> int:
        return (self._board.now - self._started) % max(self._period, 1) // 1000

    def __repr__(self) -> str:
        return f"Timer({self._id}, period={self._period // 1000})"


class RTC(Native):
    """The clock that counts on through resets."""

    __slots__ = ("_board",)

    def __init__(self, id: Any = 0, *, datetime: Any = None) -> None:
        self._board = current()
        if datetime is not None:
            self.init(datetime)

    def init(self, when: Any) -> None:
        self.datetime(when)

    def datetime(self, *when: Any) -> tuple[int, ...] | None:
        import time as host

        if not when or when[0] is None:
            moment = seconds(self._board)
            year, month, day, hour, minute, second, weekday, _ = tuple(host.gmtime(moment + 946_684_800))[:8]
            return (year, month, day, weekday, hour, minute, second, int(moment % 1 * 1e6))
        parts = [as_int(part) for part in when[0]]
        if len(parts) != 8:
            raise ValueError("requested length 8 but object has length %d" % len(parts))  # noqa: UP031
        year, month, day, _, hour, minute, second, _ = parts
        wanted = calendar.timegm((year, month, day, hour, minute, second, 0, 0, 0)) - 946_684_800
        self._board.rtc_offset += wanted - int(seconds(self._board))
        return None

    def memory(self, *data: Any) -> bytes | None:
        if not data:
            kept: bytes = self._board.kept.get("rtc", b"")
            return kept
        content = as_bytes(data[0])
        if len(content) > 2048:
            raise ValueError("buffer too long")
        self._board.kept["rtc"] = content
        return None


class WDT(Native):
    """A watchdog: the board resets when it is not fed."""

    __slots__ = ("_board", "_fed", "_timeout")

    def __init__(self, id: Any = 0, timeout: Any = 5000) -> None:
        self._board = current()
        self._timeout = as_int(timeout) * 1000
        if self._timeout <= 0:
            raise ValueError("WDT timeout too short")
        self._fed = 0
        self.feed()

    def feed(self) -> None:
        self._fed += 1
        fed, board = self._fed, self._board

        def starve() -> None:
            if fed == self._fed:
                raise board.stop(Restart(WDT_RESET, BOOT_US))

        board.schedule(board.now + self._timeout, starve)


def sleeps(board: Board) -> dict[str, Any]:
    """`lightsleep`, `deepsleep`, `reset` and their like."""

    def lightsleep(time_ms: Any = None, /) -> None:
        ms = None if time_ms is None else as_int(time_ms)
        board.emit("sleep", "light", ms)
        board.sleep(board.until if ms is None else ms * 1000)

    def deepsleep(time_ms: Any = None, /) -> NoReturn:
        ms = None if time_ms is None else as_int(time_ms)
        board.emit("sleep", "deep", ms)
        after = board.until if ms is None else max(ms, 0) * 1000 + BOOT_US
        raise board.stop(Restart(DEEPSLEEP_RESET, after))

    def reset() -> NoReturn:
        raise board.stop(Restart(HARD_RESET, BOOT_US))

    def soft_reset() -> NoReturn:
        raise board.stop(Restart(SOFT_RESET, BOOT_US))

    def idle() -> None:
        board.sleep(1000)

    return {
        "lightsleep": lightsleep, "sleep": lightsleep, "deepsleep": deepsleep, "reset": reset,
        "soft_reset": soft_reset, "idle": idle, "reset_cause": lambda: board.reset_cause,
        "wake_reason": lambda: 4 if board.reset_cause == DEEPSLEEP_RESET else 0,
        "PWRON_RESET": PWRON_RESET, "HARD_RESET": HARD_RESET, "WDT_RESET": WDT_RESET,
        "DEEPSLEEP_RESET": DEEPSLEEP_RESET, "SOFT_RESET": SOFT_RESET,
        "PIN_WAKE": 2, "EXT0_WAKE": 2, "EXT1_WAKE": 3, "TIMER_WAKE": 4, "TOUCHPAD_WAKE": 5, "ULP_WAKE": 6,
    }  # fmt: skip
