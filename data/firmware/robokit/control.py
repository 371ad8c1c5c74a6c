"""Waiting, random numbers, scaling and text."""

import random
import time

from robokit import check


def wait(seconds):
    """Wait seconds."""
    check.between("wait: seconds", seconds, 0.0, 3600.0, "s")
    time.sleep(seconds)


def wait_ms(ms):
    """Wait milliseconds."""
    check.whole("wait_ms: ms", ms, 0, 3600000, "ms")
    time.sleep_ms(ms)


def random_number(low, high):
    """Random integer, both ends included."""
    check.integer("random_number: low", low)
    check.integer("random_number: high", high)
    if low > high:
        raise ValueError("random_number: low is greater than high")
    return random.randint(low, high)


def map_range(value, in_low, in_high, out_low, out_high):
    """Scale a value."""
    check.number("map_range: value", value)
    check.number("map_range: in_low", in_low)
    check.number("map_range: in_high", in_high)
    check.number("map_range: out_low", out_low)
    check.number("map_range: out_high", out_high)
    if in_low == in_high:
        raise ValueError("map_range: in_low equals in_high")
    return out_low + (value - in_low) * (out_high - out_low) / (in_high - in_low)


def limit(value, low, high):
    """Clamp a value."""
    check.number("limit: value", value)
    check.number("limit: low", low)
    check.number("limit: high", high)
    return max(low, min(high, value))


def say(text):
    """Print to the console."""
    check.text("say: text", text)
    print(text)
