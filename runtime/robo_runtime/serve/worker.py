"""One thread that answers one request after another, in the order they came."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from robo_runtime.serve.errors import ApiError, internal

log = logging.getLogger("robo.serve")

_STACK = 64 << 20
"""Bytes of stack for the thread: llama.cpp follows a grammar by recursion. Only what is used is taken."""
_LONGEST_RETRY = 120.0


class Deadline(threading.Event):
    """An event that is also set when its time has come, or when the one it is a part of is set."""

    def __init__(self, whole: threading.Event | None = None) -> None:
        super().__init__()
        self.at = float("inf")
        self._whole = whole

    def part(self) -> Deadline:
        """An event for a part of the work, which can end without the rest."""
        return Deadline(self)

    @property
    def cancelled(self) -> bool:
        """Whether somebody set it."""
        return super().is_set()

    def is_set(self) -> bool:
        if self.cancelled or time.monotonic() >= self.at:
            return True
        return self._whole is not None and self._whole.is_set()


class Job:
    """One request on its way: made on the event loop, worked on in the thread, heard of on the loop.

    Args:
        task: what to do; the worker's `run` knows.
    """

    def __init__(self, task: Any) -> None:
        self.task = task
        self.stop = Deadline()
        self.queued = time.monotonic()
        self.started = 0.0
        self.events: asyncio.Queue[Any] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def tell(self, event: Any) -> None:
        """Hand `event` to the loop, from any thread."""
        try:
            self._loop.call_soon_threadsafe(self.events.put_nowait, event)
        except RuntimeError:  # the loop is closed: nobody listens any more
            self.stop.set()


class Worker:
    """A queue and its thread.

    Args:
        run: does one job and tells it what comes of it; an exception is told as a failure.
        room: jobs that may wait.
        seconds: the longest a job may run, and wait.
    """

    def __init__(self, run: Callable[[Job], None], *, room: int, seconds: float) -> None:
        self._run, self.room, self._seconds = run, room, seconds
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._changed = threading.Condition()
        self._stopping = False
        self._typical = 1.0
        before = threading.stack_size(_STACK)
        try:
            self._thread = threading.Thread(target=self._loop, name="robo-decoder", daemon=True)
            self._thread.start()
        finally:
            threading.stack_size(before)

    def submit(self, job: Job) -> None:
        """Put a job at the end of the line.

        Raises:
            ApiError: 429 when the line is full, 503 when the server is closing.
        """
        with self._changed:
            if self._stopping:
                raise ApiError(503, "the server is shutting down", code="shutting_down", retry_after=5)
            ahead = len(self._waiting) + (self._running is not None)
            if ahead > self.room:
                raise ApiError(
                    429,
                    f"{len(self._waiting)} requests wait already, and the server keeps {self.room}; "
                    "try again later",
                    code="queue_full",
                    retry_after=min(self._typical * ahead, _LONGEST_RETRY),
                )
            self._waiting.append(job)
            self._changed.notify()

    def withdraw(self, job: Job) -> None:
        """Nobody waits for this job any more: take it out of the line, or stop it."""
        job.stop.set()
        with self._changed:
            if job in self._waiting:
                self._waiting.remove(job)

    @property
    def waiting(self) -> int:
        """Jobs in the line."""
        return len(self._waiting)

    @property
    def running_for(self) -> float | None:
        """Seconds since the running job began; None when idle."""
        job = self._running
        return None if job is None else time.monotonic() - job.started

    @property
    def stuck(self) -> bool:
        """Whether the running job does not end although its time is over."""
        seconds = self.running_for
        return not self._thread.is_alive() or (seconds is not None and seconds > self._seconds + 30)

    def close(self, patience: float = 10.0) -> bool:
        """Stop what runs, fail what waits, end the thread; False when it does not end in time."""
        with self._changed:
            self._stopping = True
            left, running = list(self._waiting), self._running
            self._waiting.clear()
            self._changed.notify()
        for job in left:
            job.tell(ApiError(503, "the server is shutting down", code="shutting_down", retry_after=5))
        if running is not None:
            running.stop.set()
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _loop(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._do(job)
            finally:
                with self._changed:
                    self._running = None

    def _next(self) -> Job | None:
        with self._changed:
            while not self._waiting and not self._stopping:
                self._changed.wait()
            if self._stopping:
                return None
            self._running = job = self._waiting.popleft()
            job.started = time.monotonic()
            return job

    def _do(self, job: Job) -> None:
        if (waited := job.started - job.queued) > self._seconds:
            text = f"the request waited {waited:.0f} s for its turn, longer than {self._seconds:g} s"
            job.tell(ApiError(503, text, code="waited_too_long", retry_after=self._typical))
            return
        job.stop.at = job.started + self._seconds
        try:
            self._run(job)
        except ApiError as e:
            job.tell(e)
        except BaseException as e:  # the thread must live on, whatever happened
            job.tell(internal(e))
        self._typical += 0.2 * (time.monotonic() - job.started - self._typical)
