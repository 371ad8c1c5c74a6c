"""The electrical state of one GPIO: who drives it, to which level, and who is told when it changes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.world import value_at

VALID = frozenset([*range(6), *range(12, 20), 21, 22, 23, 25, 26, 27, *range(32, 40)])
"""GPIOs of the ESP32 that a program may use; 6-11 hold the flash chip, the rest do not exist."""
INPUT_ONLY = frozenset(range(34, 40))
ANALOG = frozenset([0, 2, 4, 12, 13, 14, 15, 25, 26, 27, *range(32, 40)])
TOUCH = frozenset([0, 2, 4, 12, 13, 14, 15, 27, 32, 33])

IN, OUT, OPEN_DRAIN = 1, 3, 7
PULL_DOWN, PULL_UP = 1, 2
RISING, FALLING, LOW_LEVEL, HIGH_LEVEL = 1, 2, 4, 5


class Line:
    """One GPIO. `drive` is the world's hand on it; `latch` what the program wrote."""

    __slots__ = (
        "_level",
        "board",
        "drive",
        "fell",
        "latch",
        "mode",
        "number",
        "pull",
        "pwm",
        "rose",
        "watchers",
    )

    def __init__(self, board: Board, number: int) -> None:
        self.board = board
        self.number = number
        self.mode = 0
        self.pull = 0
        self.latch = 0
        self.pwm: Any = None
        self.drive: int | None = None
        self.watchers: list[Callable[[int], None]] = []
        """Told of every change: interrupts, the ultrasonic sensor."""
        self.rose = self.fell = -1
        self._level = 0
        for t, level in board.world.buttons.get(number, ()):
            if t == 0:
                self.drive = level
            elif (at := round(t * 1e6)) >= board.now:
                board.schedule(at, partial(self.driven, level))
            else:
                self.drive = level
        self._level = self.read()

    def configure(self, mode: int | None, pull: int | None) -> None:
        """Set direction and pull; a digital pin lets go of PWM."""
        if pull is not None:
            self.pull = 0 if self.number in INPUT_ONLY else pull
        if mode is not None:
            if self.pwm is not None:
                self.pwm.release_()
            self.mode = mode
        self.changed(announce=self.mode in (OUT, OPEN_DRAIN))

    def driven(self, level: int | None, *, quiet: bool = False) -> None:
        """The world pulls the line to `level`, or lets go (None); `quiet` changes are told, not recorded."""
        self.drive = level
        self.board.version += 1
        self.changed(quiet=quiet)

    def write(self, level: int) -> None:
        """The program sets its output latch."""
        if level != self.latch or self.mode not in (OUT, OPEN_DRAIN):
            self.latch = level
            self.changed()

    def read(self) -> int:
        """The level a digital read sees."""
        if self.mode == OUT:
            return self.latch
        if self.mode == OPEN_DRAIN and not self.latch:
            return 0
        if self.drive is not None:
            return self.drive
        return 1 if self.pull == PULL_UP else 0

    def changed(self, announce: bool = False, *, quiet: bool = False) -> None:
        """Record and tell a new level."""
        level = self.read()
        if level == self._level and not announce:
            return
        edge = level != self._level
        self._level = level
        if self.mode in (OUT, OPEN_DRAIN):
            if self.pwm is None:
                self.board.record("pin", self.number, level)
        elif self.mode == IN and edge and not quiet:
            self.board.record("input", self.number, level)
        if edge:
            if level:
                self.rose = self.board.now
            else:
                self.fell = self.board.now
                if self.mode == OUT and 0 < self.fell - self.rose <= _PING_US:
                    ping(self)
            for watcher in tuple(self.watchers):
                watcher(level)


ECHO_DELAY_US = 450
_PING_US = 1000
"""A shorter pulse on an output starts an ultrasonic measurement, if a sensor may be listening."""
US_PER_CM = 58.2
SILENT_US = 38_000
"""How long an HC-SR04 holds its echo pin high when nothing comes back."""
RANGE_CM = 400


def echo_us(board: Board) -> int | None:
    """Length of the echo of the ultrasonic sensor now; None when it does not answer."""
    if board.world.faulty("distance", board.t):
        return None
    cm = value_at(board.world.distance, board.t, 0.0)
    return SILENT_US if not 0 < cm <= RANGE_CM else round(cm * US_PER_CM)


def ping(trigger: Line) -> None:
    """Answer a trigger pulse on the echo pin: the one the world names, else every free input."""
    board = trigger.board
    lines: dict[int, Line] = board.parts["lines"]
    named = board.world.echo.get(trigger.number)
    length = echo_us(board)
    if length is None:
        return
    for number, listener in lines.items():
        free = listener.mode == IN and not listener.pull and number not in board.world.buttons
        if number == named or (named is None and free):
            board.schedule(board.now + ECHO_DELAY_US, partial(listener.driven, 1))
            board.schedule(board.now + ECHO_DELAY_US + length, partial(listener.driven, 0))


def line(board: Board, number: int) -> Line:
    """The line of a GPIO that `check_pin` has accepted."""
    lines = board.parts.setdefault("lines", {})
    if number not in lines:
        lines[number] = Line(board, number)
    found: Line = lines[number]
    return found


def check_pin(number: Any) -> int:
    """A usable GPIO number; raises what the board raises."""
    if isinstance(number, bool) or not isinstance(number, int):
        raise (
            TypeError(f"can't convert {type(number).__name__} to int")
            if isinstance(number, (float, type(None)))
            else ValueError("invalid pin")
        )
    if number not in VALID:
        raise ValueError("invalid pin")
    return int(number)
