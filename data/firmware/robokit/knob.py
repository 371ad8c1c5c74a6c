"""The potentiometer."""

import robokit.analog as analog
from robokit.board import PINS


def read():
    """Potentiometer position."""
    return analog.percent("knob", "the knob", PINS["knob"])


def raw():
    """Raw potentiometer reading."""
    return analog.raw("the knob", PINS["knob"])
