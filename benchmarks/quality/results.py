"""What a run of the benchmark writes: figures in one JSON file, every failure as a line in another."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config, validate, write_text


class Share(Strict):
    """A proportion with its 95 % Wilson interval."""

    hits: int
    n: int
    rate: float
    low: float
    high: float


class Row(Strict):
    """All measures of one answerer on one value of one axis."""

    answerer: str
    axis: str
    value: str
    n: int
    measures: dict[str, Share]


class Comparison(Strict):
    """Two answerers on the same prompts; `points` is second less first, with Newcombe's paired interval."""

    first: str
    second: str
    axis: str
    value: str
    n: int
    first_rate: float
    second_rate: float
    points: float
    low: float
    high: float
    only_first: int
    only_second: int
    p: float
    """McNemar, exact, two-sided."""


class Robustness(Strict):
    """An answerer on the same cases as they were written and perturbed; `points` is the change."""

    answerer: str
    perturbation: str
    n: int
    plain: float
    perturbed: float
    points: float
    low: float
    high: float
    p: float


class CauseShare(Strict):
    """How many of the failures of one answerer on one split have one cause."""

    answerer: str
    split: str
    cause: str
    share: Share


class Asked(Strict):
    """One answerer: what it is and how long it took."""

    name: str
    about: dict[str, Any]
    seconds_mean: float
    seconds_median: float


class CaseSet(Strict):
    """A file of cases as it was read."""

    path: str
    sha256: str


class Results(Strict):
    """Everything but the failures. `passes` has a 0 or 1 for every case of `cases`, in order, so that runs of
    the same cases can be compared prompt by prompt later."""

    version: Literal[1]
    benchmark: str
    command: str
    sets: list[CaseSet]
    seed: int
    limit: int | None
    answerers: list[Asked]
    rows: list[Row]
    comparisons: list[Comparison]
    robustness: list[Robustness]
    causes: list[CauseShare]
    cases: list[str]
    passes: dict[str, str]
    git: dict[str, Any]
    versions: dict[str, str]
    machine: dict[str, Any]
    time: str


class Failure(Strict):
    """One answer that failed, with all that is needed to see why."""

    answerer: str
    id: str
    split: str
    language: str
    family: str
    grade: int
    style: str
    perturbation: str
    """How the prompt was changed; empty for the prompt as it was written."""
    cause: str
    prompt: str
    hardware: list[str]
    expected: list[str]
    """The checks, as JSON."""
    code: str
    reference: str
    why: list[str]
    problems: list[str]
    error: str
    trace: list[str]


def write_results(path: Path, results: Results) -> None:
    """Write the figures; one line a row, so that two runs can be compared with `diff`."""
    fields = results.model_dump(mode="json")
    parts = []
    for name, value in fields.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = ",\n  ".join(json.dumps(v, ensure_ascii=False) for v in value)
            parts.append(f" {json.dumps(name)}: [\n  {rows}\n ]")
        else:
            parts.append(f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    write_text(path, "{\n" + ",\n".join(parts) + "\n}\n")


def read_results(path: Path) -> Results:
    """Read figures; a file of another version is an error that says so."""
    return read_config(path, Results)


def write_failures(path: Path, failures: Iterable[Failure]) -> None:
    """One JSON object a line."""
    lines = (json.dumps(f.model_dump(mode="json"), ensure_ascii=False) for f in failures)
    write_text(path, "".join(f"{line}\n" for line in lines))


def read_failures(path: Path) -> list[Failure]:
    """The lines that `write_failures` wrote.

    Raises:
        RoboError: no such file, or a line that is no failure.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as e:
        raise RoboError(f"{path}: {e.strerror}; run the benchmark to write it") from None
    found = []
    for number, line in enumerate(lines, 1):
        if line:
            try:
                data = json.loads(line)
            except ValueError as e:
                raise RoboError(f"{path}, line {number}: not JSON: {e}; run the benchmark again") from None
            found.append(validate(data, Failure, f"{path}, line {number}"))
    return found
