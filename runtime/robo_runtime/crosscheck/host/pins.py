# mypy: ignore-errors
# ruff: noqa: RET503, UP031
"""`machine.Pin`, Signal, ADC, DAC and TouchPad of the ESP32, for MicroPython."""

from board import current, value_at
from lines import (
    ANALOG,
    FALLING,
    HIGH_LEVEL,
    IN,
    INPUT_ONLY,
    LOW_LEVEL,
    OPEN_DRAIN,
    OUT,
    PULL_DOWN,
    PULL_UP,
    RISING,
    TOUCH,
    check_pin,
    line,
    wake,
)  # fmt: skip


def whole(value):
    """An integer argument of a native function."""
    if not isinstance(value, int):
        raise TypeError("can't convert %s to int" % type(value).__name__)
    return int(value)


class Pin:
    IN, OUT, OPEN_DRAIN = IN, OUT, OPEN_DRAIN
    PULL_DOWN, PULL_UP = PULL_DOWN, PULL_UP
    IRQ_RISING, IRQ_FALLING = RISING, FALLING
    WAKE_LOW, WAKE_HIGH = LOW_LEVEL, HIGH_LEVEL
    DRIVE_0, DRIVE_1, DRIVE_2, DRIVE_3 = 0, 1, 2, 3

    def __init__(self, id, mode=-1, pull=-1, *, value=None, drive=None, hold=None):
        self._board = current()
        self._watch = None
        self._line = id._line if isinstance(id, Pin) else line(self._board, check_pin(id))
        self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None, drive=None, hold=None):
        if value is not None:
            self._line.latch = 1 if value else 0
        chosen = None if mode is None or mode == -1 else whole(mode)
        if chosen is not None:
            if chosen not in (IN, OUT, OPEN_DRAIN):
                raise ValueError("invalid mode")
            if chosen != IN and self._line.number in INPUT_ONLY:
                raise ValueError("pin can only be input")
        self._line.configure(chosen, 0 if pull is None else None if pull == -1 else whole(pull))

    def __call__(self, *value):
        return self.value(*value)

    def value(self, *value):
        if not value:
            return self._line.read()
        if len(value) > 1:
            raise TypeError("function expected at most 2 arguments")
        self._line.write(1 if value[0] else 0)

    def on(self):
        self._line.write(1)

    def off(self):
        self._line.write(0)

    def toggle(self):
        self._line.write(1 - self._line.latch)

    def mode(self, *mode):
        if not mode:
            return self._line.mode
        self.init(mode[0])

    def pull(self, *pull):
        if not pull:
            return self._line.pull
        self.init(-1, pull[0])

    def irq(self, handler=None, trigger=RISING | FALLING, wake=None, hard=False):
        watched = self._line.watchers
        if self._watch in watched:
            watched.remove(self._watch)
        if handler is None:
            return
        if not callable(handler):
            raise ValueError("callback must be callable")

        def watch(level):
            if trigger & (RISING if level else FALLING):
                self._board.interrupt(handler, self)

        self._watch = watch
        watched.append(watch)

    def __repr__(self):
        return "Pin(%d)" % self._line.number


def line_of(pin):
    return pin._line if isinstance(pin, Pin) else line(current(), check_pin(pin))


class Signal:
    def __init__(self, pin, *arguments, invert=False, **options):
        self._pin = pin if isinstance(pin, Pin) else Pin(pin, *arguments, **options)
        self._invert = bool(invert)

    def value(self, *value):
        if not value:
            return int(bool(self._pin.value()) != self._invert)
        return self._pin.value(bool(value[0]) != self._invert)

    def __call__(self, *value):
        return self.value(*value)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)


class ADC:
    ATTN_0DB, ATTN_2_5DB, ATTN_6DB, ATTN_11DB = 0, 1, 2, 3
    WIDTH_9BIT, WIDTH_10BIT, WIDTH_11BIT, WIDTH_12BIT = 9, 10, 11, 12
    _FULL = (1.0, 1.34, 2.0, 3.3)

    def __init__(self, pin, *, atten=None):
        self._board = board = current()
        where = line_of(pin)
        if where.number not in ANALOG:
            raise ValueError("invalid pin")
        self._number = where.number
        self._atten, self._width = 0, 12
        if where.pwm is None and where.mode == OUT:
            where.configure(IN, None)
        self.init(atten=atten)
        known = board.parts.setdefault("announced", set())
        if self._number not in known:
            known.add(self._number)
            for t, _ in board.world.analog.get(self._number, ()):
                wake(board, t)

    def init(self, *, atten=None):
        if atten is not None:
            self.atten(atten)

    def atten(self, value):
        if whole(value) not in (0, 1, 2, 3):
            raise ValueError("invalid atten")
        self._atten = value

    def width(self, value):
        if whole(value) not in (9, 10, 11, 12):
            raise ValueError("invalid width")
        self._width = value

    def _fraction(self):
        volts = value_at(self._board.world.analog.get(self._number, ()), self._board.t, 0.0)
        return min(max(volts / self._FULL[self._atten], 0.0), 1.0)

    def read(self):
        return round(self._fraction() * ((1 << self._width) - 1))

    def read_u16(self):
        raw = round(self._fraction() * 4095)
        return raw << 4 | raw >> 8

    def read_uv(self):
        return round(self._fraction() * self._FULL[self._atten] * 1e6)

    def deinit(self):
        pass


class DAC:
    def __init__(self, pin):
        self._number = line_of(pin).number
        if self._number not in (25, 26):
            raise ValueError("invalid Pin for DAC")
        self._board = current()

    def write(self, value):
        if not 0 <= whole(value) <= 255:
            raise ValueError("value out of range")
        self._board.record("dac", self._number, value)


class TouchPad:
    def __init__(self, pin):
        self._board = current()
        self._number = line_of(pin).number
        if self._number not in TOUCH:
            raise ValueError("invalid pin for touchpad")
        for t, _ in self._board.world.touch.get(self._number, ()):
            wake(self._board, t)

    def read(self):
        return 120 if value_at(self._board.world.touch.get(self._number, ()), self._board.t, 0) else 900

    def config(self, value):
        whole(value)
