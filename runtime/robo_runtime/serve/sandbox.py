"""Programs, schemas and grammars of clients, worked on in a process of their own.

The server has threads, and a process with threads should not fork. So one helper process is started first;
it forks a limited worker for each job (`robo_runtime.simulate.pool`), which a hostile program can bring down
without harm to anything else.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from robo_runtime.errors import RoboError
from robo_runtime.registry import Registry
from robo_runtime.simulate.limits import Limits
from robo_runtime.simulate.pool import patience, run_many
from robo_runtime.simulate.run import simulate
from robo_runtime.simulate.world import World

_DEEPEST = 64  # brackets within brackets of a grammar; llama.cpp parses them by recursion
_START = 120  # seconds that the helper may take to start on a slow or busy machine
_PROBE = 400  # bytes that a client's grammar has to get through in so many seconds of processor time
_PROBE_SECONDS = 2


class Lost(NamedTuple):
    """A job that its process did not survive."""

    why: str


class Refused(NamedTuple):
    """A job that was turned down: the input's fault."""

    why: str


class Sandbox:
    """The helper process; restarted when it is gone.

    Args:
        registry: the kit that programs are run and checked with.
        limits: for each job.
    """

    def __init__(self, registry: Registry, limits: Limits) -> None:
        self._registry, self._limits = registry, limits
        self._turn = threading.Lock()
        self._process: Any = None
        self._connection: Connection | None = None
        self._ready = self._closed = False
        self._start()
        atexit.register(self.close)  # or Python would wait for the helper, and the helper for Python

    def simulate(self, code: str, world: World, until: float) -> dict[str, Any] | Lost:
        """`Trace.to_dict()` of a program."""
        return self._do(_simulate, code, world, until)

    def check(self, code: str, board: str) -> list[dict[str, Any]] | Lost:
        """The problems of a program."""
        return self._do(_check, code, board)

    def to_blocks(self, code: str) -> dict[str, Any] | Refused | Lost:
        """A program as a Blockly workspace."""
        return self._do(_to_blocks, code)

    def from_blocks(self, workspace: dict[str, Any]) -> str | Refused | Lost:
        """A Blockly workspace as a program."""
        return self._do(_from_blocks, workspace)

    def schema(self, schema: Any) -> str | Refused | Lost:
        """The grammar of a JSON schema."""
        return self._do(_schema, schema)

    def calls(self, tools: Sequence[Any], most: int | None) -> str | Refused | Lost:
        """The grammar of calls of OpenAI's `tools`."""
        return self._do(_calls, tools, most)

    def grammar(self, gbnf: str) -> str | Refused | Lost:
        """A client's grammar, after it was parsed and followed for a while."""
        return self._do(_probe, gbnf)

    def close(self) -> None:
        """End the helper."""
        self._closed = True
        self._end()
        atexit.unregister(self.close)

    def _do(self, work: Callable[..., Any], *arguments: Any) -> Any:
        with self._turn:
            if self._closed:
                return Lost("the server is shutting down")
            if self._process is None or not self._process.is_alive():
                self._start()
            connection = self._connection
            assert connection is not None
            try:
                if self._ready or connection.poll(_START):
                    self._ready = self._ready or bool(connection.recv())
                    connection.send((work, arguments))
                    if connection.poll(2 * patience(self._limits)):
                        return connection.recv()
            except RecursionError:
                return Refused("this is nested too deeply")
            except (OSError, EOFError):
                pass
            self._end()
        return Lost("stopped: its process did not answer")

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._registry, self._limits), name="robo-sandbox", daemon=False
        )
        self._process.start()
        theirs.close()
        self._connection, self._ready = ours, False

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()  # the helper ends when it reads that
        if self._process is not None:
            self._process.join(2)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._process = self._connection = None


_FORKS = sys.platform == "linux"
_kit: Registry | None = None  # in the helper, and in the workers that it forks


