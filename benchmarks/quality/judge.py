"""What an answer is worth: it is parsed, checked against the registry and the grammar, and run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from robo_runtime.cache import configured_registry, grammar_text
from robo_runtime.check import Problem, check_program
from robo_runtime.checks import Check, check_list, evaluate
from robo_runtime.checks.tasks import wrong_with
from robo_runtime.engine.bindings import LlamaMissing
from robo_runtime.files import validate
from robo_runtime.grammar import accepts
from robo_runtime.progress import tracked
from robo_runtime.registry import Registry
from robo_runtime.simulate import Limits, Trace, World, simulate
from robo_runtime.simulate.pool import run_many

from benchmarks.quality.answers import Answer
from benchmarks.quality.cases import Case

BOARD = "esp32"
_EXCERPT = 30
_QUIET = ("sleep", "input")
"""Events that would fill an excerpt without telling anything."""


@dataclass(frozen=True)
class Verdict:
    """What was found out about one answer."""

    passed: bool
    """It raises nothing and every check holds; or it refuses what must be refused."""
    syntax: bool
    """CPython parses it."""
    api: bool
    """It parses, and every name and call is one that the kit and its board have."""
    clean: bool
    """The API check found nothing at all, pins and ranges included."""
    legal: bool | None
    """The grammar derives it, character for character; None where no grammar engine is installed."""
    runs: bool
    """It raises nothing and keeps to the simulator's limits."""
    why: tuple[str, ...] = ()
    """Checks that failed, in words."""
    problems: tuple[str, ...] = ()
    """What the API check found."""
    error: str = ""
    """What it raised."""
    trace: tuple[str, ...] = ()
    """The first events of a run that failed."""


class _Job(NamedTuple):
    code: str
    world: World
    until: float
    checks: Sequence[Check]


class _Run(NamedTuple):
    why: tuple[str, ...]
    error: str
    trace: tuple[str, ...]


def judge(
    cases: Sequence[Case], answers: Sequence[Answer], workers: int | None = None, legality: bool = True
) -> list[Verdict]:
    """A verdict for each answer; programs run in the simulator's limited processes.

    Args:
        legality: also ask the grammar, which takes 30 ms a program.

    Raises:
        RoboError: checks or worlds of a case that cannot be read (names the case).
    """
    jobs = [_job(c, a) for c, a in zip(cases, answers, strict=True)]
    runs = list(tracked(run_many(_run, jobs, workers, Limits(), _lost), len(jobs), "running programs"))
    legal = _legality([a.code for a in answers] if legality else [])
    return [_verdict(c, a, r, legal) for c, a, r in zip(cases, answers, runs, strict=True)]


def _job(case: Case, answer: Answer) -> _Job:
    where = f"case {case.key}"
    world = validate(case.record.world, World, f"{where}: world")
    return _Job(answer.code, world, case.until, check_list(case.record.checks, f"{where}: checks"))


def _run(job: _Job, limits: Limits) -> _Run:
    trace = simulate(job.code, job.world, job.until, limits=limits)
    why = tuple(evaluate(trace, job.checks))
    return _Run(why[:8], trace.error or "", excerpt(trace) if why else ())


def _lost(job: _Job, why: str) -> _Run:
    return _Run((f"the program failed: {why}",), why, ())


def _verdict(case: Case, answer: Answer, run: _Run, legal: Callable[[str], bool | None]) -> Verdict:
    why = wrong_with(
        answer.code, run.why, refused=answer.refused, should_refuse=case.should_refuse, note=answer.note
    )
    if answer.refused:
        return Verdict(not why, True, True, True, legal(answer.code) if answer.code else True, True, why)
    if not answer.code.strip():
        return Verdict(False, False, False, False, False, False, why)
    problems = _problems(answer.code)
    syntax = _parses(answer.code)
    api = syntax and not any(p.kind in ("api", "name", "syntax") for p in problems)
    return Verdict(
        passed=not why, syntax=syntax, api=api, clean=not problems, legal=legal(answer.code),
        runs=syntax and not run.error, why=why, problems=tuple(map(str, problems[:5])), error=run.error,
        trace=run.trace if why else (),
    )  # fmt: skip


def _parses(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _problems(code: str) -> list[Problem]:
    return check_program(code, _registry(), BOARD)


def _legality(codes: Sequence[str]) -> Callable[[str], bool | None]:
    """Whether the grammar derives a program; each different one is asked once, for that takes 30 ms."""
    known: dict[str, bool | None] = {}
    grammar = _grammar() if codes else ""
    wanted = list(dict.fromkeys(c for c in codes if c.strip()))
    for code in tracked(wanted, len(wanted), "asking the grammar"):
        known[code] = None
        if grammar:
            try:
                known[code] = accepts(grammar, code.strip("\n") + "\n")
            except LlamaMissing:  # no llama.cpp here: the measure is left out
                grammar = ""
    return known.get


@lru_cache(maxsize=1)
def _registry() -> Registry:
    return configured_registry()


@lru_cache(maxsize=1)
def _grammar() -> str:
    return grammar_text(BOARD)


def excerpt(trace: Trace) -> tuple[str, ...]:
    """The first events of a trace, one a line."""
    events = [e for e in trace.events if e.kind not in _QUIET]
    lines = [f"{e.t:8.3f}  {e.kind} {e.key}  {e.value!r}"[:140] for e in events[:_EXCERPT]]
    if len(events) > _EXCERPT:
        lines.append(f"… {len(events) - _EXCERPT} more events")
    end = f"ended at {trace.duration:.3f} s" if trace.ended else f"watched for {trace.until:g} s"
    return (*lines, f"error: {trace.error}" if trace.error else end)
