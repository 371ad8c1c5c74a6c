"""A server in this process, on a real port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx


@dataclass
class Server:
    """Where it is, and what is behind it."""

    url: str
    service: Any
    uvicorn: Any

    def client(self, **options: Any) -> Any:
        """The official client; it tries once, so that an error is seen as it is."""
        from openai import OpenAI

        options = {"api_key": "none", "max_retries": 0, "timeout": 600} | options
        return OpenAI(base_url=f"{self.url}/v1", **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """A plain request."""
        sent = {"json": body} if body is not None else {}
        return httpx.post(self.url + path, timeout=600, **sent, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """A plain request."""
        return httpx.get(self.url + path, timeout=600, **options)

    def connect(self) -> socket.socket:
        """A connection to say anything on."""
        host, port = self.url.removeprefix("http://").split(":")
        return socket.create_connection((host, int(port)), timeout=600)


@contextmanager
def serving(model: Path, grammar: str | None = None, **settings: Any) -> Iterator[Server]:
    """A server with the settings given; all of it is gone afterwards.

    Args:
        grammar: of its programs; the kit's when None, which takes random weights long to follow.
    """
    import uvicorn
    from robo_runtime.generate import Generator
    from robo_runtime.serve.app import create_app
    from robo_runtime.serve.service import Service
    from robo_runtime.serve.settings import Settings

    with (
        Service(Generator(model, grammar=grammar), Settings(**settings)) as service,
        socket.create_server(("127.0.0.1", 0)) as s,
    ):
        config = uvicorn.Config(
            create_app(service), log_level="critical", lifespan="off", http="h11", ws="none"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([s],))
        thread.start()
        try:
            yield Server(f"http://127.0.0.1:{s.getsockname()[1]}", service, server)
        finally:
            server.should_exit = True
            thread.join()
