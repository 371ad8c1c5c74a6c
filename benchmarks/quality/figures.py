"""From verdicts to figures: shares by axis, comparisons of answerers, causes of failures."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.quality.answers import Answer
from benchmarks.quality.cases import AXES, Case
from benchmarks.quality.causes import cause
from benchmarks.quality.copying import numbers_copied
from benchmarks.quality.intervals import paired, wilson
from benchmarks.quality.judge import Verdict
from benchmarks.quality.results import CauseShare, Comparison, Failure, Robustness, Row, Share


@dataclass(frozen=True)
class Judged:
    """One answer with its verdict."""

    case: Case
    answer: Answer
    verdict: Verdict


Counted = Callable[[Judged], bool | None]
"""Whether an answer is a hit; None leaves it out of the measure."""

MEASURES: dict[str, Counted] = {
    "pass@1": lambda j: j.verdict.passed,
    "syntax": lambda j: j.verdict.syntax,
    "API": lambda j: j.verdict.api,
    "API, pins and ranges": lambda j: j.verdict.clean,
    "legal": lambda j: j.verdict.legal,
    "runs": lambda j: j.verdict.runs,
    "numbers copied": lambda j: numbers_copied(j.case, j.answer),
    "refusal accuracy": lambda j: j.answer.refused == j.case.should_refuse,
    "refusal precision": lambda j: j.case.should_refuse if j.answer.refused else None,
    "refusal recall": lambda j: j.answer.refused if j.case.should_refuse else None,
}


def share(hits: int, n: int) -> Share:
    """A proportion with its interval, to four digits."""
    low, high = wilson(hits, n)
    return Share(hits=hits, n=n, rate=_4(hits / n if n else 0), low=_4(low), high=_4(high))


def rows(name: str, judged: Sequence[Judged]) -> Iterator[Row]:
    """The measures on every value of every axis; of the hundreds of families only pass@1."""
    for axis in AXES:
        groups: dict[str, list[Judged]] = defaultdict(list)
        for one in judged:
            groups[one.case.axes[axis]].append(one)
        for value, members in sorted(groups.items(), key=lambda g: _natural(g[0])):
            yield Row(
                answerer=name, axis=axis, value=value, n=len(members),
                measures={
                    m: _measure(members, hit)
                    for m, hit in MEASURES.items() if m == "pass@1" or axis != "family"
                },
            )  # fmt: skip


def _measure(members: Sequence[Judged], hit: Counted) -> Share:
    counted = [found for found in map(hit, members) if found is not None]
    return share(sum(counted), len(counted))


def comparisons(first: str, a: Sequence[Judged], second: str, b: Sequence[Judged]) -> Iterator[Comparison]:
    """Pass@1 of two answerers, overall and by split; both were asked the same cases in the same order."""
    for axis in ("all", "split"):
        groups: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
        for x, y in zip(a, b, strict=True):
            groups[x.case.axes[axis]].append((x.verdict.passed, y.verdict.passed))
        for value, pairs in groups.items():
            found = paired([p for p, _ in pairs], [q for _, q in pairs])
            yield Comparison(
                first=first, second=second, axis=axis, value=value, n=found.n, first_rate=_4(found.first),
                second_rate=_4(found.second), points=_4(100 * found.difference), low=_4(100 * found.low),
                high=_4(100 * found.high), only_first=found.only_first, only_second=found.only_second,
                p=float(f"{found.p:.4g}"),
            )  # fmt: skip


def robustness(name: str, plain: Sequence[Judged], perturbed: Sequence[Judged]) -> Iterator[Robustness]:
    """The change of pass@1 by perturbation, paired by case."""
    before = {one.case.key: one.verdict.passed for one in plain}
    groups: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for one in perturbed:
        groups[one.case.perturbation].append((before[one.case.key], one.verdict.passed))
    for perturbation, pairs in groups.items():
        found = paired([p for p, _ in pairs], [q for _, q in pairs])
        yield Robustness(
            answerer=name, perturbation=perturbation, n=found.n, plain=_4(found.first),
            perturbed=_4(found.second), points=_4(100 * found.difference), low=_4(100 * found.low),
            high=_4(100 * found.high), p=float(f"{found.p:.4g}"),
        )  # fmt: skip


def causes(failures: Sequence[Failure]) -> Iterator[CauseShare]:
    """Shares of the causes by answerer and split, most frequent first; perturbed prompts left out."""
    groups: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for f in failures:
        if not f.perturbation:
            groups[f.answerer, "all"][f.cause] += 1
            groups[f.answerer, f.split][f.cause] += 1
    for (answerer, split), counts in groups.items():
        for name, n in counts.most_common():
            yield CauseShare(answerer=answerer, split=split, cause=name, share=share(n, counts.total()))


def failures(name: str, judged: Sequence[Judged]) -> Iterator[Failure]:
    """Every answer that failed, with its cause."""
    for one in judged:
        if one.verdict.passed:
            continue
        case, answer, verdict = one.case, one.answer, one.verdict
        r = case.record
        yield Failure(
            answerer=name, id=case.key, split=r.split, language=r.lang, family=r.family, grade=r.grade,
            style=case.axes["style"], perturbation=case.perturbation, cause=cause(case, answer, verdict),
            prompt=case.prompt, hardware=r.hardware, code=answer.code, reference=r.code,
            expected=[json.dumps(c, ensure_ascii=False) for c in r.checks], why=list(verdict.why),
            problems=list(verdict.problems), error=verdict.error, trace=list(verdict.trace),
        )  # fmt: skip


def _4(value: float) -> float:
    return round(value, 4)


def _natural(text: str) -> tuple[str | int, ...]:
    """So that "grade 10" comes after "grade 9"."""
    head, _, tail = text.rpartition(" ")
    return (head, int(tail)) if tail.isdecimal() else (text, 0)
