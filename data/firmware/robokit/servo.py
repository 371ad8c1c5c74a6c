"""Servos: 50 pulses a second of 0.5 ms (0 degrees) to 2.5 ms (180 degrees)."""

from machine import PWM, Pin

from robokit import check
from robokit.board import PINS, claim
from robokit.pace import glide

COUNT = len(PINS["servo"])
motors = [None] * COUNT
held = [None] * COUNT
asked = [90] * COUNT


def pulse(n, ns):
    """Send pulses of this length."""
    i = n - 1
    if motors[i] is None:
        motors[i] = PWM(Pin(claim("servo %d" % n, PINS["servo"][i])), freq=50, duty_ns=ns)
    else:
        motors[i].duty_ns(ns)


def put(n, degrees):
    """Hold an angle."""
    degrees = round(degrees)
    pulse(n, 500000 + degrees * 2000000 // 180)
    held[n - 1] = asked[n - 1] = degrees


def angle(n, angle):
    """Move a servo."""
    check.whole("servo.angle: n", n, 1, 4)
    check.whole("servo.angle: angle", angle, 0, 180, "deg")
    put(n, angle)


def move(n, angle, ms=500):
    """Move a servo slowly; one that is not held yet goes there at once."""
    check.whole("servo.move: n", n, 1, 4)
    check.whole("servo.move: angle", angle, 0, 180, "deg")
    check.whole("servo.move: ms", ms, 0, 10000, "ms")
    start = held[n - 1]
    glide(angle if start is None else start, angle, ms, lambda degrees: put(n, degrees))


def sweep(n, start=0, end=180, ms=1000):
    """One sweep from start to end."""
    check.whole("servo.sweep: n", n, 1, 4)
    check.whole("servo.sweep: start", start, 0, 180, "deg")
    check.whole("servo.sweep: end", end, 0, 180, "deg")
    check.whole("servo.sweep: ms", ms, 100, 20000, "ms")
    put(n, start)
    glide(start, end, ms, lambda degrees: put(n, degrees))


def read(n):
    """Last commanded angle."""
    check.whole("servo.read: n", n, 1, 4)
    return asked[n - 1]


def release(n):
    """Stop holding."""
    check.whole("servo.release: n", n, 1, 4)
    if motors[n - 1] is not None:
        motors[n - 1].deinit()
        motors[n - 1] = held[n - 1] = None


def continuous(n, speed):
    """Continuous servo speed."""
    check.whole("servo.continuous: n", n, 1, 4)
    check.whole("servo.continuous: speed", speed, -100, 100, "%")
    pulse(n, 1500000 + speed * 5000)
    held[n - 1] = None
