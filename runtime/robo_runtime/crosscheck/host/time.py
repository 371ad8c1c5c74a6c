# mypy: ignore-errors
# ruff: noqa: UP031
"""`time` on the virtual clock, for MicroPython."""

from board import current

TICKS = 1 << 30
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _span(us):
    return max(round(us), 0)


def sleep(duration):
    current().sleep(_span(float(duration) * 1e6))


def _whole(value):
    if not isinstance(value, int):
        raise TypeError("can't convert %s to int" % type(value).__name__)
    return value


def sleep_ms(duration):
    current().sleep(_span(_whole(duration) * 1000))


def sleep_us(duration):
    current().sleep(_span(_whole(duration)))


def ticks_ms():
    board = current()
    board.clock_read = board.now
    return board.now // 1000 % TICKS


def ticks_us():
    board = current()
    board.clock_read = board.now
    return board.now % TICKS


def ticks_cpu():
    board = current()
    board.clock_read = board.now
    return board.now * 160 % TICKS


def ticks_add(ticks, delta):
    return (_whole(ticks) + _whole(delta)) % TICKS


def ticks_diff(later, earlier):
    return (_whole(later) - _whole(earlier) + TICKS // 2) % TICKS - TICKS // 2


def _leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def mktime(date):
    """Seconds since 2000-01-01."""
    year, month, day, hour, minute, second = date[:6]
    days = sum(366 if _leap(y) else 365 for y in range(2000, year)) + sum(_DAYS[: month - 1]) + day - 1
    days += 1 if month > 2 and _leap(year) else 0
    return ((days * 24 + hour) * 60 + minute) * 60 + second


def seconds(board):
    board.clock_read = board.now
    return mktime(board.world.clock) + board.rtc_offset + board.t


def time():
    return int(seconds(current()))


def time_ns():
    return int(seconds(current()) * 1e9)


def gmtime(when=None):
    moment = time() if when is None else _whole(when)
    days, rest = divmod(moment, 86400)
    weekday, year, yearday = (days + 5) % 7, 2000, days
    while yearday >= (366 if _leap(year) else 365):
        yearday -= 366 if _leap(year) else 365
        year += 1
    month, day = 0, yearday
    while day >= _DAYS[month] + (1 if month == 1 and _leap(year) else 0):
        day -= _DAYS[month] + (1 if month == 1 and _leap(year) else 0)
        month += 1
    return (year, month + 1, day + 1, rest // 3600, rest // 60 % 60, rest % 60, weekday, yearday + 1)


localtime = gmtime
