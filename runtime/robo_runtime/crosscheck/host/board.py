# mypy: ignore-errors
# ruff: noqa: UP031
"""The board that a real MicroPython runs against: virtual clock, scheduled events, recorder.

Written for MicroPython and kept to the clock rules of `robo_runtime.simulate.board`: a statement costs 25 us,
a sleep its length; timers, interrupts and scripted inputs fire between statements and during sleeps; a
`while` loop that only polls is hurried along. Times are integers of microseconds.

    from board import current
    board = current()
    board.record("pin", 2, 1)      # a state, recorded when it changes
    board.emit("call", "beep", {}) # something that happens
    board.sleep(1000)              # microseconds on the virtual clock
"""

import random as _random

STATEMENT_US = 25
QUEUE = 8
IDLE_US = 5000
COAST_US = 2000
PATIENCE_US = 20000
MARGIN_US = 400
CHECK_US = 2048 * STATEMENT_US
RELEASED = {"pin": 0, "pwm": (0, 0.0), "tone": 0, "pulse": 0, "led": 0, "relay": 0, "servo": None}


class Stop(BaseException):
    pass


class EndOfTime(Stop):
    pass


class Exceeded(Stop):
    pass


class Restart(Stop):
    def __init__(self, cause, after_us):
        super().__init__(cause, after_us)
        self.cause = cause
        self.after_us = after_us


class _Row:
    """A part of the world whose keys are attributes."""

    def __init__(self, data):
        for key in data:
            setattr(self, key, data[key])


def _keys(series):
    return {int(key) if key.isdigit() else key: value for key, value in series.items()}


class World(_Row):
    """The scripted inputs, from the JSON form of `robo_runtime.simulate.World`."""

    def __init__(self, data):
        super().__init__(data)
        for name in ("buttons", "analog", "touch", "echo"):
            setattr(self, name, _keys(data[name]))
        self.sensors = {
            name: [(t, tuple(v) if isinstance(v, list) else v) for t, v in series]
            for name, series in data["sensors"].items()
        }
        self.i2c = {int(a): _keys(registers) for a, registers in data["i2c"].items()}
        self.messages = [_Row(m) for m in data["messages"]]
        if data["wheels"] is not None:
            self.wheels = _Row(data["wheels"])
            self.wheels.left, self.wheels.right = _Row(self.wheels.left), _Row(self.wheels.right)
        self.pages = {url: _Row(page) for url, page in data["pages"].items()}

    def faulty(self, part, t):
        return any(start <= t < end for start, end in self.faults.get(part, ()))


def value_at(series, t, default):
    """The value that holds at `t` seconds."""
    found = default
    for at, value in series:
        if at > t:
            break
        found = value
    return found


def _place(state):
    return state[0][0], str(state[0][1])


