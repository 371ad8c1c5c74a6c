"""Our own endpoints: run a program, check it, and how the server is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from robo_runtime.errors import RoboError
from robo_runtime.serve.errors import ApiError, refused
from robo_runtime.serve.metrics import CONTENT_TYPE
from robo_runtime.serve.requests import CheckRequest, SimulateRequest
from robo_runtime.serve.sandbox import Lost, Refused
from robo_runtime.serve.service import Service
from robo_runtime.serve.stream import json_response
from robo_runtime.simulate.trace import Trace

router = APIRouter()


@router.post("/simulate", tags=["programs"])
async def simulate(body: SimulateRequest, request: Request) -> Response:
    """Run a program on the simulated board: the trace as `robo simulate --json` prints it."""
    service: Service = request.app.state.service
    if body.until > (most := service.settings.virtual_seconds):
        raise ApiError(400, f"until is {body.until:g}; at most {most:g} seconds are simulated", param="until")
    try:
        world = body.inputs()
    except RoboError as e:
        raise refused(e, "world") from None
    trace = await _sandboxed(service, lambda: service.sandbox.simulate(body.code, world, body.until))
    if isinstance(trace, Lost):
        trace = Trace(error=trace.why, until=body.until).to_dict()
    return json_response(trace)


@router.post("/check", tags=["programs"])
async def check(body: CheckRequest, request: Request) -> Response:
    """Syntax, calls, pins and ranges of a program: what `robo check --json` prints."""
    service: Service = request.app.state.service
    board = service.board(body.board)
    problems = await _sandboxed(service, lambda: service.sandbox.check(body.code, board))
    if isinstance(problems, Lost):
        why = f"the program cannot be checked within the limits ({problems.why})"
        raise ApiError(400, why, param="code", code="too_complex")
    return json_response({"valid": not problems, "board": board, "problems": problems})


async def _sandboxed(service: Service, work: Callable[[], Any]) -> Any:
    """The result of work in the sandbox, one at a time; raises ApiError when too many wait."""
    if service.sandboxed > service.settings.queue:
        text = f"{service.sandboxed} programs wait already; try again later"
        raise ApiError(429, text, code="queue_full", retry_after=2)
    service.sandboxed += 1
    try:
        result = await asyncio.shield(run_in_threadpool(work))
    finally:
        service.sandboxed -= 1
    if isinstance(result, Refused):
        raise ApiError(400, result.why)
    return result


@router.get("/health", tags=["server"])
async def health(request: Request) -> Response:
    """How the server is; 503 when it should be restarted."""
    found = await run_in_threadpool(request.app.state.service.health)
    response = json_response(found)
    response.status_code = 200 if found["status"] == "ok" else 503
    return response


@router.get("/metrics", tags=["server"])
async def metrics(request: Request) -> Response:
    """Figures in Prometheus' text format."""
    text = await run_in_threadpool(request.app.state.service.metrics.text)
    return Response(text, media_type=CONTENT_TYPE)
