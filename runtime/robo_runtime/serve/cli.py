"""`robo serve`: open the model, then the port."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from robo_runtime.errors import RoboError
from robo_runtime.serve.settings import LOOPBACK, Settings

if TYPE_CHECKING:
    from robo_runtime.serve.service import Service

_GRACE = 10
"""Seconds that running requests get when the server is told to stop."""


def serve(
    model: Annotated[
        Path | None,
        typer.Option(envvar="ROBO_MODEL", help="GGUF or ONNX file; the newest GGUF export when not given."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; others than this machine need a key.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8080,
    api_key: Annotated[
        str | None,
        typer.Option(envvar="ROBO_API_KEY", help="What clients must send; better in the variable."),
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Allow other machines without an API key.")
    ] = False,
    cors: Annotated[
        list[str] | None, typer.Option(help="A web page's origin that may call, e.g. https://kit.example.")
    ] = None,
    board: Annotated[str, typer.Option(help="Name of a file in configs/boards.")] = "esp32",
    queue: Annotated[int, typer.Option(min=0, max=10_000, help="Requests that may wait.")] = 16,
    seconds: Annotated[float, typer.Option(min=1, help="Longest answer, and longest wait.")] = 60.0,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Longest answer.")] = None,
    threads: Annotated[int | None, typer.Option(help="CPU threads ($ROBO_THREADS, or measured).")] = None,
    log: Annotated[bool, typer.Option("--log", help="A line for each request on standard output.")] = False,
) -> None:
    """Serve a model over HTTP, as OpenAI's API does; docs/serve.md has examples."""
    uvicorn = _uvicorn()
    from robo_runtime.generate import Generator
    from robo_runtime.models import default_model
    from robo_runtime.serve.app import create_app
    from robo_runtime.serve.service import Service

    settings = make_settings(host, api_key, insecure, cors or [], queue, seconds, max_tokens)
    with _listen(host, port) as listening:
        generator = Generator(model or default_model(), board=board, threads=threads)
        _own_stderr()
        with Service(generator, settings) as service:
            config = uvicorn.Config(
                create_app(service),
                http="h11",
                ws="none",
                lifespan="off",
                log_level="info" if log else "warning",
                access_log=log,
                server_header=False,
                timeout_graceful_shutdown=_GRACE,
            )
            _say(service, host, listening.getsockname()[1])
            uvicorn.Server(config).run(sockets=[listening])


def make_settings(
    host: str,
    api_key: str | None,
    insecure: bool,
    origins: list[str],
    queue: int,
    seconds: float,
    max_tokens: int | None,
) -> Settings:
    """The settings of a server on `host`.

    Raises:
        RoboError: another host than this machine without a key, or a key that no client could send.
    """
    if api_key is not None and (not api_key.strip() or not api_key.isascii() or not api_key.isprintable()):
        raise RoboError("the API key is empty or has characters that HTTP cannot carry; use printable ASCII")
    local = host in LOOPBACK
    if not local and api_key is None and not insecure:
        raise RoboError(
            f"--host {host} lets other machines in: give a key ($ROBO_API_KEY or --api-key), or allow "
            "everyone with --insecure"
        )
    for origin in origins:
        if origin != "*" and ("://" not in origin or origin.endswith("/")):
            raise RoboError(f"--cors {origin!r} is no origin; write e.g. https://kit.example, without a path")
    return Settings(
        queue=queue,
        seconds=seconds,
        tokens=max_tokens,
        api_key=None if api_key is None else api_key.strip(),
        hosts=LOOPBACK if local else None,
        origins=tuple(origins),
    )


def _uvicorn() -> Any:
    try:
        import fastapi  # noqa: F401 - looked for before the model is loaded
        import prometheus_client  # noqa: F401
        import uvicorn
    except ImportError as e:
        raise RoboError(
            f"the server needs {e.name}: python -m pip install 'robo-runtime[llama,serve]' "
            "(in a checkout: ./justw serve installs it)"
        ) from None
    return uvicorn


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that a taken port is told before the model is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name != "nt":  # there it would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(256)
    except OSError as e:
        listening.close()
        why = e.strerror or str(e)
        raise RoboError(
            f"cannot listen on {host} port {port}: {why}; choose another --port or --host"
        ) from None
    listening.set_inheritable(False)
    return listening


def _own_stderr() -> None:
    """Python's messages on a descriptor of their own: what C code prints on 2 is caught while grammars are
    parsed (`robo_runtime.engine.bindings.captured_stderr`), and lines of the log would go the same way."""
    with contextlib.suppress(OSError):
        sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="backslashreplace")


def _say(service: Service, host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    lock = "with an API key" if service.settings.api_key else "without a key"
    sys.stderr.write(f"{service.model} on http://{shown}:{port}/v1 ({lock}); Ctrl-C stops\n")
    sys.stderr.flush()
