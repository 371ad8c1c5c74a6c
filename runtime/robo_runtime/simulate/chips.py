"""Registers of the kit's I2C chips, made from what the world says their functions return."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from typing import Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.kit import sensed
from robo_runtime.simulate.kit.lights import COLORS
from robo_runtime.simulate.kit.motion import drive

Registers = dict[int, list[int]]
TILTED = 0.6
"""Acceleration in g along an axis of a board that is tilted."""


class Chip(dict[int, list[int]]):
    """A device whose readings follow the world; what the program writes stays as in any device."""

    def __init__(self, readings: Callable[[], Registers]) -> None:
        super().__init__()
        self.readings = readings

    def items(self) -> Any:
        """Registers and their bytes now."""
        return {**dict(super().items()), **self.readings()}.items()


def plug_chips(board: Board, settings: Mapping[str, Any]) -> None:
    """Put the chips on the bus, at the addresses the firmware expects; a device of the world goes first."""
    chips = {
        settings["ACCELEROMETER"]: lambda: _motion(board), settings["COMPASS"]: lambda: _compass(board),
        settings["BAROMETER"]: lambda: _barometer(board), settings["COLOR"]: lambda: _color(board),
    }  # fmt: skip
    bus = board.parts.setdefault("i2c", {})
    for address, readings in chips.items():
        if not board.world.i2c.get(address):
            bus[address] = Chip(readings)


def _motion(board: Board) -> Registers:
    """The MPU6050."""

    def leans(direction: str) -> bool:
        return bool(sensed(board, "sensor.tilt", {"direction": direction}, False))

    rest = {"x": 0.0, "y": 0.0, "z": 1.0}
    for axis, plus, minus in (("x", "backward", "forward"), ("y", "left", "right")):
        rest[axis] = TILTED * (leans(plus) - leans(minus))
    force = [sensed(board, "sensor.acceleration", {"axis": axis}, value) for axis, value in rest.items()]
    turn = [sensed(board, "sensor.gyro", {"axis": axis}, 0.0) for axis in "xyz"]
    return {0x3B: _words(">", 16384, force), 0x43: _words(">", 131, turn)}


def _words(order: str, scale: float, values: list[float]) -> list[int]:
    whole = [min(max(round(value * scale), -32768), 32767) for value in values]
    return list(struct.pack(f"{order}{len(whole)}h", *whole))


def _compass(board: Board) -> Registers:
    """The QMC5883L."""
    drive(board).integrate()
    heading = math.radians(sensed(board, "sensor.heading", {}, round(-drive(board).heading) % 360))
    return {0x00: _words("<", 3000, [math.cos(heading), math.sin(heading), 0.0])}


_TRIM = (27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
"""The example of the BMP280's datasheet, section 3.12."""
_HEAT = 519_888


def _barometer(board: Board) -> Registers:
    """The BMP280: the raw pressure that means the world's, found by halving."""
    wanted = float(sensed(board, "sensor.pressure", {}, 0.0)) or 1013.2
    low, high = 0, 1 << 20
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _pressure(middle) > wanted else (low, middle)
    return {0x88: list(struct.pack("<HhhHhhhhhhhh", *_TRIM)), 0xF7: [*_twenty(low), *_twenty(_HEAT)]}


def _twenty(value: int) -> tuple[int, int, int]:
    return value >> 12, value >> 4 & 255, (value & 15) << 4


def _pressure(raw: int) -> float:
    """hPa by the floating point formula of the datasheet, section 8.1; it falls as `raw` grows."""
    t1, t2, t3, p1, p2, p3, p4, p5, p6, p7, p8, p9 = _TRIM
    fine = (_HEAT / 16384 - t1 / 1024) * t2 + (_HEAT / 131072 - t1 / 8192) ** 2 * t3
    a = fine / 2 - 64000
    b = a * a * p6 / 32768 + a * p5 * 2
    b = b / 4 + p4 * 65536
    a = (p3 * a * a / 524288 + p2 * a) / 524288
    a = (1 + a / 32768) * p1
    p = (1048576 - raw - b / 4096) * 6250 / a
    return (p + (p9 * p * p / 2147483648 + p * p8 / 32768 + p7) / 16) / 100


def _color(board: Board) -> Registers:
    """The TCS34725: clear, red, green and blue."""
    if board.world.sensors.get("sensor.color_rgb"):
        rgb = sensed(board, "sensor.color_rgb", {}, (0, 0, 0))
    else:
        rgb = COLORS.get(sensed(board, "sensor.color", {}, "red"), (0, 0, 0))
    clear = 2550 if any(rgb) else 0
    return {0xB4: list(struct.pack("<4H", clear, *(10 * part for part in rgb)))}