class Board:
    """One board; hardware modules keep their state in `parts`."""

    threads = None

    def __init__(self, world, until_us, steps, events):
        self.world = world
        self.until = until_us
        self.steps = steps
        self.limit = events
        self.now = self.due = self.boots = self.rtc_offset = 0
        self.clock_read = -1
        self.version = 0
        self.events = []
        self.output = []
        self.files = dict(world.files)
        self.kept = {}
        self.reset_cause = 1
        self._coasted = 0
        self._last = {}
        self.power_on()

    def power_on(self):
        self.parts = {}
        self.listeners = []
        self._over = None
        self.random = _random
        _random.seed(self.world.seed + self.boots)
        self._heap = []
        self._serial = 0
        self._pending = []
        self._in_callback = False
        self._idle_version = -1
        self._idle_since = self.now
        self.due = self.now

    @property
    def t(self):
        return self.now / 1e6

    # -- recording

    def record(self, kind, key, value, *, quiet=False):
        """Record a state if it changed; tells whether it did."""
        where = (kind, key)
        if where in self._last and self._last[where] == value:
            return False
        self._last[where] = value
        self.emit(kind, key, value)
        if quiet:
            self.version -= 1
        for heard in self.listeners:
            heard(kind, key, value)
        return True

    def emit(self, kind, key, value):
        """Record something that happens."""
        self.version += 1
        if self._over is None:
            self.events.append((self.now, kind, key, value))
            if len(self.events) > self.limit:
                raise self.stop(Exceeded("more than %d events" % self.limit))

    def last(self, kind, key, default=None):
        return self._last.get((kind, key), default)

    # -- time

    def schedule(self, at, action):
        """Run `action` at `at` microseconds; equal times in the order of scheduling."""
        heap = self._heap
        i = len(heap)
        while i and heap[i - 1][0] > at:
            i -= 1
        heap.insert(i, (at, action))
        if at < self.due:
            self.due = at

    def interrupt(self, callback, argument):
        if len(self._pending) < QUEUE:
            self._pending.append((callback, argument))
            self.due = min(self.due, self.now)

    def tick(self):
        """One statement."""
        self.now += STATEMENT_US
        if self.now >= self.due:
            self.catch_up()

    def touch(self):
        """One statement that changes the program's own state."""
        self.version += 1
        self.now += STATEMENT_US
        if self.now >= self.due:
            self.catch_up()

    def turn(self):
        """One turn of a `while` loop."""
        self.now += STATEMENT_US
        if self.version != self._idle_version:
            self._idle_version = self.version
            self._idle_since = self.now
        else:
            idle = self.now - self._idle_since
            if idle > IDLE_US and not self._in_callback:
                jump = min(self._heap[0][0] if self._heap else self.until, self.until) - MARGIN_US - self.now
                if self.clock_read >= self._idle_since or idle < PATIENCE_US:
                    jump = min(idle >> 6, COAST_US, jump)
                if jump > 0:
                    self.now += jump
                    self._coasted += jump
        if self.now >= self.due:
            self.catch_up()

    def sleep(self, us):
        """Let `us` microseconds pass."""
        if self._over is not None:
            raise self._over
        target = self.now + max(us, 0)
        while True:
            reach = min(self._heap[0][0] if self._heap else target, target, self.until)
            if reach > self.now:
                self._coasted += reach - self.now
                self.now = reach
            self.catch_up()
            if self.now >= target:
                break
        self._idle_since = self.now

    def nap(self, until):
        """Sleep until something scheduled happens, at most until `until`."""
        self.sleep(min(self._heap[0][0] if self._heap else until, until) - self.now)

    def busy(self, us):
        """Time a native call takes."""
        self.now += us
        self._coasted += us

    def catch_up(self):
        if self._over is not None:
            raise self._over
        heap = self._heap
        while True:
            while heap and heap[0][0] <= self.now:
                heap.pop(0)[1]()
            if self._in_callback or not self._pending:
                break
            self._run_callbacks()
        if self.now >= self.until:
            raise self.stop(EndOfTime())
        if (self.now - self._coasted) // STATEMENT_US > self.steps:
            raise self.stop(Exceeded("more than %d statements" % self.steps))
        self.due = min(heap[0][0] if heap else self.until, self.until, self.now + CHECK_US)

    def stop(self, reason):
        """End the run: every statement raises `reason` from now on."""
        self._over = reason
        self.due = self.now
        return reason

    def restart(self, reset):
        self._over = None
        for action in self.parts.get("at_reset", ()):
            action()
        for (kind, key), value in sorted(self._last.items(), key=_place):
            if kind in RELEASED and value != RELEASED[kind]:
                self.record(kind, key, RELEASED[kind])
        self.now = min(self.now + reset.after_us, self.until)
        self._coasted += reset.after_us
        self.boots += 1
        self.reset_cause = reset.cause
        self.emit("reset", "board", reset.cause)
        self.power_on()

    def live_on(self):
        """After the end of the main program timers and interrupts go on."""
        try:
            while self._heap or self._pending:
                self.sleep(max((self._heap[0][0] if self._heap else self.now) - self.now, 0))
        except EndOfTime:
            pass

    def _run_callbacks(self):
        self._in_callback = True
        try:
            while self._pending:
                callback, argument = self._pending.pop(0)
                try:
                    callback(argument)
                except Exception as e:
                    self.emit("error", "callback", type(e).__name__)
        finally:
            self._in_callback = False


_board = None


def current():
    """The board of this run."""
    return _board


def use(board):
    """Make `board` the one of this run."""
    global _board
    _board = board
