"""_thread: several flows of control that take turns on the one virtual clock.

Each thread of the program is a thread of the host, but only the one that holds the turn runs. It passes the
turn
on when it sleeps, waits for a lock, or ran for a millisecond, to whichever thread is due next.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from robo_runtime.simulate.board import SLICE_US, Board
from robo_runtime.simulate.errors import describe
from robo_runtime.simulate.limits import EndOfTime, Stop
from robo_runtime.simulate.native import Native

MOST = 8
_STACK = 8 * 1024 * 1024
_PATIENCE = 30.0
"""Real seconds after which a waiting thread gives up: its run has been abandoned."""


class _Flow:
    """One thread: when it wants to go on, and the signal that it may."""

    def __init__(self) -> None:
        self.due = 0
        self.go = threading.Event()
        self.thread: threading.Thread | None = None
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
        target = (self._live, flow, function, arguments)
        flow.thread = threading.Thread(target=context.run, args=target, daemon=True)
        self.flows.append(flow)
        self.started += 1
        before = threading.stack_size(_STACK)
        flow.thread.start()
        threading.stack_size(before)
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
            self.flows.remove(flow)
            following = self._next()
            self.running = following
            following.go.set()

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
        if not me.go.wait(_PATIENCE):
            raise SystemExit
        self.running = me

    def finish(self) -> None:
        """After the run: let every thread see that it is over."""
        if not self.board.over:
            self.board.stop(EndOfTime())
        while len(self.flows) > 1:
            flow = self.flows[-1]
            flow.go.set()
            assert flow.thread is not None
            flow.thread.join(1.0)
            if flow.thread.is_alive():
                return


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
