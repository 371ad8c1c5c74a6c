"""machine.PWM of the ESP32, and what its pulses mean to a servo or a buzzer."""

from __future__ import annotations

from typing import Any

from robo_runtime.simulate import lines
from robo_runtime.simulate.board import current
from robo_runtime.simulate.modules.pins import line_of
from robo_runtime.simulate.native import Native, as_int

SERVO_HZ = (40, 100)
SERVO_US = (400, 2600)
CHANNELS = 16


class PWM(Native):
    """Pulses on a pin. A new one starts at 5 kHz and half duty, as on the board."""

    __slots__ = ("_board", "_fraction", "_freq", "_invert", "_line", "_on")

    def __init__(
        self, dest: Any, freq: Any = None, duty: Any = None, *,
        duty_u16: Any = None, duty_ns: Any = None, invert: Any = False,
    ) -> None:  # fmt: skip
        self._board = current()
        self._line = line_of(dest)
        if self._line.number in lines.INPUT_ONLY:
            raise ValueError("invalid pin")
        running = self._line.pwm
        used = self._board.parts.setdefault("pwm", set())
        if len(used | {self._line.number}) > CHANNELS:
            raise OSError("out of PWM channels:16")
        self._freq = running._freq if running else 5000
        self._fraction = running._fraction if running else 0.5
        self._invert = bool(invert)
        self._set(freq, duty, duty_u16, duty_ns)
        used.add(self._line.number)
        self._on = True
        self._line.pwm = self
        self._line.mode = lines.OUT
        self._record()

    def init(
        self,
        freq: Any = None,
        duty: Any = None,
        *,
        duty_u16: Any = None,
        duty_ns: Any = None,
        invert: Any = None,
    ) -> None:
        self._set(freq, duty, duty_u16, duty_ns)
        if invert is not None:
            self._invert = bool(invert)
        self._on = True
        self._line.pwm = self
        self._record()

    def _set(self, freq: Any, duty: Any, duty_u16: Any, duty_ns: Any) -> None:
        if sum(value is not None for value in (duty, duty_u16, duty_ns)) > 1:
            raise ValueError("only one of parameters 'duty', 'duty_u16' or 'duty_ns' is allowed")
        if freq is not None:
            self._freq = _frequency(freq)
        if duty is not None:
            self._fraction = _within(duty, 1023, "duty") / 1023
        if duty_u16 is not None:
            self._fraction = _within(duty_u16, 65535, "duty_u16") / 65535
        if duty_ns is not None:
            self._fraction = min(_within(duty_ns, 10**9 // self._freq, "duty_ns") * self._freq / 1e9, 1.0)

    def _active(self) -> None:
        if not self._on:
            raise RuntimeError("PWM is inactive")

    def freq(self, *value: Any) -> int | None:
        if not value:
            self._active()
            return self._freq
        self._set(value[0], None, None, None)
        self._active()
        self._record()
        return None

    def duty(self, *value: Any) -> int | None:
        if not value:
            return round(self._fraction * 1023)
        self._change(value[0], None, None)
        return None

    def duty_u16(self, *value: Any) -> int | None:
        if not value:
            return round(self._fraction * 65535)
        self._change(None, value[0], None)
        return None

    def duty_ns(self, *value: Any) -> int | None:
        if not value:
            return round(self._fraction * 1e9 / self._freq)
        self._change(None, None, value[0])
        return None

    def _change(self, duty: Any, duty_u16: Any, duty_ns: Any) -> None:
        self._set(None, duty, duty_u16, duty_ns)
        self._active()
        self._record()

    def deinit(self) -> None:
        self.release_()

    def release_(self) -> None:
        """Let go of the pin."""
        if self._on:
            self._on = False
            self._line.pwm = None
            self._board.parts["pwm"].discard(self._line.number)
            self._board.record("pwm", self._line.number, (0, 0.0))
            self._derive(0, 0.0)

    def _record(self) -> None:
        fraction = round(1.0 - self._fraction if self._invert else self._fraction, 6)
        if self._board.record("pwm", self._line.number, (self._freq, fraction)):
            self._derive(self._freq, fraction)

    def _derive(self, freq: int, fraction: float) -> None:
        pulse = fraction * 1e6 / freq if freq else 0.0
        number = self._line.number
        servo = SERVO_HZ[0] <= freq <= SERVO_HZ[1] and SERVO_US[0] <= pulse <= SERVO_US[1]
        if servo:
            self._board.record("pulse", number, round(pulse, 1))
            self._board.record("angle", number, round((pulse - 500) * 180 / 2000, 1))
        elif self._board.last("pulse", number):
            self._board.record("pulse", number, 0)
        if not servo or self._board.last("tone", number):
            self._board.record("tone", number, freq if 0.0 < fraction < 1.0 and not servo else 0)

    def __repr__(self) -> str:
        return f"PWM(Pin({self._line.number}), freq={self._freq}, duty_u16={round(self._fraction * 65535)})"


def _frequency(value: Any) -> int:
    value = as_int(value)
    if not 1 <= value <= 40_000_000:
        raise ValueError("frequency must be from 1Hz to 40MHz")
    return value


def _within(value: Any, top: int, name: str) -> int:
    value = as_int(value)
    if not 0 <= value <= top:
        raise ValueError(f"{name} must be from 0 to {top}")
    return value
