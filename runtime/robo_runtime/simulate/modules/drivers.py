"""Drivers of common parts: NeoPixel, DHT11/22, DS18B20, HC-SR04."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from robo_runtime.simulate.board import Board, current
from robo_runtime.simulate.lines import SILENT_US, echo_us
from robo_runtime.simulate.modules.pins import Pin, line_of, wake
from robo_runtime.simulate.native import Native, as_int
from robo_runtime.simulate.world import value_at

ETIMEDOUT = 110
MAX_PIXELS = 2000


class NeoPixel(Native):
    """A strip of RGB (bpp 3) or RGBW (bpp 4) pixels; nothing shows before `write`."""

    ORDER = (1, 0, 2, 3)

    __slots__ = ("_board", "_buffer", "_number", "bpp", "n", "pin")

    def __init__(self, pin: Any, n: Any, bpp: Any = 3, timing: Any = 1) -> None:
        self._board = current()
        if not isinstance(pin, Pin):
            raise AttributeError(f"{type(pin).__name__!r} object has no attribute 'init'")
        pin.init(Pin.OUT)
        self.pin = pin
        self._number = line_of(pin).number
        self.n, self.bpp = as_int(n), as_int(bpp)
        if not 0 <= self.n <= MAX_PIXELS or self.bpp not in (3, 4):
            raise MemoryError("memory allocation failed")
        self._buffer = [(0,) * self.bpp] * self.n

    def __len__(self) -> int:
        return self.n

    def _index(self, i: Any) -> int:
        i = as_int(i)
        if not -self.n <= i < self.n:
            raise IndexError("bytearray index out of range")
        return i

    def _color(self, value: Any) -> tuple[int, ...]:
        return tuple(as_int(value[k]) & 255 for k in range(self.bpp))

    def __setitem__(self, i: Any, value: Any) -> None:
        self._buffer[self._index(i)] = self._color(value)

    def __getitem__(self, i: Any) -> tuple[int, ...]:
        return self._buffer[self._index(i)]

    def fill(self, value: Any) -> None:
        self._buffer = [self._color(value)] * self.n

    def write(self) -> None:
        self._board.busy(self.n * 30)
        self._board.record("pixels", self._number, tuple(self._buffer))


class _DHT(Native):
    """A thermometer and hygrometer that is read with `measure`."""

    WHOLE = False

    __slots__ = ("_board", "_humidity", "_temperature", "pin")

    def __init__(self, pin: Any) -> None:
        self._board = current()
        self.pin = pin
        line_of(pin)
        if not isinstance(pin, Pin):
            raise TypeError("a DHT needs a Pin")
        self._temperature = self._humidity = 0.0
        for t, _ in (*self._board.world.temperature, *self._board.world.humidity):
            wake(self._board, t)

    def measure(self) -> None:
        board = self._board
        board.busy(25_000)
        if board.world.faulty("dht", board.t):
            raise OSError(ETIMEDOUT, "ETIMEDOUT")
        self._temperature = value_at(board.world.temperature, board.t, 0.0)
        self._humidity = value_at(board.world.humidity, board.t, 0.0)

    def temperature(self) -> float:
        return int(self._temperature) if self.WHOLE else round(self._temperature, 1)

    def humidity(self) -> float:
        return int(self._humidity) if self.WHOLE else round(self._humidity, 1)


class DHT11(_DHT):
    """Whole degrees and per cents."""

    WHOLE = True
    __slots__ = ()


class DHT22(_DHT):
    """Tenths of degrees and per cents."""

    __slots__ = ()


class OneWire(Native):
    """The bus of the DS18B20; one sensor is on it."""

    SEARCH_ROM, MATCH_ROM, SKIP_ROM = 0xF0, 0x55, 0xCC
    ROM = b"\x28\xff\x64\x1d\x01\x16\x03\x9a"

    __slots__ = ("_board", "pin")

    def __init__(self, pin: Any) -> None:
        self._board = current()
        if not isinstance(pin, Pin):
            raise TypeError("a OneWire bus needs a Pin")
        pin.init(Pin.OPEN_DRAIN, Pin.PULL_UP)
        self.pin = pin

    def scan(self) -> list[bytearray]:
        self._board.busy(15_000)
        return [] if self._board.world.faulty("probe", self._board.t) else [bytearray(self.ROM)]

    def readbit(self) -> int:
        return 1  # an idle bus

    def readbyte(self) -> int:
        return 0xFF

    def writebit(self, value: Any) -> None:
        as_int(value)

    def writebyte(self, value: Any) -> None:
        as_int(value)

    def select_rom(self, rom: Any) -> None:
        self.reset()

    def reset(self, required: Any = False) -> bool:
        found = not self._board.world.faulty("probe", self._board.t)
        if required and not found:
            raise OSError("no device")
        return found


class DS18X20(Native):
    """The DS18B20: a conversion takes 750 ms, and reading earlier gives the value before (85 °C at first)."""

    CONVERSION_US = 750_000

    __slots__ = ("_asked", "_board", "_now", "_ready", "ow")

    def __init__(self, onewire: Any) -> None:
        if not isinstance(onewire, OneWire):
            raise TypeError("DS18X20 needs a OneWire bus")
        self._board = current()
        self.ow = onewire
        self._ready, self._now = 85.0, 85.0
        self._asked = -self.CONVERSION_US

    def scan(self) -> list[bytearray]:
        return self.ow.scan()

    def read_scratch(self, rom: Any) -> bytearray:
        raw = round(self.read_temp(rom) * 16) & 0xFFFF
        return bytearray((raw & 255, raw >> 8, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10, 0))

    def write_scratch(self, rom: Any, buf: Any) -> None:
        self._board.busy(2_000)

    def convert_temp(self) -> None:
        board = self._board
        board.busy(1_500)
        self._ready = self._reading()
        self._asked = board.now
        self._now = value_at(board.world.probe or board.world.temperature, board.t, 22.0)

    def _reading(self) -> float:
        return self._now if self._board.now - self._asked >= self.CONVERSION_US else self._ready

    def read_temp(self, rom: Any) -> float:
        self._board.clock_read = self._board.now
        self._board.busy(10_000)
        if bytes(rom) != OneWire.ROM or self._board.world.faulty("probe", self._board.t):
            raise OSError("CRC error")
        return round(self._reading() * 16) / 16


class HCSR04(Native):
    """The ultrasonic sensor, as the driver of that name on the package index."""

    __slots__ = ("_board", "_timeout", "echo", "trigger")

    def __init__(self, trigger_pin: Any, echo_pin: Any, echo_timeout_us: Any = 30_000) -> None:
        self._board = current()
        self._timeout = as_int(echo_timeout_us)
        self.trigger = Pin(trigger_pin, Pin.OUT)
        self.echo = Pin(echo_pin, Pin.IN)
        for t, _ in self._board.world.distance:
            wake(self._board, t)

    def _pulse(self) -> int:
        board = self._board
        length = echo_us(board)
        board.busy(500 + min(length or self._timeout, self._timeout))
        if length is None or length > self._timeout or length >= SILENT_US:
            raise OSError("Out of range")
        return length

    def distance_mm(self) -> int:
        return self._pulse() * 100 // 582

    def distance_cm(self) -> float:
        return self._pulse() / 2 / 29.1


def names(board: Board, module: str) -> Mapping[str, Any]:
    """The names of one driver module."""
    modules: dict[str, dict[str, Any]] = {
        "neopixel": {"NeoPixel": NeoPixel},
        "dht": {"DHT11": DHT11, "DHT22": DHT22, "DHTBase": _DHT},
        "onewire": {"OneWire": OneWire, "OneWireError": OSError},
        "ds18x20": {"DS18X20": DS18X20},
        "hcsr04": {"HCSR04": HCSR04},
    }
    return modules[module]
