"""What a comparison found: runs of one variant pooled over seeds, in JSON, in the terminal and as a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from rich.console import Console
from rich.table import Table
from robo_runtime.files import Strict, write_json
from robo_train.pages import table, write_page

from benchmarks.quality.figures import share
from benchmarks.quality.intervals import paired
from benchmarks.quality.results import Share
from benchmarks.training.trial import Trial
from benchmarks.training.variants import VariantSet


class Against(Strict):
    """pass@1 against the first variant on the same prompts and seeds; a prompt counts once for each seed."""

    n: int
    points: float
    low: float
    high: float
    p: float


class Summary(Strict):
    """One variant over its seeds: means, and pooled shares with Wilson intervals."""

    variant: str
    seeds: list[int]
    parameters: int
    steps: float
    tokens: float
    tokens_per_s: float
    first_step_s: float
    nats_per_token: dict[str, float]
    nats_per_character: dict[str, float]
    val_loss_spread: float
    """Largest less smallest loss of its seeds: smaller differences between variants mean little."""
    passed: dict[str, Share]
    copied: dict[str, Share]
    copied_wrong: dict[str, Share]
    against_first: Against | None


def summarise(variants: VariantSet, trials: Sequence[Trial]) -> list[Summary]:
    """A summary of each variant that has a finished run, in the set's order."""
    by = {name: [t for t in trials if t.variant == name] for name in variants.variants}
    first = {t.seed: t for t in by[next(iter(by))]}
    return [_summary(name, found, first) for name, found in by.items() if found]


def _summary(name: str, trials: Sequence[Trial], first: dict[int, Trial]) -> Summary:
    def average(figure: Callable[[Trial], float], digits: int) -> float:
        return round(mean(map(figure, trials)), digits)

    splits = list(trials[0].losses)
    ends = [t.losses["all"].nats_per_token for t in trials]
    return Summary(
        variant=name, seeds=[t.seed for t in trials], parameters=trials[0].training.parameters,
        steps=average(lambda t: t.training.steps, 1), tokens=average(lambda t: t.training.tokens, 0),
        tokens_per_s=average(lambda t: t.training.tokens_per_s, 0),
        first_step_s=average(lambda t: t.training.first_step_s, 1),
        nats_per_token={s: average(lambda t, s=s: t.losses[s].nats_per_token, 4) for s in splits},  # type: ignore[misc]
        nats_per_character={s: average(lambda t, s=s: t.losses[s].nats_per_character, 5) for s in splits},  # type: ignore[misc]
        val_loss_spread=round(max(ends) - min(ends), 4),
        passed=_pooled([t.passed for t in trials]), copied=_pooled([t.copied for t in trials]),
        copied_wrong=_pooled([t.copied_wrong for t in trials]), against_first=_against(trials, first),
    )  # fmt: skip


def _pooled(shares: Sequence[dict[str, Share]]) -> dict[str, Share]:
    splits = dict.fromkeys(split for one in shares for split in one)
    found = {split: [one[split] for one in shares if split in one] for split in splits}
    return {split: share(sum(s.hits for s in some), sum(s.n for s in some)) for split, some in found.items()}


def _against(trials: Sequence[Trial], first: dict[int, Trial]) -> Against | None:
    pairs = [(first[t.seed], t) for t in trials if t.seed in first and first[t.seed] is not t]
    if not pairs or any(a.cases != b.cases for a, b in pairs):
        return None
    before, after = ([p == "1" for pair in pairs for p in pair[side].passes] for side in (0, 1))
    found = paired(before, after)
    points, low, high = (round(100 * x, 2) for x in (found.difference, found.low, found.high))
    return Against(n=found.n, points=points, low=low, high=high, p=float(f"{found.p:.3g}"))


def write_outcome(
    path: Path, variants: VariantSet, trials: Sequence[Trial], failed: dict[str, str],
    origin: dict[str, Any],
) -> list[Summary]:  # fmt: skip
    """Write the JSON at `path` and the page beside it."""
    summaries = summarise(variants, trials)
    write_json(path, {
        "benchmark": "recipes at a fixed budget", "set": variants.model_dump(),
        "summaries": [s.model_dump() for s in summaries],
        # Which prompts each run passed decides the comparison; which there were is the same for all.
        "cases": trials[0].cases if trials else [],
        "trials": [t.model_dump(exclude={"cases"}) for t in trials], "failed": failed, **origin,
    })  # fmt: skip
    head, *lines = _lines(summaries)
    parts = [
        f"<h1>{variants.name}</h1>", f"<p>{_escaped(variants.about)}</p>",
        table(head, {row[0]: row[1:] for row in lines}),
        "<h2>Runs that failed</h2>", table(("run", "why"), {name: [why] for name, why in failed.items()}),
    ]  # fmt: skip
    write_page(path.with_suffix(".html"), f"Comparison: {variants.name}", parts)
    return summaries


def show(summaries: Sequence[Summary], console: Console | None = None) -> None:
    """A table of a column per variant, which stays readable with many splits."""
    head, *lines = _lines(summaries)
    columns = Table(*head)
    for line in lines:
        columns.add_row(*line)
    (console or Console()).print(columns)


def _lines(summaries: Sequence[Summary]) -> list[list[str]]:
    """A row of texts for each figure, a column for each variant; the first row is the head."""
    plain: list[tuple[str, Callable[[Summary], str]]] = [
        ("seeds", lambda s: ", ".join(map(str, s.seeds))),
        ("parameters", lambda s: f"{s.parameters / 1e6:.2f}M"),
        ("steps", lambda s: f"{s.steps:,.0f}"),
        ("tokens", lambda s: f"{s.tokens / 1e6:.2f}M"),
        ("tokens/s after the first step", lambda s: f"{s.tokens_per_s:,.0f}"),
        ("seconds to the first step", lambda s: f"{s.first_step_s:.1f}"),
        ("spread of the loss between seeds", lambda s: f"{s.val_loss_spread:.4f}"),
        ("pass@1 against the first, points", lambda s: _points(s.against_first)),
    ]
    rows = [["", *(s.variant for s in summaries)]]
    rows += [[title, *map(text, summaries)] for title, text in plain]
    losses = dict.fromkeys(split for s in summaries for split in s.nats_per_token)
    rows += [[f"loss, {x}", *(f"{s.nats_per_token[x]:.4f}" for s in summaries)] for x in losses]
    rows += [
        [f"loss a character, {x}", *(f"{s.nats_per_character[x]:.5f}" for s in summaries)] for x in losses
    ]
    titles = {
        "passed": "pass@1", "copied": "numbers copied", "copied_wrong": "failures by a number copied wrong",
    }  # fmt: skip
    for field, title in titles.items():
        found = [getattr(s, field) for s in summaries]
        for split in dict.fromkeys(x for shares in found for x in shares):
            rows.append([f"{title}, {split}", *(_share(shares.get(split)) for shares in found)])
    return rows


def _share(share: Share | None) -> str:
    return f"{share.rate:.1%} ({share.low:.0%} to {share.high:.0%})" if share and share.n else "–"


def _points(against: Against | None) -> str:
    if against is None:
        return "–"
    return f"{against.points:+.1f} ({against.low:+.1f} to {against.high:+.1f}), p = {against.p:.2g}"


def _escaped(text: str) -> str:
    import html

    return html.escape(text)
