"""The joystick: -100 to 100, 0 when it is let go."""

import robokit.analog as analog
from robokit.board import PINS

REST = 3
"""A stick that is let go reads a little beside the middle."""


def axis(name):
    """Position on one axis."""
    raw = analog.raw("the joystick", PINS["joystick"][name])
    value = round(raw * 200 / 4095) - 100
    return 0 if -REST <= value <= REST else value


def x():
    """Joystick x."""
    return axis("x")


def y():
    """Joystick y."""
    return axis("y")
