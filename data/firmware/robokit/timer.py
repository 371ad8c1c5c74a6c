"""A stopwatch, and functions that are called later or again and again.

All of them share one of the four hardware timers, so a program may use as many as it likes.
"""

from time import ticks_add, ticks_diff, ticks_ms

from machine import Timer

from robokit import check

HARDWARE = 0
begin = [ticks_ms()]
jobs = []
clock = []


def add(ms, callback, again):
    """Call back after ms, and again and again if told so."""
    jobs.append([ticks_add(ticks_ms(), ms), ms if again else 0, callback])
    arm()


def next_job():
    """The job that is due first."""
    first = jobs[0]
    for job in jobs:
        if ticks_diff(job[0], first[0]) < 0:
            first = job
    return first


def arm():
    """Set the hardware timer for the next job; periodic, so that a lost interrupt delays it only."""
    if not clock:
        clock.append(Timer(HARDWARE))
    if jobs:
        wait = max(ticks_diff(next_job()[0], ticks_ms()), 1)
        clock[0].init(mode=Timer.PERIODIC, period=wait, callback=fire)
    else:
        clock[0].deinit()


def fire(timer):
    """A job is due. The timer is set anew first: an error of the callback must not stop the others."""
    if not jobs:
        return
    job = next_job()
    due = ticks_diff(job[0], ticks_ms()) <= 0
    if due:
        if job[1]:
            job[0] = ticks_add(job[0], job[1])
        else:
            jobs.remove(job)
    arm()
    if due:
        job[2]()


def seconds():
    """Seconds since reset."""
    return ticks_diff(ticks_ms(), begin[0]) / 1000


def reset():
    """Zero the timer."""
    begin[0] = ticks_ms()


def every(ms, callback):
    """Repeat a function."""
    check.whole("timer.every: ms", ms, 1, 3600000, "ms")
    check.function("timer.every: callback", callback)
    add(ms, callback, True)


def after(ms, callback):
    """Call once later."""
    check.whole("timer.after: ms", ms, 1, 3600000, "ms")
    check.function("timer.after: callback", callback)
    add(ms, callback, False)
