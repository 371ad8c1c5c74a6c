"""The SSD1306 over I2C, for images of MicroPython without the module ssd1306: the same class and calls.

Commands and their order are those of the chip's datasheet (section 9 and the charge pump note).
"""

import framebuf

START = (
    0xAE, 0x20, 0x00, 0x40, 0xA1, 0xA8, 63, 0xC8, 0xD3, 0x00, 0xDA, 0x12, 0xD5, 0x80, 0xD9, 0xF1, 0xDB,
    0x30, 0x81, 0xFF, 0xA4, 0xA6, 0x8D, 0x14, 0xAF,
)


class SSD1306_I2C(framebuf.FrameBuffer):
    """A drawing surface; nothing shows before `show`."""

    def __init__(self, width, height, i2c, addr=0x3C):
        self.i2c = i2c
        self.addr = addr
        self.data = bytearray(1 + width * height // 8)
        self.data[0] = 0x40
        self.window = (0x21, 0, width - 1, 0x22, 0, height // 8 - 1)
        super().__init__(memoryview(self.data)[1:], width, height, framebuf.MONO_VLSB)
        self.commands(START)
        self.fill(0)
        self.show()

    def commands(self, codes):
        """Send commands."""
        for code in codes:
            self.i2c.writeto(self.addr, bytes((0x80, code)))

    def show(self):
        """Send the whole picture."""
        self.commands(self.window)
        self.i2c.writeto(self.addr, self.data)

    def contrast(self, contrast):
        """Brightness from 0 to 255."""
        self.commands((0x81, contrast))

    def invert(self, invert):
        """Dark on light."""
        self.commands((0xA7 if invert else 0xA6,))
