"""The section about devices that were never measured, and how far the prediction can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from benchmarks.matrix.devices import Device
from benchmarks.predict.devices import LABEL
from benchmarks.predict.outcome import Outcome
from benchmarks.report.figures import seconds
from benchmarks.report.html import Badge, Bar, Content, Tick, bars, folded, grid, legend, paragraph, section
from benchmarks.report.sources import Found
from benchmarks.report.svg import Axis, Line, Point, plot

SHOWN = ("nano", "tiny", "small")
"""Tiers whose bars are drawn; the table has all."""


def predictions(found: Found, devices: Mapping[str, Device]) -> str:
    """Ranges by device, the check of the fit, its terms."""
    parts = []
    for file, outcome in found.predictions:
        parts.append(_ranges(outcome, devices))
        parts.append(f'<div class="charts">{_check(outcome)}{_table_of_check(outcome)}</div>')
        parts.append(folded(f"Terms of the fit ({file})", _terms(outcome)))
        parts.append(folded("All predictions", _all(outcome)))
    return section(
        "Phones and boards, predicted",
        *parts,
        about=f"Every figure here is a {LABEL}: seconds to decode 100 tokens with one thread, computed from"
        " published clocks and memory bandwidths. The bar spans from all of the bandwidth to the least that"
        " one thread may get on a narrower core. Prompt, check and heat come on top. Measure a device, drop"
        " its JSON into benchmarks/results/devices/, and its bar stands above.",
    )


def _ranges(outcome: Outcome, devices: Mapping[str, Device]) -> str:
    rows = []
    for name, group in groupby(outcome.predictions, lambda p: p.device):
        shown = [p for p in group if p.model in SHOWN]
        for i, p in enumerate(shown):
            device = devices.get(p.tier)
            limits = {
                (t.source, v)
                for t in (device.targets_of(p.model, p.precision) if device else ())
                if (v := t.limits.get("tokens_100_s")) is not None
            }
            ticks = [Tick(v, "target", f"target ({source}): {v:g} s") for source, v in sorted(limits)]
            text = f"{p.tokens_100_s_fast:.2f} to {p.tokens_100_s_slow:.2f} s"
            note = f"{p.model} {p.precision}" + (f" · {device.title if device else p.tier}" if not i else "")
            label = name if not i else ""
            rows.append(
                Bar(
                    label,
                    p.tokens_100_s_slow,
                    text,
                    SHOWN.index(p.model),
                    note,
                    ticks,
                    start=p.tokens_100_s_fast,
                )
            )
    if not rows:
        return ""
    top = 1.05 * max(row.value for row in rows)
    marks = (Tick(0, "target", "target for 100 tokens, where the scale reaches it"),)
    return f"{legend(SHOWN, marks)}{bars(rows, top, tight=True)}"


def _check(outcome: Outcome) -> str:
    """Measured against told, each tier told from the others."""
    lines = []
    for tier in outcome.held_out:
        mine = [s for s in outcome.samples if s.model == tier.model]
        points = [
            Point(1e3 * s.seconds, 1e3 * told, _said(s.precision, s.threads, s.cold, s.seconds, told))
            for s, told in zip(mine, tier.predicted, strict=True)
        ]
        lines.append(Line(tier.model, points, joined=False))
    values = [v for line in lines for p in line.points for v in (p.x, p.y) if v > 0]
    if not values:
        return ""
    low, high = 0.8 * min(values), 1.25 * max(values)
    x = Axis("measured, ms a token", low, high, "{:g}", log=True)
    y = Axis("told from the other models, ms a token", low, high, "{:g}", log=True)
    drawn = plot("The check: each tier held out", lines, x, y, diagonal=True)
    return f"<div>{drawn}{legend(line.name for line in lines)}</div>"


def _said(precision: str, threads: int, cold: bool, measured: float, told: float) -> str:
    way = f"{precision}, {threads} thread{'s' if threads > 1 else ''}{', caches emptied' if cold else ''}"
    return f"{way}: measured {seconds(measured)}, told {seconds(told)}"


def _table_of_check(outcome: Outcome) -> str:
    rows: list[list[Content]] = [
        [
            tier.model,
            Badge(f"{tier.mean_error:.1%}", "good" if tier.mean_error <= outcome.within else "bad"),
            f"{tier.worst_error:.1%}", str(len(tier.predicted)),
        ]
        for tier in outcome.held_out
    ]  # fmt: skip
    words = (
        f"Bound: {outcome.within:.0%} on average. The check is of models on the machine of the fit; no other"
        " machine confirmed how clocks and instructions carry over."
    )
    return (
        f"<div>{grid(['held out', 'mean error', 'worst', 'samples'], rows)}{paragraph(words, 'soft')}</div>"
    )


def _terms(outcome: Outcome) -> str:
    terms = outcome.terms
    rows = [
        ["start of a token", seconds(terms.start)],
        ["a layer", seconds(terms.layer)],
        ["a layer more, with several threads", seconds(terms.sync)],
        ["a weight", seconds(terms.weight)],
        ["from memory: times the time of reading in order", f"{terms.share:.2f}"],
        ["from memory: a layer more", seconds(terms.miss)],
        ["cache that holds what fits", f"{terms.cache / 1e6:.0f} MB"],
    ]
    about = outcome.provenance.get("machine", {})
    where = (
        f"{about.get('cpu', 'unknown processor')}, nominal {outcome.clock_hz / 1e9:.2f} GHz,"
        f" load {about.get('load', 'unknown')}"
    )
    return grid(["term", "found"], rows) + paragraph(where, "soft")


def _all(outcome: Outcome) -> str:
    rows: list[list[Content]] = [
        [
            p.device, p.tier, p.model, p.precision, seconds(p.tokens_100_s_fast),
            seconds(p.tokens_100_s_slow), seconds(100 * p.roofline_token_s), Badge(p.label, "soft"),
        ]
        for p in outcome.predictions
    ]  # fmt: skip
    head = ["device", "tier", "model", "precision", "100 tokens, fast", "slow", "bandwidth alone", ""]
    return grid(head, rows)
