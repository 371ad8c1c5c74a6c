"""`report.html`: what a corpus holds, as pictures and tables, in one file without network."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.files import write_text

from robo_train.corpus.audit import Audit
from robo_train.corpus.figures import MANY, Figures

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1b2430}
table{border-collapse:collapse}td,th{padding:.2rem .7rem;border-bottom:1px solid #ddd;text-align:left}
td:not(:first-child){text-align:right}.bad{color:#b3261e}.good{color:#1b6e3c}pre{white-space:pre-wrap}
@media(prefers-color-scheme:dark){body{background:#14181d;color:#e3e7ec}td,th{border-color:#333}}
"""


def write_report(path: Path, audit: Audit, figures: Figures) -> None:
    """Write the page.

    Raises:
        RoboError: plotly is not installed.
    """
    try:
        import plotly.graph_objects as go
    except ImportError:
        raise RoboError(
            "the report needs plotly; install robo-train[report] (in a checkout: .venv/bin/python -m pip"
            " install -e 'train[report]')"
        ) from None

    pictures: list[Any] = [_growth(go, figures)]
    for axis, title in (("lang", "Records by language"), ("family", "Records by trigger or shape"),
                        ("grade", "Records by grade"), ("split", "Records by split")):  # fmt: skip
        pictures.append(_bars(go, title, figures.axes[axis]))
    pictures.append(_bars(go, "Training programs by firmware function", figures.functions))
    rows = {lang: [f"{v:,}" for v in row.values()] for lang, row in figures.languages.items()}
    plain = {"displaylogo": False, "responsive": True}
    parts = [
        "<h1>The corpus</h1>", _verdict(audit), "<h2>How diversity grows</h2>", _growth_table(figures),
        *(p.to_html(full_html=False, include_plotlyjs=i == 0, config=plain)
          for i, p in enumerate(pictures)),
        "<h2>Languages</h2>", _table(("language", "samples", "tokens a prompt", "characters a token"), rows),
        f"<h2>Functions in fewer than {MANY} programs</h2>",
        _table(("function", "programs"), {k: [str(v)] for k, v in figures.rare().items()}),
        "<h2>Callables of MicroPython</h2>",
        _table(("callable", "programs"), {k: [f"{v:,}"] for k, v in figures.modules.items()}),
    ]  # fmt: skip
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>The corpus</title><style>{_STYLE}</style>{''.join(parts)}</html>"
    )
    write_text(path, page)


def _verdict(audit: Audit) -> str:
    colour = "good" if audit.clean else "bad"
    head = f"<p class={colour}>{audit.records:,} records of {html.escape(audit.folder.name)}: "
    head += "nothing wrong was found.</p>" if audit.clean else f"{sum(audit.wrong.values()):,} findings.</p>"
    overlaps = _table(("shared by two splits", ""), {k: [f"{v:,}"] for k, v in audit.overlaps.items()})
    kinds = _table(("finding", ""), {k: [f"{v:,}"] for k, v in audit.wrong.items()}) if audit.wrong else ""
    texts = f"<pre>{html.escape(chr(10).join(audit.findings))}</pre>" if audit.findings else ""
    report = audit.folder / "report.json"
    made = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    dropped = _table(
        ("dropped while composing", ""), {k: [f"{v:,}"] for k, v in made.get("dropped", {}).items()}
    )
    return head + overlaps + kinds + texts + dropped


def _table(head: tuple[str, ...], rows: Mapping[str, list[str]]) -> str:
    if not rows:
        return "<p>none</p>"
    cells = "".join(f"<th>{html.escape(h)}</th>" for h in head)
    body = "".join(
        f"<tr><td>{html.escape(name)}</td>{''.join(f'<td>{html.escape(v)}</td>' for v in values)}</tr>"
        for name, values in rows.items()
    )
    return f"<table><tr>{cells}</tr>{body}</table>"


def _growth_table(figures: Figures) -> str:
    rows = {
        f"{g.samples:,}": [f"{n:,}" for n in (g.specs, g.programs, g.prompts, g.templates)]
        for g in figures.growth
    }
    return _table(
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
