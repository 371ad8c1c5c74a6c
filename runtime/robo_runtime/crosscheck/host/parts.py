# mypy: ignore-errors
"""Drivers of common parts on the virtual board, for MicroPython; `install` makes them importable."""

import sys

from board import current, value_at
from lines import SILENT_US, echo_us, wake
from machine import Pin, line_of


class NeoPixel:
    ORDER = (1, 0, 2, 3)

    def __init__(self, pin, n, bpp=3, timing=1):
        self._board = current()
        pin.init(Pin.OUT)
        self.pin = pin
        self._number = line_of(pin).number
        self.n, self.bpp = n, bpp
        self._buffer = [(0,) * bpp] * n

    def __len__(self):
        return self.n

    def _color(self, value):
        return tuple([value[k] & 255 for k in range(self.bpp)])

    def __setitem__(self, i, value):
        if not -self.n <= i < self.n:
            raise IndexError("bytearray index out of range")
        self._buffer[i] = self._color(value)

    def __getitem__(self, i):
        if not -self.n <= i < self.n:
            raise IndexError("bytearray index out of range")
        return self._buffer[i]

    def fill(self, value):
        self._buffer = [self._color(value)] * self.n

    def write(self):
        self._board.busy(self.n * 30)
        self._board.record("pixels", self._number, tuple(self._buffer))


class DHTBase:
    def __init__(self, pin):
        self._board = board = current()
        self.pin = pin
        line_of(pin)
        if not isinstance(pin, Pin):
            raise TypeError("a DHT needs a Pin")
        self._temperature = self._humidity = 0.0
        for series in (board.world.temperature, board.world.humidity):
            for t, _ in series:
                wake(board, t)

    def measure(self):
        board = self._board
        board.busy(25000)
        if board.world.faulty("dht", board.t):
            raise OSError(110, "ETIMEDOUT")
        self._temperature = value_at(board.world.temperature, board.t, 0.0)
        self._humidity = value_at(board.world.humidity, board.t, 0.0)


class DHT11(DHTBase):
    def temperature(self):
        return int(self._temperature)

    def humidity(self):
        return int(self._humidity)


class DHT22(DHTBase):
    def temperature(self):
        return round(self._temperature, 1)

    def humidity(self):
        return round(self._humidity, 1)


class OneWire:
    SEARCH_ROM, MATCH_ROM, SKIP_ROM = 0xF0, 0x55, 0xCC
    ROM = b"\x28\xff\x64\x1d\x01\x16\x03\x9a"

    def __init__(self, pin):
        self._board = current()
        pin.init(Pin.OPEN_DRAIN, Pin.PULL_UP)
        self.pin = pin

    def scan(self):
        self._board.busy(15000)
        return [] if self._board.world.faulty("probe", self._board.t) else [bytearray(self.ROM)]

    def reset(self, required=False):
        found = not self._board.world.faulty("probe", self._board.t)
        if required and not found:
            raise OSError("no device")
        return found


class DS18X20:
    CONVERSION_US = 750000

    def __init__(self, onewire):
        self._board = current()
        self.ow = onewire
        self._ready = self._now = 85.0
        self._asked = -self.CONVERSION_US

    def scan(self):
        return self.ow.scan()

    def convert_temp(self):
        board = self._board
        board.busy(1500)
        self._ready = self._reading()
        self._asked = board.now
        self._now = value_at(board.world.probe or board.world.temperature, board.t, 22.0)

    def _reading(self):
        return self._now if self._board.now - self._asked >= self.CONVERSION_US else self._ready

    def read_temp(self, rom):
        self._board.clock_read = self._board.now
        self._board.busy(10000)
        if bytes(rom) != OneWire.ROM or self._board.world.faulty("probe", self._board.t):
            raise OSError("CRC error")
        return round(self._reading() * 16) / 16


class HCSR04:
    def __init__(self, trigger_pin, echo_pin, echo_timeout_us=30000):
        self._board = current()
        self._timeout = echo_timeout_us
        self.trigger = Pin(trigger_pin, Pin.OUT)
        self.echo = Pin(echo_pin, Pin.IN)
        for t, _ in self._board.world.distance:
            wake(self._board, t)

    def _pulse(self):
        board = self._board
        length = echo_us(board)
        board.busy(500 + min(length or self._timeout, self._timeout))
        if length is None or length > self._timeout or length >= SILENT_US:
            raise OSError("Out of range")
        return length

    def distance_mm(self):
        return self._pulse() * 100 // 582

    def distance_cm(self):
        return self._pulse() / 2 / 29.1


class Module:
    """A module made of names."""

    def __init__(self, names):
        for name in names:
            setattr(self, name, names[name])


def _draws(board):
    """`random` whose draws keep a polling loop awake."""
    real = board.random

    def drawn(name):
        draw = getattr(real, name)

        def call(*arguments):
            board.version += 1
            return draw(*arguments)

        return call

    def seed(*n):
        board.version += 1
        real.seed(board.world.seed if not n or n[0] is None else n[0])

    names = ("getrandbits", "randint", "randrange", "choice", "random", "uniform")
    return Module(dict([(name, drawn(name)) for name in names] + [("seed", seed)]))


def install(board):
    """Put the drivers and `random` where `import` finds them."""
    sys.modules["neopixel"] = Module({"NeoPixel": NeoPixel})
    sys.modules["dht"] = Module({"DHT11": DHT11, "DHT22": DHT22, "DHTBase": DHTBase})
    sys.modules["onewire"] = Module({"OneWire": OneWire, "OneWireError": OSError})
    sys.modules["ds18x20"] = Module({"DS18X20": DS18X20})
    sys.modules["hcsr04"] = Module({"HCSR04": HCSR04})
    sys.modules["random"] = _draws(board)
