"""The process in which a converter runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robo_runtime.files import write_text

from robo_convert.checkpoint import Checkpoint, load_checkpoint
from robo_convert.formats import FORMATS
from robo_convert.gguf_export import run_cases
from robo_convert.manifest import PARITY, reference_of
from robo_convert.parity import Encoded, Gate, check_positions
from robo_convert.process import serve
from robo_convert.reference import Array
from robo_convert.texts import encode_texts


@dataclass(frozen=True)
class Job:
    """What a converter gets."""

    source: Checkpoint
    folder: Path
    """Where to write; exists and is empty but for `parity.json`."""
    quants: list[str]
    gate: Gate
    cases: list[Encoded]
    """The texts of the gate as tokens."""
    expected: list[Array]
    """Logits (T, vocab) of the checkpoint for each of them."""
    bundle: bool = False
    """Whether bundles are wanted, too, of a format that has some (LiteRT)."""


def main() -> None:
    """Run one job."""
    serve(_run)


def _run(request: dict[str, Any], progress: Callable[[str], None]) -> Any:
    format_ = FORMATS[request["format"]]
    source, folder = load_checkpoint(Path(request["checkpoint"])), Path(request["folder"])
    gate = Gate.model_validate(request["gate"])
    cases = encode_texts(source, gate.cases)
    check_positions(cases, source.shape.context)
    progress("running the checkpoint on the parity texts")
    expected = run_cases(source.weights, source.shape, cases)
    write_text(folder / PARITY, reference_of(cases, expected).model_dump_json() + "\n")
    job = Job(source, folder, request["quants"], gate, cases, expected, request["bundle"])
    return importlib.import_module(format_.module).convert(job, progress)


if __name__ == "__main__":
    main()
