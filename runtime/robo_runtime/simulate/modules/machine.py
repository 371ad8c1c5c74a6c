"""The `machine` module of the ESP32."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.modules.buses import I2C, SPI, UART, SoftI2C, SoftSPI
from robo_runtime.simulate.modules.extras import I2S, SDCard, bitstream_on
from robo_runtime.simulate.modules.pins import ADC, DAC, Pin, Signal, TouchPad, line_of
from robo_runtime.simulate.modules.pwm import PWM
from robo_runtime.simulate.modules.timers import RTC, WDT, Timer, sleeps
from robo_runtime.simulate.native import as_int


def names(board: Board, module: str) -> Mapping[str, Any]:
    """The names of `machine`."""

    def freq(hz: Any = None, /) -> int | None:
        if hz is None:
            clock: int = board.parts.get("freq", 160_000_000)
            return clock
        if as_int(hz) not in (20_000_000, 40_000_000, 80_000_000, 160_000_000, 240_000_000):
            raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
        board.parts["freq"] = hz
        return None

    return {
        "Pin": Pin, "Signal": Signal, "ADC": ADC, "DAC": DAC, "TouchPad": TouchPad, "PWM": PWM,
        "Timer": Timer,
        "RTC": RTC, "WDT": WDT, "I2C": I2C, "SoftI2C": SoftI2C, "SPI": SPI, "SoftSPI": SoftSPI, "UART": UART,
        "I2S": I2S, "SDCard": SDCard, "bitstream": bitstream_on(board), "freq": freq,
        "unique_id": lambda: b"\x24\x0a\xc4\x00\x01\x02",
        "disable_irq": lambda: 0, "enable_irq": lambda state: None,
        "time_pulse_us": lambda pin, pulse_level, timeout_us=1_000_000, /: time_pulse_us(
            board, pin, as_int(pulse_level), as_int(timeout_us)
        ),
        **sleeps(board),
    }  # fmt: skip


def time_pulse_us(board: Board, pin: Any, level: int, timeout_us: int) -> int:
    """Wait for a pulse of `level` and measure it; -2: it does not begin in time, -1: it does not end."""
    where = line_of(pin)
    level = 1 if level else 0
    begin = board.now
    if not _wait(board, where, level, begin + timeout_us):
        return -2
    start = board.now
    if not _wait(board, where, 1 - level, start + timeout_us):
        return -1
    return board.now - start


def _wait(board: Board, where: Any, level: int, until: int) -> bool:
    while where.read() != level:
        if board.now >= until:
            return False
        board.nap(until)
    return True
