"""The few pieces of HTML that the report is made of; whatever they are given is shown as text.

Bars are HTML, not pictures, so that their words stay readable and wrap on a phone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple


class Tick(NamedTuple):
    """A mark on a bar's track."""

    value: float
    kind: str
    """`target`, `roof` or `equal`, which the style knows."""
    says: str


class Bar(NamedTuple):
    """One bar; with `low` and `high` a whisker, with `start` a range that does not begin at 0."""

    label: str
    value: float
    text: str
    series: int = 0
    note: str = ""

    ticks: Sequence[Tick] = ()
    low: float | None = None
    high: float | None = None
    start: float = 0.0
    more: str = ""
    """Set small below the text."""
    faint: bool = False
    """Drawn pale: not to be relied on."""


class Badge(NamedTuple):
    """A word on a coloured ground: `good`, `bad` or `soft`."""

    text: str
    kind: str


Content = str | Badge | Sequence[Badge]
"""What a cell of a table may hold."""


def bars(rows: Sequence[Bar], top: float | None = None, *, tight: bool = False) -> str:
    """Bars on one scale from 0 to `top` (the largest of all values when None).

    Args:
        tight: bars without a label belong to the labelled one before them, and stand close to it.
    """
    numbers = [n for r in rows for n in (r.value, r.high or 0.0)]
    top = top or max(numbers, default=0.0) or 1.0
    kind = "bars tight" if tight else "bars"
    return f'<div class="{kind}" role="list">{"".join(_bar(row, top) for row in rows)}</div>'


def _bar(row: Bar, top: float) -> str:
    def at(value: float) -> str:
        return f"{100 * min(max(value / top, 0.0), 1.0):.2f}%"

    def wide(start: float, end: float) -> str:
        share = min(max(end / top, 0.0), 1.0) - min(max(start / top, 0.0), 1.0)
        return f"left:{at(start)};width:max(2px,{100 * max(share, 0.0):.2f}%)"

    ticks = "".join(
        f'<b class="{escape(t.kind)}" style="left:{at(t.value)}" title="{escape(t.says)}"></b>'
        for t in row.ticks
        if t.value <= top
    )
    whisker = ""
    if row.low is not None and row.high is not None:
        whisker = f'<u style="{wide(row.low, row.high)}"></u>'
    note = f"<small>{escape(row.note)}</small>" if row.note else ""
    more = f"<small>{escape(row.more)}</small>" if row.more else ""
    named = (
        (" named" if row.label else "")
        + (" faint" if row.faint else "")
        + (" cut" if row.value > top * 1.001 else "")
    )
    spoken = "; ".join([row.text, *(t.says for t in row.ticks)])
    title = escape(f"{row.label}: {spoken}")
    return (
        f'<div class="bar s{row.series % 6}{named}" role="listitem" title="{title}">'
        f'<span class="label">{escape(row.label)}{note}</span>'
        f'<span class="track"><i style="{wide(row.start, row.value)}"></i>{whisker}{ticks}</span>'
        f'<span class="value">{escape(row.text)}{more}</span></div>'
    )


def legend(names: Iterable[str], ticks: Sequence[Tick] = ()) -> str:
    """Which colour and which mark is what."""
    items = [f'<span class="s{i % 6}"><i></i>{escape(name)}</span>' for i, name in enumerate(names)]
    items += [f'<span class="mark"><b class="{escape(t.kind)}"></b>{escape(t.says)}</span>' for t in ticks]
    return f'<p class="legend">{"".join(items)}</p>'


def badge(one: Badge) -> str:
    """A badge."""
    return f'<span class="badge {escape(one.kind)}">{escape(one.text)}</span>'


def verdict_row(name: str, badges: str) -> str:
    """A name and badges that wrap below it; `badges` is HTML."""
    return f'<div class="verdict"><span>{escape(name)}</span><span>{badges}</span></div>'


def _cell(content: Content) -> str:
    if isinstance(content, str):
        return escape(content)
    if isinstance(content, Badge):
        return badge(content)
    return " ".join(map(badge, content))


def grid(head: Sequence[str], rows: Iterable[Sequence[Content]]) -> str:
    """A table that scrolls by itself where it is wider than the page."""
    top = "".join(f'<th scope="col">{escape(h)}</th>' for h in head)
    lines = "".join(f"<tr>{''.join(f'<td>{_cell(c)}</td>' for c in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"
    return f'<div class="wide" tabindex="0">{table}</div>'


def folded(title: str, inside: str) -> str:
    """Something that opens when it is asked for; `inside` is HTML."""
    return f"<details><summary>{escape(title)}</summary>{inside}</details>"


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text."""
    return f'<p class="{escape(kind)}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def section(title: str, *parts: str, about: str = "") -> str:
    """A section with a heading that can be linked to; nothing when it has no parts."""
    inside = "".join(parts)
    if not inside:
        return ""
    name = "".join(c if c.isalnum() else "-" for c in title.lower())
    head = f"<h2>{escape(title)}</h2>{paragraph(about, 'soft') if about else ''}"
    return f'<section id="{escape(name)}">{head}{inside}</section>'


def tiles(items: Iterable[tuple[str, str, str]]) -> str:
    """Large figures, each with what it is and where it comes from."""
    inside = "".join(
        f'<div class="tile"><strong>{escape(figure)}</strong><span>{escape(what)}</span>'
        f"<small>{escape(of)}</small></div>"
        for figure, what, of in items
    )
    return f'<div class="tiles">{inside}</div>' if inside else ""
