"""What the worker's thread does: the model writes, the text is handed on, the answer is checked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple

from robo_runtime.decode import Form
from robo_runtime.engine import EngineError, Grammar, GrammarError
from robo_runtime.generate import Generator, PromptTooLong, nothing_fitted
from robo_runtime.prompt import Part
from robo_runtime.registry import Registry
from robo_runtime.serve.either import Either
from robo_runtime.serve.errors import internal, refused
from robo_runtime.serve.output import Output
from robo_runtime.serve.worker import Job

Kind = Literal["program", "json", "text", "calls", "auto"]
"""`auto` is a program or tool calls, as the model likes."""
Finish = Literal["stop", "length", "tool_calls"]
_FORMS: dict[Kind, Form] = {
    "program": "program", "json": "json", "text": "text", "calls": "json", "auto": "program",
}  # fmt: skip
_PARAMS: dict[Kind, str] = {
    "json": "response_format", "text": "grammar", "calls": "tools", "auto": "tools",
}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """What a request comes to.

    Attributes:
        prompts: rendered prompts, each answered `n` times.
        kind: what is written.
        grammar: GBNF of what is not a program; of the calls alone where the kind is `auto`.
        param: the key of the request that the prompts come from.
        streamed: somebody reads while it is written, so nothing is taken back that was right so far.
    """

    prompts: Sequence[Sequence[Part]]
    board: str
    kind: Kind = "program"
    grammar: str | None = None
    n: int = 1
    max_tokens: int | None = None
    temperature: float = 0.0
    top_k: int = 40
    seed: int = 0
    stops: tuple[str, ...] = ()
    streamed: bool = True
    param: str = "messages"


@dataclass(frozen=True)
class Piece:
    """A piece of the text of one choice."""

    index: int
    text: str


class Call(NamedTuple):
    """One tool call; `arguments` is JSON."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Answer:
    """One finished choice."""

    index: int
    text: str
    finish: Finish
    prompt_tokens: int
    tokens: int
    first_token: float
    """Seconds from the start of this choice to its first token."""
    calls: tuple[Call, ...] = ()
    report: dict[str, Any] = field(default_factory=dict)
    """What our runtime knows beyond OpenAI's format: validity, problems, timings."""


class Done(NamedTuple):
    """All choices were told."""


class Writer:
    """Answers jobs with one model; used by one thread.

    Args:
        registry: fixed for the life of the server, whatever happens to the files.
    """

    def __init__(self, generator: Generator, registry: Registry) -> None:
        self.generator = generator
        self._programs = {board: generator.program_grammar(board, eager=False) for board in registry.boards}

    def run(self, job: Job, tell: Callable[[Any], None]) -> None:
        """Answer every choice of a job; `tell` hears of each, pieces go to the job as they come."""
        task: Task = job.task
        index = 0
        for parts in task.prompts:
            for _ in range(task.n):
                if job.stop.cancelled:
                    return  # the client is gone
                tell(self._choice(job, task, parts, index))
                index += 1
        tell(Done())

    def _choice(self, job: Job, task: Task, parts: Sequence[Part], index: int) -> Answer:
        grammar = self._grammar(task)
        output = Output(
            lines=task.kind in ("program", "auto"),
            stops=() if task.kind == "calls" else task.stops,
            calls=task.kind in ("calls", "auto"),
            emit=lambda text: job.tell(Piece(index, text)),
            stop=job.stop.part(),
        )
        judged = task.kind == "program" and self.generator.judges
        alone = task.kind == "program" and not task.streamed and not task.stops
        try:
            written = self.generator.write(
                parts,
                grammar=grammar,
                form=_FORMS[task.kind],
                max_tokens=task.max_tokens,
                temperature=task.temperature,
                top_k=task.top_k,
                seed=task.seed + index,
                on_text=None if alone else output.add,
                on_legal=None if alone else output.legal,
                cancel=output.stop,
                judge=partial(self.generator.first_wrong, board=task.board) if judged else None,
            )
        except PromptTooLong as e:
            raise refused(e, task.param, "context_length_exceeded") from None
        except GrammarError as e:
            if task.kind == "program":
                raise internal(e) from e
            raise refused(e, _PARAMS[task.kind], "invalid_grammar") from None
        except EngineError as e:
            raise internal(e) from e
        done = written.decoded
        text = output.finish(done)
        finish: Finish = "stop" if done.stopped == "end" or output.cut is not None else "length"
        calls = _calls(text, finish == "stop") if output.is_calls else ()
        start = time.perf_counter()
        report: dict[str, Any] = {"stopped": _stopped(done.stopped, output)}
        if task.kind in ("program", "auto") and not output.is_calls:
            report |= self._checked(text, task.board, done.tokens)
        timings = written.timings(self.generator.load_s, check=time.perf_counter() - start)
        return Answer(
            index,
            "" if output.is_calls else text,
            "tool_calls" if calls else finish,
            written.prompt_tokens,
            done.tokens,
            timings.first_token,
            calls,
            report | {"timings": timings.as_dict()},
        )

    def _checked(self, code: str, board: str, tokens: int) -> dict[str, Any]:
        problems = self.generator.check(code, board) if code else [nothing_fitted(tokens)]
        return {"valid": not problems, "problems": [problem._asdict() for problem in problems]}

    def _grammar(self, task: Task) -> Grammar:
        if task.kind == "program":
            return self._programs[task.board].fresh()
        assert task.grammar is not None
        try:
            grammar = self.generator.engine.grammar(task.grammar)
        except GrammarError as e:
            raise refused(e, _PARAMS[task.kind], "invalid_grammar") from None
        if task.kind != "auto":
            return grammar
        program = self._programs[task.board].fresh()
        program.settle([])  # or a token of the calls alone might be taken for one of a program
        return Either([program, grammar])


def _stopped(why: str, output: Output) -> str:
    """Why the choice ended: the decoder's word, or who cancelled it."""
    if output.cut is not None:
        return "stop_sequence"
    return "time" if why == "cancelled" else why


def _calls(text: str, whole: bool) -> tuple[Call, ...]:
    """The calls of a text; none when it was cut short."""
    try:
        found = json.loads(text)
    except ValueError:
        if whole:
            raise  # the grammar rules it out
        return ()
    return tuple(Call(call["name"], json.dumps(call["arguments"], ensure_ascii=False)) for call in found)
