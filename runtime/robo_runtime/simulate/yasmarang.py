"""MicroPython's own random numbers (`extmod/modrandom.c`): the same seed draws the same as on the board.

The generator is Ilya Levin's Yasmarang, in the public domain.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

_ALL = 0xFFFFFFFF


class Yasmarang:
    """One stream of random numbers."""

    def __init__(self, seed: int) -> None:
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Start the stream again."""
        self._pad, self._n, self._d, self._dat = seed & _ALL, 69, 233, 0

    def next(self) -> int:
        """32 bits."""
        pad = (self._pad + self._dat + self._d * self._n) & _ALL
        pad = ((pad << 3) + (pad >> 29)) & _ALL
        n = pad | 2
        d = self._d ^ (((pad << 31) + (pad >> 1)) & _ALL)
        self._dat = (self._dat ^ (pad & 255) ^ (d >> 8) ^ 1) & 255
        self._pad, self._n, self._d = pad, n, d
        return (pad ^ (d << 5) ^ (pad >> 18) ^ (self._dat << 1)) & _ALL

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1."""
        mask = (1 << max(n.bit_length(), 1)) - 1
        while (drawn := self.next() & mask) >= n:
            pass
        return drawn

    def getrandbits(self, bits: int) -> int:
        """A number of up to 32 bits."""
        return self.next() & (_ALL >> (32 - bits)) if bits else 0

    def randint(self, a: int, b: int) -> int:
        """From a to b, both included."""
        if a > b:
            raise ValueError
        return a + self.below(b - a + 1)

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        """One of `range(start, stop, step)`."""
        numbers = range(start) if stop is None else range(start, stop, step)
        if not numbers:
            raise ValueError
        return numbers[self.below(len(numbers))]

    def choice(self, seq: Sequence[Any]) -> Any:
        """One of a sequence."""
        if not len(seq):
            raise IndexError("empty sequence")
        return seq[self.below(len(seq))]

    def random(self) -> float:
        """A float from 0 to 1, of 32 bits as on an ESP32."""
        (drawn,) = struct.unpack("f", struct.pack("I", 127 << 23 | self.next() & 0x7FFFFF))
        return float(drawn) - 1.0

    def uniform(self, a: float, b: float) -> float:
        """A float from a to b."""
        return a + (b - a) * self.random()
