"""Every JSON file of the results folder, read by what it says it is; what cannot be read is named."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.files import read_data, validate

from benchmarks.matrix import schema, store
from benchmarks.predict import outcome
from benchmarks.quality import results as quality

_ORDER = {"matrix": 0, "device": 1, "peers": 3, "engines": 4}
LARGEST = 50_000_000
"""Bytes of a file that is read."""


@dataclass(frozen=True)
class Problem:
    """A file that is not on the page, and why."""

    file: str
    why: str


@dataclass(frozen=True)
class Run:
    """A file of the matrix, of peers, of a phone or a board."""

    file: str
    results: schema.Results

    @property
    def place(self) -> str:
        """The machine as people call it."""
        machine = self.results.machine
        return machine.name or (f"{machine.cpu}, {machine.cores} cores" if machine.cpu else self.file)


@dataclass(frozen=True)
class Other:
    """A result of an older kind, known by its `what` or `benchmark` alone."""

    file: str
    what: str
    data: dict[str, Any]


@dataclass
class Found:
    """All that the folder held."""

    runs: list[Run] = field(default_factory=list)
    quality: list[tuple[str, quality.Results]] = field(default_factory=list)
    predictions: list[tuple[str, outcome.Outcome]] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def own(self) -> list[Run]:
        """Runs of our own runtime; those of peers are about ratios."""
        return [run for run in self.runs if run.results.what != "peers"]

    @property
    def files(self) -> int:
        """How many files are on the page."""
        return len(self.runs) + len(self.quality) + len(self.predictions) + len(self.others)


def gather(folder: Path) -> Found:
    """Read `folder` and the folders in it.

    Raises:
        RoboError: there is no such folder.
    """
    if not folder.is_dir():
        raise RoboError(f"{folder}: no such folder of results; write some with ./justw bench")
    found = Found()
    for path in sorted(folder.rglob("*.json")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue  # what an unfinished write left
        name = path.relative_to(folder).as_posix()
        try:
            if path.stat().st_size > LARGEST:
                raise RoboError(f"{path}: larger than {LARGEST // 1_000_000} MB; is it a result?")
            sort(found, name, read_data(path), str(path))
        except (RoboError, OSError, RecursionError) as e:
            found.problems.append(Problem(name, str(e).replace(f"{path}: ", "") or repr(e)))
    found.runs.sort(key=lambda run: (_ORDER.get(run.results.what, 2), run.file))
    return found


def sort(found: Found, name: str, data: Any, where: str) -> None:
    """Put one file's content where it belongs.

    Raises:
        RoboError: nobody knows what it is, or it breaks its schema.
    """
    if not isinstance(data, dict):
        raise RoboError(f"{where}: an object expected at the top, got {type(data).__name__}")
    if key := _not_finite(data):
        raise RoboError(f"{where}: {key}: a number expected, got infinity or NaN; measure again")
    for is_one, take in _KINDS:
        if is_one(data):
            take(found, name, data, where)
            return
    what = data.get("what") or data.get("benchmark")
    if not isinstance(what, str):
        keys = ", ".join(map(str, list(data)[:6])) or "none"
        raise RoboError(
            f"{where}: unknown kind of file (keys: {keys}); expected kind robo-bench, robo-prediction, or a"
            " benchmark's what"
        )
    found.others.append(Other(name, what, data))


def _not_finite(data: Any) -> str:
    """The key of a number that no axis can show; empty when there is none."""
    if isinstance(data, float):
        return "" if math.isfinite(data) else "value"
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return next((f"{key}.{inner}" for key, value in items if (inner := _not_finite(value))), "")


def _run(found: Found, name: str, data: Any, where: str) -> None:
    found.runs.append(Run(name, store.parse_results(data, where)))


def _quality(found: Found, name: str, data: Any, where: str) -> None:
    found.quality.append((name, validate(data, quality.Results, where)))


def _prediction(found: Found, name: str, data: Any, where: str) -> None:
    found.predictions.append((name, validate(data, outcome.Outcome, where)))


_KINDS: tuple[tuple[Callable[[dict[str, Any]], bool], Callable[[Found, str, Any, str], None]], ...] = (
    (lambda d: d.get("kind") == outcome.KIND, _prediction),
    (lambda d: "kind" in d or str(d.get("benchmark", "")).startswith("engines side by side"), _run),
    (lambda d: str(d.get("benchmark", "")).startswith("functional pass@1"), _quality),
)
