"""Sections that compare a run with itself: what the grammar costs, and whether it slows down."""

from __future__ import annotations

from benchmarks.matrix.schema import Cell
from benchmarks.report.figures import measured, name_of, noisy, rate
from benchmarks.report.html import Bar, Tick, bars, folded, legend, section
from benchmarks.report.sources import Found, Other, Run
from benchmarks.report.svg import Axis, Line, Point, padded, plot

_LINES = 6  # in one picture, one for each colour
_EQUAL = (Tick(1.0, "equal", "as fast as without it"),)
_BUSY = "Measured beside other work: these say little"


def overhead(found: Found) -> str:
    """Speed under the grammar over speed without it, same file, same everything else."""
    quiet = [row for other in found.others for row in _decode_ratios(other)]
    busy: list[Bar] = []
    for run in found.own:
        cells = {cell.id: cell for _, cell in measured([run])}
        for cell in cells.values():
            free = cells.get(cell.id.replace("/constrained", "/unconstrained"))
            if cell.constrained != "constrained" or free is None:
                continue
            mine, other = rate(cell), rate(free)
            if mine and other and other.value:
                ratio = mine.value / other.value
                label = name_of(cell).replace(", grammar", "")
                (busy if noisy(cell) or noisy(free) else quiet).append(
                    Bar(label, ratio, f"{ratio:.2f}", 0, run.place, _EQUAL)
                )
    parts = [legend((), _EQUAL) + _on_one_scale(quiet)] if quiet else []
    parts += [folded(_BUSY, _on_one_scale(busy))] if busy else []
    return section(
        "What the grammar costs",
        *parts,
        about="Tokens a second under the grammar, as a share of those without it in the same run. Above 1:"
        " text that the grammar forces is fed at once instead of being sampled.",
    )


def _on_one_scale(rows: list[Bar]) -> str:
    return bars(rows, 1.05 * max(1.0, *(row.value for row in rows)))


def _decode_ratios(file: Other) -> list[Bar]:
    """Of `benchmarks.latency.decode`, which asks in turns and takes medians."""
    ratios = file.data.get("ratios")
    if not isinstance(ratios, dict):
        return []
    return [
        Bar(str(name), float(ratio), f"{ratio:.2f}", 1, file.file, _EQUAL)
        for name, ratio in ratios.items()
        if str(name).startswith("constrained") and isinstance(ratio, (int, float)) and 0 < ratio < 1e3
    ]


def throttling(found: Found) -> str:
    """Speed over programs in a row, as a share of the first."""
    quiet: list[str] = []
    busy: list[str] = []
    for run in found.own:
        cells = [cell for _, cell in measured([run])]
        if any(cell.constrained == "constrained" for cell in cells):  # what people get
            cells = [cell for cell in cells if cell.constrained != "unconstrained"]
        quiet += _pictures(run, [cell for cell in cells if not noisy(cell)])
        busy += _pictures(run, [cell for cell in cells if noisy(cell)])
    parts = [_side_by_side(quiet)] if quiet else []
    parts += [folded(_BUSY, _side_by_side(busy))] if busy else []
    about = "Does it slow down when it gets warm? Each line is one way to run."
    return section("In a row", *parts, about=about)


def _pictures(run: Run, cells: list[Cell]) -> list[str]:
    lines = [line for cell in cells if (line := _line(cell))]
    pictures = []
    for start in range(0, len(lines), _LINES):
        some = lines[start : start + _LINES]
        low, high = padded([p.y for line in some for p in line.points] + [1.0])
        x = Axis("program in a row", 1, max(len(line.points) for line in some), whole=True)
        y = Axis("speed, of the first", low, high, "{:.0%}")
        pictures.append(f"<div>{plot(run.place, some, x, y)}{legend(line.name for line in some)}</div>")
    return pictures


def _line(cell: Cell) -> Line | None:
    metric = cell.metrics.get("sustained_tokens_per_s")
    if metric is None or not metric.values or len(metric.values) < 2 or metric.values[0] <= 0:
        return None
    first = metric.values[0]
    points = [Point(i, v / first, f"program {i}: {v:,.0f} tokens/s") for i, v in enumerate(metric.values, 1)]
    return Line(name_of(cell), points)


def _side_by_side(pictures: list[str]) -> str:
    return f'<div class="charts">{"".join(pictures)}</div>'
