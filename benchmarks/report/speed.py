"""Sections of the page about one run: speed, targets, every cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from benchmarks.matrix.devices import Device, Target
from benchmarks.matrix.schema import Cell
from benchmarks.report.figures import (
    NAMES,
    Seen,
    Verdict,
    measured,
    name_of,
    noisy,
    rate,
    roof,
    spread,
    verdicts,
    written,
)
from benchmarks.report.html import (
    Badge,
    Bar,
    Content,
    Tick,
    badge,
    bars,
    folded,
    grid,
    legend,
    paragraph,
    section,
    verdict_row,
)
from benchmarks.report.sources import Found, Run

_MARKS = Tick(0, "target", "target for 100 tokens"), Tick(0, "roof", "what memory bandwidth allows")
_AT_ONCE = 12  # bars of a machine


def speed(found: Found, devices: Mapping[str, Device]) -> str:
    """Tokens a second of every cell, by machine, on one scale for each machine."""
    parts = []
    for run in found.own:
        seen = [Seen(run, cell) for cell in run.results.cells]
        rows = [row for one in seen if (row := _bar(one, devices))]
        if not rows:
            continue
        kinds = _formats(run)
        drawn = {tick.kind for row in rows for tick in row.ticks}
        rows.sort(key=lambda row: (-row.value, row.label))
        parts.append(
            f"{_place(run, devices)}{legend(kinds, [mark for mark in _MARKS if mark.kind in drawn])}"
            f"{_first(rows)}"
        )
    about = (
        "Tokens a second while decoding; longer is better. Past the bandwidth mark the weights sit in a"
        " cache: so on desktops, hardly on phones."
    )
    return section("Speed", *parts, about=about)


def _first(rows: Sequence[Bar]) -> str:
    """The fastest at once, the others when they are asked for, all on one scale."""
    top, rest = _top(rows), rows[_AT_ONCE:]
    return bars(rows[:_AT_ONCE], top) + (folded(f"{len(rest)} slower ones", bars(rest, top)) if rest else "")


def _top(rows: Sequence[Bar]) -> float:
    """Bars fill the scale; a roof far beyond them is cut off rather than shrinking them to nothing."""
    longest = max(row.value for row in rows)
    roofs = [t.value for row in rows for t in row.ticks if t.kind == "roof" and t.value < 2 * longest]
    return 1.03 * max([longest, *roofs])


def _formats(run: Run) -> list[str]:
    return list(dict.fromkeys(one.cell.format for one in measured([run]) if rate(one.cell)))


def _bar(one: Seen, devices: Mapping[str, Device]) -> Bar | None:
    cell = one.cell
    found = rate(cell) if cell.metrics else None
    if found is None:
        return None
    kinds = _formats(one.run)
    ticks = []
    for limit in {
        v: t.source for t in _targets(one, devices) if (v := t.limits.get("tokens_100_s")) is not None
    }.items():
        ticks.append(Tick(100 / limit[0], "target", f"target ({limit[1]}): 100 tokens in {limit[0]:g} s"))
    if (top := roof(one)) is not None:
        ticks.append(Tick(top, "roof", f"memory bandwidth: {top:,.0f} tokens/s"))
    whole = cell.metrics.get("tokens_100_s")
    hundred = f"100 tokens in {written(whole.median, 's')}" if whole else ""
    notes = [cell.engine, *(["processor seconds"] if found.processor else [])]
    if noisy(cell):
        notes.append("noisy")
    return Bar(
        name_of(cell), found.value, f"{found.value:,.0f} tokens/s", kinds.index(cell.format),
        " · ".join(notes), ticks, found.low, found.high, more=hundred, faint=noisy(cell),
    )  # fmt: skip


def _targets(one: Seen, devices: Mapping[str, Device]) -> Sequence[Target]:
    device = devices.get(one.run.results.device_tier)
    return device.targets_of(one.cell.tier, one.cell.precision) if device else ()


def _place(run: Run, devices: Mapping[str, Device]) -> str:
    results = run.results
    device = devices.get(results.device_tier)
    bandwidth = results.machine.bandwidth_bytes_per_s
    load = results.load.before
    facts = [
        device.title if device else results.device_tier or "tier unknown", results.what, results.created,
        f"commit {results.commit[:10] or 'unknown'}{' with changes' if results.dirty else ''}",
        *([f"reads {bandwidth / 1e9:.1f} GB/s"] if bandwidth else []),
        *([f"load {load:g} before"] if load is not None else []),
        *(["noisy: only ratios within it mean anything"] if results.noisy else []),
    ]  # fmt: skip
    return f"<h3>{escape(run.place)}</h3>{paragraph(' · '.join(facts), 'soft')}"


def targets(found: Found, devices: Mapping[str, Device]) -> str:
    """Which targets were met, cell by cell."""
    parts, met, total, open_ = [], 0, 0, 0
    for run in found.own:
        rows = []
        for one in measured([run]):
            answers = verdicts(one.cell, devices.get(run.results.device_tier))
            if answers:
                met, total = met + sum(a.met for a in answers), total + sum(a.known for a in answers)
                open_ += sum(not a.known for a in answers)
                badges = " ".join(badge(_badge(a)) for a in answers)
                rows.append(
                    (not any(a.known and not a.met for a in answers), verdict_row(name_of(one.cell), badges))
                )
        missed = [row for good, row in rows if not good]
        reached = [row for good, row in rows if good]
        if rows:
            title = f"{run.place}: {len(missed)} of {len(rows)} ways miss a target"
            parts.append(f"<h3>{escape(title)}</h3>{''.join(missed)}")
            parts.append(folded(f"{len(reached)} that miss none", "".join(reached)) if reached else "")
    about = f"{met} of {total} met: the plan's, and stricter ones of our own, for each tier of devices."
    if open_:
        about += f" {open_} are open: measured beside other work, which makes no machine faster."
    return section("Targets", *parts, about=about) if total + open_ else ""


def _badge(answer: Verdict) -> Badge:
    unit = "bytes" if answer.metric.endswith("_bytes") else "s"
    sign = ("✓" if answer.met else "✗") if answer.known else "?"
    figures = f"{written(answer.value, unit)} of {written(answer.limit, unit)}"
    text = f"{sign} {NAMES.get(answer.metric, answer.metric)} {figures} ({answer.target.source})"
    return Badge(text, ("good" if answer.met else "bad") if answer.known else "soft")


def every_cell(found: Found) -> str:
    """All cells with all their figures; those without say why."""
    parts = []
    for run in found.runs:
        names = list(dict.fromkeys(name for cell in run.results.cells for name in cell.metrics))
        rows: list[list[Content]] = [
            [cell.id, Badge(cell.status, _kind(cell)), *(_figure(cell, name) for name in names), cell.reason]
            for cell in run.results.cells
        ]
        title = f"{run.place}: {len(rows)} cells of {run.file}"
        parts.append(folded(title, grid(["cell", "status", *names, "reason"], rows)))
    return section("Every cell", *parts, about="Median, and from the smallest to the largest.")


def _figure(cell: Cell, name: str) -> str:
    metric = cell.metrics.get(name)
    return f"{written(metric.median, metric.unit)} ({spread(metric)})" if metric else "–"


def _kind(cell: Cell) -> str:
    return {"measured": "good", "failed": "bad"}.get(cell.status, "soft")
