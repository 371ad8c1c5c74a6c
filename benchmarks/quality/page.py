"""The report: one HTML file that opens offline, with every failure to browse."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape

from benchmarks.quality.charts import Bar, Group, bars, legend
from benchmarks.quality.page_assets import SCRIPT, STYLE
from benchmarks.quality.results import Failure, Results, Row, Share

LARGEST = 4_500_000
"""Bytes of the page; failures beyond that stay in their own file."""
_FAMILIES = 30
_TITLES = {
    "split": "By split", "style": "By style of hardware", "grade": "By grade",
    "depth": "By depth: loops and conditions inside each other, in the reference",
    "tier": "By tier of language", "language": "By language", "split and language": "By split and language",
    "family": "By family of tasks",
}  # fmt: skip


def page(results: Results, failures: Sequence[Failure]) -> str:
    """The whole file. Whatever a prompt, a program or a name holds is shown as text."""
    names = [a.name for a in results.answerers]
    body = "\n".join(
        [*_head(results), _measures(results), _splits(results, names), _comparisons(results),
         *_charts(results, names), *_robustness(results, names), *_causes(results, names)]
    )  # fmt: skip
    data, left_out = _data(failures, LARGEST - len(body.encode()) - 20_000)
    note = f"{left_out} more are in the file of failures beside this page." if left_out else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Quality of the programs</title>
<style>{STYLE}</style>
</head>
<body>
{body}
<h2>Failures</h2>
<p class="soft"><span id="count">{len(failures)} failures</span> {escape(note)}</p>
<div id="filters"></div>
<div id="list"><noscript>Browsing the failures needs JavaScript.</noscript></div>
<script id="data" type="application/json">{data}</script>
<script>{SCRIPT}</script>
</body>
</html>
"""


