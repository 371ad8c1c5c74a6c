"""Sections about results of other kinds, the files read, and those that could not be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from benchmarks.report.html import Badge, folded, grid, section
from benchmarks.report.sources import Found

_FIGURES = 12
_SKIPPED = {
    "machine",
    "versions",
    "git",
    "load",
    "command",
    "what",
    "benchmark",
    "date",
    "time",
    "set",
    "passes",
}


def others(found: Found) -> str:
    """What each other benchmark says, as its file spells it."""
    parts = []
    for file in found.others:
        rows = list(islice(_figures(file.data), _FIGURES))
        if rows:
            parts.append(folded(f"{file.what} ({file.file})", grid(["figure", "value"], rows)))
    return section("Other benchmarks", *parts, about="The first figures of each file, as they stand in it.")


def _figures(data: dict[str, Any], path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        name = f"{path} › {key}" if path else str(key)
        if not depth and key in _SKIPPED:
            continue
        if isinstance(value, bool):
            continue
        if isinstance(value, (int, float)):
            yield name, f"{value:,.4g}" if isinstance(value, float) else f"{value:,}"
        elif isinstance(value, dict) and depth < 3:
            yield from _figures(value, name, depth + 1)


def files(found: Found) -> str:
    """Every file and whether it is on the page."""
    rows: list[list[str | Badge]] = [
        [problem.file, Badge("not on the page", "bad"), problem.why] for problem in found.problems
    ]
    rows += [
        [run.file, Badge("read", "good"), f"{run.results.what}, {len(run.results.cells)} cells"]
        for run in found.runs
    ]
    rows += [[name, Badge("read", "good"), results.benchmark] for name, results in found.quality]
    rows += [[name, Badge("read", "good"), outcome.what] for name, outcome in found.predictions]
    rows += [[other.file, Badge("read", "good"), other.what] for other in found.others]
    return section("Files", grid(["file", "", "what it holds, or why not"], rows))
