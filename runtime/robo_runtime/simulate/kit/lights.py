"""LEDs and pixels of the kit."""

from __future__ import annotations

import colorsys

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.kit import acts, glide, sensed

COLORS: dict[str, tuple[int, int, int]] = {
    "red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "yellow": (255, 255, 0), "cyan": (0, 255,
    255),
    "magenta": (255, 0, 255), "orange": (255, 128, 0), "purple": (128, 0, 255), "pink": (255, 96, 160),
    "white": (255, 255, 255), "off": (0, 0, 0),
}  # fmt: skip
LEDS = 4
PIXELS = 8


def light(board: Board, n: int, level: float) -> None:
    """Set a board LED to 0-1."""
    board.record("led", n, int(level) if level in (0, 1) else round(level, 3))


@acts("led.on")
def _led_on(board: Board, n: int) -> None:
    light(board, n, 1)


@acts("led.off")
def _led_off(board: Board, n: int) -> None:
    light(board, n, 0)


@acts("led.toggle")
def _led_toggle(board: Board, n: int) -> None:
    light(board, n, 0 if board.last("led", n) else 1)


@acts("led.set")
def _led_set(board: Board, n: int, state: bool) -> None:
    light(board, n, 1 if state else 0)


@acts("led.blink")
def _led_blink(board: Board, n: int, times: int, on_ms: int, off_ms: int) -> None:
    for _ in range(times):
        light(board, n, 1)
        board.sleep(on_ms * 1000)
        light(board, n, 0)
        board.sleep(off_ms * 1000)


@acts("led.brightness")
def _led_brightness(board: Board, n: int, percent: int) -> None:
    light(board, n, percent / 100)


@acts("led.fade")
def _led_fade(board: Board, n: int, start: int, end: int, ms: int) -> None:
    light(board, n, start / 100)
    glide(board, start, end, ms, lambda percent: light(board, n, percent / 100))


@acts("led.all_on")
def _led_all_on(board: Board) -> None:
    for n in range(1, LEDS + 1):
        light(board, n, 1)


@acts("led.all_off")
def _led_all_off(board: Board) -> None:
    for n in range(1, LEDS + 1):
        light(board, n, 0)


@acts("led.is_on")
def _led_is_on(board: Board, n: int) -> bool:
    return bool(board.last("led", n))


class Strip:
    """The kit's pixels."""

    def __init__(self, count: int) -> None:
        self.colors = [(0, 0, 0)] * count
        self.percent = 100

    def show(self, board: Board) -> None:
        """Record what is lit."""
        dimmed = tuple(tuple(c * self.percent // 100 for c in color) for color in self.colors)
        board.record("pixels", "kit", dimmed)

    def put(self, board: Board, index: int, color: tuple[int, int, int]) -> None:
        """Set one pixel and show; beyond the end of the strip nothing lights."""
        if index < len(self.colors):
            self.colors[index] = color
        self.show(board)

    def fill(self, board: Board, color: tuple[int, int, int]) -> None:
        """Set all and show."""
        self.colors = [color] * len(self.colors)
        self.show(board)


def _strip(board: Board) -> Strip:
    if "strip" not in board.parts:
        board.parts["strip"] = Strip(sensed(board, "pixels.count", {}, PIXELS))
    found: Strip = board.parts["strip"]
    return found


@acts("pixels.fill")
def _pixels_fill(board: Board, color: str) -> None:
    _strip(board).fill(board, COLORS.get(color, (0, 0, 0)))


@acts("pixels.set")
def _pixels_set(board: Board, index: int, color: str) -> None:
    _strip(board).put(board, index, COLORS.get(color, (0, 0, 0)))


@acts("pixels.set_rgb")
def _pixels_set_rgb(board: Board, index: int, r: int, g: int, b: int) -> None:
    _strip(board).put(board, index, (r, g, b))


@acts("pixels.fill_rgb")
def _pixels_fill_rgb(board: Board, r: int, g: int, b: int) -> None:
    _strip(board).fill(board, (r, g, b))


@acts("pixels.clear")
def _pixels_clear(board: Board) -> None:
    _strip(board).fill(board, (0, 0, 0))


@acts("pixels.brightness")
def _pixels_brightness(board: Board, percent: int) -> None:
    _strip(board).percent = percent
    _strip(board).show(board)


@acts("pixels.rainbow")
def _pixels_rainbow(board: Board, ms: int) -> None:
    strip = _strip(board)

    def turn(phase: float) -> None:
        hues = (
            colorsys.hsv_to_rgb((phase + i / len(strip.colors)) % 1, 1, 1) for i in range(len(strip.colors))
        )
        strip.colors = [(round(r * 255), round(g * 255), round(b * 255)) for r, g, b in hues]
        strip.show(board)

    glide(board, 0, 1, ms, turn)


@acts("pixels.chase")
def _pixels_chase(board: Board, color: str, ms: int) -> None:
    strip = _strip(board)
    for i in range(len(strip.colors)):
        strip.colors = [(0, 0, 0)] * len(strip.colors)
        strip.put(board, i, COLORS.get(color, (0, 0, 0)))
        board.sleep(ms * 1000)
    strip.fill(board, (0, 0, 0))


@acts("pixels.bar")
def _pixels_bar(board: Board, percent: int, color: str) -> None:
    strip = _strip(board)
    lit = round(len(strip.colors) * percent / 100)
    dark = len(strip.colors) - lit
    strip.colors = [COLORS.get(color, (0, 0, 0))] * lit + [(0, 0, 0)] * dark
    strip.show(board)


@acts("pixels.count")
def _pixels_count(board: Board) -> int:
    return len(_strip(board).colors)
