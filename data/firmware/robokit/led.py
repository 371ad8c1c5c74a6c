"""The four LEDs of the board, lit by a high level."""

from time import sleep_ms

from machine import PWM, Pin

from robokit import check
from robokit.board import PINS, claim
from robokit.pace import glide

COUNT = len(PINS["led"])
pins = [None] * COUNT
dimmers = [None] * COUNT
levels = [0] * COUNT


def light(n, percent):
    """Light an LED; only a dimmed one occupies a PWM channel."""
    i = n - 1
    full = 1 if percent >= 100 else 0
    if pins[i] is None:
        pins[i] = Pin(claim("LED %d" % n, PINS["led"][i]), Pin.OUT, value=full)
    if 0 < percent < 100:
        duty = round(percent * 65535 / 100)
        if dimmers[i] is None:
            dimmers[i] = PWM(pins[i], freq=1000, duty_u16=duty)
        else:
            dimmers[i].duty_u16(duty)
    else:
        if dimmers[i] is not None:
            dimmers[i].deinit()
            dimmers[i] = None
            pins[i].init(Pin.OUT, value=full)
        pins[i].value(full)
    levels[i] = percent


def on(n=1):
    """Switch a board LED on."""
    check.whole("led.on: n", n, 1, 4)
    light(n, 100)


def off(n=1):
    """Switch a board LED off."""
    check.whole("led.off: n", n, 1, 4)
    light(n, 0)


def toggle(n=1):
    """Flip a board LED."""
    check.whole("led.toggle: n", n, 1, 4)
    light(n, 0 if levels[n - 1] else 100)


def set(n, state):
    """Set a board LED."""
    check.whole("led.set: n", n, 1, 4)
    check.flag("led.set: state", state)
    light(n, 100 if state else 0)


def blink(n=1, times=1, on_ms=500, off_ms=500):
    """Blink a board LED a number of times."""
    check.whole("led.blink: n", n, 1, 4)
    check.whole("led.blink: times", times, 1, 100)
    check.whole("led.blink: on_ms", on_ms, 10, 10000, "ms")
    check.whole("led.blink: off_ms", off_ms, 10, 10000, "ms")
    for _ in range(times):
        light(n, 100)
        sleep_ms(on_ms)
        light(n, 0)
        sleep_ms(off_ms)


def brightness(n, percent):
    """Dim a board LED with PWM."""
    check.whole("led.brightness: n", n, 1, 4)
    check.whole("led.brightness: percent", percent, 0, 100, "%")
    light(n, percent)


def fade(n, start, end, ms=1000):
    """Fade a board LED."""
    check.whole("led.fade: n", n, 1, 4)
    check.whole("led.fade: start", start, 0, 100, "%")
    check.whole("led.fade: end", end, 0, 100, "%")
    check.whole("led.fade: ms", ms, 50, 20000, "ms")
    light(n, start)
    glide(start, end, ms, lambda percent: light(n, percent))


def all_on():
    """All board LEDs on."""
    for n in range(1, COUNT + 1):
        light(n, 100)


def all_off():
    """All board LEDs off."""
    for n in range(1, COUNT + 1):
        light(n, 0)


def is_on(n=1):
    """State of a board LED."""
    check.whole("led.is_on: n", n, 1, 4)
    return levels[n - 1] > 0
