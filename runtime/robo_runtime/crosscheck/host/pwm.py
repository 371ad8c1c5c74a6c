# mypy: ignore-errors
# ruff: noqa: RET503, UP031
"""`machine.PWM` of the ESP32, for MicroPython."""

from board import current
from lines import INPUT_ONLY, OUT
from pins import line_of, whole


class PWM:
    def __init__(self, dest, freq=None, duty=None, *, duty_u16=None, duty_ns=None, invert=False):
        self._board = current()
        self._line = line_of(dest)
        if self._line.number in INPUT_ONLY:
            raise ValueError("invalid pin")
        running = self._line.pwm
        used = self._board.parts.setdefault("pwm", set())
        if len(used | {self._line.number}) > 16:
            raise OSError("out of PWM channels:16")
        self._freq = running._freq if running else 5000
        self._fraction = running._fraction if running else 0.5
        self._invert = bool(invert)
        self._set(freq, duty, duty_u16, duty_ns)
        used.add(self._line.number)
        self._on = True
        self._line.pwm = self
        self._line.mode = OUT
        self._record()

    def init(self, freq=None, duty=None, *, duty_u16=None, duty_ns=None, invert=None):
        self._set(freq, duty, duty_u16, duty_ns)
        if invert is not None:
            self._invert = bool(invert)
        self._on = True
        self._line.pwm = self
        self._record()

    def _set(self, freq, duty, duty_u16, duty_ns):
        if (duty is not None) + (duty_u16 is not None) + (duty_ns is not None) > 1:
            raise ValueError("only one of parameters 'duty', 'duty_u16' or 'duty_ns' is allowed")
        if freq is not None:
            if not 1 <= whole(freq) <= 40000000:
                raise ValueError("frequency must be from 1Hz to 40MHz")
            self._freq = freq
        if duty is not None:
            self._fraction = _within(duty, 1023) / 1023
        if duty_u16 is not None:
            self._fraction = _within(duty_u16, 65535) / 65535
        if duty_ns is not None:
            self._fraction = min(_within(duty_ns, 10**9 // self._freq) * self._freq / 1e9, 1.0)

    def _active(self):
        if not self._on:
            raise RuntimeError("PWM is inactive")

    def freq(self, *value):
        if not value:
            self._active()
            return self._freq
        self._set(value[0], None, None, None)
        self._active()
        self._record()

    def duty(self, *value):
        if not value:
            return round(self._fraction * 1023)
        self._change(value[0], None, None)

    def duty_u16(self, *value):
        if not value:
            return round(self._fraction * 65535)
        self._change(None, value[0], None)

    def duty_ns(self, *value):
        if not value:
            return round(self._fraction * 1e9 / self._freq)
        self._change(None, None, value[0])

    def _change(self, duty, duty_u16, duty_ns):
        self._set(None, duty, duty_u16, duty_ns)
        self._active()
        self._record()

    def deinit(self):
        self.release_()

    def release_(self):
        if self._on:
            self._on = False
            self._line.pwm = None
            self._board.parts["pwm"].discard(self._line.number)
            self._board.record("pwm", self._line.number, (0, 0.0))
            self._derive(0, 0.0)

    def _record(self):
        fraction = round(1.0 - self._fraction if self._invert else self._fraction, 6)
        if self._board.record("pwm", self._line.number, (self._freq, fraction)):
            self._derive(self._freq, fraction)

    def _derive(self, freq, fraction):
        """What the pulses mean to a servo or a buzzer."""
        board, number = self._board, self._line.number
        pulse = fraction * 1e6 / freq if freq else 0.0
        servo = 40 <= freq <= 100 and 400 <= pulse <= 2600
        if servo:
            board.record("pulse", number, round(pulse, 1))
            board.record("angle", number, round((pulse - 500) * 180 / 2000, 1))
        elif board.last("pulse", number):
            board.record("pulse", number, 0)
        if not servo or board.last("tone", number):
            board.record("tone", number, freq if 0.0 < fraction < 1.0 and not servo else 0)


def _within(value, top):
    if not 0 <= whole(value) <= top:
        raise ValueError("duty must be from 0 to %d" % top)
    return value
