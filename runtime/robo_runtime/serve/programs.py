"""Our own endpoints: run a program, check it, and how the server is."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool

from robo_runtime.errors import RoboError
from robo_runtime.serve.errors import ApiError, refused
from robo_runtime.serve.metrics import CONTENT_TYPE
from robo_runtime.serve.requests import BlocksRequest, CheckRequest, SimulateRequest
from robo_runtime.serve.sandbox import Lost
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
    trace = await service.sandboxed(lambda: service.sandbox.simulate(body.code, world, body.until), "code")
    if isinstance(trace, Lost):
        trace = Trace(error=trace.why, until=body.until).to_dict()
    return json_response(trace)


@router.post("/check", tags=["programs"])
async def check(body: CheckRequest, request: Request) -> Response:
    """Syntax, calls, pins and ranges of a program: what `robo check --json` prints."""
    service: Service = request.app.state.service
    board = service.board(body.board)
    problems = await service.sandboxed(lambda: service.sandbox.check(body.code, board), "code")
    if isinstance(problems, Lost):
        why = f"the program cannot be checked within the limits ({problems.why})"
        raise ApiError(400, why, param="code", code="too_complex")
    return json_response({"valid": not problems, "board": board, "problems": problems})


@router.post("/blocks", tags=["programs"])
async def blocks(body: BlocksRequest, request: Request) -> Response:
    """A program as a Blockly workspace, or a workspace as a program: what `robo blocks` does."""
    service: Service = request.app.state.service
    code, workspace = body.code, body.workspace
    if code is not None:
        made = await service.sandboxed(lambda: service.sandbox.to_blocks(code), "code")
    else:
        made = await service.sandboxed(lambda: service.sandbox.from_blocks(workspace or {}), "workspace")
    if isinstance(made, Lost):
        param = "workspace" if code is None else "code"
        why = f"this cannot be turned within the limits ({made.why})"
        raise ApiError(400, why, param=param, code="too_complex")
    return json_response({"code": made} if code is None else {"workspace": made})


@router.get("/health", tags=["server"])
async def health(request: Request) -> Response:
    """How the server is; 503 when it should be restarted."""
    found = await run_in_threadpool(request.app.state.service.health)
    response = json_response(found)
    response.status_code = 200 if found["status"] == "ok" else 503
    return response


@router.get("/metrics", tags=["server"], response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Figures in Prometheus' text format."""
    text = await run_in_threadpool(request.app.state.service.metrics.text)
    return Response(text, media_type=CONTENT_TYPE)
