"""Everything behind the server's address: the model and its thread, the sandbox, the figures."""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any

from starlette.concurrency import run_in_threadpool

from robo_runtime.cache import fingerprint
from robo_runtime.errors import RoboError
from robo_runtime.generate import Generator
from robo_runtime.paths import configs_dir
from robo_runtime.serve.errors import ApiError
from robo_runtime.serve.metrics import Metrics
from robo_runtime.serve.sandbox import Lost, Refused, Sandbox
from robo_runtime.serve.settings import Settings
from robo_runtime.serve.worker import Job, Worker
from robo_runtime.serve.writer import Answer, Writer

_KEPT_GRAMMARS = 64


class Service:
    """Opened before the server listens, closed after it stopped.

    Args:
        generator: the model; closed with the service.
        settings: limits and locks.

    Raises:
        RoboError: the registry cannot be read.
    """

    def __init__(self, generator: Generator, settings: Settings | None = None) -> None:
        self.generator, self.settings = generator, settings or Settings()
        self.registry = generator.registry
        self.registry_files = registry_fingerprint()
        self.started = time.time()
        self._in_sandbox = 0
        self.model = generator.model.stem
        self.metrics = Metrics()
        self._writer = Writer(generator, self.registry)
        self.sandbox = Sandbox(self.registry, self.settings.sandbox)
        self.worker = Worker(self._run, room=self.settings.queue, seconds=self.settings.seconds)
        self.metrics.watch(lambda: self.worker.waiting, lambda: self.worker.running_for is not None)
        self._grammars: OrderedDict[str, str] = OrderedDict()

    def __enter__(self) -> Service:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the threads and processes, free the model."""
        ended = self.worker.close()
        self.sandbox.close()
        if ended:  # freed under a running thread, the model would bring the process down
            self.generator.close()

    def board(self, name: str | None) -> str:
        """The board a request means; raises ApiError when there is no such board."""
        if name is None:
            return self.generator.board
        if name not in self.registry.boards:
            known = ", ".join(self.registry.boards)
            raise ApiError(400, f"unknown board {name!r}; known: {known}", param="board")
        return name

    def named(self, model: str | None) -> None:
        """Raise ApiError unless `model` is the one that is served."""
        if model is not None and model != self.model:
            text = f"the model {model!r} is not served here; leave it out, or use {self.model!r}"
            raise ApiError(404, text, param="model", code="model_not_found")

    async def schema_grammar(self, schema: Any) -> str:
        """The grammar of a JSON schema; raises ApiError."""
        return await self._grammar("response_format", schema, lambda: self.sandbox.schema(schema))

    async def calls_grammar(self, tools: list[dict[str, Any]], most: int | None) -> str:
        """The grammar of calls of `tools`; raises ApiError."""
        return await self._grammar("tools", [tools, most], lambda: self.sandbox.calls(tools, most))

    async def tried_grammar(self, gbnf: str) -> str:
        """A client's grammar when llama.cpp can follow it; raises ApiError."""
        return await self._grammar("grammar", gbnf, lambda: self.sandbox.grammar(gbnf))

    async def sandboxed(self, work: Callable[[], Any], param: str) -> Any:
        """What work in the sandbox gives: one at a time, and not more waiting than the queue has room for.

        Raises:
            ApiError: too many wait, or the input was turned down.
        """
        if self._in_sandbox > self.settings.queue:
            text = f"{self._in_sandbox} programs and grammars wait already; try again later"
            raise ApiError(429, text, code="queue_full", retry_after=2)
        self._in_sandbox += 1
        try:
            result = await run_in_threadpool(work)
        finally:
            self._in_sandbox -= 1
        if isinstance(result, Refused):
            raise ApiError(400, result.why, param=param)
        return result

    async def _grammar(self, param: str, source: Any, make: Callable[[], str | Refused | Lost]) -> str:
        try:
            text = json.dumps([param, source], sort_keys=True)
        except RecursionError:
            raise ApiError(400, f"{param} is nested too deeply", param=param) from None
        key = hashlib.sha256(text.encode()).hexdigest()
        if key in self._grammars:
            self._grammars.move_to_end(key)
            return self._grammars[key]
        try:
            made = await self.sandboxed(make, param)
        except ApiError as e:
            e.code = e.code or "invalid_grammar"
            raise
        if isinstance(made, Lost):
            why = f"this takes more time or memory than is allowed ({made.why}); make it simpler"
            raise ApiError(400, why, param=param, code="invalid_grammar")
        self._grammars[key] = made
        while len(self._grammars) > _KEPT_GRAMMARS:
            self._grammars.popitem(last=False)
        return str(made)

    def health(self) -> dict[str, Any]:
        """How the server is; reads the registry's files."""
        try:
            changed = registry_fingerprint() != self.registry_files
        except (OSError, RoboError):
            changed = True
        running = self.worker.running_for
        return {
            "status": "stuck" if self.worker.stuck else "ok",
            "model": self.model,
            "board": self.generator.board,
            "boards": list(self.registry.boards),
            "registry": {
                "fingerprint": self.registry_files,
                "changed_on_disk": changed,
                "note": "the server goes on with the registry it started with; restart it to load the new one"
                if changed
                else None,
            },
            "queue": {
                "waiting": self.worker.waiting,
                "room": self.worker.room,
                "running": running is not None,
            },
            "seconds_up": round(time.time() - self.started, 1),
            "version": server_version(),
        }

    def _run(self, job: Job) -> None:
        self.metrics.queue_seconds.observe(job.started - job.queued)
        tell = job.tell

        def told(event: Any) -> None:
            if isinstance(event, Answer):
                self.metrics.note(event, cancelled=job.stop.cancelled)
            tell(event)

        self._writer.run(job, told)


def registry_fingerprint() -> str:
    """A hash of the files that the registry is read from."""
    folders = ("firmware", "micropython", "boards")
    files: list[Path] = [path for name in folders for path in (configs_dir() / name).glob("*.yaml")]
    return fingerprint(files)


def server_version() -> str:
    """The version of the installed package."""
    try:
        return version("robo-runtime")
    except PackageNotFoundError:
        return "source"
