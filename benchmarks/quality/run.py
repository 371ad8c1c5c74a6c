"""One run: every answerer is asked every case, then some cases in other words, and all is judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

from robo_runtime.paths import workspace
from robo_runtime.progress import tracked
from robo_train.provenance import provenance, versions

from benchmarks.quality import figures
from benchmarks.quality.answers import Answerer
from benchmarks.quality.cases import Case, stratified
from benchmarks.quality.figures import Judged
from benchmarks.quality.judge import judge
from benchmarks.quality.perturb import PERTURBATIONS, perturb
from benchmarks.quality.results import Asked, CaseSet, Failure, Results


@dataclass(frozen=True)
class Plan:
    """What is asked, and how it was chosen."""

    cases: Sequence[Case]
    sets: Sequence[Path] = ()
    limit: int | None = None
    seed: int = 0
    robustness: int = 0
    """Cases that are also asked perturbed, at most so many of each split."""
    workers: int | None = None
    command: str = ""


@dataclass
class _Answered:
    asked: Asked
    plain: list[Judged]
    perturbed: list[Judged] = field(default_factory=list)


def run(plan: Plan, answerers: Sequence[Callable[[], Answerer]]) -> tuple[Results, list[Failure]]:
    """Ask and judge.

    Args:
        answerers: each makes one; they are made, asked and closed one after the other, so that only one
            model is in memory. All are compared with the first. Perturbed cases go to the first and to
            those that are not unconstrained.
    """
    varied = [
        other
        for case in (stratified(plan.cases, plan.robustness, plan.seed) if plan.robustness else [])
        for name in PERTURBATIONS
        if (other := perturb(case, name, plan.seed)) is not None
    ]
    answered = [_answered(make(), plan, varied, i == 0) for i, make in enumerate(answerers)]
    first = answered[0]
    lost = [f for one in answered for f in figures.failures(one.asked.name, [*one.plain, *one.perturbed])]
    return _results(plan, answered, first, lost), lost


def _answered(answerer: Answerer, plan: Plan, varied: Sequence[Case], first: bool) -> _Answered:
    try:
        plain, seconds = _judged(answerer, plan.cases, plan.workers, "")
        about: dict[str, Any] = getattr(answerer, "about", {})
        asked = Asked(
            name=answerer.name, about=about, seconds_mean=round(sum(seconds) / len(seconds), 4),
            seconds_median=round(median(seconds), 4),
        )  # fmt: skip
        wanted = varied if first or about.get("constrained", True) else []
        other = _judged(answerer, wanted, plan.workers, ", other words")[0] if wanted else []
        return _Answered(asked, plain, other)
    finally:
        getattr(answerer, "close", lambda: None)()


def _judged(
    answerer: Answerer, cases: Sequence[Case], workers: int | None, what: str
) -> tuple[list[Judged], list[float]]:
    answers = [answerer.answer(c) for c in tracked(cases, len(cases), f"{answerer.name}{what}")]
    verdicts = judge(cases, answers, workers, legality=not what)
    return (
        [Judged(*one) for one in zip(cases, answers, verdicts, strict=True)],
        [a.seconds for a in answers],
    )


def _results(plan: Plan, answered: Sequence[_Answered], first: _Answered, lost: list[Failure]) -> Results:
    origin = {key: value for key, value in provenance().items() if key != "command"}
    origin["versions"] |= versions("llama-cpp-python", "robo-runtime", "scikit-learn")
    return Results(
        version=1,
        benchmark="functional pass@1, greedy",
        command=plan.command,
        sets=[CaseSet(path=_shown(p), sha256=sha256(p.read_bytes()).hexdigest()) for p in plan.sets],
        seed=plan.seed,
        limit=plan.limit,
        answerers=[one.asked for one in answered],
        rows=[row for one in answered for row in figures.rows(one.asked.name, one.plain)],
        comparisons=[
            comparison
            for one in answered[1:]
            for comparison in figures.comparisons(first.asked.name, first.plain, one.asked.name, one.plain)
        ],
        robustness=[
            r for one in answered for r in figures.robustness(one.asked.name, one.plain, one.perturbed)
        ],
        causes=list(figures.causes(lost)),
        cases=[case.key for case in plan.cases],
        passes={one.asked.name: "".join(str(int(j.verdict.passed)) for j in one.plain) for one in answered},
        **origin,
    )


def _shown(path: Path) -> str:
    """A path as people know it: from the workspace on."""
    path, root = path.resolve(), workspace().resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
