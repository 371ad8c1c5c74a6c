"""The stepper 28BYJ-48 on a ULN2003: two of four coils at a time, 2048 steps a turn."""

from time import sleep_us, ticks_add, ticks_diff, ticks_us

from machine import Pin

from robokit import check
from robokit.board import PINS, STEPS_PER_TURN, claim

COILS = ((1, 1, 0, 0), (0, 1, 1, 0), (0, 0, 1, 1), (1, 0, 0, 1))
pins = []
at = [0]


def turn(count, rpm):
    """Go a number of steps, then let the coils cool."""
    if not pins:
        pins.extend([Pin(claim("the stepper", number), Pin.OUT, value=0) for number in PINS["stepper"]])
    period = 60000000 // (STEPS_PER_TURN * rpm)
    way = 1 if count > 0 else -1
    moment = ticks_us()
    for _ in range(abs(count)):
        at[0] = (at[0] + way) % 4
        for pin, level in zip(pins, COILS[at[0]]):
            pin.value(level)
        moment = ticks_add(moment, period)
        left = ticks_diff(moment, ticks_us())
        if left > 0:
            sleep_us(left)
    for pin in pins:
        pin.value(0)


def steps(n, rpm=10):
    """Turn a stepper."""
    check.whole("stepper.steps: n", n, -20000, 20000, "step")
    check.whole("stepper.steps: rpm", rpm, 1, 20, "rpm")
    turn(n, rpm)


def angle(angle, rpm=10):
    """Turn a stepper by an angle."""
    check.whole("stepper.angle: angle", angle, -3600, 3600, "deg")
    check.whole("stepper.angle: rpm", rpm, 1, 20, "rpm")
    turn(round(angle * STEPS_PER_TURN / 360), rpm)
