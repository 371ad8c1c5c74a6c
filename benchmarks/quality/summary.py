"""The figures in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from benchmarks.quality.results import Results, Share

_SHOWN = ("all", "split", "language", "style")


def show(results: Results, console: Console | None = None) -> None:
    """pass@1 by split, all measures, paired comparisons, robustness, causes."""
    console = console or Console()
    names = [a.name for a in results.answerers]
    by = {(r.answerer, r.axis, r.value): r for r in results.rows}
    table = Table("pass@1", "n", *names, title="passes of all, with 95 % intervals")
    for axis in _SHOWN:
        values = list(dict.fromkeys(r.value for r in results.rows if r.axis == axis))
        if axis != "all" and len(values) < 2 and axis != "split":
            continue
        for value in values:
            n = by[names[0], axis, value].n
            cells = [_text(by[name, axis, value].measures["pass@1"]) for name in names]
            table.add_row(value, str(n), *cells)
        table.add_section()
    console.print(table)
    table = Table("measure", *names)
    for measure in next(iter(by.values())).measures:
        table.add_row(measure, *(_text(by[name, "all", "all"].measures[measure]) for name in names))
    table.add_row("seconds, median", *(f"{a.seconds_median:.3f}" for a in results.answerers))
    console.print(table)
    for c in results.comparisons:
        if c.axis == "all":
            console.print(
                f"{c.second} against {c.first}: {c.points:+.1f} points ({c.low:+.1f} to {c.high:+.1f}), "
                f"won {c.only_second}, lost {c.only_first}, p = {c.p:.2g}"
            )
    if results.robustness:
        table = Table("asked otherwise", "perturbation", "n", "as written", "perturbed", "points", "p")
        for r in results.robustness:
            points = f"{r.points:+.1f} ({r.low:+.1f} to {r.high:+.1f})"
            table.add_row(
                r.answerer,
                r.perturbation,
                str(r.n),
                f"{r.plain:.1%}",
                f"{r.perturbed:.1%}",
                points,
                f"{r.p:.2g}",
            )
        console.print(table)
    if results.causes:
        shares = {(c.answerer, c.cause): c.share for c in results.causes if c.split == "all"}
        kinds = dict.fromkeys(c.cause for c in results.causes if c.split == "all")
        table = Table("cause of failure", *names)
        for kind in kinds:
            table.add_row(kind, *(_text(shares.get((name, kind))) for name in names))
        console.print(table)


def _text(share: Share | None) -> str:
    if share is None or not share.n:
        return "–"
    return f"{share.rate:.1%} ({share.low:.0%} to {share.high:.0%})"
