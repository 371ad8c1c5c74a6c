"""The buttons A and B, to ground with a pull-up. Presses are counted from the import on."""

from time import sleep_ms, ticks_diff, ticks_ms

from machine import Pin

from robokit import check
from robokit.board import PINS, claim

NAMES = ("A", "B")
BOUNCE_MS = 30


class Button:
    """A button: its pin, how often it was pressed, and who wants to know."""

    def __init__(self, name):
        self.pin = Pin(claim("button " + name, PINS["button"][name]), Pin.IN, Pin.PULL_UP)
        self.presses = 0
        self.taken = 0
        self.callbacks = []
        self.moved = ticks_ms() - BOUNCE_MS
        self.pin.irq(self.changed, Pin.IRQ_FALLING | Pin.IRQ_RISING)

    def down(self):
        """Whether it is held."""
        return self.pin.value() == 0

    def changed(self, pin):
        """At an edge; those soon after another one are the contact bouncing."""
        now = ticks_ms()
        bounced = ticks_diff(now, self.moved) < BOUNCE_MS
        self.moved = now
        if self.down() and not bounced:
            self.presses += 1
            for callback in self.callbacks:
                callback()


buttons = {name: Button(name) for name in NAMES}


def is_pressed(name="A"):
    """Button held now."""
    check.name("button.is_pressed: name", name, NAMES)
    return buttons[name].down()


def was_pressed(name="A"):
    """Pressed since the last call."""
    check.name("button.was_pressed: name", name, NAMES)
    button = buttons[name]
    if button.presses == button.taken:
        return False
    button.taken = button.presses
    return True


def wait(name="A"):
    """Wait until pressed."""
    check.name("button.wait: name", name, NAMES)
    button = buttons[name]
    while not button.down():
        sleep_ms(5)


def count(name="A"):
    """Presses so far."""
    check.name("button.count: name", name, NAMES)
    return buttons[name].presses


def on_press(name, callback):
    """Call a function on each press."""
    check.name("button.on_press: name", name, NAMES)
    check.function("button.on_press: callback", callback)
    buttons[name].callbacks.append(callback)
