"""The section about others in the same run: ratios with their spread."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from benchmarks.matrix.schema import Better
from benchmarks.report.figures import Seen, measured
from benchmarks.report.html import Bar, Tick, bars, folded, legend, paragraph, section
from benchmarks.report.sources import Found

RATIO = ("x", "ratio")
"""Units of a figure that compares two engines of one run."""
_TITLES = {
    "program_time_to_ours_cpu": "Time to a finished, legal program; robo+llama.cpp is 1",
    "decode_to_llama_loop_cpu": "Speed of raw decoding; llama.cpp's loop in C is 1",
    "constrained_decode_to_llama_loop_cpu": "Speed of ours with the grammar; llama.cpp's raw loop is 1",
    "training_ratio": "Speed of training; the Hugging Face Trainer is 1",
}
"""Those shown at once, in this order, of one thread; others, as the same by the clock, when asked for."""
_DIRECTION: dict[Better, str] = {"lower": "shorter is better", "higher": "longer is better", "neither": ""}
_FAR = 5
_EQUAL = Tick(1.0, "equal", "equal")


def peers(found: Found) -> str:
    """Every ratio of every file, by what it compares."""
    rows: dict[tuple[str, int], list[Bar]] = {}
    better: dict[str, Better] = {}
    seen = [one for one in measured(found.runs) if any(m.unit in RATIO for m in one.cell.metrics.values())]
    places = {one.run.place for one in seen}
    for one in seen:
        place = one.run.place if len(places) > 1 else ""
        for name, metric in one.cell.metrics.items():
            if metric.unit not in RATIO:
                continue
            ends = f"{metric.low:.3g} to {metric.high:.3g}" if metric.low and metric.high else ""
            row = Bar(
                _name(one), metric.median, f"{metric.median:.3g} ×", _series(one), place,
                (_EQUAL,), metric.low, metric.high, more=ends,
            )  # fmt: skip
            rows.setdefault((name, max(one.cell.threads, 1)), []).append(row)
            better[name] = metric.better
    at_once = [(name, 1) for name in _TITLES if (name, 1) in rows]
    first = [_group(name, threads, rows[name, threads], better[name]) for name, threads in at_once]
    others = "".join(
        _group(name, threads, rows[name, threads], better[name])
        for name, threads in sorted(rows)
        if (name, threads) not in at_once
    )
    absent = list(_absent(found))
    parts = [*first, folded("Other ratios", others) if others else ""]
    if absent and rows:
        parts.append(folded(f"{len(absent)} that gave no figure", "".join(absent)))
    about = "Ratios within one run: same weights, same prompts, in turns. Whiskers: 95 % over prompts."
    about += f" {', '.join(sorted(places))}."
    return section("Side by side", *parts, about=about) if rows else ""


def _group(name: str, threads: int, rows: list[Bar], better: Better) -> str:
    rows = sorted(rows, key=lambda row: row.value if better == "lower" else -row.value)
    middle = rows[len(rows) // 2].value
    # One that is many times the others is cut off rather than shrinking them to nothing.
    top = 1.05 * max(1.0, *(row.value for row in rows if row.value <= _FAR * max(middle, 1.0)))
    title = escape(_TITLES.get(name, name.replace("_", " "))) + (
        f", {threads} threads" if threads > 1 else ""
    )
    said = f" <small>{_DIRECTION[better]}</small>"
    marks = legend(("ours", "others"), (_EQUAL,))
    return f"<h3>{title}{said}</h3>{marks}{bars(rows, top)}"


def _absent(found: Found) -> Iterator[str]:
    """Peers that were not measured, with the reason."""
    for run in found.runs:
        if run.results.what == "peers":
            for cell in run.results.cells:
                if not cell.metrics:
                    status = cell.status.replace("_", " ")
                    yield paragraph(f"{cell.id}: {status}: {cell.reason}")


def _series(one: Seen) -> int:
    """0 for our runtime and our native core, 1 for others; the ratio of training is ours over theirs."""
    return int("robo" not in one.cell.engine and "training_ratio" not in one.cell.metrics)


def _name(one: Seen) -> str:
    cell = one.cell
    case = f", {cell.settings['case']}" if "case" in cell.settings else ""
    return f"{cell.engine}, {cell.precision}{case}"
