"""Many programs, none of them trusted: worker processes with limits on memory and time.

A worker that a program has killed, or that does not answer in time, is replaced; only that program is lost.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from robo_runtime.simulate.limits import Limits
from robo_runtime.simulate.run import simulate
from robo_runtime.simulate.trace import Trace
from robo_runtime.simulate.world import World

R = TypeVar("R")
RECYCLE = 5_000
"""Programs after which a worker is replaced, so that nothing can pile up in it."""


class Job(NamedTuple):
    """One program to run; see `simulate`."""

    code: str
    world: World | None = None
    until: float = 10.0
    firmware: Path | None = None


def simulate_many(
    jobs: Iterable[Job], workers: int | None = None, *, limits: Limits | None = None
) -> Iterator[Trace]:
    """`simulate` for each job, in their order, in `workers` processes (one per CPU when None).

    Fit for programs that a model wrote: besides the guards of `simulate`, each process has a limit on memory
    (on Linux), and is killed when a program holds it much longer than `limits.cpu`.
    """
    limits = limits or Limits()
    return run_many(_simulate, jobs, workers, limits, lambda job, why: Trace(error=why, until=job.until))


def _simulate(job: Job, limits: Limits) -> Trace:
    return simulate(job.code, job.world, job.until, limits=limits, firmware=job.firmware).made_plain()


def run_many(
    work: Callable[[Any, Limits], R], jobs: Iterable[Any], workers: int | None, limits: Limits,
    lost: Callable[[Any, str], R],
) -> Iterator[R]:  # fmt: skip
    """`work(job, limits)` for each job in limited processes; `lost(job, why)` stands in for a killed one.

    `work` is a function of a module, since it has to reach the workers by name where there is no fork.
    """
    count = workers if workers is not None else os.cpu_count() or 1
    pool = _Pool(work, limits, lost)
    waiting = iter(jobs)
    slots: deque[_Slot[R]] = deque()
    try:
        exhausted = False
        while True:
            while not exhausted and len(slots) < 4 * max(count, 1):
                job = next(waiting, pool)
                if job is pool:
                    exhausted = True
                else:
                    slots.append(_Slot(job))
            if not slots:
                return
            pool.serve(slots, max(count, 1))
            while slots and slots[0].done:
                yield slots.popleft().result  # type: ignore[misc]
    finally:
        pool.close()


def patience(limits: Limits) -> float:
    """Seconds of real time after which a worker is killed: other programs may slow it down sixfold."""
    return 6 * limits.cpu + 1


@dataclass
class _Slot(Generic[R]):
    job: Any
    taken: bool = False
    done: bool = False
    result: R | None = None


@dataclass
class _Worker(Generic[R]):
    process: Any
    connection: Connection
    slot: _Slot[R] | None = None
    deadline: float = 0.0
    served: int = 0


@dataclass
class _Pool(Generic[R]):
    work: Callable[[Any, Limits], R]
    limits: Limits
    lost: Callable[[Any, str], R]
    workers: list[_Worker[R]] = field(default_factory=list)

    def serve(self, slots: Iterable[_Slot[R]], count: int) -> None:
        """Hand out what waits, then wait until at least one worker has something to say."""
        for slot in slots:
            if slot.taken:
                continue
            worker = next((w for w in self.workers if w.slot is None), None)
            if worker is None:
                if len(self.workers) >= count:
                    break
                worker = self._start()
            self._give(worker, slot)
        busy = [w for w in self.workers if w.slot is not None]
        if not busy:
            return
        left = max(min(w.deadline for w in busy) - time.monotonic(), 0)
        ready = wait([w.connection for w in busy], left)
        now = time.monotonic()
        for worker in busy:
            if worker.connection in ready:
                self._collect(worker)
            elif now >= worker.deadline:
                self._lose(worker, f"stopped: killed after {patience(self.limits):g} s of real time")

    def _start(self) -> _Worker[R]:
        fork = sys.platform == "linux"
        context: Any = multiprocessing.get_context("fork" if fork else "spawn")
        ours, theirs = context.Pipe()
        inherited = [w.connection for w in self.workers] + [ours] if fork else []
        process = context.Process(
            target=_serve, args=(theirs, inherited, self.work, self.limits), daemon=True
        )
        process.start()
        theirs.close()
        worker: _Worker[R] = _Worker(process, ours)
        self.workers.append(worker)
        return worker

    def _give(self, worker: _Worker[R], slot: _Slot[R]) -> None:
        slot.taken = True
        worker.slot = slot
        worker.deadline = time.monotonic() + patience(self.limits)
        try:
            worker.connection.send(slot.job)
        except OSError:
            self._lose(worker, "stopped: the worker was gone")

    def _collect(self, worker: _Worker[R]) -> None:
        try:
            result = worker.connection.recv()
        except (EOFError, OSError):
            self._lose(worker, "stopped: the program brought its process down (out of memory?)")
            return
        assert worker.slot is not None
        worker.slot.result, worker.slot.done, worker.slot = result, True, None
        worker.served += 1
        if worker.served >= RECYCLE:
            self._end(worker)

    def _lose(self, worker: _Worker[R], why: str) -> None:
        assert worker.slot is not None
        worker.slot.result, worker.slot.done = self.lost(worker.slot.job, why), True
        self._end(worker)

    def _end(self, worker: _Worker[R]) -> None:
        self.workers.remove(worker)
        worker.connection.close()
        worker.process.kill()
        worker.process.join()

    def close(self) -> None:
        """End all workers."""
        for worker in tuple(self.workers):
            self._end(worker)


def _serve(
    connection: Connection, inherited: list[Connection], work: Callable[[Any, Limits], R], limits: Limits
) -> None:
    """A worker's life: limits first, then one job after the other."""
    for other in inherited:
        other.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _confine(limits)
    gc.freeze()
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            return
        try:
            connection.send(work(job, limits))
        except BaseException:  # no memory, or a record that cannot be pickled: this job is lost
            os._exit(1)


def _confine(limits: Limits) -> None:
    """Limit what this process may allocate, write and leave behind, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - read once, before the limits
            pages = int(statm.read().split()[0])
        ceiling = pages * os.sysconf("SC_PAGE_SIZE") + limits.memory * 1024 * 1024
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
