"""Sections about what models can do: pass@1 against size, by split, and its history."""

from __future__ import annotations

from benchmarks.quality.results import Asked, Results, Share
from benchmarks.report.html import Bar, bars, legend, section
from benchmarks.report.sources import Found
from benchmarks.report.svg import Axis, Line, Point, plot

_SPLITS = 12


def shares(results: Results, axis: str, answerer: str) -> dict[str, Share]:
    """pass@1 of an answerer by the values of an axis."""
    return {
        row.value: row.measures["pass@1"]
        for row in results.rows
        if row.axis == axis and row.answerer == answerer and "pass@1" in row.measures
    }


def megabytes(asked: Asked) -> float | None:
    """Size of an answerer's file; None for one that has none, as a baseline."""
    size = asked.about.get("bytes")
    return size / 1e6 if isinstance(size, (int, float)) and size > 0 else None


def quality(found: Found) -> str:
    """pass@1 of every answerer: against the size of its file, and by split."""
    points, plain = [], []
    for file, results in found.quality:
        for asked in results.answerers:
            share = shares(results, "all", asked.name).get("all")
            if share is None:
                continue
            said = f"{asked.name}: {share.rate:.1%} of {share.n} ({file})"
            size = megabytes(asked)
            if size is not None:
                points.append((asked.name, Point(size, share.rate, said, share.low, share.high)))
            plain.append((asked.name, share, file, size))
    if not plain:
        return ""
    rows = [
        Bar(
            name, share.rate, f"{share.rate:.1%} of {share.n:,}", 0 if size else 1,
            file if size is None else f"{size:.1f} MB · {file}", (), share.low, share.high,
        )
        for name, share, file, size in plain
    ]  # fmt: skip
    against = _against_size(points) if points else ""
    return section(
        "Quality",
        bars(rows, 1.0),
        f'<div class="charts"><div>{_by_split(found)}</div><div>{against}</div></div>',
        about="Programs that do what the prompt asked, run in the simulator, one greedy answer each; whiskers"
        " are Wilson's 95 %.",
    )


def _against_size(points: list[tuple[str, Point]]) -> str:
    lines = [Line(name, [point], joined=False) for name, point in points]
    x = Axis("file, MB", 0.0, 1.15 * max(p.x for _, p in points))
    y = Axis("pass@1, 95 %", 0.0, 1.0, "{:.0%}")
    return plot("Quality against size", lines, x, y) + legend(name for name, _ in points)


def _by_split(found: Found) -> str:
    """All answerers of all files, a split after the other."""
    answerers = [
        (asked.name, shares(results, "split", asked.name))
        for _, results in found.quality
        for asked in results.answerers
    ]
    rows: list[Bar] = []
    for split in list(dict.fromkeys(split for _, each in answerers for split in each))[:_SPLITS]:
        label = split
        for i, (_, each) in enumerate(answerers):
            if share := each.get(split):
                text = f"{share.rate:.0%} of {share.n}"
                rows.append(Bar(label, share.rate, text, i, "", (), share.low, share.high))
                label = ""
    return (
        f"<h3>pass@1 by split</h3>{legend(name for name, _ in answerers)}{bars(rows, 1.0, tight=True)}"
        if rows
        else ""
    )


def overall(results: Results) -> tuple[str, Share] | None:
    """The best answerer of a file and its pass@1 on all cases."""
    found = [
        (asked.name, share)
        for asked in results.answerers
        if megabytes(asked) is not None and (share := shares(results, "all", asked.name).get("all"))
    ]
    return max(found, key=lambda one: one[1].rate) if found else None


def of_hand_written(results: Results, name: str) -> Share | None:
    """pass@1 on prompts that people wrote, where the file has them."""
    return shares(results, "split", name).get("wild")
