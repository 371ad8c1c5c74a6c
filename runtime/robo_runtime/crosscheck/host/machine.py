# mypy: ignore-errors
# ruff: noqa: F401, F403, RET503
"""`machine` of the ESP32 on the virtual board, for MicroPython."""

from board import current
from pins import ADC, DAC, Pin, Signal, TouchPad, line_of, whole
from pwm import PWM
from sim_modules_buses import I2C, SPI, UART, SoftI2C, SoftSPI
from timers import *


def freq(hz=None):
    if hz is None:
        return current().parts.get("freq", 160000000)
    if whole(hz) not in (20000000, 40000000, 80000000, 160000000, 240000000):
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    current().parts["freq"] = hz


def unique_id():
    return b"\x24\x0a\xc4\x00\x01\x02"


def disable_irq():
    return 0


def enable_irq(state):
    pass


def time_pulse_us(pin, pulse_level, timeout_us=1000000):
    board, where = current(), line_of(pin)
    level = 1 if pulse_level else 0
    if not _wait(board, where, level, board.now + timeout_us):
        return -2
    start = board.now
    if not _wait(board, where, 1 - level, start + timeout_us):
        return -1
    return board.now - start


def _wait(board, where, level, until):
    while where.read() != level:
        if board.now >= until:
            return False
        board.nap(until)
    return True
