"""The time of day."""

from machine import RTC

from robokit import check

rtc = RTC()


def set(hour, minute, second=0):
    """Set the clock."""
    check.whole("clock.set: hour", hour, 0, 23)
    check.whole("clock.set: minute", minute, 0, 59)
    check.whole("clock.set: second", second, 0, 59)
    year, month, day, weekday = rtc.datetime()[:4]
    rtc.datetime((year, month, day, weekday, hour, minute, second, 0))


def time():
    """Time as HH:MM:SS."""
    return "%02d:%02d:%02d" % tuple(rtc.datetime()[4:7])
