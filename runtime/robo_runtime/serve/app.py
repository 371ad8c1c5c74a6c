"""The application: routes, locks and error shapes put together."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.utils import get_openapi

from robo_runtime.serve import errors, openai, programs
from robo_runtime.serve.gate import Gate
from robo_runtime.serve.service import Service, server_version

_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
_STATUSES = {
    400: "A mistake in the request.",
    401: "The API key is missing or wrong.",
    403: "Not this server's name.",
    404: "No such model.",
    408: "The request did not arrive in time.",
    413: "The request is too long.",
    429: "Too many requests wait; Retry-After says when to try again.",
    500: "The server failed.",
    503: "The server is closing, or the request waited too long.",
}


def create_app(service: Service) -> FastAPI:
    """The server's application over an open service. The caller closes the service."""
    responses: dict[int | str, dict[str, Any]] = {
        status: {"description": text, "content": {"application/json": {"schema": _ERROR}}}
        for status, text in _STATUSES.items()
    }
    app = FastAPI(
        title="RoboLM",
        description="Tiny language models that write robot code.",
        version=server_version(),
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        responses=responses,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.service = service
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    errors.install(app)
    app.include_router(openai.router)
    app.include_router(programs.router)
    app.add_middleware(Gate, service=service)
    if service.settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=service.settings.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            allow_private_network=True,  # a page on the web that was named, a server on this machine
            expose_headers=["Retry-After", "x-request-id"],
        )
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document without FastAPI's own shape of errors, which is not used here."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document
