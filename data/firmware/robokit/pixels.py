"""The strip of NeoPixels. Every call shows at once."""

from time import sleep_ms

from machine import Pin
from neopixel import NeoPixel

from robokit import check
from robokit.board import PINS, PIXELS, claim
from robokit.colors import NAMES, rgb
from robokit.pace import glide

strip = NeoPixel(Pin(claim("the pixels", PINS["pixels"])), PIXELS)
colors = [(0, 0, 0)] * PIXELS
dim = [100]


def show():
    """Send the colours, dimmed."""
    percent = dim[0]
    for i in range(PIXELS):
        r, g, b = colors[i]
        strip[i] = (r * percent // 100, g * percent // 100, b * percent // 100)
    strip.write()


def put(index, color):
    """Set one pixel and show; beyond the end of the strip nothing lights."""
    if index < PIXELS:
        colors[index] = color
    show()


def paint(color):
    """Set all pixels and show."""
    for i in range(PIXELS):
        colors[i] = color
    show()


def fill(color):
    """Set all pixels and show."""
    check.name("pixels.fill: color", color, NAMES)
    paint(rgb(color))


def set(index, color):
    """Set one pixel and show."""
    check.whole("pixels.set: index", index, 0, 63)
    check.name("pixels.set: color", color, NAMES)
    put(index, rgb(color))


def set_rgb(index, r, g, b):
    """Set one pixel by RGB and show."""
    check.whole("pixels.set_rgb: index", index, 0, 63)
    check.whole("pixels.set_rgb: r", r, 0, 255)
    check.whole("pixels.set_rgb: g", g, 0, 255)
    check.whole("pixels.set_rgb: b", b, 0, 255)
    put(index, (r, g, b))


def fill_rgb(r, g, b):
    """Set all pixels by RGB and show."""
    check.whole("pixels.fill_rgb: r", r, 0, 255)
    check.whole("pixels.fill_rgb: g", g, 0, 255)
    check.whole("pixels.fill_rgb: b", b, 0, 255)
    paint((r, g, b))


def clear():
    """All pixels off."""
    paint((0, 0, 0))


def brightness(percent):
    """Global brightness."""
    check.whole("pixels.brightness: percent", percent, 0, 100, "%")
    dim[0] = percent
    show()


def wheel(turn):
    """The colour at a part of the colour circle, 0 to 1 from red over green and blue to red."""
    sector = turn % 1 * 6
    rest = sector % 1
    up, down = round(rest * 255), round((1 - rest) * 255)
    return (
        (255, up, 0), (down, 255, 0), (0, 255, up), (0, down, 255), (up, 0, 255), (255, 0, down),
    )[int(sector) % 6]


def rainbow(ms=2000):
    """Play one rainbow cycle."""
    check.whole("pixels.rainbow: ms", ms, 100, 60000, "ms")

    def turn(phase):
        for i in range(PIXELS):
            colors[i] = wheel(phase + i / PIXELS)
        show()

    glide(0, 1, ms, turn)


def chase(color, ms=100):
    """One pass of a running dot."""
    check.name("pixels.chase: color", color, NAMES)
    check.whole("pixels.chase: ms", ms, 10, 2000, "ms")
    for i in range(PIXELS):
        for other in range(PIXELS):
            colors[other] = (0, 0, 0)
        put(i, rgb(color))
        sleep_ms(ms)
    clear()


def bar(percent, color="green"):
    """Show a level bar."""
    check.whole("pixels.bar: percent", percent, 0, 100, "%")
    check.name("pixels.bar: color", color, NAMES)
    lit = round(PIXELS * percent / 100)
    for i in range(PIXELS):
        colors[i] = rgb(color) if i < lit else (0, 0, 0)
    show()


def count():
    """Number of pixels."""
    return PIXELS
