# mypy: ignore-errors
# ruff: noqa: RUF005
"""The electrical state of the GPIOs, for MicroPython; the rules of `robo_runtime.simulate.lines`."""

from board import value_at

VALID = frozenset(
    [0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 25, 26, 27] + list(range(32, 40))
)
INPUT_ONLY = frozenset(range(34, 40))
ANALOG = frozenset([0, 2, 4, 12, 13, 14, 15, 25, 26, 27] + list(range(32, 40)))
TOUCH = frozenset([0, 2, 4, 12, 13, 14, 15, 27, 32, 33])
IN, OUT, OPEN_DRAIN = 1, 3, 7
PULL_DOWN, PULL_UP = 1, 2
RISING, FALLING, LOW_LEVEL, HIGH_LEVEL = 1, 2, 4, 5
ECHO_DELAY_US = 450
PING_US = 1000
US_PER_CM = 58.2
SILENT_US = 38000
RANGE_CM = 400


class Line:
    """One GPIO."""

    def __init__(self, board, number):
        self.board = board
        self.number = number
        self.mode = self.pull = self.latch = 0
        self.pwm = self.drive = None
        self.watchers = []
        self.rose = self.fell = -1
        self._level = 0
        for t, level in board.world.buttons.get(number, ()):
            at = round(t * 1e6)
            if t == 0 or at < board.now:
                self.drive = level
            else:
                board.schedule(at, lambda level=level: self.driven(level))
        self._level = self.read()

    def configure(self, mode, pull):
        if pull is not None:
            self.pull = 0 if self.number in INPUT_ONLY else pull
        if mode is not None:
            if self.pwm is not None:
                self.pwm.release_()
            self.mode = mode
        self.changed(self.mode in (OUT, OPEN_DRAIN))

    def driven(self, level, *, quiet=False):
        self.drive = level
        self.board.version += 1
        self.changed(quiet=quiet)

    def write(self, level):
        if level != self.latch or self.mode not in (OUT, OPEN_DRAIN):
            self.latch = level
            self.changed()

    def read(self):
        if self.mode == OUT:
            return self.latch
        if self.mode == OPEN_DRAIN and not self.latch:
            return 0
        if self.drive is not None:
            return self.drive
        return 1 if self.pull == PULL_UP else 0

    def changed(self, announce=False, *, quiet=False):
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
        if not edge:
            return
        if level:
            self.rose = self.board.now
        else:
            self.fell = self.board.now
            if self.mode == OUT and 0 < self.fell - self.rose <= PING_US:
                ping(self)
        for watcher in tuple(self.watchers):
            watcher(level)


def echo_us(board):
    """Length of the echo of the ultrasonic sensor; None when it does not answer."""
    if board.world.faulty("distance", board.t):
        return None
    cm = value_at(board.world.distance, board.t, 0.0)
    return SILENT_US if not 0 < cm <= RANGE_CM else round(cm * US_PER_CM)


def ping(trigger):
    board = trigger.board
    named = board.world.echo.get(trigger.number)
    length = echo_us(board)
    if length is None:
        return
    for number, listener in board.parts["lines"].items():
        free = listener.mode == IN and not listener.pull and number not in board.world.buttons
        if number == named or (named is None and free):
            board.schedule(board.now + ECHO_DELAY_US, lambda l=listener: l.driven(1))
            board.schedule(board.now + ECHO_DELAY_US + length, lambda l=listener: l.driven(0))


def line(board, number):
    """The line of a GPIO."""
    lines = board.parts.setdefault("lines", {})
    if number not in lines:
        lines[number] = Line(board, number)
    return lines[number]


def check_pin(number):
    if isinstance(number, bool) or not isinstance(number, int):
        if isinstance(number, float) or number is None:
            raise TypeError("can't convert to int")
        raise ValueError("invalid pin")
    if number not in VALID:
        raise ValueError("invalid pin")
    return number


def wake(board, t):
    """Mark a moment at which an input changes."""
    at = round(t * 1e6)
    if at > board.now:

        def changed():
            board.version += 1

        board.schedule(at, changed)
