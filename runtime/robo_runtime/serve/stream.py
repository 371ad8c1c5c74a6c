"""From a job's events to a response, and what happens when the client goes away meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Response
from starlette.types import Receive, Scope, Send

from robo_runtime.serve.errors import ApiError
from robo_runtime.serve.replies import END, MEDIA_TYPE, Chat, Completion, event, usage
from robo_runtime.serve.worker import Job, Worker
from robo_runtime.serve.writer import Answer, Done, Piece

Reply = Chat | Completion


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class Listener:
    """A job's events, until the client is gone: then the job is taken back.

    Use as an asynchronous context manager.
    """

    def __init__(self, job: Job, worker: Worker, receive: Receive) -> None:
        self.job, self._worker, self._receive = job, worker, receive
        self._gone: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Listener:
        self._gone = asyncio.create_task(_disconnected(self._receive))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._worker.withdraw(self.job)
        assert self._gone is not None
        self._gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._gone

    async def next(self) -> Any:
        """The next event.

        Raises:
            ApiError: the job failed.
            ClientGone: the client went away.
        """
        assert self._gone is not None
        if self.job.events.empty():
            coming = asyncio.create_task(self.job.events.get())
            try:
                await asyncio.wait({coming, self._gone}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not coming.done():
                    coming.cancel()
            if not coming.done() or coming.cancelled():
                raise ClientGone
            happened = coming.result()
        else:
            happened = self.job.events.get_nowait()
        if isinstance(happened, ApiError):
            raise happened
        return happened


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def whole(listener: Listener, reply: Reply, n: int) -> dict[str, Any]:
    """The answer once all choices are there."""
    answers: list[Answer] = []
    async with listener:
        while not isinstance(happened := await listener.next(), Done):
            if isinstance(happened, Answer):
                answers.append(happened)
    return reply.whole(answers, usage(answers, n))


class EventStream(Response):
    """Server-sent events, from the first piece of text on.

    An error before that is an ordinary error response; one after it is an event, as OpenAI does.
    """

    def __init__(self, listener: Listener, reply: Reply, *, n: int, with_usage: bool) -> None:
        super().__init__(status_code=200, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})
        del self.headers["content-length"]
        self._listener, self._reply, self._n, self._with_usage = listener, reply, n, with_usage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._listener as listener:
            try:
                happened = await listener.next()
            except ClientGone:
                return
            except ApiError as e:
                await e.response()(scope, receive, send)
                return
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(start)
            with contextlib.suppress(ClientGone):
                async for data in self._data(listener, happened):
                    await send({"type": "http.response.body", "body": data, "more_body": True})
                await send({"type": "http.response.body", "body": b""})

    async def _data(self, listener: Listener, happened: Any) -> AsyncIterator[bytes]:
        answers: list[Answer] = []
        try:
            while not isinstance(happened, Done):
                if isinstance(happened, Piece):
                    chunks = self._reply.piece(happened)
                else:
                    answers.append(happened)
                    chunks = self._reply.end(happened)
                yield b"".join(map(event, chunks))
                happened = await listener.next()
        except ApiError as e:
            yield event(e.body())
            return
        if self._with_usage:
            yield event(self._reply.usage(usage(answers, self._n)))
        yield END


def json_response(data: Any) -> Response:
    """JSON in ASCII, so that no text of a program, however odd, is too much for it."""
    return Response(json.dumps(data), media_type="application/json")
