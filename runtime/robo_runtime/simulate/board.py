"""The virtual clock of one run, what happens on it, and the record of what the program did.

Time is an integer of microseconds. A statement costs 25 µs and a sleep its length; timers, pin interrupts and
scripted inputs fire between statements and during sleeps, at their own times.
"""

from __future__ import annotations

import heapq
import time as host
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from robo_runtime.simulate.errors import describe
from robo_runtime.simulate.limits import EndOfTime, Exceeded, Limits, Restart, Stop
from robo_runtime.simulate.trace import Event, Key
from robo_runtime.simulate.world import World
from robo_runtime.simulate.yasmarang import Yasmarang

if TYPE_CHECKING:
    from robo_runtime.registry import Registry
    from robo_runtime.simulate.firmware import Firmware
    from robo_runtime.simulate.modules.threads import Turns

STATEMENT_US = 25
QUEUE = 8
"""Callbacks that may wait; more are dropped, as MicroPython's scheduler drops them."""
SLICE_US = 1000
"""How long a thread of the program runs before another that is due has its turn."""
_CHECK_US = 2048 * STATEMENT_US
"""Longest virtual time between two looks at the limits."""
_IDLE_US = 5000
"""A polling loop that changed nothing for this long may be hurried along."""
_COAST_US = 2000
_PATIENCE_US = 20_000
_MARGIN_US = 400
"""How long before the next input a hurried loop returns to its natural pace, to see it on time."""


TEXT_LIMIT = 4_000_000
_WORDY = ("print", "call", "net", "display", "file")
_RELEASED: dict[str, Any] = {
    "pin": 0, "pwm": (0, 0.0), "tone": 0, "pulse": 0, "led": 0, "relay": 0, "servo": None,
}  # fmt: skip
"""What a reset switches off, and the state it leaves."""


def _place(state: tuple[tuple[str, Key], Any]) -> tuple[str, str]:
    """The order in which a reset lets go of outputs."""
    (kind, key), _ = state
    return kind, str(key)


