"""The wheels: two motors behind a driver with two inputs each, and an encoder at each wheel.

Distances and angles are measured by the encoders, which count edges; their direction is the one in which
the motor is driven.
"""

from time import sleep_ms, ticks_diff, ticks_ms

from machine import PWM, Pin

from robokit.board import CM_PER_EDGE, PINS, claim, is_free

BOTH = ("left", "right")
PATIENCE_MS = 500
"""A wheel that is driven and does not turn for so long is blocked."""

motors = []
encoders = [None, None]
edges = [0, 0]
way = [0, 0]
speeds = [0, 0]


def left_edge(pin):
    """The left wheel turned."""
    edges[0] += way[0]


def right_edge(pin):
    """The right wheel turned."""
    edges[1] += way[1]


def leave(side):
    """Another part needs the pin of an encoder."""
    encoders[side].irq(None)
    encoders[side] = None


def watch():
    """Count the edges of the encoders whose pins are free."""
    for side in (0, 1):
        number = PINS["encoder"][side]
        if encoders[side] is None and is_free(number):
            claim("the %s encoder" % BOTH[side], number, (lambda: leave(0), lambda: leave(1))[side])
            encoders[side] = Pin(number, Pin.IN)
            encoders[side].irq((left_edge, right_edge)[side], Pin.IRQ_RISING | Pin.IRQ_FALLING)


def watched():
    """The sides that have an encoder. Raises ValueError when other parts took both pins."""
    watch()
    sides = [side for side in (0, 1) if encoders[side] is not None]
    if not sides:
        claim("the left encoder", PINS["encoder"][0])
    return sides


def half(motor, forward, backward):
    """Drive one motor, with duties from 0 to 65535."""
    motors[motor].duty_u16(forward)
    motors[motor + 1].duty_u16(backward)


def drive(left, right):
    """Set both wheels, in per cent."""
    if not motors:
        for number in PINS["motor"]:
            motors.append(PWM(Pin(claim("the wheels", number)), freq=1000, duty_u16=0))
        watch()
    for side, speed in ((0, left), (1, right)):
        duty = round(abs(speed) * 65535 / 100)
        half(2 * side, duty if speed > 0 else 0, duty if speed < 0 else 0)
        speeds[side] = speed
        if speed:
            way[side] = 1 if speed > 0 else -1


def run_for(left, right, seconds):
    """Drive for a time, then stop."""
    drive(left, right)
    try:
        sleep_ms(round(seconds * 1000))
    finally:  # Ctrl-C must not leave the robot driving
        drive(0, 0)


class Way:
    """How far a wheel has come: the edges its interrupt counts, or those seen by looking at the pin.

    Interrupts rest while a callback of the program runs, and a look misses edges while another callback runs:
    whichever saw more is right.
    """

    def __init__(self, side):
        self.side = side
        self.pin = encoders[side]
        self.start = edges[side]
        self.level = self.pin.value()
        self.seen = 0

    def gone(self):
        """Edges since the start."""
        level = self.pin.value()
        if level != self.level:
            self.level = level
            self.seen += 1
        return max(self.seen, abs(edges[self.side] - self.start))

    def settle(self):
        """Count what no interrupt counted."""
        missed = self.seen - abs(edges[self.side] - self.start)
        if missed > 0:
            edges[self.side] += way[self.side] * missed
            way[self.side] = 0  # interrupts that still wait are counted now


def run_to(left, right, cm):
    """Drive until the faster wheel has gone so far, then stop."""
    top = max(abs(left), abs(right))
    if not top or cm <= 0:
        return
    ways = [Way(side) for side in watched()]
    speed, leader = max([(abs((left, right)[w.side]), w.side) for w in ways])
    if not speed:
        raise ValueError("the wheel that turns has no encoder: pin %d is taken" % PINS["encoder"][1 - leader])
    goal = cm * speed / top / CM_PER_EDGE - 0.5
    drive(left, right)
    last = 0
    moved = ticks_ms()
    try:
        while last < goal:
            sleep_ms(1)
            for one in ways:
                count = one.gone()
                if one.side == leader and count != last:
                    last = count
                    moved = ticks_ms()
            if ticks_diff(ticks_ms(), moved) > PATIENCE_MS:
                raise OSError(
                    "the %s wheel does not turn: blocked, or no encoder on pin %d"
                    % (BOTH[leader], PINS["encoder"][leader])
                )
    finally:
        drive(0, 0)
        for one in ways:
            one.settle()
