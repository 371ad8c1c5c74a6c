"""Driving the robot. Positive angles of an arc turn left."""

from math import pi

from robokit import check
from robokit.board import CM_PER_EDGE, SPEED, WHEEL_BASE_CM
from robokit.wheels import BOTH, drive, edges, half, run_for, run_to, speeds, watched

usual = [SPEED]


def pace(name, speed):
    """The speed of a motion call."""
    if speed is None:
        return usual[0]
    check.whole(name + ": speed", speed, 0, 100, "%")
    return speed


def move_forward(speed=None):
    """Drive both wheels forward until another motion call."""
    speed = pace("robot.move_forward", speed)
    drive(speed, speed)


def move_backward(speed=None):
    """Drive both wheels backward until another motion call."""
    speed = pace("robot.move_backward", speed)
    drive(-speed, -speed)


def turn_left(speed=None):
    """Spin left in place until another motion call."""
    speed = pace("robot.turn_left", speed)
    drive(-speed, speed)


def turn_right(speed=None):
    """Spin right in place until another motion call."""
    speed = pace("robot.turn_right", speed)
    drive(speed, -speed)


def stop():
    """Stop both motors (coast)."""
    drive(0, 0)


def brake():
    """Stop both motors (short brake)."""
    drive(0, 0)
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
    drive(left, right)


def set_motor(side, speed):
    """Set one wheel speed."""
    check.name("robot.set_motor: side", side, BOTH)
    check.whole("robot.set_motor: speed", speed, -100, 100, "%")
    if side == "left":
        drive(speed, speeds[1])
    else:
        drive(speeds[0], speed)


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
    sides = watched()
    return round(sum([edges[side] for side in sides]) * CM_PER_EDGE / len(sides), 1)


def reset_encoders():
    """Zero both wheel encoders."""
    watched()
    edges[0] = edges[1] = 0


def is_moving():
    """True while a motor runs."""
    return bool(speeds[0] or speeds[1])
