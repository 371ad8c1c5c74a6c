"""The wheels: two motors behind a driver with two inputs each, and an encoder at each wheel.

Distances and angles are measured by the encoders, which count edges; their direction is the one in which
the motor is driven.
"""

from math import pi
from time import sleep_ms, ticks_diff, ticks_ms

from machine import PWM, Pin

from robokit import check
from robokit.board import CM_PER_EDGE, PINS, SPEED, WHEEL_BASE_CM, claim, is_free

BOTH = ("left", "right")
PATIENCE_MS = 500
"""A wheel that is driven and does not turn for so long is blocked."""

motors = []
encoders = []
edges = [0, 0]
way = [0, 0]
speeds = [0, 0]
usual = [SPEED]


def watch():
    """Begin to count edges. Raises ValueError when another part has the pins."""
    if not encoders:
        left, right = PINS["encoder"]
        encoders.append(Pin(claim("the left encoder", left, unwatch), Pin.IN))
        encoders.append(Pin(claim("the right encoder", right, unwatch), Pin.IN))
        encoders[0].irq(left_edge, Pin.IRQ_RISING | Pin.IRQ_FALLING)
        encoders[1].irq(right_edge, Pin.IRQ_RISING | Pin.IRQ_FALLING)


def unwatch():
    """Another part needs a pin of the encoders."""
    for pin in encoders:
        pin.irq(None)
    encoders.clear()


def left_edge(pin):
    """The left wheel turned."""
    edges[0] += way[0]


def right_edge(pin):
    """The right wheel turned."""
    edges[1] += way[1]


def half(motor, forward, backward):
    """Drive one motor, with duties from 0 to 65535."""
    motors[motor].duty_u16(forward)
    motors[motor + 1].duty_u16(backward)


def wheels(left, right):
    """Set both wheels, in per cent."""
    if not motors:
        for number in PINS["motor"]:
            motors.append(PWM(Pin(claim("the wheels", number)), freq=1000, duty_u16=0))
        if is_free(PINS["encoder"][0]) and is_free(PINS["encoder"][1]):
            watch()
    for side, speed in ((0, left), (1, right)):
        duty = round(abs(speed) * 65535 / 100)
        half(2 * side, duty if speed > 0 else 0, duty if speed < 0 else 0)
        speeds[side] = speed
        if speed:
            way[side] = 1 if speed > 0 else -1


def pace(name, speed):
    """The speed of a motion call."""
    if speed is None:
        return usual[0]
    check.whole(name + ": speed", speed, 0, 100, "%")
    return speed


def run_for(left, right, seconds):
    """Drive for a time, then stop."""
    wheels(left, right)
    try:
        sleep_ms(round(seconds * 1000))
    finally:  # Ctrl-C must not leave the robot driving
        wheels(0, 0)


def run_to(left, right, cm):
    """Drive until the faster wheel has gone so far, then stop."""
    leader = 0 if abs(left) >= abs(right) else 1
    if not (left, right)[leader] or cm <= 0:
        return
    watch()
    first = last = edges[leader]
    goal = cm / CM_PER_EDGE - 0.5
    moved = ticks_ms()
    wheels(left, right)
    try:
        while abs(edges[leader] - first) < goal:
            sleep_ms(2)
            if edges[leader] != last:
                last = edges[leader]
                moved = ticks_ms()
            elif ticks_diff(ticks_ms(), moved) > PATIENCE_MS:
                raise OSError("the %s wheel does not turn: blocked, or no encoder on pin %d"
                              % (BOTH[leader], PINS["encoder"][leader]))
    finally:
        wheels(0, 0)


def move_forward(speed=None):
    """Drive both wheels forward until another motion call."""
    speed = pace("robot.move_forward", speed)
    wheels(speed, speed)


def move_backward(speed=None):
    """Drive both wheels backward until another motion call."""
    speed = pace("robot.move_backward", speed)
    wheels(-speed, -speed)


def turn_left(speed=None):
    """Spin left in place until another motion call."""
    speed = pace("robot.turn_left", speed)
    wheels(-speed, speed)


def turn_right(speed=None):
    """Spin right in place until another motion call."""
    speed = pace("robot.turn_right", speed)
    wheels(speed, -speed)


def stop():
    """Stop both motors (coast)."""
    wheels(0, 0)


