"""The queue: in order, bounded, and rid of what nobody waits for."""

from __future__ import annotations

import asyncio
import threading

import pytest

pytest.importorskip("fastapi")

from robo_runtime.serve.errors import ApiError
from robo_runtime.serve.worker import Deadline, Job, Worker


class Desk:
    """A worker whose jobs end when they are told to."""

    def __init__(self, **options):
        self.done, self.go = [], threading.Semaphore(0)
        self.worker = Worker(self._run, **{"room": 3, "seconds": 60} | options)

    def _run(self, job):
        assert self.go.acquire(timeout=300)
        self.done.append((job.task, job.stop.is_set()))
        if job.task == "broken":
            raise ValueError("a secret")
        job.tell("done")

    async def jobs(self, *tasks):
        jobs = [Job(task) for task in tasks]
        for job in jobs:
            self.worker.submit(job)
        while self.worker.running_for is None:  # the thread takes the first at once
            await asyncio.sleep(0.001)
        return jobs

    def let(self, count):
        for _ in range(count):
            self.go.release()


def use(scenario, **options):
    """Run a scenario with a desk that is closed afterwards."""
    desk = Desk(**options)
    try:
        asyncio.run(asyncio.wait_for(scenario(desk), 300))
    finally:
        desk.let(100)
        desk.worker.close()
    return desk


def test_jobs_are_done_in_the_order_they_came():
    async def scenario(desk):
        jobs = await desk.jobs("a", "b", "c", "d")
        desk.let(4)
        assert [await job.events.get() for job in jobs] == ["done"] * 4

    assert [task for task, _ in use(scenario).done] == ["a", "b", "c", "d"]


def test_one_more_than_the_room_is_turned_away_and_told_when_to_come_back():
    async def scenario(desk):
        jobs = await desk.jobs("runs", 1, 2, 3)
        with pytest.raises(ApiError, match="the server keeps 3") as caught:
            await desk.jobs("too many")
        assert (caught.value.status, caught.value.code) == (429, "queue_full")
        assert int(caught.value.response().headers["retry-after"]) >= 1
        desk.let(1)
        await jobs[0].events.get()
        while True:  # the place is free once the thread has taken the next job
            try:
                await desk.jobs("now")
            except ApiError:
                await asyncio.sleep(0.001)
            else:
                return

    use(scenario)


def test_a_server_without_a_queue_takes_one_at_a_time():
    async def scenario(desk):
        await desk.jobs("runs")
        with pytest.raises(ApiError):
            await desk.jobs("waits")

    use(scenario, room=0)


def test_a_job_nobody_waits_for_leaves_the_queue_and_one_that_runs_is_stopped():
    async def scenario(desk):
        first, second, third = await desk.jobs("runs", "leaves", "stays")
        desk.worker.withdraw(second)
        desk.worker.withdraw(first)
        desk.let(2)
        assert await third.events.get() == "done"

    assert use(scenario).done == [("runs", True), ("stays", False)]


def test_a_failure_tells_no_secret_and_the_next_job_is_done():
    async def scenario(desk):
        broken, fine = await desk.jobs("broken", "fine")
        desk.let(2)
        error = await broken.events.get()
        assert (error.status, "secret" in error.message) == (500, False)
        assert await fine.events.get() == "done"

    use(scenario)


def test_who_waited_too_long_is_told_so():
    async def scenario(desk):
        first, second = await desk.jobs("runs", "waits")
        second.queued -= 100
        desk.let(2)
        await first.events.get()
        error = await second.events.get()
        assert (error.status, error.code) == (503, "waited_too_long")

    assert len(use(scenario).done) == 1


def test_closing_stops_what_runs_and_fails_what_waits():
    async def scenario(desk):
        _, waits = await desk.jobs("runs", "waits")
        closing = asyncio.create_task(asyncio.to_thread(desk.worker.close))
        assert (await waits.events.get()).code == "shutting_down"
        desk.let(1)
        await closing
        with pytest.raises(ApiError, match="shutting down"):
            await desk.jobs("late")

    use(scenario)


def test_a_job_may_end_while_its_client_is_already_gone():
    async def make():
        return Job("x")

    job = asyncio.run(make())
    job.tell("nobody hears this")
    assert job.stop.is_set()


def test_a_deadline_is_set_by_time_by_hand_and_with_the_whole():
    deadline = Deadline()
    part = deadline.part()
    assert not deadline.is_set()
    part.set()
    assert not deadline.is_set()
    deadline.at = 0.0
    assert deadline.is_set()
    assert not deadline.cancelled
    assert deadline.part().is_set()
