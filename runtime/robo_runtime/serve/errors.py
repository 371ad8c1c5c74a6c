"""Errors in the shape of OpenAI's API: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from robo_runtime.errors import RoboError

log = logging.getLogger("robo.serve")

_TYPES = {401: "authentication_error", 429: "rate_limit_error"}
_TAGS = ("str", "int", "float", "bool", "ToolChoice")
_SHOWN = 5
"""Mistakes of one request that are told at once."""


class ApiError(Exception):
    """An answer that is an error.

    Args:
        param: the key of the request that is at fault.
        code: a word for programs to look at.
        retry_after: seconds after which to try again.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.param, self.code = status, message, param, code
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """The error as the client gets it."""
        kind = _TYPES.get(self.status, "invalid_request_error" if self.status < 500 else "server_error")
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    def response(self) -> Response:
        """The error as a response, whatever characters are in it."""
        headers = (
            {} if self.retry_after is None else {"Retry-After": str(max(1, math.ceil(self.retry_after)))}
        )
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        data = json.dumps(self.body())
        return Response(data, self.status, headers=headers, media_type="application/json")


def refused(error: RoboError, param: str | None = None, code: str | None = None) -> ApiError:
    """A mistake of the request, told in the runtime's words."""
    return ApiError(400, str(error), param=param, code=code)


def internal(error: BaseException) -> ApiError:
    """What the client learns of a fault that is ours; the log has the rest."""
    log.error("a request failed", exc_info=error)
    return ApiError(500, "the server failed on this request; its log says why", code="internal_error")


def install(app: FastAPI) -> None:
    """Make every error of `app` look the same."""

    @app.exception_handler(ApiError)
    async def _api(_: Request, error: ApiError) -> Response:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        return _validation(error.errors(), request.headers.get("content-type", "")).response()

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        return _plain(request, error).response()


def _plain(request: Request, error: HTTPException) -> ApiError:
    """An error of the framework in words that help."""
    if error.status_code == 404:
        return ApiError(404, f"there is no {request.url.path} here; see /openapi.json", code="unknown_url")
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        return ApiError(405, f"{request.url.path} takes {allowed}, not {request.method}")
    cause = error.__cause__  # of an error while the body was read
    if isinstance(cause, ApiError):
        return cause
    if isinstance(cause, UnicodeDecodeError):
        return ApiError(
            400, f"the body is not UTF-8: {cause.reason} at byte {cause.start}", code="invalid_json"
        )
    if isinstance(cause, RecursionError):
        return ApiError(400, "the body is nested too deeply", code="invalid_json")
    if isinstance(cause, ValueError):
        return ApiError(400, f"the body cannot be read: {cause}", code="invalid_json")
    return ApiError(error.status_code, str(error.detail))


def _validation(errors: Sequence[Mapping[str, Any]], content_type: str) -> ApiError:
    first = errors[0]
    if first["type"] == "json_invalid":
        why = f"{first['ctx']['error']} at character {first['loc'][-1]}"
        return ApiError(400, f"the body is not JSON: {why}", code="invalid_json")
    if "json" not in content_type and first["loc"] == ("body",):
        found = content_type or "no Content-Type"
        return ApiError(400, f"send JSON with Content-Type: application/json (got {found})")
    told = list(dict.fromkeys(map(_sentence, errors)))
    more = [f"and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
    return ApiError(400, "; ".join(told[:_SHOWN] + more), param=_key(first) or None, code="invalid_value")


def _key(error: Mapping[str, Any]) -> str:
    """The way to the value, without the names of types that a union adds to it."""
    way = list(error["loc"][1:])
    if way and error["type"] != "extra_forbidden" and _is_tag(way[-1]):
        way.pop()
    steps = [str(step) for i, step in enumerate(way) if i == len(way) - 1 or not _is_tag(step)]
    return ".".join(step if len(step) <= 40 else step[:40] + "…" for step in steps)


def _is_tag(step: Any) -> bool:
    return isinstance(step, str) and (step in _TAGS or "[" in step or step.startswith("constrained-"))


def _sentence(error: Mapping[str, Any]) -> str:
    key = _key(error) or str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        return f"{key}: this key is not known here"
    if error["type"] == "missing":
        return f"{key}: this key is missing"
    text = re.sub(r" or instance of \w+", "", str(error["msg"]).removeprefix("Value error, "))
    return f"{key}: {text[:1].lower()}{text[1:]}"