def brake():
    """Stop both motors (short brake)."""
    wheels(0, 0)
    half(0, 65535, 65535)
    half(2, 65535, 65535)


def forward_for(seconds, speed=None):
    """Drive forward for a time, then stop."""
    check.between("robot.forward_for: seconds", seconds, 0.0, 60.0, "s")
    speed = pace("robot.forward_for", speed)
    run_for(speed, speed, seconds)


def backward_for(seconds, speed=None):
    """Drive backward for a time, then stop."""
    check.between("robot.backward_for: seconds", seconds, 0.0, 60.0, "s")
    speed = pace("robot.backward_for", speed)
    run_for(-speed, -speed, seconds)


def left_for(seconds, speed=None):
    """Spin left for a time, then stop."""
    check.between("robot.left_for: seconds", seconds, 0.0, 60.0, "s")
    speed = pace("robot.left_for", speed)
    run_for(-speed, speed, seconds)


def right_for(seconds, speed=None):
    """Spin right for a time, then stop."""
    check.between("robot.right_for: seconds", seconds, 0.0, 60.0, "s")
    speed = pace("robot.right_for", speed)
    run_for(speed, -speed, seconds)


def forward_distance(cm, speed=None):
    """Drive forward a distance (encoders), then stop."""
    check.between("robot.forward_distance: cm", cm, 0.0, 500.0, "cm")
    speed = pace("robot.forward_distance", speed)
    run_to(speed, speed, cm)


def backward_distance(cm, speed=None):
    """Drive backward a distance (encoders), then stop."""
    check.between("robot.backward_distance: cm", cm, 0.0, 500.0, "cm")
    speed = pace("robot.backward_distance", speed)
    run_to(-speed, -speed, cm)


def turn_left_angle(angle=90, speed=None):
    """Turn left by an angle, then stop."""
    check.whole("robot.turn_left_angle: angle", angle, 0, 360, "deg")
    speed = pace("robot.turn_left_angle", speed)
    run_to(-speed, speed, angle * pi * WHEEL_BASE_CM / 360)


def turn_right_angle(angle=90, speed=None):
    """Turn right by an angle, then stop."""
    check.whole("robot.turn_right_angle: angle", angle, 0, 360, "deg")
    speed = pace("robot.turn_right_angle", speed)
    run_to(speed, -speed, angle * pi * WHEEL_BASE_CM / 360)


def set_motors(left, right):
    """Set both wheel speeds, negative is backward."""
    check.whole("robot.set_motors: left", left, -100, 100, "%")
    check.whole("robot.set_motors: right", right, -100, 100, "%")
    wheels(left, right)


def set_motor(side, speed):
    """Set one wheel speed."""
    check.name("robot.set_motor: side", side, BOTH)
    check.whole("robot.set_motor: speed", speed, -100, 100, "%")
    if side == "left":
        wheels(speed, speeds[1])
    else:
        wheels(speeds[0], speed)


def set_default_speed(speed):
    """Speed used when a motion call gives none."""
    check.whole("robot.set_default_speed: speed", speed, 0, 100, "%")
    usual[0] = speed


def drive_arc(radius, angle, speed=None):
    """Drive along an arc, then stop; positive angles turn left."""
    check.between("robot.drive_arc: radius", radius, 5.0, 200.0, "cm")
    check.whole("robot.drive_arc: angle", angle, -360, 360, "deg")
    speed = pace("robot.drive_arc", speed)
    inner = (radius - WHEEL_BASE_CM / 2) / radius
    outer = (radius + WHEEL_BASE_CM / 2) / radius
    if outer * speed > 100:
        inner, outer = inner / outer, 1.0
        speed = 100
    cm = abs(angle) * pi / 180 * (radius + WHEEL_BASE_CM / 2)
    if angle > 0:
        run_to(inner * speed, outer * speed, cm)
    else:
        run_to(outer * speed, inner * speed, cm)


def distance_travelled():
    """Distance since the last reset_encoders."""
    watch()
    return round((edges[0] + edges[1]) * CM_PER_EDGE / 2, 1)


def reset_encoders():
    """Zero both wheel encoders."""
    watch()
    edges[0] = edges[1] = 0


def is_moving():
    """True while a motor runs."""
    return bool(speeds[0] or speeds[1])
