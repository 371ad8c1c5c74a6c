"""_thread: several flows of control that take turns on the one virtual clock.

Each thread of the program is a thread of the host, but only the one that holds the turn runs. It passes the
turn on when it sleeps, waits for a lock, or ran for a millisecond, to whichever thread is due next.

Where memory is short a thread of the host may die before it has passed its turn on, or never come to life.
The main thread looks for that while it waits, and takes the turn back.
"""

from __future__ import annotations

import _thread
import contextvars
import threading
import time as host
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from robo_runtime.simulate.board import SLICE_US, Board
from robo_runtime.simulate.errors import describe
from robo_runtime.simulate.limits import EndOfTime, Exceeded, Stop
from robo_runtime.simulate.native import Native

MOST = 8
_STACK = 8 * 1024 * 1024
_PATIENCE = 30.0
"""Real seconds after which a waiting thread gives up: its run has been abandoned."""
_GLANCE = 0.1
"""Real seconds between two looks of the main thread at whoever holds the turn."""


class _Flow:
    """One thread: when it wants to go on, and the signal that it may."""

    def __init__(self) -> None:
        self.due = 0
        self.go = threading.Event()
        self.gone = threading.Event()
        self.waits_for: Lock | None = None


class Turns:
    """Decides which thread of a run goes on."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.flows = [_Flow()]
        self.running = self.flows[0]
        self.started = 0
        self._passing = False

    def start(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> int:
        """Begin a thread; it has its first turn when the current one sleeps."""
        if len(self.flows) >= MOST:
            raise OSError("can't create thread")
        flow = _Flow()
        flow.due = self.board.now
        context = contextvars.copy_context()
        before = threading.stack_size(_STACK)
        try:  # `threading.Thread.start` would wait for ever for a thread that had no memory to begin
            _thread.start_new_thread(context.run, (self._live, flow, function, arguments))
        except RuntimeError:
            raise OSError("can't create thread") from None
        finally:
            threading.stack_size(before)
        self.flows.append(flow)
        self.started += 1
        return self.started

    def _live(self, flow: _Flow, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        try:
            if flow.go.wait(_PATIENCE):
                self.board.tick()
                function(*arguments)
        except (Stop, SystemExit):
            pass
        except BaseException as e:  # MicroPython prints it; the other threads go on
            self.board.emit("error", "thread", describe(e))
        finally:
            try:
                if flow in self.flows:
                    self.flows.remove(flow)
                following = self._next()
                self.running = following
                following.go.set()
            finally:
                flow.gone.set()

    def _next(self) -> _Flow:
        """The thread that is due first; the main one when the run is over, to end it."""
        if self.board.over:
            return self.flows[0]
        ready = [flow for flow in self.flows if flow.waits_for is None or not flow.waits_for.locked()]
        return min(ready or self.flows[:1], key=lambda flow: flow.due)

    def sleep(self, target: int) -> None:
        """The running thread wants to go on at `target` microseconds."""
        me = self.running
        me.due = target
        while True:
            following = self._next()
            if following is me:
                self._pass(target)
                return
            if following.due > self.board.now:
                self._pass(following.due)
                continue  # something may have happened meanwhile
            self._hand_over(me, following)
            if self.board.over:
                self.board.catch_up()

    def _pass(self, until: int) -> None:
        """Let time pass; what happens meanwhile is no occasion for another turn."""
        self._passing = True
        try:
            self.board.sleep_alone(max(until - self.board.now, 0))
        finally:
            self._passing = False

    def horizon(self) -> int:
        """When the next of the other threads is due."""
        others = (flow.due for flow in self.flows if flow is not self.running)
        return min(others, default=self.board.until)

    def fair(self) -> None:
        """Called now and then while a thread runs on: let another that is due have its turn."""
        me = self.running
        if not self._passing and any(flow is not me and flow.due <= self.board.now for flow in self.flows):
            me.due = self.board.now
            self.sleep(self.board.now)

    def _hand_over(self, me: _Flow, following: _Flow) -> None:
        me.go.clear()
        self.running = following
        following.go.set()
        if me is self.flows[0]:
            self._watch(me)
        elif not me.go.wait(_PATIENCE):
            raise SystemExit
        self.running = me

    def _watch(self, me: _Flow) -> None:
        """The main thread waits for its turn, and takes it back from a thread that is gone or too slow."""
        since, last = host.monotonic(), self.running
        while not me.go.wait(_GLANCE):
            holder = self.running
            if holder is not last:
                since, last = host.monotonic(), holder
            if holder is me:
                continue
            if holder.gone.is_set():
                if holder in self.flows:
                    self.flows.remove(holder)
                return
            limit = self.board.limits.cpu
            if host.monotonic() > since + 3 * limit + _GLANCE:  # nothing comes of it
                del self.flows[1:]
                raise self.board.stop(Exceeded(f"a thread that kept its turn for {3 * limit:g} s"))

    def finish(self) -> None:
        """After the run: let every thread see that it is over."""
        if not self.board.over:
            self.board.stop(EndOfTime())
        while len(self.flows) > 1:
            flow = self.flows[-1]
            flow.go.set()
            if not flow.gone.wait(1.0):
                return
            if flow in self.flows:
                self.flows.remove(flow)


class Lock(Native):
    """Mutual exclusion of threads."""

    __slots__ = ("_board", "_held")

    def __init__(self, board: Board) -> None:
        self._board = board
        self._held = False

    def acquire(self, waitflag: Any = 1, timeout: Any = -1) -> bool:
        if self._held and not waitflag:
            return False
        turns = self._board.threads
        while self._held:
            if turns is None:
                self._board.sleep(self._board.until)  # nobody is left to release it
                continue
            turns.running.waits_for = self
            try:
                turns.sleep(self._board.now)
            finally:
                turns.running.waits_for = None
            if self._held:
                self._board.sleep_alone(SLICE_US)
        self._held = True
        return True

    def release(self) -> None:
        if not self._held:
            raise RuntimeError
        self._held = False

    def locked(self) -> bool:
        return self._held

    def __enter__(self) -> Lock:
        self.acquire()
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


def names(board: Board, module: str) -> Mapping[str, Any]:
    """The names of _thread."""

    def start_new_thread(function: Any, args: Any, kwargs: Any = None, /) -> int:
        if not callable(function):
            raise TypeError("the first argument must be callable")
        if not isinstance(args, tuple):
            raise TypeError("the second argument must be a tuple")
        if board.threads is None:
            board.threads = Turns(board)
        return board.threads.start(function, args)

    def leave() -> NoReturn:
        raise SystemExit

    return {
        "start_new_thread": start_new_thread, "allocate_lock": lambda: Lock(board), "exit": leave,
        "get_ident": lambda: id(board.threads.running) if board.threads else 1,
        "stack_size": lambda *size: 4096, "LockType": Lock,
    }  # fmt: skip
