#!/usr/bin/env python3
"""Draw the loss of a training run as an SVG for a document; `robo-train report` shows all of its figures.

.venv/bin/pip install matplotlib
.venv/bin/python benchmarks/training/plot_run.py runs/robo-nano docs/pictures/robo-nano.svg
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from robo_runtime.errors import RoboError
from robo_train.training.report import phases
from robo_train.training.run_folder import read_figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="a folder of runs/")
    parser.add_argument("out", type=Path, help="the SVG file to write")
    args = parser.parse_args()
    run, out = args.run, args.out
    try:
        rows = read_figures(run)
    except RoboError as e:
        sys.exit(f"error: {e}")
    steps = [row for row in rows if "loss" in row]
    validations = [row for row in rows if "val_loss" in row]
    matplotlib.rcParams |= {"svg.hashsalt": "robolm", "font.size": 10, "svg.fonttype": "none"}
    figure, left = plt.subplots(figsize=(8, 3.6), layout="constrained")
    minutes = [row["seconds"] / 60 for row in steps]
    left.plot(minutes, [row["loss"] for row in steps], color="#9ab", linewidth=0.8, label="training")
    left.plot(
        [row["seconds"] / 60 for row in validations], [row["val_loss"] for row in validations],
        "o-", color="#c33", markersize=4, label="validation: held-out tasks and phrasings",
    )  # fmt: skip
    shades = {
        "pretrain": ("#ffe9b0", "all text"),
        "instruct+qat": ("#d8ecd8", "INT4 weights in the forward pass"),
    }
    minute = {row["step"]: row["seconds"] / 60 for row in rows}
    for phase, start, end in phases(rows):
        if phase in shades:
            colour, label = shades[phase]
            left.axvspan(minute[start], minute[end], color=colour, zorder=0, label=label)
    left.set(xlabel="minutes", ylabel="loss, nats a token", ylim=(0, None), yscale="linear")
    left.set_ylim(0, 3)
    left.legend(frameon=False, fontsize=9)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, metadata={"Date": None})


if __name__ == "__main__":
    main()
