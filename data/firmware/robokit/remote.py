"""The infrared receiver and the small remote control (NEC code).

A key is told apart by the times between falling edges: 13.5 ms begin a frame, 11.25 ms repeat the last
one, 1.125 ms are a 0 and 2.25 ms a 1.
"""

from time import ticks_diff, ticks_ms, ticks_us

from machine import Pin

from robokit.board import PINS, claim

KEYS = {
    0x45: "1", 0x46: "2", 0x47: "3", 0x44: "4", 0x40: "5", 0x43: "6", 0x07: "7", 0x15: "8", 0x09: "9",
    0x19: "0", 0x16: "*", 0x0D: "#", 0x18: "up", 0x52: "down", 0x08: "left", 0x5A: "right", 0x1C: "ok",
}
HELD_MS = 150
"""A held key repeats every 108 ms."""


class Receiver:
    """Puts frames together at the falling edges."""

    def __init__(self):
        self.edge = ticks_us()
        self.bits = -1
        self.frame = 0
        self.name = ""
        self.fresh = False
        self.heard = ticks_ms()
        self.pin = Pin(claim("the remote", PINS["remote"]), Pin.IN)
        self.pin.irq(self.fell, Pin.IRQ_FALLING)

    def fell(self, pin):
        """At a falling edge."""
        now = ticks_us()
        gap = ticks_diff(now, self.edge)
        self.edge = now
        if gap > 16000 or gap < 700:
            self.bits = -1
        elif gap > 12400:
            self.bits = self.frame = 0
        elif gap > 9000:
            self.heard = ticks_ms()
        elif self.bits >= 0:
            self.frame |= (1 if gap > 1700 else 0) << self.bits
            self.bits += 1
            if self.bits == 32:
                self.done()

    def done(self):
        """All bits of a frame are here: address, its inverse, command, its inverse."""
        command, inverse = self.frame >> 16 & 255, self.frame >> 24
        self.bits = -1
        if command ^ inverse == 255 and command in KEYS:
            self.name = KEYS[command]
            self.fresh = True
            self.heard = ticks_ms()


receiver = Receiver()


def key():
    """Last IR remote key or empty: a key that is held, or was pressed since the last call."""
    held = ticks_diff(ticks_ms(), receiver.heard) < HELD_MS
    if receiver.fresh or held:
        receiver.fresh = False
        return receiver.name
    return ""
