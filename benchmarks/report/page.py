"""The page: one HTML file that opens without network, readable on a phone, in light and dark."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from benchmarks.matrix.devices import Device
from benchmarks.quality.page_assets import STYLE
from benchmarks.report.figures import Seen, measured, noisy, seconds, written
from benchmarks.report.history import history
from benchmarks.report.html import paragraph, tiles
from benchmarks.report.others import files, others
from benchmarks.report.peers import peers
from benchmarks.report.predictions import predictions
from benchmarks.report.quality import of_hand_written, overall, quality
from benchmarks.report.sources import Found
from benchmarks.report.speed import every_cell, speed, targets
from benchmarks.report.style import MORE
from benchmarks.report.within import overhead, throttling

TITLE = "RoboLM in figures"


def page(found: Found, devices: Mapping[str, Device], folder: Path) -> str:
    """The whole file.

    Args:
        devices: tiers of `configs/devices` by name.
        folder: where the results are, for their history in git.
    """
    sections = [
        speed(found, devices), targets(found, devices), peers(found), predictions(found, devices),
        quality(found), overhead(found), throttling(found), history(folder, found), others(found),
        every_cell(found), files(found),
    ]  # fmt: skip
    body = "\n".join(part for part in sections if part)
    unread = len(found.problems)
    warning = ""
    if unread:
        names = ", ".join(problem.file for problem in found.problems)
        warning = paragraph(
            f"{unread} file{'s' if unread > 1 else ''} could not be read: {names}. See Files.", "warn"
        )
    made = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(TITLE)}</title>
<style>{STYLE}{MORE}</style>
</head>
<body>
<h1>{escape(TITLE)}</h1>
<p class="soft">A tiny language model writes MicroPython for a robotics kit, offline. {found.files} result
files, page made {made}.</p>
{warning}
{tiles(_headlines(found))}
{_contents(sections)}
{body}
</body>
</html>
"""


def _contents(sections: list[str]) -> str:
    """Links to the sections there are."""
    links = []
    for part in sections:
        if part:
            name, _, rest = part.removeprefix('<section id="').partition('"')
            title = rest.partition("<h2>")[2].partition("</h2>")[0]
            links.append(f'<a href="#{name}">{title}</a>')
    return f"<nav>{''.join(links)}</nav>"


def _headlines(found: Found) -> Iterator[tuple[str, str, str]]:
    """The few figures to know: the best of each, and whose it is."""
    whole = [
        (one.cell.metrics["tokens_100_s"].median, one)
        for one in measured(found.own)
        if "tokens_100_s" in one.cell.metrics
        and one.cell.constrained == "constrained"
        and not noisy(one.cell)
    ]
    if whole:
        value, one = min(whole, key=lambda pair: pair[0])
        what = "for a finished, checked program of 100 tokens"
        yield seconds(value), what, _whose(one)
    small = [
        (one.cell.metrics["peak_rss_bytes"].median, one)
        for one in measured(found.own)
        if "peak_rss_bytes" in one.cell.metrics
    ]
    if small:
        value, one = min(small, key=lambda pair: pair[0])
        yield written(value, "bytes"), "of memory at the peak", _whose(one)
    for _, results in found.quality:
        if (best := overall(results)) is None:
            continue
        name, share = best
        if (own := of_hand_written(results, name)) is not None:
            yield f"{own.rate:.0%}", "of prompts that people wrote solved", f"{name}, {own.n} prompts"
        yield f"{share.rate:.0%}", "of all test prompts solved", f"{name}, {share.n:,} prompts"
    models = {one.cell.model.file: one.cell.model.bytes for one in measured(found.own) if one.cell.model}
    if models:
        file = min(models, key=lambda name: models[name])
        yield written(models[file], "bytes"), "the smallest model file", file


def _whose(one: Seen) -> str:
    return f"{one.cell.tier} {one.cell.precision}, {one.run.place}"
