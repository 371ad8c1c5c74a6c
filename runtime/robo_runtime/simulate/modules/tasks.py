"""asyncio on the virtual clock. Coroutines are generators here (see guard), as in MicroPython itself."""

from __future__ import annotations

import heapq
from collections.abc import Generator, Mapping
from typing import Any

from robo_runtime.simulate.board import Board, current
from robo_runtime.simulate.modules.clock import names as clock_names
from robo_runtime.simulate.native import Native, as_float, as_int

Coroutine = Generator[Any, Any, Any]


class CancelledError(Exception):
    """The task was cancelled."""


class Task(Native):
    """A coroutine that the loop runs."""

    __slots__ = ("_cancelled", "_coroutine", "_done", "_error", "_loop", "_result", "_waiters")

    def __init__(self, loop: Loop, coroutine: Any) -> None:
        if not hasattr(coroutine, "send"):
            raise TypeError("coroutine expected")
        self._loop, self._coroutine = loop, coroutine
        self._done = self._cancelled = False
        self._result: Any = None
        self._error: Exception | None = None
        self._waiters: list[Task] = []

    def done(self) -> bool:
        return self._done

    def cancel(self) -> bool:
        if self._done:
            return False
        self._cancelled = True
        self._loop.wake(self)
        return True

    def __iter__(self) -> Coroutine:
        if not self._done:
            yield ("join", self)
        if self._error is not None:
            raise self._error
        return self._result


class Event(Native):
    """A flag tasks can wait for."""

    __slots__ = ("_loop", "_set", "_waiters")

    def __init__(self) -> None:
        self._loop = loop_of(current())
        self._set = False
        self._waiters: list[Task] = []

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True
        while self._waiters:
            self._loop.wake(self._waiters.pop())

    def clear(self) -> None:
        self._set = False

    def wait(self) -> Coroutine:
        while not self._set:
            yield ("wait", self._waiters)
        return True


class Lock(Native):
    """Mutual exclusion of tasks."""

    __slots__ = ("_held", "_loop", "_waiters")

    def __init__(self) -> None:
        self._loop = loop_of(current())
        self._held = False
        self._waiters: list[Task] = []

    def locked(self) -> bool:
        return self._held

    def acquire(self) -> Coroutine:
        while self._held:
            yield ("wait", self._waiters)
        self._held = True
        return True

    def release(self) -> None:
        if not self._held:
            raise RuntimeError("Lock not acquired")
        self._held = False
        if self._waiters:
            self._loop.wake(self._waiters.pop(0))


class Loop(Native):
    """Runs the task whose time has come; in between the board sleeps."""

    __slots__ = ("_board", "_queue", "_serial")

    def __init__(self, board: Board) -> None:
        self._board = board
        self._queue: list[tuple[int, int, Task]] = []
        self._serial = 0

    def at(self, when: int, task: Task) -> None:
        """Run `task` at `when` microseconds."""
        self._serial += 1
        heapq.heappush(self._queue, (when, self._serial, task))

    def wake(self, task: Task) -> None:
        """Run `task` now."""
        self._queue = [entry for entry in self._queue if entry[2] is not task]
        heapq.heapify(self._queue)
        self.at(self._board.now, task)

    def create_task(self, coroutine: Any) -> Task:
        task = Task(self, coroutine)
        self.at(self._board.now, task)
        return task

    def run_forever(self) -> None:
        self.run_until_complete(_forever())

    def run_until_complete(self, coroutine: Any) -> Any:
        main = coroutine if isinstance(coroutine, Task) else self.create_task(coroutine)
        while not main._done:
            if not self._queue:
                self._board.nap(self._board.until)  # everything waits for an interrupt
                continue
            when, _, task = heapq.heappop(self._queue)
            if when > self._board.now:
                self._board.sleep(when - self._board.now)
            self._step(task, main)
        if main._error is not None:
            raise main._error
        return main._result

    def _step(self, task: Task, main: Task) -> None:
        self._board.tick()
        try:
            if task._cancelled:
                task._cancelled = False
                asked = task._coroutine.throw(CancelledError())
            else:
                asked = task._coroutine.send(None)
        except StopIteration as e:
            self._finish(task, e.value, None)
        except Exception as e:
            self._finish(task, None, e)
            if task is not main and not task._waiters and not isinstance(e, CancelledError):
                from robo_runtime.simulate.errors import describe

                self._board.emit("error", "task", describe(e))
        else:
            kind: str
            what: Any
            kind, what = asked if isinstance(asked, tuple) and len(asked) == 2 else ("sleep", 0)
            if kind == "join" and isinstance(what, Task):
                what._waiters.append(task)
            elif kind == "wait":
                what.append(task)
            else:
                self.at(self._board.now + int(what), task)

    def _finish(self, task: Task, result: Any, error: Exception | None) -> None:
        task._done, task._result, task._error = True, result, error
        for waiter in task._waiters:
            self.wake(waiter)


def loop_of(board: Board) -> Loop:
    """The loop of a run."""
    if "loop" not in board.parts:
        board.parts["loop"] = Loop(board)
    loop: Loop = board.parts["loop"]
    return loop


def _forever() -> Coroutine:
    while True:
        yield ("sleep", 60_000_000)


def names(board: Board, module: str) -> Mapping[str, Any]:
    """The names of asyncio."""
    loop = loop_of(board)
    ticks = clock_names(board, "time")

    def pause(us: int) -> Coroutine:
        yield ("sleep", max(us, 0))

    def gather(*awaitables: Any, return_exceptions: Any = False) -> Coroutine:
        tasks = [a if isinstance(a, Task) else loop.create_task(a) for a in awaitables]
        results = []
        for task in tasks:
            try:
                results.append((yield from task))
            except Exception as e:
                if not return_exceptions:
                    raise
                results.append(e)
        return results

    def wait_for(awaitable: Any, us: int) -> Coroutine:
        task = awaitable if isinstance(awaitable, Task) else loop.create_task(awaitable)
        limit = board.now + us
        while not task._done and board.now < limit:
            yield ("sleep", min(1000, limit - board.now))
        if not task._done:
            task.cancel()
            raise OSError("timeout")
        return (yield from task)

    return {
        "run": loop.run_until_complete, "create_task": loop.create_task, "gather": gather,
        "sleep": lambda seconds: pause(round(as_float(seconds) * 1e6)),
        "sleep_ms": lambda ms: pause(as_int(ms) * 1000),
        "wait_for": lambda task, seconds: wait_for(task, round(as_float(seconds) * 1e6)),
        "wait_for_ms": lambda task, ms: wait_for(task, as_int(ms) * 1000),
        "get_event_loop": lambda: loop, "new_event_loop": lambda: loop, "current_task": lambda: None,
        "Event": Event, "Lock": Lock, "CancelledError": CancelledError, "TimeoutError": OSError,
        "ticks": ticks["ticks_ms"], "ticks_add": ticks["ticks_add"], "ticks_diff": ticks["ticks_diff"],
    }  # fmt: skip
