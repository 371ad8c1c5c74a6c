"""Prompts whose answers are judged: what passes, whoever answers.

An answer passes when its program raises nothing and every check holds, or it refuses what must be refused.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ConfigDict

from robo_runtime.checks.union import check_list
from robo_runtime.checks.verify import Trial, evaluate_many
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, validate
from robo_runtime.simulate.world import World


class Task(Strict):
    """The keys of a record that asking and judging need; others are not read."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    prompt: str
    code: str
    """An answer that passes."""
    lang: str = "en"
    hardware: list[str] = []
    checks: list[Any]
    world: dict[str, Any] = {}
    until: float = 0.0
    """Seconds to watch the program; 0 leaves it to the checks."""

    def trial(self, code: str) -> Trial:
        """An answer in this task's world; raises `RoboError` when checks or world cannot be read."""
        where = f"task {self.prompt!r:.60}"
        world = validate(self.world, World, f"{where}: world")
        until = self.until or max(observed(self.checks), 1.0)
        return Trial(code, check_list(self.checks, f"{where}: checks"), world, until)


def read_tasks(path: Path) -> list[Task]:
    """Tasks of a JSONL file of records; raises `RoboError` with the line that is none."""
    import json

    tasks = []
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                data = json.loads(line)
            except json.JSONDecodeError as e:
                raise RoboError(f"{path}, line {number}: not JSON: {e}") from None
            tasks.append(validate(data, Task, f"{path}, line {number}"))
    except OSError as e:
        raise RoboError(f"{path}: cannot be read: {e}") from None
    return tasks


def observed(checks: Sequence[dict[str, Any]]) -> float:
    """Seconds a program must be watched for its checks: the latest `to`. Watching longer does no harm."""
    inside = lambda c: [*c.get("checks", ()), *([c["check"]] if "check" in c else [])]  # noqa: E731
    return max(c.get("to") or observed(inside(c)) for c in checks) if checks else 1.0


def is_refusal(code: str) -> bool:
    """Whether a text is nothing but comments, at least one."""
    try:
        return "#" in code and not ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def wrong_with(
    code: str, why: Sequence[str], *, refused: bool, should_refuse: bool, note: str = ""
) -> tuple[str, ...]:
    """Why an answer does not pass; empty when it does.

    Args:
        why: what its run broke of the checks.
        note: why there is no program, when there is none.
    """
    if refused:
        return () if should_refuse else ("it refuses, though the task can be done",)
    if not code.strip():
        return (note or "no program",)
    if should_refuse and not why:
        return ("it should refuse and say why in a comment",)
    return tuple(why)


def judge_answers(
    tasks: Sequence[Task], answers: Sequence[str], workers: int | None = None
) -> list[tuple[str, ...]]:
    """Why each answer does not pass; the programs run in limited processes."""
    trials = [task.trial(code) for task, code in zip(tasks, answers, strict=True)]
    return [
        wrong_with(code, why, refused=is_refusal(code), should_refuse=is_refusal(task.code))
        for task, code, why in zip(tasks, answers, evaluate_many(trials, workers), strict=True)
    ]
