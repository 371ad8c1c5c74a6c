"""The whole matrix: each finished cell is kept at once, so that a killed run goes on where it stopped."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from robo_runtime.cache import fingerprint
from robo_runtime.errors import RoboError
from robo_runtime.files import ConfigError, read_data, validate, write_json
from robo_runtime.paths import workspace
from robo_runtime.progress import tracked
from robo_train.provenance import git_commit

from benchmarks.latency.first_token import load_average
from benchmarks.matrix.catalogue import Combination
from benchmarks.matrix.machine import library_versions
from benchmarks.matrix.measure import Plan, prompts
from benchmarks.matrix.schema import MEASURED, Cell, Load, Machine, Results
from benchmarks.matrix.store import write_results

Measure = Callable[[Combination, Plan, Sequence[str], float], Cell]


_MEASURING = ("answering.py", "child.py", "cold.py", "energy.py", "measure.py", "micro.py", "torch_child.py")
"""Files of this folder that decide what a figure means."""


@dataclass(frozen=True)
class Run:
    """What a run is asked for."""

    combinations: Sequence[Combination]
    plan: Plan
    machine: Machine
    device_tier: str
    output: Path
    unfinished: Path
    """Where finished cells are kept until all are there."""
    budget: float | None = None
    """Seconds after which no further cell begins."""
    max_busy: float = 0.25
    max_load: float = 0.5
    """Load average per core before the run, from which on the run is noisy."""
    fresh: bool = False
    """Measure again what an interrupted run has."""


def run(asked: Run, measure: Measure, say: Callable[[str], None] = lambda line: None) -> Results:
    """Measure what is not there yet and write the result file.

    Args:
        measure: makes a cell of a combination (`measure.measure`).
        say: told what a person should know.

    Raises:
        RoboError: the file cannot be written.
    """
    state = _State(asked, say)
    kept = {c.id: cell for c in asked.combinations if (cell := state.kept(c)) is not None}
    todo = [c for c in asked.combinations if c.id not in kept]
    if kept:
        say(f"{len(kept)} cells of an interrupted run are kept, {len(todo)} are left (--fresh: all again)")
    texts = prompts(asked.plan.prompts)
    cut = 0
    for combination in tracked(todo, len(todo), "bench"):
        if asked.budget is not None and time.monotonic() - state.started >= asked.budget:
            cut += 1
            reason = f"the budget of {asked.budget:g} s was used up; ./justw bench goes on from here"
            kept[combination.id] = combination.cell("skipped", reason)
            continue
        try:
            cell = measure(combination, asked.plan, texts, asked.max_busy)
        except KeyboardInterrupt:
            say(f"{len(kept)} of {len(asked.combinations)} cells are kept; the same command goes on")
            raise
        kept[cell.id] = cell
        state.keep(cell)
    results = _results(asked, state, [kept[c.id] for c in asked.combinations])
    write_results(asked.output, results)
    if cut:
        say(f"{cut} cells are left: the budget of {asked.budget:g} s was used up; the same command goes on")
    else:
        asked.unfinished.unlink(missing_ok=True)
    return results


class _State:
    """The cells of this run and of the one it goes on from, on disk."""

    def __init__(self, asked: Run, say: Callable[[str], None]) -> None:
        self.started = time.monotonic()
        self._path, self._cells = asked.unfinished, dict[str, Cell]()
        self.key = _key(asked)
        self.git = git_commit()
        self.created, self.load = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), load_average()
        if not asked.fresh and self._path.exists():
            self._go_on(say)

    def _go_on(self, say: Callable[[str], None]) -> None:
        try:
            data = read_data(self._path)
            if data["key"] != self.key:
                say("an interrupted run was of other code, settings, libraries or machine: all again")
                return
            cells = [validate(cell, Cell, str(self._path)) for cell in data["cells"]]
            self.created, self.load = data["created"], data["load"]
            self._cells = {cell.id: cell for cell in cells}
        except (ConfigError, KeyError, TypeError) as e:
            say(f"{self._path}: what an interrupted run left cannot be read ({e}): all again")

    def kept(self, c: Combination) -> Cell | None:
        """The finished cell of a combination, if its model is still the same and nothing went wrong."""
        cell = self._cells.get(c.id)
        return cell if cell and cell.status in MEASURED and cell.model == c.export.model else None

    def keep(self, cell: Cell) -> None:
        """Write a finished cell to disk."""
        self._cells[cell.id] = cell
        cells = [one.model_dump(exclude_none=True) for one in self._cells.values()]
        data: dict[str, Any] = {"key": self.key, "created": self.created, "load": self.load, "cells": cells}
        write_json(self._path, data)


def _key(asked: Run) -> str:
    """What cells of one run have in common: code, settings, machine, libraries."""
    root = workspace()
    measuring = (root / "benchmarks" / "matrix" / name for name in _MEASURING)
    code = [*root.glob("runtime/robo_runtime/**/*.py"), *measuring]
    machine = asked.machine.model_copy(update={"bandwidth_bytes_per_s": None})
    words = [
        repr(asdict(asked.plan)),
        machine.model_dump_json(),
        repr(library_versions()),
        str(asked.max_busy),
    ]
    return fingerprint(code, *words)


def _results(asked: Run, state: _State, cells: list[Cell]) -> Results:
    limit = asked.max_load * asked.machine.cores
    busy_before = state.load is not None and state.load > limit
    return Results(
        what="matrix",
        created=state.created,
        command=shlex.join(["python", "-m", "benchmarks.matrix", *sys.argv[1:]]),
        commit=state.git["commit"],
        dirty=state.git["dirty"],
        machine=asked.machine,
        versions=library_versions(),
        device_tier=asked.device_tier,
        load=Load(before=state.load, after=load_average()),
        noisy=busy_before or any(cell.status == "noisy" for cell in cells),
        cells=cells,
    )


def lines(results: Results) -> Iterator[str]:
    """A table for a terminal."""
    wide = max((len(cell.id) for cell in results.cells), default=2)
    head = f"{'':{wide}}  load    first   tokens/s  100 tokens  p95 token  memory"
    yield head
    yield f"{'':{wide}}  ms      ms                s           ms         MB"
    for cell in results.cells:
        if cell.status not in MEASURED:
            yield f"{cell.id:{wide}}  {cell.status.replace('_', ' ')}: {cell.reason}"
            continue
        yield f"{cell.id:{wide}}  {_row(cell)}{'  noisy' if cell.status == 'noisy' else ''}"


def _row(cell: Cell) -> str:
    def shown(name: str, times: float, digits: int, statistic: str = "median") -> str:
        found = cell.metrics.get(name)
        value = getattr(found, statistic) if found else None
        return "-" if value is None else f"{value * times:,.{digits}f}"

    if "seconds" in cell.metrics:
        return f"{shown('seconds', 1e6, 1)} microseconds a call"
    return (
        f"{shown('load_warm_s', 1e3, 0):6}  {shown('first_token_s', 1e3, 1):6}"
        f"  {shown('decode_tokens_per_s', 1, 0):8}  {shown('tokens_100_s', 1, 3):10}"
        f"  {shown('token_s', 1e3, 2, 'p95'):9}  {shown('peak_rss_bytes', 1e-6, 0)}"
    )


def check_writable(path: Path) -> None:
    """Raise when a result file could not be written, before minutes are spent on it.

    Raises:
        RoboError: `path` is a folder, or its folder cannot be made.
    """
    if path.is_dir():
        raise RoboError(f"{path}: is a folder; name a file, such as {path / 'matrix.json'}")
    if path.suffix != ".json":
        raise RoboError(f"{path}: results are JSON; call the file {path.with_suffix('.json').name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise RoboError(
            f"{path}: its folder cannot be made: {e.strerror}; choose another with --output"
        ) from None
