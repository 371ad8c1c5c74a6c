"""OpenAI's endpoints: chat completions, completions, models."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from robo_runtime.errors import RoboError
from robo_runtime.languages import language
from robo_runtime.prompt import Part, render
from robo_runtime.serve.errors import ApiError, refused
from robo_runtime.serve.replies import MEDIA_TYPE, Chat, Completion
from robo_runtime.serve.requests import ChatRequest, Common, CompletionRequest, ToolChoice
from robo_runtime.serve.service import Service
from robo_runtime.serve.stream import ClientGone, EventStream, Listener, Reply, json_response, whole
from robo_runtime.serve.worker import Job
from robo_runtime.serve.writer import Kind, Task

router = APIRouter(prefix="/v1", tags=["openai"])

_OBJECT = {"type": "object"}
_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The answer, or its pieces with `stream`.", "content": {MEDIA_TYPE: {}}}
}


@router.post("/chat/completions", responses=_STREAMED)
async def chat_completions(body: ChatRequest, request: Request) -> Response:
    """Write a program, JSON or tool calls for the last message of the user.

    Messages of system and developer are instructions. Everything before the last message of the user is
    passed over: the models know single requests, and each is a new program.
    """
    service = _service(request)
    service.named(body.model)
    asked = [message.text for message in body.messages if message.role == "user"]
    if not asked:
        raise ApiError(400, "there is no message of the role user", param="messages")
    system = "\n".join(m.text for m in body.messages if m.role in ("system", "developer"))
    parts = _rendered(body, asked[-1], system, "messages")
    board = service.board(body.board)
    kind, grammar = await _shape(service, body)
    task = _task(service, body, [parts], board, kind, grammar, body.max_completion_tokens or body.max_tokens)
    return await _answer(service, body, task, Chat(service.model), request)


@router.post("/completions", responses=_STREAMED)
async def completions(body: CompletionRequest, request: Request) -> Response:
    """Write a program for each prompt, as for a user's message in a chat."""
    service = _service(request)
    service.named(body.model)
    parts = [_rendered(body, prompt, "", "prompt") for prompt in body.prompts]
    board = service.board(body.board)
    kind, grammar = await _own_grammar(service, body)
    task = _task(service, body, parts, board, kind, grammar, body.max_tokens)
    return await _answer(service, body, task, Completion(service.model), request)


@router.get("/models")
async def models(request: Request) -> dict[str, Any]:
    """The one model."""
    return {"object": "list", "data": [_model(_service(request))]}


@router.get("/models/{name}")
async def model(name: str, request: Request) -> dict[str, Any]:
    """The one model, by its name."""
    service = _service(request)
    service.named(name)
    return _model(service)


def _model(service: Service) -> dict[str, Any]:
    return {"id": service.model, "object": "model", "created": int(service.started), "owned_by": "robolm"}


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def _rendered(body: Common, user: str, system: str, param: str) -> list[Part]:
    """The prompt as the model was trained on it; no text of a client becomes a control token."""
    try:
        if body.lang is not None:
            language(body.lang)
    except RoboError as e:
        raise refused(e, "lang") from None
    try:
        return render(user, system=system, lang=body.lang, hardware=body.hardware)
    except RoboError as e:
        raise refused(e, param) from None


async def _shape(service: Service, body: ChatRequest) -> tuple[Kind, str | None]:
    """What is to be written, and the grammar that makes it so."""
    if body.tools and body.tool_choice != "none":
        return await _calls(service, body)
    if body.response_format is not None and body.response_format.type != "text":
        wanted = body.response_format.json_schema
        return "json", await service.schema_grammar(_OBJECT if wanted is None else wanted.json_schema)
    return await _own_grammar(service, body)


async def _own_grammar(service: Service, body: Common) -> tuple[Kind, str | None]:
    if body.grammar is not None:
        return "text", await service.tried_grammar(body.grammar)
    return "program", None


async def _calls(service: Service, body: ChatRequest) -> tuple[Kind, str | None]:
    tools, choice = body.tools or [], body.tool_choice
    most = 1 if body.parallel_tool_calls is False else None
    if isinstance(choice, ToolChoice):
        tools = [tool for tool in tools if _tool_name(tool) == choice.function.name]
        if not tools:
            text = f"there is no tool called {choice.function.name!r} in tools"
            raise ApiError(400, text, param="tool_choice")
        most = 1
    answered = body.messages[-1].role in ("tool", "function")
    if choice in (None, "auto") and answered:
        return "program", None  # the model cannot read results; without this a client would call for ever
    grammar = await service.calls_grammar(tools, most)
    return ("auto" if choice in (None, "auto") else "calls"), grammar


def _tool_name(tool: dict[str, Any]) -> Any:
    function = tool.get("function")
    return function.get("name") if isinstance(function, dict) else tool.get("name")


def _task(
    service: Service,
    body: Common,
    prompts: list[list[Part]],
    board: str,
    kind: Kind,
    grammar: str | None,
    max_tokens: int | None,
) -> Task:
    limits, n = service.settings, body.n or 1
    if n * len(prompts) > limits.choices:
        what = "n" if len(prompts) == 1 else "n times the number of prompts"
        raise ApiError(
            400, f"{what} is {n * len(prompts)}; this server writes up to {limits.choices}", param="n"
        )
    most = min(filter(None, (max_tokens, limits.tokens)), default=None)
    return Task(
        prompts,
        board,
        kind=kind,
        grammar=grammar,
        n=n,
        max_tokens=most,
        temperature=body.temperature or 0.0,
        top_k=40 if body.top_k is None else body.top_k,
        seed=body.seed or 0,
        stops=body.stops,
        streamed=body.stream,
        param="prompt" if isinstance(body, CompletionRequest) else "messages",
    )


async def _answer(service: Service, body: Common, task: Task, reply: Reply, request: Request) -> Response:
    job = Job(task)
    service.worker.submit(job)
    listener = Listener(job, service.worker, request.receive)
    if body.stream:
        return EventStream(listener, reply, n=task.n, with_usage=body.usage_wanted)
    try:
        return json_response(await whole(listener, reply, task.n))
    except ClientGone:
        return Response(status_code=499)  # for the log; nobody reads it
