"""`report.html`: what a corpus holds, as pictures and tables, in one file without network."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robo_train.corpus.audit import Audit
from robo_train.corpus.figures import MANY, Figures
from robo_train.pages import drawing, pictures_html, table, write_page


def write_report(path: Path, audit: Audit, figures: Figures) -> None:
    """Write the page.

    Raises:
        RoboError: plotly is not installed.
    """
    go = drawing()
    pictures: list[Any] = [_growth(go, figures)]
    for axis, title in (("lang", "Records by language"), ("family", "Records by trigger or shape"),
                        ("grade", "Records by grade"), ("split", "Records by split")):  # fmt: skip
        pictures.append(_bars(go, title, figures.axes[axis]))
    pictures.append(_bars(go, "Training programs by firmware function", figures.functions))
    rows = {lang: [f"{v:,}" for v in row.values()] for lang, row in figures.languages.items()}
    parts = [
        "<h1>The corpus</h1>", _verdict(audit), "<h2>How diversity grows</h2>", _growth_table(figures),
        *pictures_html(pictures),
        "<h2>Languages</h2>", table(("language", "samples", "tokens a prompt", "characters a token"), rows),
        f"<h2>Functions in fewer than {MANY} programs</h2>",
        table(("function", "programs"), {k: [str(v)] for k, v in figures.rare().items()}),
        "<h2>Callables of MicroPython</h2>",
        table(("callable", "programs"), {k: [f"{v:,}"] for k, v in figures.modules.items()}),
    ]  # fmt: skip
    write_page(path, "The corpus", parts)


def _verdict(audit: Audit) -> str:
    colour = "good" if audit.clean else "bad"
    head = f"<p class={colour}>{audit.records:,} records of {html.escape(audit.folder.name)}: "
    head += "nothing wrong was found.</p>" if audit.clean else f"{sum(audit.wrong.values()):,} findings.</p>"
    overlaps = table(("shared by two splits", ""), {k: [f"{v:,}"] for k, v in audit.overlaps.items()})
    kinds = table(("finding", ""), {k: [f"{v:,}"] for k, v in audit.wrong.items()}) if audit.wrong else ""
    texts = f"<pre>{html.escape(chr(10).join(audit.findings))}</pre>" if audit.findings else ""
    report = audit.folder / "report.json"
    made = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    dropped = table(
        ("dropped while composing", ""), {k: [f"{v:,}"] for k, v in made.get("dropped", {}).items()}
    )
    return head + overlaps + kinds + texts + dropped


def _growth_table(figures: Figures) -> str:
    rows = {
        f"{g.samples:,}": [f"{n:,}" for n in (g.specs, g.programs, g.prompts, g.templates)]
        for g in figures.growth
    }
    return table(
        ("English samples", "specs", "programs, literals masked", "prompts", "prompts, literals masked"), rows
    )


def _growth(go: Any, figures: Figures) -> Any:
    x = [g.samples for g in figures.growth]
    named = {
        "specs": "distinct specs", "prompts": "distinct prompts",
        "templates": "prompts, literals masked", "programs": "programs, literals masked",
    }  # fmt: skip
    picture = go.Figure(
        [go.Scatter(x=x, y=[getattr(g, k) for g in figures.growth], name=v, mode="lines+markers")
         for k, v in named.items()]
    )  # fmt: skip
    return picture.update_layout(
        title="Distinct things among the first N English samples", xaxis_title="samples",
        yaxis_title="distinct", legend_orientation="h",
    )  # fmt: skip


def _bars(go: Any, title: str, counts: Mapping[str, int]) -> Any:
    names, values = list(counts), list(counts.values())
    bars = go.Bar(y=names[::-1], x=values[::-1], orientation="h")
    return go.Figure(bars).update_layout(title=title, height=140 + 18 * len(names), margin_l=160)
