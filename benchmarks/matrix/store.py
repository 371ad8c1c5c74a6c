"""Reading and writing result files; what an older version wrote is lifted to the schema, or refused."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from robo_runtime.files import ConfigError, read_data, validate, write_json
from robo_runtime.paths import workspace

from benchmarks.matrix.schema import KIND, VERSION, Cell, Metric, Results, cell_id

ENGINES = {"gguf": "robo+llama.cpp", "onnx": "robo+onnxruntime", "litert": "robo+litert"}
"""Our runtime over the engine that it takes for a format."""
_SUFFIXES = {".gguf": "gguf", ".onnx": "onnx", ".tflite": "litert"}
_OLD_ENGINES = "engines side by side, one thread, processor seconds"


def write_results(path: Path, results: Results) -> None:
    """Write a result file, atomically."""
    write_json(path, results.model_dump(exclude_none=True))


def read_results(path: Path) -> Results:
    """Read a result file of this version or an older one.

    Raises:
        ConfigError: it is no result file, is broken, or is of a version that cannot be read; says which.
    """
    return parse_results(read_data(path), str(path))


def read_revision(revision: str, path: Path) -> Results:
    """Read a result file as it was in a commit.

    Raises:
        ConfigError: git has no such revision or no such file in it, or as `read_results`.
    """
    import json

    name = path.resolve().relative_to(workspace()).as_posix()
    where = f"{revision}:{name}"
    try:
        shown = subprocess.run(["git", "show", where], cwd=workspace(), capture_output=True, text=True)
    except OSError as e:
        raise ConfigError(f"{where}: git cannot be run ({e}); name a file instead") from None
    if shown.returncode:
        raise ConfigError(
            f"{where}: neither a file nor a revision of git that has it: {shown.stderr.strip()}"
        )
    try:
        return parse_results(json.loads(shown.stdout), where)
    except json.JSONDecodeError as e:
        raise ConfigError(f"{where}: {e}") from None


def parse_results(data: Any, where: str) -> Results:
    """`data` as results; `where` begins every message. Raises as `read_results`."""
    if not isinstance(data, dict):
        raise ConfigError(f"{where}: an object with results expected; write one with ./justw bench")
    return validate(migrate(data, where), Results, where)


def migrate(data: dict[str, Any], where: str) -> dict[str, Any]:
    """What an older version wrote, in the words of this one; `data` itself when it is of this version.

    Raises:
        ConfigError: a version that is unknown, or another benchmark's file.
    """
    if data.get("kind") != KIND:
        if data.get("benchmark") == _OLD_ENGINES:
            return _from_engines(data, where)
        raise ConfigError(
            f"{where}: kind: {KIND!r} expected, got {data.get('kind')!r}: another benchmark's file; "
            "files of ./justw bench, bench-peers, bench-phone and bench-ssh can be read"
        )
    version = data.get("schema_version")
    if version == VERSION:
        return data
    if isinstance(version, int) and version > VERSION:
        raise ConfigError(
            f"{where}: schema_version: {version} was written by a newer version of the benchmark, which reads"
            f" up to {VERSION} here; update this checkout, or measure again with ./justw bench"
        )
    raise ConfigError(f"{where}: schema_version: {VERSION} expected, got {version!r}; measure again")


def _from_engines(data: dict[str, Any], where: str) -> dict[str, Any]:
    """`benchmarks/latency/engines.py` came before the schema: the best of some runs, in processor seconds."""
    try:
        machine, runs = data["machine"], data["runs"]
        cells = [_engine_cell(row, runs) for row in data["results"]]
        return {
            "kind": KIND,
            "schema_version": VERSION,
            "what": "engines",
            "created": data["time"],
            "command": data["command"],
            "commit": data["git"]["commit"],
            "dirty": data["git"]["dirty"],
            "machine": {
                "cpu": machine["cpu"],
                "arch": next((a for a in ("x86_64", "aarch64", "arm64") if a in machine["system"]), ""),
                "cores": machine["cores"],
                "memory_bytes": 0,
                "os": machine["system"],
            },
            "versions": data["versions"],
            "device_tier": "",
            "load": {"before": machine["load"]},
            "noisy": machine["load"] > machine["cores"],
            "cells": [cell.model_dump(exclude_none=True) for cell in cells],
        }
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise ConfigError(f"{where}: cannot be lifted to schema {VERSION} ({e!r}); measure again") from None


def _engine_cell(row: dict[str, Any], runs: int) -> Cell:
    tier, precision = model_name(row["file"])
    format_ = _SUFFIXES[Path(row["file"]).suffix]

    def best(value: float, unit: str, better: Any) -> Metric:
        return Metric(unit=unit, better=better, median=value, p50=value, min=value, max=value, n=runs)

    return Cell(
        id=cell_id(tier, format_, precision, ENGINES[format_], 1, "unconstrained", "processor-seconds"),
        tier=tier,
        format=format_,
        precision=precision,
        engine=ENGINES[format_],
        threads=1,
        constrained="unconstrained",
        status="measured",
        settings={"statistic": "best of the runs", "clock": "processor seconds"},
        metrics={
            "load_cpu_s": best(row["load_s"], "s", "lower"),
            "token_cpu_s": best(row["decode_ms"] / 1e3, "s", "lower"),
            "prefill_tokens_per_cpu_s": best(row["prefill_tokens_per_s"], "tokens/s", "higher"),
        },
    )


def model_name(file: str) -> tuple[str, str]:
    """Tier and precision of a file's name: robo-nano-q4_0.gguf is nano, q4_0."""
    stem = file[: -len(suffix)] if (suffix := Path(file).suffix) else file
    name, _, precision = stem.rpartition("-")
    return (name or stem).removeprefix("robo-"), precision
