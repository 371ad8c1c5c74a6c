"""Figures over commits: the versions of the result files that git keeps, oldest first."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from robo_runtime.errors import RoboError

from benchmarks.report.figures import measured, name_of, rate
from benchmarks.report.html import legend, section
from benchmarks.report.quality import shares
from benchmarks.report.sources import Found, sort
from benchmarks.report.svg import Axis, Line, Point, padded, plot

MOST = 30
"""Versions of a file that are read, the newest."""
_LINES = 6


class Version(NamedTuple):
    """A file as it was in a commit."""

    commit: str
    day: str
    found: Found


def versions(path: Path) -> list[Version]:
    """A result file's versions that can still be read, oldest first; none outside a checkout."""
    log = _git(path.parent, "log", f"-{MOST}", "--format=%h %cs", "--", path.name)
    kept = []
    for line in reversed((log or "").splitlines()):
        commit, _, day = line.partition(" ")
        text = _git(path.parent, "show", f"{commit}:./{path.name}")
        if text is None:
            continue  # removed in that commit
        found = Found()
        try:
            sort(found, path.name, json.loads(text), f"{commit}:{path.name}")
        except (RoboError, json.JSONDecodeError, RecursionError):
            continue  # written by an older benchmark; the newest version of it is on the page
        kept.append(Version(commit, day, found))
    return kept


def _git(folder: Path, *args: str) -> str | None:
    try:
        done = subprocess.run(["git", *args], cwd=folder, capture_output=True, text=True, encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return done.stdout if done.returncode == 0 else None


def history(folder: Path, found: Found) -> str:
    """A picture for each file that changed: quality by split, tokens a second by way of running."""
    files = [name for name, _ in found.quality] + [run.file for run in found.runs]
    files += [other.file for other in found.others if isinstance(other.data.get("automaton"), dict)]
    pictures = []
    for file in files:
        kept = versions(folder / file)
        if len(kept) < 2:
            continue
        lines = _lines(kept)
        pictures += [_picture(file, kept, lines[i : i + _LINES]) for i in range(0, len(lines), _LINES)]
    inside = f'<div class="charts">{"".join(p for p in pictures if p)}</div>' if any(pictures) else ""
    return section(
        "Over commits",
        inside,
        about="Each point is a version of a result file in git, oldest first. Machines, loads and sets of"
        " prompts changed between some: the files say which.",
    )


def _lines(kept: Sequence[Version]) -> list[Line]:
    """Figures of all versions by name, in the order in which the newest has them."""
    series: dict[str, list[Point]] = {}
    for i, version in enumerate(kept, 1):
        for name, value, said in _figures(version.found):
            says = f"{version.day} {version.commit}: {said}"
            series.setdefault(name, []).append(Point(i, value, says))
    newest = [name for name, _, _ in _figures(kept[-1].found)]
    return [Line(name, series[name]) for name in dict.fromkeys(newest) if len(series[name]) > 1]


def _figures(found: Found) -> Iterator[tuple[str, float, str]]:
    for _, results in found.quality:
        models = [a.name for a in results.answerers]
        for split, share in shares(results, "split", models[0]).items() if models else ():
            yield f"pass@1, {split}", share.rate, f"{share.rate:.1%} of {share.n} ({models[0]})"
    for _, cell in measured(found.runs):
        if (speed := rate(cell)) is not None:
            yield f"tokens/s, {name_of(cell)}", speed.value, f"{speed.value:,.0f} tokens/s"
    for other in found.others:
        for way, row in _ways(other.data):
            yield f"tokens/s, {way}", row, f"{row:,.0f} tokens/s"


def _ways(data: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Of `benchmarks.latency.decode`: the ways of decoding once the automaton is in use."""
    used = (data.get("automaton") or {}).get("used") if isinstance(data.get("automaton"), dict) else None
    for way, row in (used or {}).items() if isinstance(used, dict) else ():
        if isinstance(row, dict) and isinstance(row.get("tokens_per_s"), (int, float)):
            yield way, float(row["tokens_per_s"])


def _picture(file: str, kept: Sequence[Version], lines: Sequence[Line]) -> str:
    if not lines:
        return ""
    shares_only = all(line.name.startswith("pass@1") for line in lines)
    low, high = padded([p.y for line in lines for p in line.points], zero=True)
    y = Axis("pass@1", 0.0, 1.0, "{:.0%}") if shares_only else Axis("tokens/s", low, high, "{:,.0f}")
    days = f"{kept[0].day} to {kept[-1].day}"
    drawn = plot(file, lines, Axis(days, 1, len(kept), whole=True), y)
    return f"<div>{drawn}{legend(line.name for line in lines)}</div>"
