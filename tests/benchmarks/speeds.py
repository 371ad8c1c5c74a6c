"""Results and combinations made by hand, for the tests of the matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.matrix.catalogue import Combination
from benchmarks.matrix.exports import Export
from benchmarks.matrix.measure import Plan
from benchmarks.matrix.run import Run
from benchmarks.matrix.schema import Cell, Load, Machine, Metric, Model, Results, metric

PLAN = Plan(prompts=2, loads=1, prefills=1, sustained=1, run_seconds=0.0, patience=1.0)
HERE = Machine(cpu="Z80", arch="z80", cores=2, memory_bytes=65536, os="CP/M")


def model(sha256: str = "1" * 64) -> Model:
    return Model(file="robo-nano-q4_0.gguf", bytes=7_000_000, sha256=sha256, params=9_440_640)


def combination(precision: str = "q4_0", path: Path | None = None, threads: int = 1) -> Combination:
    export = Export("nano", "gguf", precision, path, model())
    return Combination("programs", export, "robo+llama.cpp", threads, "constrained")


def cell(values: Mapping[str, Sequence[float] | Metric], status: str = "measured", **fields: object) -> Cell:
    """A cell of `combination()` with these metrics."""
    metrics = {n: v if isinstance(v, Metric) else metric(n, v) for n, v in values.items()}
    reason = "" if status == "measured" else "a reason"
    return combination().cell(status, reason, metrics=metrics, **fields)  # type: ignore[arg-type]


def results(*cells: Cell, machine: Machine = HERE, **fields: object) -> Results:
    given = {
        "what": "matrix", "created": "2026-11-26T07:30:00Z", "command": "just bench", "commit": "abc",
        "dirty": False, "machine": machine, "versions": {"numpy": "2.0"}, "device_tier": "laptop",
        "load": Load(before=0.1, after=1.0), "noisy": False, "cells": list(cells), **fields,
    }  # fmt: skip
    return Results.model_validate(given)


def asked(folder: Path, combinations: Sequence[Combination], **fields: object) -> Run:
    """A run that writes into a folder."""
    return Run(
        combinations=combinations, plan=PLAN, machine=HERE, device_tier="laptop",
        output=folder / "matrix.json", unfinished=folder / "unfinished.json", **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def measured(c: Combination, *_: object) -> Cell:
    """Stands for `measure.measure`, in no time."""
    return c.cell("measured", metrics={"program_s": metric("program_s", [0.1, 0.2])})
