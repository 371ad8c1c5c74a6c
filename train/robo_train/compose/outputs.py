"""Parts that one pin switches: what the program calls each of them."""

from __future__ import annotations

from robo_train.compose.spec import Device

OUTPUTS_BY_NAME = {
    "relay": 4.0,
    "pump": 2.5,
    "fan": 2.5,
    "motor": 2.0,
    "valve": 1.0,
    "vibration": 0.8,
    "laser": 0.8,
    "heater": 1.0,
    "lamp": 1.2,
    "magnet": 0.6,
    "lock": 0.8,
    "solenoid": 0.4,
    "bell": 0.5,
    "humidifier": 0.3,
    "plug": 0.5,
    "sprinkler": 0.4,
    "horn": 0.3,
    "led": 1.6,
}
"""Variable names by weight; `led` is one that a low level lights."""
SPOKEN_OUTPUT = {
    "vibration": "vibration motor",
    "magnet": "electromagnet",
    "lock": "door lock",
    "plug": "power socket",
    "led": "LED",
}


def output_flag(device: Device) -> str:
    """The flag that chooses its nouns in the phrase grammar."""
    return f"is_{device.label}"