class Board:
    """One simulated board: clock, scheduled events, recorder. Native modules keep their state on it."""

    def __init__(self, world: World, until: float, limits: Limits, registry: Registry | None = None) -> None:
        self.registry = registry
        self.world = world
        self.limits = limits
        self.until = round(until * 1e6)
        self.now = 0
        self.due = 0
        """The next moment at which `catch_up` has something to do."""
        self.clock_read = -1
        """When the program last asked for the time."""
        self.version = 0
        """Counts changes; a polling loop that sees none may coast."""
        self.events: list[Event] = []
        self._said = 0
        self.output: list[str] = []
        self.files = dict(world.files)
        self.kept: dict[str, Any] = {}
        """What survives a reset: RTC memory, NVS."""
        self.boots = 0
        self.firmware: Firmware | None = None
        """Sources of the kit's module, when it is not the one built in."""
        self.reset_cause = 1
        self.rtc_offset = 0
        self.deadline = host.process_time() + limits.cpu
        self._coasted = 0
        self._last: dict[tuple[str, Key], Any] = {}
        self.power_on()

    def power_on(self) -> None:
        """Forget everything that does not survive a reset, and schedule the scripted inputs again."""
        self.parts: dict[Any, Any] = {}
        self.threads: Turns | None = None
        self.listeners: list[Callable[[str, Key, Any], None]] = []
        """Told of every recorded change: what the board's outputs drive."""
        self._over: Stop | None = None
        self.random = Yasmarang(self.world.seed + self.boots)
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._serial = 0
        self._pending: deque[tuple[Callable[[Any], Any], Any]] = deque()
        self._in_callback = False
        self._idle_version = -1
        self._idle_since = self.now
        self.due = self.now

    # -- recording ---------------------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        """Whether the run has been stopped."""
        return self._over is not None

    @property
    def t(self) -> float:
        """Virtual seconds since the start."""
        return self.now / 1e6

    def record(self, kind: str, key: Key, value: Any, *, quiet: bool = False) -> bool:
        """Record the state of something if it changed; tells whether it did.

        `quiet` states follow from others and are no reason to keep a polling loop awake.
        """
        where = (kind, key)
        if where in self._last and self._last[where] == value:
            return False
        self._last[where] = value
        self.emit(kind, key, value)
        self.version -= quiet
        for heard in self.listeners:
            heard(kind, key, value)
        return True

    def emit(self, kind: str, key: Key, value: Any) -> None:
        """Record something that happens, such as a printed line."""
        self.version += 1
        if self._over is None:
            self.events.append(Event(self.now / 1e6, kind, key, value))
            if kind in _WORDY:
                self._said += len(value if isinstance(value, str) else str(value))
                if self._said > TEXT_LIMIT:
                    raise self.stop(Exceeded(f"more than {TEXT_LIMIT} characters of text"))
            if len(self.events) > self.limits.events:
                raise self.stop(Exceeded(f"more than {self.limits.events} events"))

    def last(self, kind: str, key: Key, default: Any = None) -> Any:
        """The state recorded last."""
        return self._last.get((kind, key), default)

    # -- time --------------------------------------------------------------------------------------------

    def schedule(self, at: int, action: Callable[[], None]) -> None:
        """Run `action` (host code, not the program's) at `at` microseconds."""
        self._serial += 1
        heapq.heappush(self._heap, (at, self._serial, action))
        if at < self.due:
            self.due = at

    def interrupt(self, callback: Callable[[Any], Any], argument: Any) -> None:
        """Queue a callback of the program; it runs between statements, never inside another callback."""
        if len(self._pending) < QUEUE:
            self._pending.append((callback, argument))
            self.due = min(self.due, self.now)

    def tick(self) -> None:
        """One statement."""
        self.now += STATEMENT_US
        if self.now >= self.due:
            self.catch_up()

    def touch(self) -> None:
        """One statement that changes the program's own state: a loop that counts is not idle."""
        self.version += 1
        self.now += STATEMENT_US
        if self.now >= self.due:
            self.catch_up()

    def turn(self) -> None:
        """One turn of a `while` loop. A loop that only polls is hurried to the next thing that can happen.

        A hurried turn stops short of the next scheduled event, so polled edges keep their times. While the
        loop
        reads the clock, a turn takes at most 2 ms and 1/64 of the time already idle: polled clocks are at
        most
        1.6% late. A loop that does not even read the clock goes straight to the next event.
        """
        self.now += STATEMENT_US
        if self.version != self._idle_version:
            self._idle_version = self.version
            self._idle_since = self.now
        elif (idle := self.now - self._idle_since) > _IDLE_US and not self._in_callback:
            jump = min(self._heap[0][0] if self._heap else self.until, self.until) - _MARGIN_US - self.now
            if self.clock_read >= self._idle_since or idle < _PATIENCE_US:
                jump = min(idle >> 6, _COAST_US, jump)
            if self.threads is not None:
                jump = min(jump, self.threads.horizon() - self.now)
            if jump > 0:
                self.now += jump
                self._coasted += jump
        if self.now >= self.due:
            self.catch_up()

    def sleep(self, us: int) -> None:
        """Let `us` microseconds pass; what is scheduled in between happens at its time."""
        if self.threads is None or self._in_callback:
            self.sleep_alone(us)
        else:
            self.threads.sleep(self.now + max(us, 0))

    def sleep_alone(self, us: int) -> None:
        """`sleep` without a turn for other threads of the program."""
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

    def nap(self, until: int) -> None:
        """Sleep until something scheduled happens, at most until `until` microseconds."""
        self.sleep(min(self._heap[0][0] if self._heap else until, until) - self.now)

    def busy(self, us: int) -> None:
        """Time a native call takes, such as reading a sensor; not a moment in which callbacks run."""
        self.now += us
        self._coasted += us

    def catch_up(self) -> None:
        """Do what is due. Raises `Stop` when the run is over, again and again."""
        if self._over is not None:
            raise self._over
        heap = self._heap
        while True:
            while heap and heap[0][0] <= self.now:
                heapq.heappop(heap)[2]()
            if self._in_callback or not self._pending:
                break
            self._run_callbacks()
        if self.now >= self.until:
            raise self.stop(EndOfTime())
        if (self.now - self._coasted) // STATEMENT_US > self.limits.steps:
            raise self.stop(Exceeded(f"more than {self.limits.steps} statements"))
        if host.process_time() > self.deadline:
            raise self.stop(Exceeded(f"more than {self.limits.cpu:g} s of processor time"))
        slice_us = _CHECK_US if self.threads is None else SLICE_US
        self.due = min(heap[0][0] if heap else self.until, self.until, self.now + slice_us)
        if self.threads is not None and not self._in_callback:
            self.threads.fair()

    def stop(self, reason: Stop) -> Stop:
        """End the run: from now on nothing is recorded and every statement raises `reason`."""
        self._over = reason
        self.due = self.now
        return reason

    def restart(self, reset: Restart) -> None:
        """Let the board be off for a while, then power it on again with its outputs released."""
        self._over = None
        for action in self.parts.get("at_reset", ()):
            action()
        for (kind, key), value in sorted(self._last.items(), key=_place):
            if kind in _RELEASED and value != _RELEASED[kind]:
                self.record(kind, key, _RELEASED[kind])
        self.now = min(self.now + reset.after_us, self.until)
        self._coasted += reset.after_us
        self.boots += 1
        self.reset_cause = reset.cause
        self.emit("reset", "board", reset.cause)
        self.power_on()

    def live_on(self) -> None:
        """After the end of the main program: let timers and interrupts run until the observed span ends."""
        try:
            if self.threads is not None:
                self.sleep(self.until - self.now)
            while self._heap or self._pending:
                self.sleep(max((self._heap[0][0] if self._heap else self.now) - self.now, 0))
        except EndOfTime:
            pass

    def _run_callbacks(self) -> None:
        self._in_callback = True
        try:
            while self._pending:
                callback, argument = self._pending.popleft()
                try:
                    callback(argument)
                except Exception as e:  # MicroPython prints it and carries on
                    self.emit("error", "callback", describe(e))
        finally:
            self._in_callback = False


_current: ContextVar[Board] = ContextVar("board")


def current() -> Board:
    """The board of the program that is running in this context."""
    return _current.get()


def using(board: Board) -> Any:
    """Make `board` current; hand the answer to `leave` afterwards."""
    return _current.set(board)


def leave(token: Any) -> None:
    """Undo `using`."""
    _current.reset(token)
