"""Run programs and judge them in the same worker, so that traces need not travel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from robo_runtime.checks.union import Check, evaluate
from robo_runtime.simulate.limits import Limits
from robo_runtime.simulate.pool import run_many
from robo_runtime.simulate.run import simulate
from robo_runtime.simulate.world import World


class Trial(NamedTuple):
    """A program, the world it runs in and what must hold."""

    code: str
    checks: Sequence[Check]
    world: World | None = None
    until: float = 10.0


def evaluate_many(
    trials: Iterable[Trial], workers: int | None = None, *, limits: Limits | None = None
) -> Iterator[list[str]]:
    """`evaluate(simulate(…), checks)` for each trial, in their order, in limited worker processes."""
    return run_many(
        _judge, trials, workers, limits or Limits(), lambda trial, why: [f"the program failed: {why}"]
    )


def _judge(trial: Trial, limits: Limits) -> list[str]:
    return evaluate(simulate(trial.code, trial.world, trial.until, limits=limits), trial.checks)
