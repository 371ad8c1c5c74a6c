"""What a cell of a result file says, in the terms that the page draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmarks.matrix.devices import Device, Target
from benchmarks.matrix.schema import MEASURED, Cell, Metric
from benchmarks.report.sources import Run

NAMES = {
    "tokens_100_s": "100-token program", "first_token_s": "first token", "load_warm_s": "load, warm",
    "peak_rss_bytes": "memory",
}  # fmt: skip


class Rate(NamedTuple):
    """Tokens a second of a cell."""

    value: float
    low: float | None
    high: float | None
    processor: bool
    """Of processor seconds, not of the clock."""


class Seen(NamedTuple):
    """A cell, and the file it is in."""

    run: Run
    cell: Cell


class Verdict(NamedTuple):
    """A target and what was measured."""

    target: Target
    metric: str
    limit: float
    value: float

    spoiled: bool
    """A time of a noisy cell: it can show that a target is met, not that it is missed."""

    @property
    def met(self) -> bool:
        """Whether it was reached."""
        return self.value <= self.limit

    @property
    def known(self) -> bool:
        """Whether the figure decides it."""
        return self.met or not self.spoiled


def measured(runs: Sequence[Run]) -> Iterator[Seen]:
    """Cells that have figures."""
    for run in runs:
        for cell in run.results.cells:
            if cell.status in MEASURED:
                yield Seen(run, cell)


def noisy(cell: Cell) -> bool:
    """Whether other work spoiled its times; what it holds in memory stands."""
    return cell.status == "noisy"


def rate(cell: Cell) -> Rate | None:
    """Tokens a second while decoding; None where the cell has no such figure."""
    if (found := cell.metrics.get("decode_tokens_per_s")) is not None:
        return Rate(found.median, found.low, found.high, False)
    for name, processor in (("token_s", False), ("token_cpu_s", True), ("tokens_100_s", False)):
        found = cell.metrics.get(name)
        if found is not None and found.median > 0:
            tokens = 100 if name == "tokens_100_s" else 1
            ends = (found.high, found.low) if found.low and found.high else (None, None)
            return Rate(
                tokens / found.median,
                tokens / ends[0] if ends[0] else None,
                tokens / ends[1] if ends[1] else None,
                processor,
            )
    return None


def roof(seen: Seen) -> float | None:
    """Tokens a second that the measured memory bandwidth allows when every weight is read for each token."""
    bandwidth, model = seen.run.results.machine.bandwidth_bytes_per_s, seen.cell.model
    return bandwidth / model.bytes if bandwidth and model and model.bytes else None


def name_of(cell: Cell) -> str:
    """What tells a cell from its neighbours, in words."""
    threads = f", {cell.threads} thread{'s' if cell.threads > 1 else ''}" if cell.threads else ""
    grammar = {"constrained": ", grammar", "unconstrained": ", no grammar"}.get(cell.constrained, "")
    more = "".join(f", {part}" for part in cell.id.split("/")[6:] if part != "processor-seconds")
    return f"{cell.tier} {cell.precision} {cell.format}{threads}{grammar}{more}"


def verdicts(cell: Cell, device: Device | None) -> list[Verdict]:
    """Every target of the device that a figure of the cell answers."""
    if device is None:
        return []
    return [
        Verdict(target, name, limit, cell.metrics[name].median, noisy(cell) and name != "peak_rss_bytes")
        for target in device.targets_of(cell.tier, cell.precision)
        for name, limit in target.limits.items()
        if name in cell.metrics
    ]


def written(value: float, unit: str) -> str:
    """0.0712 s as "71 ms", 75_000_000 bytes as "75 MB", others with three digits and their unit."""
    if unit == "s":
        return seconds(value)
    if unit == "bytes":
        return f"{value / 1e6:,.1f} MB" if abs(value) < 1e8 else f"{value / 1e6:,.0f} MB"
    number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{number} {unit}".strip()


def seconds(value: float) -> str:
    """Seconds with three digits, in the unit that needs no exponent."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if abs(value) >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e9:.3g} ns" if value else "0 s"


def spread(metric: Metric) -> str:
    """From the smallest to the largest, and of how many."""
    if metric.n == 1:
        return "one run"
    return f"{written(metric.min, metric.unit)} to {written(metric.max, metric.unit)}, n {metric.n}"
