"""The section about others in the same run: ratios with their spread."""

from __future__ import annotations

from html import escape

from benchmarks.report.figures import Seen, measured
from benchmarks.report.html import Bar, Tick, bars, legend, section
from benchmarks.report.sources import Found

RATIO = ("ratio", "x", "×")
"""Units of a figure that compares two engines of one run."""
_EQUAL = Tick(1.0, "target", "equal")


def peers(found: Found) -> str:
    """Every ratio of every file, by what it compares."""
    by_name: dict[str, list[Bar]] = {}
    for one in measured(found.runs):
        for name, metric in one.cell.metrics.items():
            if metric.unit in RATIO:
                text = f"{metric.median:.3g} ×"
                ends = f"{metric.low:.3g} to {metric.high:.3g}" if metric.low and metric.high else ""
                row = Bar(
                    _name(one), metric.median, text, 0, one.run.place, (_EQUAL,), metric.low, metric.high
                )
                by_name.setdefault(name, []).append(row._replace(more=ends))
    parts = []
    for name, rows in by_name.items():
        words = name.replace("_", " ")
        rows.sort(key=lambda row: -row.value)
        parts.append(_group(words, rows))
    about = "Ratios within one run: same weights, same prompts, in turns. Whiskers: 95 % over prompts."
    return section("Side by side", *parts, about=about) if parts else ""


def _group(words: str, rows: list[Bar]) -> str:
    top = 1.05 * max(1.0, *(row.high or row.value for row in rows))
    return f"<h3>{escape(words)}</h3>{legend((), (_EQUAL,))}{bars(rows, top)}"


def _name(one: Seen) -> str:
    cell = one.cell
    return f"{cell.engine}, {cell.precision}{f', {cell.threads} threads' if cell.threads > 1 else ''}"
