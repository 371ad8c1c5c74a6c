"""The two relays."""

from machine import Pin

from robokit import check
from robokit.board import PINS, RELAY_ON, claim

pins = {}


def put(n, state):
    """Switch a relay."""
    level = RELAY_ON if state else 1 - RELAY_ON
    if n not in pins:
        pins[n] = Pin(claim("relay %d" % n, PINS["relay"][n - 1]), Pin.OUT, value=level)
    pins[n].value(level)


def on(n=1):
    """Relay on."""
    check.whole("relay.on: n", n, 1, 2)
    put(n, True)


def off(n=1):
    """Relay off."""
    check.whole("relay.off: n", n, 1, 2)
    put(n, False)
