"""The OLED of 128 x 64 pixels. Text lines, numbers and icons show at once, drawings at display.show()."""

from robokit import check
from robokit.board import SCREEN, i2c

try:
    from ssd1306 import SSD1306_I2C
except ImportError:  # not part of MicroPython's own image
    from robokit.oled import SSD1306_I2C

WIDTH, HEIGHT, LINE = 128, 64, 8
ICONS = {
    "happy": b"\x3c\x42\xa5\x81\xa5\x99\x42\x3c",
    "sad": b"\x3c\x42\xa5\x81\x99\xa5\x42\x3c",
    "heart": b"\x66\xff\xff\xff\x7e\x3c\x18\x00",
    "arrow_up": b"\x18\x3c\x7e\xff\x18\x18\x18\x18",
    "arrow_down": b"\x18\x18\x18\x18\xff\x7e\x3c\x18",
    "arrow_left": b"\x10\x30\x70\xff\xff\x70\x30\x10",
    "arrow_right": b"\x08\x0c\x0e\xff\xff\x0e\x0c\x08",
    "check": b"\x00\x01\x03\x06\x8c\xd8\x70\x20",
    "cross": b"\x81\x42\x24\x18\x18\x24\x42\x81",
}
ICON_NAMES = (
    "happy", "sad", "heart", "arrow_up", "arrow_down", "arrow_left", "arrow_right", "check", "cross",
)
DOT = 7
"""An icon of 8 x 8 dots is drawn with squares of this size."""


def connect():
    """The screen, cleared."""
    try:
        return SSD1306_I2C(WIDTH, HEIGHT, i2c(), SCREEN)
    except OSError:
        raise OSError("no display answers at I2C address 0x%02x; check its wires" % SCREEN)


oled = connect()


def text(text, x=0, y=0):
    """Write text into the buffer."""
    check.text("display.text: text", text)
    check.whole("display.text: x", x, 0, 127, "px")
    check.whole("display.text: y", y, 0, 63, "px")
    oled.text(text, x, y, 1)


def write(text, line):
    """Replace one text line and show."""
    oled.fill_rect(0, line * LINE, WIDTH, LINE, 0)
    oled.text(text, 0, line * LINE, 1)
    oled.show()


def print(text, line=0):
    """Replace one text line and show."""
    check.text("display.print: text", text)
    check.whole("display.print: line", line, 0, 7)
    write(text, line)


def number(value, line=0, label=""):
    """Show a labelled number on a line."""
    check.number("display.number: value", value)
    check.whole("display.number: line", line, 0, 7)
    check.text("display.number: label", label)
    write((label + " " + str(value)).strip(), line)


def clear():
    """Clear the buffer and show."""
    oled.fill(0)
    oled.show()


def show():
    """Copy the buffer to the screen."""
    oled.show()


def pixel(x, y, on=True):
    """Draw a pixel."""
    check.whole("display.pixel: x", x, 0, 127, "px")
    check.whole("display.pixel: y", y, 0, 63, "px")
    check.flag("display.pixel: on", on)
    oled.pixel(x, y, 1 if on else 0)


def line(x1, y1, x2, y2):
    """Draw a line."""
    check.whole("display.line: x1", x1, 0, 127, "px")
    check.whole("display.line: y1", y1, 0, 63, "px")
    check.whole("display.line: x2", x2, 0, 127, "px")
    check.whole("display.line: y2", y2, 0, 63, "px")
    oled.line(x1, y1, x2, y2, 1)


def rect(x, y, w, h, fill=False):
    """Draw a rectangle."""
    check.whole("display.rect: x", x, 0, 127, "px")
    check.whole("display.rect: y", y, 0, 63, "px")
    check.whole("display.rect: w", w, 1, 128, "px")
    check.whole("display.rect: h", h, 1, 64, "px")
    check.flag("display.rect: fill", fill)
    oled.rect(x, y, w, h, 1, fill)


def circle(x, y, r, fill=False):
    """Draw a circle."""
    check.whole("display.circle: x", x, 0, 127, "px")
    check.whole("display.circle: y", y, 0, 63, "px")
    check.whole("display.circle: r", r, 1, 63, "px")
    check.flag("display.circle: fill", fill)
    oled.ellipse(x, y, r, r, 1, fill)


def icon(name):
    """Show an icon."""
    check.name("display.icon: name", name, ICON_NAMES)
    oled.fill(0)
    left, top = (WIDTH - 8 * DOT) // 2, (HEIGHT - 8 * DOT) // 2
    for row, bits in enumerate(ICONS[name]):
        for column in range(8):
            if bits << column & 128:
                oled.fill_rect(left + column * DOT, top + row * DOT, DOT, DOT, 1)
    oled.show()


def invert(on=True):
    """Invert colours."""
    check.flag("display.invert: on", on)
    oled.invert(1 if on else 0)


def contrast(percent):
    """Set the contrast."""
    check.whole("display.contrast: percent", percent, 0, 100, "%")
    oled.contrast(percent * 255 // 100)
