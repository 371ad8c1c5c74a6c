"""Waiting that does not drift, and values that glide."""

from time import sleep_ms, ticks_add, ticks_diff, ticks_ms


def sleep_until(moment):
    """Sleep until `moment` of ticks_ms."""
    left = ticks_diff(moment, ticks_ms())
    if left > 0:
        sleep_ms(left)


def glide(start, end, ms, put):
    """Let a value go from start to end within ms, put every 20 ms."""
    begin = ticks_ms()
    steps = max(ms // 20, 1)
    for step in range(1, steps + 1):
        sleep_until(ticks_add(begin, ms * step // steps))
        put(start + (end - start) * step / steps)
