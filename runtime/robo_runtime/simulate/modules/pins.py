"""machine.Pin, Signal, ADC, DAC and TouchPad of the ESP32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from robo_runtime.simulate import lines
from robo_runtime.simulate.board import Board, current
from robo_runtime.simulate.lines import Line, check_pin, line
from robo_runtime.simulate.native import Native, as_int
from robo_runtime.simulate.world import value_at


class Pin(Native):
    """A GPIO."""

    IN, OUT, OPEN_DRAIN = lines.IN, lines.OUT, lines.OPEN_DRAIN
    PULL_DOWN, PULL_UP = lines.PULL_DOWN, lines.PULL_UP
    IRQ_RISING, IRQ_FALLING = lines.RISING, lines.FALLING
    WAKE_LOW, WAKE_HIGH = lines.LOW_LEVEL, lines.HIGH_LEVEL
    DRIVE_0, DRIVE_1, DRIVE_2, DRIVE_3 = 0, 1, 2, 3

    __slots__ = ("_board", "_line", "_watch")

    def __init__(
        self,
        id: Any,
        mode: Any = -1,
        pull: Any = -1,
        *,
        value: Any = None,
        drive: Any = None,
        hold: Any = None,
    ) -> None:
        self._board = current()
        self._watch: Callable[[int], None] | None = None
        if isinstance(id, Pin):
            self._line: Line = id._line
        else:
            self._line = line(self._board, check_pin(id))
        self.init(mode, pull, value=value, drive=drive, hold=hold)

    def init(
        self, mode: Any = -1, pull: Any = -1, *, value: Any = None, drive: Any = None, hold: Any = None
    ) -> None:
        if value is not None:
            self._line.latch = 1 if value else 0
        chosen = None if mode is None or mode == -1 else as_int(mode)
        if chosen is not None:
            if chosen not in (self.IN, self.OUT, self.OPEN_DRAIN):
                raise ValueError("invalid mode")
            if chosen != self.IN and self._line.number in lines.INPUT_ONLY:
                raise ValueError("pin can only be input")
        towards = 0 if pull is None else None if pull == -1 else as_int(pull)
        self._line.configure(chosen, towards)

    def __call__(self, value: Any = None) -> int | None:
        return self.value(value) if value is not None else self.value()

    def value(self, *value: Any) -> int | None:
        if not value:
            return self._line.read()
        if len(value) > 1:
            raise TypeError(f"function expected at most 2 arguments, got {len(value) + 1}")
        self._line.write(1 if value[0] else 0)
        return None

    def on(self) -> None:
        self._line.write(1)

    def off(self) -> None:
        self._line.write(0)

    def toggle(self) -> None:
        self._line.write(1 - self._line.latch)

    def mode(self, *mode: Any) -> int | None:
        if not mode:
            return self._line.mode
        self.init(mode[0])
        return None

    def pull(self, *pull: Any) -> int | None:
        if not pull:
            return self._line.pull
        self.init(-1, pull[0])
        return None

    def irq(
        self,
        handler: Any = None,
        trigger: Any = lines.RISING | lines.FALLING,
        wake: Any = None,
        hard: Any = False,
    ) -> Any:
        watched = self._line.watchers
        if self._watch in watched:
            watched.remove(self._watch)
        if handler is None:
            return None
        if not callable(handler):
            raise ValueError("callback must be callable")
        edges = as_int(trigger)

        def watch(level: int) -> None:
            if edges & (lines.RISING if level else lines.FALLING):
                self._board.interrupt(handler, self)

        self._watch = watch
        watched.append(watch)
        return None

    def __repr__(self) -> str:
        return f"Pin({self._line.number})"


def line_of(pin: Any) -> Line:
    """The line of a Pin or of a GPIO number."""
    return pin._line if isinstance(pin, Pin) else line(current(), check_pin(pin))


class Signal(Native):
    """A pin seen through an optional inversion."""

    __slots__ = ("_invert", "_pin")

    def __init__(self, pin: Any, *arguments: Any, invert: Any = False, **options: Any) -> None:
        self._pin = pin if isinstance(pin, Pin) else Pin(pin, *arguments, **options)
        self._invert = bool(invert)

    def value(self, *value: Any) -> int | None:
        if not value:
            return int(bool(self._pin.value()) != self._invert)
        return self._pin.value(bool(value[0]) != self._invert)

    def __call__(self, *value: Any) -> int | None:
        return self.value(*value)

    def on(self) -> None:
        self.value(1)

    def off(self) -> None:
        self.value(0)


class ADC(Native):
    """Analog input; the range in volts depends on the attenuation."""

    ATTN_0DB, ATTN_2_5DB, ATTN_6DB, ATTN_11DB = 0, 1, 2, 3
    WIDTH_9BIT, WIDTH_10BIT, WIDTH_11BIT, WIDTH_12BIT = 9, 10, 11, 12
    _FULL = (1.0, 1.34, 2.0, 3.3)

    __slots__ = ("_atten", "_board", "_number", "_width")

    def __init__(self, pin: Any, *, atten: Any = None, **unknown: Any) -> None:
        if unknown:
            raise TypeError("extra keyword arguments given")
        self._board = current()
        where = line_of(pin)
        if where.number not in lines.ANALOG:
            raise ValueError("invalid pin")
        self._number = where.number
        self._atten = 0
        self._width = 12
        if where.pwm is None and where.mode == lines.OUT:
            where.configure(lines.IN, None)
        self.init(atten=atten)
        _announce(self._board, self._number)

    def init(self, *, atten: Any = None) -> None:
        if atten is not None:
            self.atten(atten)

    def atten(self, value: Any) -> None:
        if (value := as_int(value)) not in (0, 1, 2, 3):
            raise ValueError("invalid atten")
        self._atten = value

    def width(self, value: Any) -> None:
        if (value := as_int(value)) not in (9, 10, 11, 12):
            raise ValueError("invalid width")
        self._width = value

    def _fraction(self) -> float:
        volts = value_at(self._board.world.analog.get(self._number, ()), self._board.t, 0.0)
        return min(max(volts / self._FULL[self._atten], 0.0), 1.0)

    def read(self) -> int:
        top = (1 << self._width) - 1
        return round(self._fraction() * top)

    def read_u16(self) -> int:
        raw = round(self._fraction() * 4095)
        return raw << 4 | raw >> 8

    def read_uv(self) -> int:
        return round(self._fraction() * self._FULL[self._atten] * 1e6)

    def deinit(self) -> None:
        """Nothing to release."""

    def __repr__(self) -> str:
        return f"ADC(Pin({self._number}), atten={self._atten})"


def _announce(board: Board, number: int) -> None:
    """A polling loop must not sleep through a change of voltage: put its times into the schedule."""
    known = board.parts.setdefault("announced", set())
    if number not in known:
        known.add(number)
        for t, _ in board.world.analog.get(number, ()):
            wake(board, t)


def wake(board: Board, t: float) -> None:
    """Mark `t` seconds as a moment at which an input changes."""
    if (at := round(t * 1e6)) > board.now:

        def changed() -> None:
            board.version += 1

        board.schedule(at, changed)


class DAC(Native):
    """Analog output on GPIO 25 and 26."""

    __slots__ = ("_board", "_number")

    def __init__(self, pin: Any) -> None:
        self._number = line_of(pin).number
        if self._number not in (25, 26):
            raise ValueError("invalid Pin for DAC")
        self._board = current()

    def write(self, value: Any) -> None:
        if not 0 <= (value := as_int(value)) <= 255:
            raise ValueError("value out of range")
        self._board.record("dac", self._number, value)


class TouchPad(Native):
    """Capacitive input: a touched pad counts less."""

    TOUCHED, FREE = 120, 900

    __slots__ = ("_board", "_number")

    def __init__(self, pin: Any) -> None:
        self._board = current()
        self._number = line_of(pin).number
        if self._number not in lines.TOUCH:
            raise ValueError("invalid pin for touchpad")
        for t, _ in self._board.world.touch.get(self._number, ()):
            wake(self._board, t)

    def read(self) -> int:
        touched = value_at(self._board.world.touch.get(self._number, ()), self._board.t, 0)
        return self.TOUCHED if touched else self.FREE

    def config(self, value: Any) -> None:
        as_int(value)
