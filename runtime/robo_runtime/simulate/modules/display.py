"""framebuf and ssd1306: a screen as the list of what was drawn on it.

Texts and shapes are kept, not pixels: what matters is what a person could read. Text drawn over other text
without clearing first is unreadable on the real screen, and here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from robo_runtime.simulate.board import Board, current
from robo_runtime.simulate.modules.buses import I2C, SPI
from robo_runtime.simulate.native import Native, as_int

CHAR = 8
MAX_SHAPES = 2000


class Canvas:
    """What is drawn: shapes, the last on top."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.shapes: list[tuple[Any, ...]] = []

    def clear(self, color: int) -> None:
        """Fill everything."""
        self.shapes = [("fill", color)] if color else []

    def add(self, *shape: Any) -> None:
        """Draw a shape."""
        if shape in self.shapes:
            self.shapes.remove(shape)
        self.shapes.append(shape)
        if len(self.shapes) > MAX_SHAPES:
            del self.shapes[0]

    def erase(self, x: int, y: int, w: int, h: int) -> None:
        """Black out a rectangle: what begins in it is gone."""
        self.shapes = [
            s for s in self.shapes if s[0] == "fill" or not (x <= s[1] < x + w and y <= s[2] < y + h)
        ]

    def text(self, text: str, x: int, y: int, color: int) -> None:
        """Write text; black text wipes the same text away, other text over text makes both unreadable."""
        if not color:
            self.shapes = [s for s in self.shapes if s != ("text", x, y, text)]
            return
        kept = []
        for shape in self.shapes:
            if shape[0] == "text" and shape != ("text", x, y, text) and _overlap(shape, x, y, len(text)):
                text = "#" * max(len(text), len(shape[3]))
            else:
                kept.append(shape)
        self.shapes = kept
        self.add("text", x, y, text)

    def texts(self) -> tuple[str, ...]:
        """Readable texts on the screen from top to bottom, cut at its edge."""
        seen = [
            s for s in self.shapes if s[0] == "text" and s[1] < self.width and 0 <= s[2] <= self.height - CHAR
        ]
        return tuple(s[3][: max((self.width - s[1] + CHAR - 1) // CHAR, 0)] for s in sorted(seen, key=_place))

    def drawn(self) -> tuple[tuple[Any, ...], ...]:
        """Everything else."""
        return tuple(s for s in self.shapes if s[0] != "text")


def _place(shape: tuple[Any, ...]) -> tuple[int, int]:
    return shape[2], shape[1]


def _overlap(shape: tuple[Any, ...], x: int, y: int, length: int) -> bool:
    _, x0, y0, text = shape
    return abs(y - y0) < CHAR and x < x0 + CHAR * len(text) and x0 < x + CHAR * length


class FrameBuffer(Native):
    """A drawing surface."""

    __slots__ = ("_board", "_canvas", "_pixels")

    def __init__(self, buffer: Any, width: Any, height: Any, format: Any, stride: Any = None) -> None:
        width, height = as_int(width), as_int(height)
        if width < 1 or height < 1 or width > 2048 or height > 2048:
            raise ValueError("invalid size")
        needed = width * height // (1 if as_int(format) in (5, 6) else 8)
        if as_int(format) == 1:
            needed = width * height * 2
        if len(memoryview(buffer)) < needed:
            raise ValueError("buffer too small")
        self._begin(width, height)

    def _begin(self, width: int, height: int) -> None:
        self._board = current()
        self._canvas = Canvas(width, height)
        self._pixels: dict[tuple[int, int], int] = {}

    def fill(self, c: Any) -> None:
        self._canvas.clear(as_int(c))
        self._pixels.clear()

    def text(self, s: Any, x: Any, y: Any, c: Any = 1) -> None:
        if not isinstance(s, str):
            raise TypeError(f"can't convert '{type(s).__name__}' object to str implicitly")
        self._canvas.text(s, as_int(x), as_int(y), as_int(c))

    def pixel(self, x: Any, y: Any, *c: Any) -> int | None:
        where = as_int(x), as_int(y)
        if not c:
            return self._pixels.get(where, 0)
        self._pixels[where] = as_int(c[0])
        if c[0]:
            self._canvas.add("pixel", *where)
        else:
            self._canvas.erase(*where, 1, 1)
        return None

    def hline(self, x: Any, y: Any, w: Any, c: Any) -> None:
        self._draw("line", c, x, y, as_int(x) + as_int(w) - 1, y)

    def vline(self, x: Any, y: Any, h: Any, c: Any) -> None:
        self._draw("line", c, x, y, x, as_int(y) + as_int(h) - 1)

    def line(self, x1: Any, y1: Any, x2: Any, y2: Any, c: Any) -> None:
        self._draw("line", c, x1, y1, x2, y2)

    def rect(self, x: Any, y: Any, w: Any, h: Any, c: Any, f: Any = False) -> None:
        if f and not as_int(c):
            self._canvas.erase(as_int(x), as_int(y), as_int(w), as_int(h))
        else:
            self._draw("rect", c, x, y, w, h, bool(f))

    def fill_rect(self, x: Any, y: Any, w: Any, h: Any, c: Any) -> None:
        self.rect(x, y, w, h, c, True)

    def ellipse(self, x: Any, y: Any, xr: Any, yr: Any, c: Any, f: Any = False, m: Any = 15) -> None:
        self._draw("ellipse", c, x, y, xr, yr, bool(f))

    def poly(self, x: Any, y: Any, coords: Any, c: Any, f: Any = False) -> None:
        self._draw("poly", c, x, y, tuple(coords), bool(f))

    def scroll(self, xstep: Any, ystep: Any) -> None:
        dx, dy = as_int(xstep), as_int(ystep)
        self._canvas.shapes = [
            s if s[0] == "fill" else (s[0], s[1] + dx, s[2] + dy, *s[3:]) for s in self._canvas.shapes
        ]

    def blit(self, fbuf: Any, x: Any, y: Any, key: Any = -1, palette: Any = None) -> None:
        if not isinstance(fbuf, FrameBuffer):
            raise TypeError("object with buffer protocol required")
        self._canvas.add("blit", as_int(x), as_int(y), fbuf._canvas.width, fbuf._canvas.height)

    def _draw(self, what: str, color: Any, x: Any, y: Any, *rest: Any) -> None:
        numbers = tuple(r if isinstance(r, (bool, tuple)) else as_int(r) for r in rest)
        shape = (what, as_int(x), as_int(y), *numbers)
        if as_int(color):
            self._canvas.add(*shape)
        elif shape in self._canvas.shapes:
            self._canvas.shapes.remove(shape)


class _SSD1306(FrameBuffer):
    """An OLED; nothing shows before `show`."""

    __slots__ = ("_key", "_on", "height", "width")

    def _start(self, width: Any, height: Any, key: int | str) -> None:
        self.width, self.height = as_int(width), as_int(height)
        if not (0 < self.width <= 128 and 0 < self.height <= 64):
            raise ValueError("invalid size")
        self._begin(self.width, self.height)
        self._key = key
        self._on = True
        self.show()

    def show(self) -> None:
        self._board.busy(self.width * self.height // 8 * 23)
        self._reached()
        self._board.record("display", self._key, self._canvas.texts() if self._on else ())
        if self._canvas.drawn() or self._board.last("draw", self._key):
            self._board.record("draw", self._key, self._canvas.drawn() if self._on else ())

    def _reached(self) -> None:
        """Raise if the display does not answer."""

    def poweron(self) -> None:
        self._on = True
        self.show()

    def poweroff(self) -> None:
        self._on = False
        self._board.record("display", self._key, ())

    def contrast(self, contrast: Any) -> None:
        self._board.emit("call", "display.contrast", {"contrast": as_int(contrast)})

    def invert(self, invert: Any) -> None:
        self._board.emit("call", "display.invert", {"invert": int(bool(invert))})

    def rotate(self, rotate: Any) -> None:
        self._board.emit("call", "display.rotate", {"rotate": int(bool(rotate))})


class SSD1306_I2C(_SSD1306):
    """An OLED on I2C."""

    __slots__ = ("_addr", "_i2c")

    def __init__(
        self, width: Any, height: Any, i2c: Any, addr: Any = 0x3C, external_vcc: Any = False
    ) -> None:
        if not isinstance(i2c, I2C):
            raise AttributeError(f"{type(i2c).__name__!r} object has no attribute 'writeto'")
        self._addr, self._i2c = as_int(addr), i2c
        self._start(width, height, self._addr)

    def _reached(self) -> None:
        self._i2c._reach(self._addr)


class SSD1306_SPI(_SSD1306):
    """An OLED on SPI."""

    __slots__ = ()

    def __init__(
        self, width: Any, height: Any, spi: Any, dc: Any, res: Any, cs: Any, external_vcc: Any = False
    ) -> None:
        if not isinstance(spi, SPI):
            raise AttributeError(f"{type(spi).__name__!r} object has no attribute 'write'")
        self._start(width, height, "spi")


def names(board: Board, module: str) -> Mapping[str, Any]:
    """The names of framebuf or ssd1306."""
    if module == "framebuf":
        return {
            "FrameBuffer": FrameBuffer, "MONO_VLSB": 0, "MVLSB": 0, "RGB565": 1, "GS4_HMSB": 2,
            "MONO_HLSB": 3,
            "MONO_HMSB": 4, "GS2_HMSB": 5, "GS8": 6,
        }  # fmt: skip
    return {"SSD1306_I2C": SSD1306_I2C, "SSD1306_SPI": SSD1306_SPI, "SSD1306": _SSD1306}