def _data(failures: Sequence[Failure], room: int) -> tuple[str, int]:
    """As many failures as there is room for, taken evenly; as JSON that cannot end its script element."""
    texts = [
        json.dumps(f.model_dump(mode="json"), ensure_ascii=False).replace("<", "\\u003c") for f in failures
    ]
    sizes = [len(t.encode()) + 1 for t in texts]
    keep = len(texts)
    if sum(sizes) > room:
        keep = int(len(texts) * room / sum(sizes) * 0.95)
    chosen = [texts[i * len(texts) // keep] for i in range(keep)] if keep else []
    return "[" + ",".join(chosen) + "]", len(texts) - len(chosen)


def _head(results: Results) -> Iterator[str]:
    commit = str(results.git.get("commit", ""))[:12] + (" with changes" if results.git.get("dirty") else "")
    machine = results.machine
    sets = ", ".join(s.path for s in results.sets)
    yield "<h1>Quality of the programs</h1>"
    limit = f", at most {results.limit} a split" if results.limit else ""
    yield (
        f"<p>{len(results.cases):,} prompts, one greedy answer each, run in the simulator. "
        "Intervals are Wilson's at 95 %.</p>"
        f"<p class=soft>{escape(results.time)} · commit {escape(commit or 'unknown')} · "
        f"{escape(str(machine.get('cpu', '')))}, load {escape(str(machine.get('load', '')))} · "
        f"seed {results.seed}{limit} · {escape(sets)}</p>"
        f"<p class=soft><code>{escape(results.command)}</code></p>"
    )


def _measures(results: Results) -> str:
    rows = {row.answerer: row for row in results.rows if row.axis == "all"}
    names = [a.name for a in results.answerers]
    lines = [[kind, *(_cell(rows[n].measures[kind]) for n in names)] for kind in rows[names[0]].measures]
    lines.append(["seconds an answer, median", *(f"{a.seconds_median:.3f}" for a in results.answerers)])
    return "<h2>Measures</h2>" + _table(["", *names], lines)


def _splits(results: Results, names: Sequence[str]) -> str:
    found = _by_value(results.rows, "split")
    lines = [
        [value, f"{next(iter(rows.values())).n}", *(_cell(_pass(rows.get(n))) for n in names)]
        for value, rows in found.items()
    ]
    return "<h2>pass@1 by split</h2>" + _table(["split", "n", *names], lines)


def _comparisons(results: Results) -> str:
    lines = [
        [f"{c.second} against {c.first}", c.value, f"{c.n}", f"{c.points:+.1f}",
         f"{c.low:+.1f} to {c.high:+.1f}", f"{c.only_second}", f"{c.only_first}", f"{c.p:.2g}"]
        for c in results.comparisons
    ]  # fmt: skip
    if not lines:
        return ""
    head = ["", "split", "n", "points", "95 %", "won", "lost", "McNemar p"]
    return "<h2>Paired comparisons</h2>" + _table(head, lines)


def _charts(results: Results, names: Sequence[str]) -> Iterator[str]:
    yield "<h2>pass@1</h2>" + legend(names)
    one_language = len(_by_value(results.rows, "language")) < 2
    for axis, title in _TITLES.items():
        found = _by_value(results.rows, axis)
        if len(found) < 2 or (axis == "split and language" and one_language):
            continue
        if axis == "family" and len(found) > _FAMILIES:
            size = {value: next(iter(rows.values())).n for value, rows in found.items()}
            largest = set(sorted(size, key=lambda v: -size[v])[:_FAMILIES])
            found = {value: rows for value, rows in found.items() if value in largest}
            title += f" (the {_FAMILIES} largest)"
        groups = [
            Group(value, [_bar(i, share) for i, n in enumerate(names) if (share := _pass(rows.get(n)))])
            for value, rows in found.items()
        ]
        yield bars(title, groups, names)


def _robustness(results: Results, names: Sequence[str]) -> Iterator[str]:
    if not results.robustness:
        return
    yield "<h2>Robustness: the same cases in other words</h2>"
    lines = [
        [r.answerer, r.perturbation, f"{r.n}", f"{r.plain:.1%}", f"{r.perturbed:.1%}", f"{r.points:+.1f}",
         f"{r.low:+.1f} to {r.high:+.1f}", f"{r.p:.2g}"]
        for r in results.robustness
    ]  # fmt: skip
    kinds = list(dict.fromkeys(r.perturbation for r in results.robustness))
    groups = [
        Group(kind, [
            Bar(names.index(r.answerer), r.points / 100, r.low / 100, r.high / 100, f"{r.points:+.1f} points")
            for r in results.robustness if r.perturbation == kind
        ])
        for kind in kinds
    ]  # fmt: skip
    yield bars("Change of pass@1 against the prompt as written", groups, names, -0.5, 0.5)
    yield _table(["", "perturbation", "n", "as written", "perturbed", "points", "95 %", "McNemar p"], lines)


def _causes(results: Results, names: Sequence[str]) -> Iterator[str]:
    found = [c for c in results.causes if c.split == "all"]
    if not found:
        return
    total = {name: sum(c.share.hits for c in found if c.answerer == name) for name in names}
    kinds = sorted({c.cause for c in found}, key=lambda k: -sum(c.share.hits for c in found if c.cause == k))
    groups = [
        Group(kind, [_bar(names.index(c.answerer), c.share) for c in found if c.cause == kind])
        for kind in kinds
    ]
    yield (
        "<h2>Causes of failure</h2><p class=soft>"
        + escape("; ".join(f"{name}: {n} failures" for name, n in total.items() if n))
        + "</p>"
    )
    yield bars("Share of the failures", groups, names)
    splits = list(dict.fromkeys(c.split for c in results.causes if c.split != "all"))
    for name in names:
        counts = {(c.cause, c.split): c.share.hits for c in results.causes if c.answerer == name}
        lines = [
            [kind, *(str(counts.get((kind, s), 0)) for s in splits)]
            for kind in kinds if any((kind, s) in counts for s in splits)
        ]  # fmt: skip
        if lines:
            yield _table([name, *splits], lines)


def _by_value(rows: Sequence[Row], axis: str) -> dict[str, dict[str, Row]]:
    """The rows of an axis by value and answerer."""
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row.axis == axis:
            found.setdefault(row.value, {})[row.answerer] = row
    return found


def _pass(row: Row | None) -> Share | None:
    return row.measures["pass@1"] if row else None


def _bar(series: int, share: Share) -> Bar:
    return Bar(series, share.rate, share.low, share.high, f"{share.rate:.1%} ({share.hits} of {share.n})")


def _cell(share: Share | None) -> str:
    if share is None or not share.n:
        return "–"
    return f"{share.rate:.1%}\n{share.low:.0%} to {share.high:.0%}"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table; what follows a line end in a cell is set small."""

    def cell(text: str) -> str:
        main, _, rest = text.partition("\n")
        return f"<td>{escape(main)}{f'<small>{escape(rest)}</small>' if rest else ''}</td>"

    top = "".join(f"<th>{escape(h)}</th>" for h in head)
    rows = "".join(f"<tr>{''.join(map(cell, line))}</tr>" for line in lines)
    return f'<div class="wide"><table><tr>{top}</tr>{rows}</table></div>'
