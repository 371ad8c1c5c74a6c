# mypy: ignore-errors
# ruff: noqa: RET503
"""`machine.Timer`, RTC, WDT, sleeps and resets of the ESP32, for MicroPython."""

from time import gmtime, mktime, seconds

from board import Restart, current
from pins import whole

BOOT_US = 300000
PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
PIN_WAKE, TIMER_WAKE = 2, 4


class Timer:
    ONE_SHOT, PERIODIC = 0, 1

    def __init__(self, id, **options):
        self._board = current()
        self._id = whole(id)
        if not -1 <= self._id <= 3:
            raise ValueError("invalid Timer number")
        self._run = self._period = self._started = 0
        if options:
            self.init(**options)

    def init(self, *, mode=1, callback=None, period=None, tick_hz=1000, freq=None, hard=None):
        if freq is not None:
            if freq <= 0:
                raise ValueError("freq must be positive")
            self._period = max(round(1e6 / freq), 1)
        else:
            ticks = 0xFFFFFFFF if period is None else whole(period)
            self._period = max(ticks * 1000000 // max(whole(tick_hz), 1), 1)
        if callback is not None and not callable(callback):
            raise ValueError("callback must be callable")
        self.deinit()
        others = self._board.parts.setdefault("timers", {})
        if self._id in others and others[self._id] is not self and self._id >= 0:
            others[self._id].deinit()
        others[self._id] = self
        self._started = self._board.now
        if callback is not None:
            self._arm(self._run, self._started + self._period, mode == self.PERIODIC, callback)

    def _arm(self, run, at, again, callback):
        def fire():
            if run == self._run:
                self._board.interrupt(callback, self)
                if again:
                    self._arm(run, at + self._period, again, callback)

        self._board.schedule(at, fire)

    def deinit(self):
        self._run += 1

    def value(self):
        return (self._board.now - self._started) % max(self._period, 1) // 1000


class RTC:
    def __init__(self, id=0, *, datetime=None):
        self._board = current()
        if datetime is not None:
            self.datetime(datetime)

    def init(self, when):
        self.datetime(when)

    def datetime(self, *when):
        if not when or when[0] is None:
            moment = seconds(self._board)
            year, month, day, hour, minute, second, weekday, _ = gmtime(int(moment))
            return (year, month, day, weekday, hour, minute, second, int(moment % 1 * 1e6))
        year, month, day, _, hour, minute, second, _ = when[0]
        wanted = mktime((year, month, day, hour, minute, second))
        self._board.rtc_offset += wanted - int(seconds(self._board))

    def memory(self, *data):
        if not data:
            return self._board.kept.get("rtc", b"")
        content = data[0].encode() if isinstance(data[0], str) else bytes(data[0])
        if len(content) > 2048:
            raise ValueError("buffer too long")
        self._board.kept["rtc"] = content


class WDT:
    def __init__(self, id=0, timeout=5000):
        self._board = current()
        self._timeout = whole(timeout) * 1000
        if self._timeout <= 0:
            raise ValueError("WDT timeout too short")
        self._fed = 0
        self.feed()

    def feed(self):
        self._fed += 1
        fed, board = self._fed, self._board

        def starve():
            if fed == self._fed:
                raise board.stop(Restart(WDT_RESET, BOOT_US))

        board.schedule(board.now + self._timeout, starve)


def lightsleep(time_ms=None):
    board = current()
    board.emit("sleep", "light", time_ms)
    board.sleep(board.until if time_ms is None else whole(time_ms) * 1000)


def deepsleep(time_ms=None):
    board = current()
    board.emit("sleep", "deep", time_ms)
    after = board.until if time_ms is None else max(whole(time_ms), 0) * 1000 + BOOT_US
    raise board.stop(Restart(DEEPSLEEP_RESET, after))


def reset():
    raise current().stop(Restart(HARD_RESET, BOOT_US))


def soft_reset():
    raise current().stop(Restart(SOFT_RESET, BOOT_US))


def idle():
    current().sleep(1000)


def reset_cause():
    return current().reset_cause


def wake_reason():
    return 4 if current().reset_cause == DEEPSLEEP_RESET else 0
