"""PNGs of the report's main pictures, for documents: speed of our runtime, quality by split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_file

from benchmarks.report.figures import measured, name_of, noisy, rate, roof
from benchmarks.report.quality import shares
from benchmarks.report.sources import Found

COLOURS = ("#2f6fb3", "#d9822b", "#3d8f5f", "#9a4f9c", "#7a7a2a", "#b3434f")
_ROWS = 14


def draw(found: Found, folder: Path) -> list[Path]:
    """Draw what there are figures for; the paths written.

    Raises:
        RoboError: matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError:
        raise RoboError(
            "the pictures need matplotlib: .venv/bin/python -m pip install matplotlib, or leave them out with"
            " --no-pictures"
        ) from None
    matplotlib.use("agg")
    drawings = {
        "speed.png": _speed(found),
        "quality.png": _quality(found),
        "prediction.png": _prediction(found),
    }
    written = []
    for name, figure in drawings.items():
        if figure is None:
            continue
        with atomic_file(folder / name) as temporary:
            figure.savefig(temporary, dpi=160, format="png", metadata={"Software": None})
        written.append(folder / name)
    return written


def _plain(text: str) -> str:
    """Text as it is, no formula."""
    return text.replace("$", r"\$")


def _figure(rows: int) -> tuple[Any, Any]:
    import matplotlib.pyplot as plt

    style: Any = {
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
    }
    with plt.rc_context(style):
        figure, axes = plt.subplots(figsize=(8, 0.9 + 0.32 * rows), layout="constrained")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#dfe3e8", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.invert_yaxis()
    return figure, axes


def _speed(found: Found) -> Any:
    """Tokens a second of our own runtime under the grammar, and the roof of memory bandwidth."""
    seen = [
        one
        for one in measured(found.runs)
        if one.run.results.what in ("matrix", "device")
        and one.cell.constrained != "unconstrained"
        and not noisy(one.cell)
    ]
    rows = [
        (speed.value, roof(one), one)
        for one in seen
        if (speed := rate(one.cell)) is not None and not speed.processor
    ]
    if not rows:
        return None
    rows = sorted(rows, key=lambda row: -row[0])[:_ROWS]
    formats = list(dict.fromkeys(one.cell.format for one in seen))
    machines = {one.run.place for _, _, one in rows}
    figure, axes = _figure(len(rows))
    longest = max(value for value, _, _ in rows)
    names = []
    for i, (value, top, one) in enumerate(rows):
        axes.barh(i, value, color=COLOURS[formats.index(one.cell.format) % 6], height=0.62)
        inside = value > 0.12 * longest
        axes.text(
            value - 0.01 * longest if inside else value + 0.01 * longest, i, f"{value:,.0f}", va="center",
            ha="right" if inside else "left", color="white" if inside else "black", fontsize=8,
        )  # fmt: skip
        if top and top < 2 * longest:
            axes.plot([top, top], [i - 0.4, i + 0.4], color="#1b2430", linestyle=":", linewidth=1.8)
        name = name_of(one.cell).replace(", grammar", "")
        names.append(f"{name}\n{one.run.place}" if len(machines) > 1 else name)
    axes.set_yticks(range(len(rows)), [_plain(name) for name in names], fontsize=7.5)
    where = "" if len(machines) > 1 else f"{next(iter(machines))}: "
    axes.set_xlabel(f"{_plain(where)}tokens a second under the grammar\ndotted: what memory bandwidth allows")
    return figure


def _quality(found: Found) -> Any:
    """pass@1 by split of every answerer."""
    bars: list[tuple[str, str, float, float, float]] = []
    for _, results in found.quality:
        for asked in results.answerers:
            for split, share in shares(results, "split", asked.name).items():
                bars.append((split, asked.name, share.rate, share.rate - share.low, share.high - share.rate))
    if not bars:
        return None
    splits = list(dict.fromkeys(bar[0] for bar in bars))
    names = list(dict.fromkeys(bar[1] for bar in bars))
    figure, axes = _figure(max(4, len(splits) * len(names) // 2 + 1))
    height = 0.8 / len(names)
    for split, name, value, below, above in bars:
        i = names.index(name)
        y = splits.index(split) + (i - (len(names) - 1) / 2) * height
        first = split == next(bar[0] for bar in bars if bar[1] == name)
        axes.barh(
            y, value, height=0.9 * height, color=COLOURS[i % 6], xerr=[[max(below, 0)], [max(above, 0)]],
            error_kw={"elinewidth": 0.8, "ecolor": "#1b2430"}, label=_plain(name) if first else None,
        )  # fmt: skip
    axes.set_yticks(range(len(splits)), [_plain(split) for split in splits])
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
    axes.set_xlabel("programs that do what was asked, one greedy answer (whiskers: Wilson's 95 %)")
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    return figure


def _prediction(found: Found) -> Any:
    """Ranges of devices that were never measured."""
    if not found.predictions:
        return None
    shown = [p for p in found.predictions[-1][1].predictions if p.model == "nano"]
    if not shown:
        return None
    figure, axes = _figure(len(shown))
    for i, p in enumerate(shown):
        axes.barh(
            i,
            p.tokens_100_s_slow - p.tokens_100_s_fast,
            left=p.tokens_100_s_fast,
            color=COLOURS[1],
            height=0.5,
        )
        axes.text(
            p.tokens_100_s_slow,
            i,
            f"  {p.tokens_100_s_fast:.2f} to {p.tokens_100_s_slow:.2f} s",
            va="center",
            fontsize=8,
        )
    axes.set_yticks(range(len(shown)), [_plain(p.device) for p in shown])
    axes.set_xlim(0, 1.25 * max(p.tokens_100_s_slow for p in shown))
    axes.set_xlabel("seconds to decode 100 tokens, nano, one thread: a prediction, never measured")
    return figure
