"""Reports as one HTML file that opens without network: the page around them, tables, the drawing library."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.files import write_text

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1b2430}
table{border-collapse:collapse}td,th{padding:.2rem .7rem;border-bottom:1px solid #ddd;text-align:left}
td:not(:first-child){text-align:right}.bad{color:#b3261e}.good{color:#1b6e3c}pre{white-space:pre-wrap}
td{overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){body{background:#14181d;color:#e3e7ec}td,th{border-color:#333}}
"""
_PLAIN = {"displaylogo": False, "responsive": True}


def drawing() -> Any:
    """plotly's `graph_objects`.

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
    return go


def pictures_html(pictures: Iterable[Any]) -> list[str]:
    """The pictures as HTML; the first brings plotly's script along, so that no network is needed."""
    return [
        picture.to_html(full_html=False, include_plotlyjs=i == 0, config=_PLAIN)
        for i, picture in enumerate(pictures)
    ]


def table(head: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    """A table with a row per key; everything in it is escaped."""
    if not rows:
        return "<p>none</p>"
    cells = "".join(f"<th>{html.escape(h)}</th>" for h in head)
    body = "".join(
        f"<tr><td>{html.escape(name)}</td>{''.join(f'<td>{html.escape(v)}</td>' for v in values)}</tr>"
        for name, values in rows.items()
    )
    return f"<table><tr>{cells}</tr>{body}</table>"


def write_page(path: Path, title: str, parts: Iterable[str]) -> None:
    """Write the HTML `parts` as one page, atomically."""
    write_text(
        path,
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style>{''.join(parts)}</html>",
    )
