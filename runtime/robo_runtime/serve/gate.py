"""What every request passes first: the host's name, the key, the time it may take to arrive, the count."""

from __future__ import annotations

import asyncio
import hmac
import time
import uuid
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from robo_runtime.serve.errors import ApiError, internal

if TYPE_CHECKING:
    from robo_runtime.serve.service import Service

_METHODS = ("GET", "POST", "OPTIONS", "HEAD")
_OPEN = ("/health",)
"""Paths that need no key: a supervisor asks here."""


class Gate:
    """Wraps the application.

    Args:
        app: the application behind it.
        service: whose settings and metrics.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service
        key = service.settings.api_key
        self._key = None if key is None else key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.monotonic(), 0
        number = uuid.uuid4().hex

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = number
            await send(message)

        try:
            if (error := self._refusal(scope)) is not None:
                await error.response()(scope, receive, sending)
            else:
                await self._app(scope, self._limited(receive), sending)
        except Exception as e:
            error = e if isinstance(e, ApiError) else internal(e)
            if not status:
                await error.response()(scope, receive, sending)
        finally:
            path = getattr(scope.get("route"), "path", "other")
            metrics = self._service.metrics
            method = scope["method"] if scope["method"] in _METHODS else "other"
            metrics.requests.labels(method, path, status or 499).inc()  # 499: the client went away
            metrics.request_seconds.labels(path).observe(time.monotonic() - start)

    def _refusal(self, scope: Scope) -> ApiError | None:
        headers = Headers(scope=scope)
        hosts = self._service.settings.hosts
        if hosts is not None and (host := _name(headers.get("host", ""))) not in hosts:
            return ApiError(
                403,
                f"the host {host!r} is not this server's; it answers to {', '.join(hosts)}",
                code="unknown_host",
            )
        if (error := self._locked(scope, headers)) is not None:
            return error
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > self._service.settings.body:
            return _too_long(self._service.settings.body)
        return None

    def _locked(self, scope: Scope, headers: Headers) -> ApiError | None:
        if self._key is None or scope["path"] in _OPEN or scope["method"] == "OPTIONS":
            return None
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given:
            return ApiError(401, "send the API key: Authorization: Bearer KEY", code="missing_api_key")
        if not hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._key):
            return ApiError(401, "this API key is not the server's", code="invalid_api_key")
        return None

    def _limited(self, receive: Receive) -> Receive:
        """`receive` that gives up on a body that is too long or does not come."""
        settings = self._service.settings
        deadline = time.monotonic() + settings.body_seconds
        size, arrived = 0, False

        async def limited() -> Message:
            nonlocal size, arrived
            if arrived:  # what comes now is the news that the client left, whenever that is
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(deadline - time.monotonic(), 0.01))
            except asyncio.TimeoutError:
                text = f"the request did not arrive within {settings.body_seconds:g} s"
                raise ApiError(408, text) from None
            size += len(message.get("body", b""))
            if size > settings.body:
                raise _too_long(settings.body)
            arrived = not message.get("more_body", False)
            return message

        return limited


def _too_long(limit: int) -> ApiError:
    return ApiError(413, f"the request is longer than {limit:,} bytes", code="request_too_large")


def _name(host: str) -> str:
    """The host without its port: `[::1]:8080` is `::1`."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