def _serve(connection: Connection, registry: Registry, limits: Limits) -> None:
    """The helper's life: one job after the other, until the server is gone."""
    global _kit
    for number in (signal.SIGINT, signal.SIGTERM):  # the server says when to end
        with contextlib.suppress(ValueError, OSError):
            signal.signal(number, signal.SIG_IGN)
    _kit = registry
    with contextlib.suppress(Exception):  # loaded once here, not in every worker
        from robo_runtime.grammar.accept import wander

        wander('root ::= "a"', 1)
    connection.send(True)
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            return
        kit = None if _FORKS else registry
        result = next(run_many(_work, [(*job, kit)], 1, limits, lambda _, why: Lost(why)))
        try:
            connection.send(result)
        except OSError:
            return


def _work(job: tuple[Callable[..., Any], tuple[Any, ...], Registry | None], limits: Limits) -> Any:
    work, arguments, kit = job
    _limit_time(math.ceil(limits.cpu) + 2)
    try:
        return work(limits, kit or _kit, *arguments)
    except RoboError as e:
        return Refused(str(e))


def _limit_time(seconds: int) -> None:
    """Processor time, for what does not count its own statements: llama.cpp, a converter."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _simulate(limits: Limits, kit: Registry, code: str, world: World, until: float) -> dict[str, Any]:
    trace = simulate(code, world, until, limits=limits, registry=kit).made_plain().to_dict()
    return {key: _for_json(value) for key, value in trace.items()}


def _for_json(value: Any) -> Any:
    """Numbers that JSON or its readers cannot hold, as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, int) and value.bit_length() > 64:
        return hex(value)
    if isinstance(value, list | tuple):
        return [_for_json(item) for item in value]
    return {k: _for_json(v) for k, v in value.items()} if isinstance(value, dict) else value


def _check(_: Limits, kit: Registry, code: str, board: str) -> list[dict[str, Any]]:
    from robo_runtime.check import check_program

    return [problem._asdict() for problem in check_program(code, kit, board)]


def _to_blocks(_: Limits, kit: Registry, code: str) -> dict[str, Any]:
    from robo_runtime.blocks import Blocks

    return Blocks(kit).workspace(code)


def _from_blocks(_: Limits, kit: Registry, workspace: dict[str, Any]) -> str:
    from robo_runtime.blocks import Blocks

    return Blocks(kit).program(workspace)


def _schema(limits: Limits, kit: Registry, schema: Any) -> str:
    from robo_runtime.grammar.schema import schema_gbnf

    return _probe(limits, kit, schema_gbnf(schema))


def _calls(limits: Limits, kit: Registry, tools: Sequence[Any], most: int | None) -> str:
    from robo_runtime.grammar.calls import calls_gbnf
    from robo_runtime.grammar.tools import parse_tools

    return _probe(limits, kit, calls_gbnf(parse_tools(tools), most=most))


def _probe(_: Limits, __: Registry, gbnf: str) -> str:
    from robo_runtime.grammar.accept import wander

    if (found := _depth(gbnf)) > _DEEPEST:
        raise RoboError(
            f"the grammar has brackets {found} deep; write at most {_DEEPEST}, with rules in between"
        )
    _limit_time(_PROBE_SECONDS)
    wander(gbnf, _PROBE)
    return gbnf


def _depth(gbnf: str) -> int:
    """How deep round brackets are nested outside of strings and character classes."""
    depth = deepest = at = 0
    while at < len(gbnf):
        character = gbnf[at]
        if character in '"[':
            close = '"' if character == '"' else "]"
            at += 1
            while at < len(gbnf) and gbnf[at] != close:
                at += 2 if gbnf[at] == "\\" else 1
        elif character == "#":
            at = gbnf.find("\n", at) if "\n" in gbnf[at:] else len(gbnf)
        elif character == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif character == ")":
            depth -= 1
        at += 1
    return deepest
