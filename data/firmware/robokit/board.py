"""The kit's wiring and measures. When a part sits on another pin, change it here and nowhere else.

An ESP32 has fewer pins than the kit has parts, so some parts share a socket: whichever the program uses
first has it, and a second part on the same pin is an error that names both.
"""

from machine import I2C, Pin

PINS = {
    "led": (2, 16, 17, 19),
    "pixels": 23,
    "buzzer": 25,
    "servo": (13, 15, 12, 4),
    "motor": (26, 27, 32, 33),
    "encoder": (39, 15),
    "stepper": (26, 27, 32, 33),
    "relay": (26, 27),
    "button": {"A": 14, "B": 0},
    "knob": 34,
    "joystick": {"x": 34, "y": 35},
    "remote": 35,
    "distance": {"trigger": 5, "echo": 18},
    "obstacle": {"left": 16, "right": 17, "front": 19},
    "line": {"left": 34, "center": 36, "right": 35},
    "temperature": 4,
    "probe": 15,
    "light": 36,
    "sound": 36,
    "soil": 35,
    "gas": 35,
    "rain": 39,
    "battery": 34,
    "motion": 39,
    "touch": (13, 15, 12, 4),
    "i2c": {"scl": 22, "sda": 21},
}
"""Motor pins are left forward, left back, right forward, right back; encoders left, right; the gripper is
servo 4."""

PIXELS = 8
RELAY_ON = 1
DHT = 22
GRIPPER = {"open": 110, "closed": 30}
STEPS_PER_TURN = 2048
WHEEL_BASE_CM = 15.0
CM_PER_EDGE = 0.17
"""Way of a wheel from one edge of its encoder to the next: circumference / edges in a turn."""
SPEED = 50
"""Speed of a motion call that gives none, until robot.set_default_speed."""

SPAN = {"knob": (0, 4095), "light": (0, 4095), "sound": (0, 4095), "soil": (0, 4095), "gas": (0, 4095),
        "rain": (4095, 0)}
"""Raw readings (0-4095) that count as 0% and as 100%."""
BATTERY_UV = (1500000, 2100000)
"""Microvolts on the pin of an empty and of a full cell, behind a divider by two."""
LINE = (400, 3600)
"""Raw readings over white and over black."""
TOUCHED = 400
"""A touched pad counts less than this."""

SCREEN = 0x3C
ACCELEROMETER = 0x68
COMPASS = 0x0D
BAROMETER = 0x76
COLOR = 0x29

owners = {}
bus = []


def claim(part, number, release=None):
    """Take a pin for a part. With `release`, the part gives it back when another one needs it.

    Raises ValueError when another part of the program has the pin.
    """
    owner = owners.get(number)
    if owner is None or owner[0] == part:
        owners[number] = (part, release)
    elif owner[1] is not None:
        owner[1]()
        owners[number] = (part, release)
    else:
        raise ValueError("pin %d: %s and %s share it; use one of them" % (number, owner[0], part))
    return number


def is_free(number):
    """Whether no part has taken the pin."""
    return number not in owners


def i2c():
    """The bus of the screen and of the sensors that are chips."""
    if not bus:
        pins = PINS["i2c"]
        scl = Pin(claim("the I2C bus", pins["scl"]))
        bus.append(I2C(0, scl=scl, sda=Pin(claim("the I2C bus", pins["sda"])), freq=400000))
    return bus[0]
