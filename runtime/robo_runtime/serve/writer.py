"""What the worker's thread does: the model writes, the text is handed on, the answer is checked."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from robo_runtime.check import check_program
from robo_runtime.decode import Form
from robo_runtime.engine import EngineError, Grammar, GrammarError
from robo_runtime.generate import Generator, PromptTooLong, nothing_fitted
from robo_runtime.grammar import micropython_gbnf
from robo_runtime.prompt import Part
from robo_runtime.registry import Registry
from robo_runtime.serve.errors import internal, refused
from robo_runtime.serve.output import Output
from robo_runtime.serve.worker import Job

Kind = Literal["program", "json", "text", "calls", "auto"]
"""`auto` is a program or tool calls, as the model likes."""
Finish = Literal["stop", "length", "tool_calls"]
_FORMS: dict[Kind, Form] = {
    "program": "program", "json": "json", "text": "text", "calls": "json", "auto": "program",
}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """What a request comes to.

    Attributes:
        prompts: rendered prompts, each answered `n` times.
        kind: what is written.
        grammar: GBNF of what is not a program; of the calls alone where the kind is `auto`.
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
        self.generator, self.registry = generator, registry
        self._programs: dict[str, Grammar] = {}
        self._texts: dict[str, str] = {}

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
        try:
            written = self.generator.write(
                parts,
                grammar=grammar,
                form=_FORMS[task.kind],
                max_tokens=task.max_tokens,
                temperature=task.temperature,
                top_k=task.top_k,
                seed=task.seed + index,
                on_text=output.add,
                on_legal=output.legal,
                cancel=output.stop,
            )
        except PromptTooLong as e:
            raise refused(e, "messages", "context_length_exceeded") from None
        except GrammarError as e:
            if task.grammar is None:
                raise internal(e) from e
            raise refused(e, "grammar", "invalid_grammar") from None
        except EngineError as e:
            raise internal(e) from e
        done = written.decoded
        text = output.finish(done)
        finish: Finish = "stop" if done.stopped == "end" or output.cut is not None else "length"
        calls = _calls(text) if output.is_calls and finish == "stop" else ()
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
        problems = check_program(code, self.registry, board) if code else [nothing_fitted(tokens)]
        return {"valid": not problems, "problems": [problem._asdict() for problem in problems]}

    def _grammar(self, task: Task) -> Grammar | None:
        if task.kind == "program" and task.board == self.generator.board:
            return None  # the generator has that one
        if task.kind == "program":
            if task.board not in self._programs:
                self._programs[task.board] = self.generator.engine.grammar(self._program_text(task.board))
            return self._programs[task.board].fresh()
        assert task.grammar is not None
        text = task.grammar
        if task.kind == "auto":
            text = either(self._program_text(task.board), text)
        try:
            return self.generator.engine.grammar(text)
        except GrammarError as e:
            raise refused(e, "grammar", "invalid_grammar") from None

    def _program_text(self, board: str) -> str:
        if board not in self._texts:
            self._texts[board] = micropython_gbnf(self.registry, board)
        return self._texts[board]


def _stopped(why: str, output: Output) -> str:
    """Why the choice ended: the decoder's word, or who cancelled it."""
    if output.cut is not None:
        return "stop_sequence"
    return "time" if why == "cancelled" else why


_TOKENS = re.compile(r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|\{[0-9, ]*\}|#[^\n]*|([A-Za-z][A-Za-z0-9-]*)')


def either(programs: str, calls: str) -> str:
    """A grammar of what one or the other allows. The rules of `calls` get names of their own."""
    calls = _TOKENS.sub(lambda found: f"calls-{found[1]}" if found[1] else found[0], calls)
    programs = re.sub(r"^root ::=", "program-root ::=", programs, count=1, flags=re.MULTILINE)
    return f"root ::= program-root | calls-root\n{programs}\n{calls}"


def _calls(text: str) -> tuple[Call, ...]:
    try:
        found = json.loads(text)
        return tuple(Call(call["name"], json.dumps(call["arguments"], ensure_ascii=False)) for call in found)
    except (ValueError, KeyError, TypeError) as e:  # the grammar rules it out
        raise ValueError(f"the model wrote tool calls that are no calls: {e}") from e
