"""Two result files side by side; exit status 1 on a regression.

    python -m benchmarks.matrix.compare BASE [NEW]

A figure is worse when the whole 95 % interval of its ratio is past the tolerance: what the noise of the two
runs explains is no regression. Noisy cells, and another machine, never fail the comparison.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import typer
from robo_runtime.command import run as run_command
from robo_runtime.paths import workspace

from benchmarks.matrix.intervals import Ratio, paired_ratio, ratio_of_medians
from benchmarks.matrix.schema import MEASURED, Cell, Metric, Results
from benchmarks.matrix.store import read_results, read_revision

Verdict = Literal[
    "worse", "better", "same", "unclear", "noisy", "lost", "new", "not measured", "no direction"
]
TOLERANCE = 0.1
_TOLERANCES = {"load_cold_s": 0.25, "load_warm_s": 0.25, "start_s": 0.25, "peak_rss_bytes": 0.05}
_PAIRED = ("program_s", "cpu_s", "first_token_s", "check_s", "tokens_100_s", "decode_tokens_per_s")
"""Metrics with one value for each prompt."""
_STEADY = ("peak_rss_bytes",)
"""Metrics that other programs do not disturb."""
_PUBLISHED = Path("benchmarks") / "results" / "matrix.json"


@dataclass(frozen=True)
class Row:
    """One metric of one cell, or a cell that is on one side alone."""

    id: str
    metric: str
    verdict: Verdict
    base: float | None = None
    new: float | None = None
    ratio: float | None = None
    """New by base."""
    low: float | None = None
    high: float | None = None
    tolerance: float | None = None
    note: str = ""


@dataclass
class Comparison:
    """All rows, and what makes the two runs differ."""

    rows: list[Row] = field(default_factory=list)
    same_machine: bool = True
    differences: list[str] = field(default_factory=list)
    """In sentences."""

    @property
    def regressions(self) -> list[Row]:
        """What fails the comparison; nothing where another machine was measured."""
        return [r for r in self.rows if r.verdict in ("worse", "lost")] if self.same_machine else []


def compare(base: Results, new: Results, tolerance: float | None = None) -> Comparison:
    """Compare cell by cell, metric by metric.

    Args:
        tolerance: relative change that is let pass, of every metric; their own when None.
    """
    found = Comparison()
    found.same_machine, found.differences = _differences(base, new)
    before, after = ({cell.id: cell for cell in results.cells} for results in (base, new))
    for name in dict.fromkeys((*before, *after)):
        found.rows += _cells(name, before.get(name), after.get(name), tolerance)
    return found


def _differences(base: Results, new: Results) -> tuple[bool, list[str]]:
    said = []
    a, b = base.machine, new.machine
    same = (a.name, a.cpu, a.arch, a.cores) == (b.name, b.cpu, b.arch, b.cores)
    if not same:
        machines = f"{_machine(new)}, was {_machine(base)}"
        said.append(f"another machine ({machines}): ratios mean little, and none fails the comparison")
    for which, results in (("base", base), ("new", new)):
        if results.noisy:
            said.append(f"{which} is noisy: other programs were running")
    for package in sorted({*base.versions, *new.versions}):
        was, now = base.versions.get(package, "none"), new.versions.get(package, "none")
        if was != now:
            said.append(f"{package} {now}, was {was}")
    return same, said


def _machine(results: Results) -> str:
    m = results.machine
    return f"{m.name or m.cpu}, {m.cores} cores"


def _cells(name: str, base: Cell | None, new: Cell | None, tolerance: float | None) -> Iterator[Row]:
    if base is None or base.status not in MEASURED:
        if new is not None and new.status in MEASURED:
            yield Row(name, "", "new")
        return
    if new is None or new.status not in MEASURED:
        broken = new is not None and new.status in ("failed", "not_installed")
        note = "not in the new file" if new is None else f"{new.status.replace('_', ' ')}: {new.reason}"
        yield Row(name, "", "lost" if broken else "not measured", note=note)
        return
    for metric in base.metrics:
        if metric in new.metrics:
            yield _metric(metric, base, new, tolerance)


def _metric(name: str, base: Cell, new: Cell, tolerance: float | None) -> Row:
    a, b = base.metrics[name], new.metrics[name]
    allowed = _TOLERANCES.get(name, TOLERANCE) if tolerance is None else tolerance
    ratio, note = _ratio(name, base, new)
    if base.model and new.model and base.model.sha256 != new.model.sha256:
        note = "other weights" + (f"; {note}" if note else "")
    if ratio is None:
        return Row(base.id, name, "unclear", a.median, b.median, note=note or "a value is zero")
    noisy = "noisy" in (base.status, new.status) and name not in _STEADY
    verdict: Verdict = "noisy" if noisy else judge(ratio, a.better, allowed)
    return Row(base.id, name, verdict, a.median, b.median, *ratio, allowed, note)


def _ratio(name: str, base: Cell, new: Cell) -> tuple[Ratio | None, str]:
    a, b = base.metrics[name], new.metrics[name]
    if a.unit != b.unit:
        return None, f"in {b.unit}, was in {a.unit}"
    paired = _by_prompt(base, new, name)
    return (paired, "by prompt") if paired else (ratio_of_medians(_known(b), _known(a)), "")


def _by_prompt(base: Cell, new: Cell, name: str) -> Ratio | None:
    """The ratio over the prompts, where both were asked the same ones."""
    before, after = base.settings.get("prompts_sha256"), new.settings.get("prompts_sha256")
    if name not in _PAIRED or before is None or before != after:
        return None
    return paired_ratio(new.metrics[name].values or [], base.metrics[name].values or [])


def _known(m: Metric) -> tuple[float, float, float]:
    """The median and how well it is known; of few values all that were seen."""
    if m.low is not None and m.high is not None:
        return m.median, m.low, m.high
    return m.median, m.min, m.max


def judge(ratio: Ratio, better: str, tolerance: float) -> Verdict:
    """What a ratio of new by base says."""
    if better == "neither":
        return "no direction"
    # As if lower were better.
    value, low, high = ratio if better == "lower" else (1 / ratio.value, 1 / ratio.high, 1 / ratio.low)
    limit = 1 + tolerance
    if low > limit:
        return "worse"
    if high < 1 / limit:
        return "better"
    return "same" if 1 / limit <= value <= limit else "unclear"


def lines(found: Comparison, *, everything: bool) -> Iterator[str]:
    """For a terminal: what changed, or all rows."""
    yield from found.differences
    shown = [r for r in found.rows if everything or r.verdict in ("worse", "better", "lost", "not measured")]
    wide = max((len(r.id) for r in shown), default=0)
    for r in shown:
        if r.ratio is None:
            yield f"{r.id:{wide}}  {r.metric or '':24}  {r.verdict}{': ' + r.note if r.note else ''}"
            continue
        yield (
            f"{r.id:{wide}}  {r.metric:24}  {r.verdict:8}  {r.ratio:6.3f} ({r.low:.3f} to {r.high:.3f})"
            f"  {r.base:.6g} to {r.new:.6g}{'  ' + r.note if r.note else ''}"
        )
    counts: dict[str, int] = {}
    for r in found.rows:
        counts[r.verdict] = counts.get(r.verdict, 0) + 1
    yield ", ".join(f"{n} {verdict}" for verdict, n in sorted(counts.items())) or "nothing to compare"


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(help=__doc__)
def main(
    base: Annotated[str, typer.Argument(help="Result file, or a revision of git that has NEW.")],
    new: Annotated[Path | None, typer.Argument(help=f"Result file; {_PUBLISHED} when left out.")] = None,
    tolerance: Annotated[
        float | None, typer.Option(min=0, help="Relative change to let pass, of every metric, as 0.05.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show rows without a change, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """The command; see the module."""
    after = new or workspace() / _PUBLISHED
    is_file = base.endswith(".json") or Path(base).exists()
    before = read_results(Path(base)) if is_file else read_revision(base, after)
    found = compare(before, read_results(after), tolerance)
    if as_json:
        print(json.dumps({**asdict(found), "regressions": len(found.regressions)}, ensure_ascii=False))
    else:
        print("\n".join(lines(found, everything=everything)))
    if found.regressions:
        sys.exit(1)


if __name__ == "__main__":
    run_command(app)
