"""`report.html` of a training run: its curves, recipe, data and machine, from the run folder alone."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

from robo_runtime.errors import RoboError

from robo_train.pages import drawing, pictures_html, table, write_page
from robo_train.training.run_folder import REPORT, read_figures, read_folder

Row = Mapping[str, Any]

_PHASES = {
    "pretrain": ("all text", "#e8b93f"),
    "instruct": ("instructions", "#7d8fa3"),
    "instruct+qat": ("instructions, INT4 weights", "#4f9d5d"),
    "mixed": ("all text and instructions", "#7d8fa3"),
    "mixed+qat": ("all text and instructions, INT4 weights", "#4f9d5d"),
}
_CURVES: dict[str, tuple[tuple[str, str], ...]] = {
    "loss, nats a token": (("loss", "training"), ("val_loss", "validation")),
    "perplexity": (("perplexity", "training"), ("val_perplexity", "validation")),
    "learning rate": (("learning_rate", "learning rate"),),
    "gradient norm": (("grad_norm", "gradient norm"),),
    "tokens/s, without start-up and validation": (("tokens_per_s", "tokens/s"),),
}
_LOGARITHMIC = ("perplexity", "gradient norm")
_COLOURS = ("#5b8ab5", "#c0392b")
_MOST_POINTS = 4000


def write_report(folder: Path) -> Path:
    """Write `report.html` into a run folder and return its path.

    Raises:
        RoboError: the folder holds no figures, or plotly is not installed.
    """
    rows, notes = read_figures(folder), read_folder(folder)
    name = str(notes["config"].get("recipe", {}).get("name", folder.name))
    parts = [
        f"<h1>{html.escape(name)}</h1>",
        table(("figure", ""), summary(rows)),
        "<h2>Curves</h2><p>The steps of all pictures are the same: zoom with the mouse.</p>",
        *pictures_html([_curves(rows)]),
        *(f"<h2>{title}</h2>{table(('', ''), flatten(part))}" for title, part in _sections(notes)),
    ]
    write_page(folder / REPORT, f"Training of {name}", parts)
    return folder / REPORT


def find_run(run: str, runs: Path) -> Path:
    """The folder of a run that is given as a name in `runs` or as a path.

    Raises:
        RoboError: there is none; says which there are.
    """
    for folder in (runs / run, Path(run)):
        if folder.is_dir():
            return folder
    known = ", ".join(sorted(p.parent.name for p in runs.glob("*/figures.jsonl")))
    raise RoboError(f"{run}: no such run; {runs} has: {known or 'none'}")


def summary(rows: Sequence[Row]) -> dict[str, list[str]]:
    """How far the run came and what it reached, in words."""
    last = rows[-1]
    told = {
        "steps": f"{last['step']:,}",
        "tokens seen, padding included": f"{last.get('tokens', 0):,}",
        "minutes": f"{last.get('seconds', 0) / 60:.1f}",
        "phase": str(last.get("phase", "")),
    }
    if speeds := [row["tokens_per_s"] for row in rows if "tokens_per_s" in row]:
        told["tokens/s, median, without start-up and validation"] = f"{median(speeds):,.0f}"
    if losses := [row for row in rows if "loss" in row]:
        told["training loss, last"] = f"{losses[-1]['loss']:.4f}"
    if checked := [row for row in rows if "val_loss" in row]:
        end, best = checked[-1], min(checked, key=lambda row: float(row["val_loss"]))
        told["validation loss, last"] = f"{end['val_loss']:.4f}"
        told["validation perplexity, last"] = f"{end['val_perplexity']:.4f}"
        told["validation loss, lowest"] = f"{best['val_loss']:.4f} at step {best['step']:,}"
    return {key: [value] for key, value in told.items()}


def phases(rows: Sequence[Row]) -> list[tuple[str, int, int]]:
    """Name, first and last step of each stretch of one phase; a stretch ends where the next begins."""
    starts: list[tuple[str, int]] = []
    for phase, stretch in groupby(rows, lambda row: str(row.get("phase", ""))):
        starts.append((phase, next(stretch)["step"]))
    ends = [start for _, start in starts[1:]] + [rows[-1]["step"]]
    return [(phase, start, end) for (phase, start), end in zip(starts, ends, strict=True)]


def thin(points: Sequence[Row], most: int = _MOST_POINTS) -> list[Row]:
    """At most about `most` points, evenly taken, the last one always: a page must open on a phone."""
    every = max(1, len(points) // most)
    return [row for i, row in enumerate(points) if i % every == 0 or i == len(points) - 1]


def _curves(rows: Sequence[Row]) -> Any:
    go = drawing()
    from plotly.subplots import make_subplots

    picture = make_subplots(
        rows=len(_CURVES), shared_xaxes=True, vertical_spacing=0.045, subplot_titles=list(_CURVES)
    )
    for place, (title, curves) in enumerate(_CURVES.items(), 1):
        for (key, label), colour in zip(curves, _COLOURS, strict=False):
            points = thin([row for row in rows if key in row])
            picture.add_scatter(
                x=[row["step"] for row in points], y=[row[key] for row in points], name=label,
                legendgroup=label, showlegend=place == 1, row=place, col=1,
                mode="lines+markers" if key.startswith("val_") or len(points) < 3 else "lines",
                line={"color": colour, "width": 1.5},
                customdata=[row.get("seconds", 0) / 60 for row in points],
                hovertemplate=label + " %{y:.5g}<br>step %{x}, minute %{customdata:.1f}<extra></extra>",
            )  # fmt: skip
        if title in _LOGARITHMIC:
            picture.update_yaxes(type="log", row=place, col=1)
    seen = set()
    for phase, start, end in phases(rows):
        label, colour = _PHASES.get(phase, (phase, "#999999"))
        picture.add_vrect(x0=start, x1=end, fillcolor=colour, opacity=0.13, line_width=0, layer="below")
        if phase not in seen:  # a mark in the legend: regions have none of their own
            seen.add(phase)
            mark = {"color": colour, "symbol": "square", "size": 12, "opacity": 0.5}
            picture.add_trace(go.Scatter(x=[None], y=[None], mode="markers", marker=mark, name=label), 1, 1)
    picture.update_xaxes(title="optimiser steps", row=len(_CURVES), col=1)
    return picture.update_layout(
        height=260 * len(_CURVES), legend={"orientation": "h", "y": 1.04, "x": 0}, margin={"l": 60, "r": 20},
        template="plotly_white", paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(127,127,127,.06)",
        font={"color": "#7a8594"},
    )  # fmt: skip


def _sections(notes: Mapping[str, dict[str, Any]]) -> list[tuple[str, Any]]:
    config, data = dict(notes["config"]), dict(notes["data"])
    starts = notes["environment"].get("starts", [])
    if "recipe" not in config:  # a folder from before there were parts
        config = {"recipe": config}
    found = [(name.capitalize(), config.pop(name, {})) for name in ("recipe", "model", "tokenizer")]
    found += [("Settled at the start", config), ("Data", data)]
    for i, start in enumerate(starts):
        found.append(("Environment" if i == 0 else f"Environment after resuming, {i}", start))
    return [(title, part) for title, part in found if part]


def flatten(part: Any, prefix: str = "") -> dict[str, list[str]]:
    """`{"a": {"b": 1}}` -> `{"a.b": ["1"]}`: a row of a table for each value."""
    if isinstance(part, Mapping) and part:
        rows: dict[str, list[str]] = {}
        for key, value in part.items():
            rows |= flatten(value, f"{prefix}.{key}" if prefix else str(key))
        return rows
    if isinstance(part, list):
        part = ", ".join(map(str, part))
    return {prefix: [f"{part:,}" if type(part) is int else str(part)]}
