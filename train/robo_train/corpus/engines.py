"""Where chunks are composed: processes of this machine, or a Ray cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from robo_runtime.errors import RoboError

from robo_train.corpus.chunks import Chunk, Result, compose

T = TypeVar("T")
_WAITING = 4  # chunks handed out for each worker, so that none is idle and few are lost when a run ends


class Engine(Protocol):
    """Composes chunks."""

    def results(self, chunks: Sequence[Chunk]) -> Iterator[Result]:
        """Each chunk's result once, in the order in which they are done."""
        ...


@dataclass(frozen=True)
class Processes:
    """Worker processes; with one worker, this process itself."""

    workers: int

    def results(self, chunks: Sequence[Chunk]) -> Iterator[Result]:
        if self.workers == 1 or len(chunks) <= 1:
            yield from map(compose, chunks)
            return
        pool = ProcessPoolExecutor(min(self.workers, len(chunks)))

        def submit(chunk: Chunk) -> Future[Result]:
            return pool.submit(compose, chunk)

        try:
            yield from _windowed(chunks, self.workers * _WAITING, submit, _first_done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()


def _first_done(waiting: list[Future[Result]]) -> tuple[list[Future[Result]], list[Result]]:
    done, rest = wait(waiting, return_when=FIRST_COMPLETED)
    return list(rest), [f.result() for f in done]


@dataclass(frozen=True)
class RayCluster:
    """Tasks of Ray, one core each. Every host needs a checkout of this repository at the same path.

    Attributes:
        address: of the cluster (`auto`, `ray://host:10001`, `host:6379`); None starts one on this machine.
        workers: at most so many chunks at a time; None takes all the cluster has.
    """

    address: str | None = None
    workers: int | None = None

    def results(self, chunks: Sequence[Chunk]) -> Iterator[Result]:
        ray = _import_ray()
        mine = not ray.is_initialized()
        if mine:
            try:
                local = {} if self.address else {"num_cpus": self.workers, "include_dashboard": False}
                ray.init(address=self.address, log_to_driver=False, configure_logging=False, **local)
            except (ConnectionError, RuntimeError, ValueError) as e:
                raise RoboError(
                    f"--address {self.address}: no Ray cluster answers there ({e}); start one with"
                    " `ray start --head`, or leave --address out to use this machine alone"
                ) from None
        try:
            remote = ray.remote(num_cpus=1, max_retries=3)(compose)
            limit = self.workers or max(1, int(ray.cluster_resources().get("CPU", 1)))

            def first_done(waiting: list[Any]) -> tuple[list[Any], list[Result]]:
                done, rest = ray.wait(waiting, num_returns=1)
                return rest, ray.get(done)

            yield from _windowed(chunks, limit * 2, remote.remote, first_done)
        finally:
            if mine:
                ray.shutdown()


def _windowed(
    chunks: Sequence[Chunk],
    limit: int,
    submit: Callable[[Chunk], T],
    first_done: Callable[[list[T]], tuple[list[T], list[Result]]],
) -> Iterator[Result]:
    """Keep at most `limit` chunks handed out."""
    left = iter(chunks)
    waiting: list[T] = []
    while True:
        while len(waiting) < limit and (chunk := next(left, None)) is not None:
            waiting.append(submit(chunk))
        if not waiting:
            return
        waiting, done = first_done(waiting)
        yield from done


def _import_ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no telemetry, Ray's included
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError:
        raise RoboError(
            "--engine ray: Ray is not installed; install robo-train[ray] (in a checkout:"
            " .venv/bin/python -m pip install -e 'train[ray]')"
        ) from None
    return ray


def make_engine(
    kind: Literal["processes", "ray"] = "processes", workers: int | None = None, address: str | None = None
) -> Engine:
    """The engine that the command line asks for.

    Raises:
        RoboError: an impossible number of workers, or an address without Ray.
    """
    if workers is not None and workers < 1:
        raise RoboError(f"--workers {workers}: at least 1 is needed")
    if kind == "ray":
        return RayCluster(address, workers)
    if address is not None:
        raise RoboError(f"--address {address}: only `--engine ray` has an address")
    return Processes(workers or os.cpu_count() or 1)
