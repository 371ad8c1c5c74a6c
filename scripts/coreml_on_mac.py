#!/usr/bin/env python3
"""Run a Core ML export in Core ML itself, on a Mac with macOS 15 or later, against its checkpoint.

    .venv/bin/python -m pip install -e 'convert[coreml]'
    .venv/bin/python scripts/coreml_on_mac.py exports/robo-nano-coreml --units CPU_AND_GPU

For each package: what the exporter's numpy evaluator could not say, namely that Core ML compiles it, that
both functions work on one state, how far its logits are from the checkpoint's (parity.json), how fast it is.
This script itself has not run yet: whoever has a Mac runs it first.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from pathlib import Path

import numpy as np
from robo_convert.manifest import PARITY, Reference, compare_reference, read_manifest
from robo_convert.parity import failures, load_gate
from robo_runtime.files import read_config


class OnDevice:
    """Both functions of a package, loaded into Core ML."""

    def __init__(self, package: Path, units: str) -> None:
        import coremltools as ct

        unit = ct.ComputeUnit[units]
        start = time.perf_counter()
        self.decode = ct.models.MLModel(str(package), function_name="decode", compute_units=unit)
        self.prefill = ct.models.MLModel(str(package), function_name="prefill", compute_units=unit)
        self.load_seconds = time.perf_counter() - start
        about = self.decode.user_defined_metadata
        self.chunk, self.context = int(about["robo.chunk"]), int(about["robo.context"])

    def logits(self, tokens: list[int], prefilled: int) -> tuple[np.ndarray, float, float]:
        """Logits (T, vocab), the first `prefilled` tokens by `prefill`; seconds of prefill and of decode."""
        state, rows, at = self.decode.make_state(), [], 0
        start = time.perf_counter()
        while at < prefilled and at + self.chunk <= self.context:
            part = tokens[at : min(at + self.chunk, prefilled)]
            padded = part + [0] * (self.chunk - len(part))
            rows.append(self._call(self.prefill, padded, at, state)[: len(part)])
            at += len(part)
        middle = time.perf_counter()
        for token in tokens[at:]:
            rows.append(self._call(self.decode, [token], at, state))
            at += 1
        return np.concatenate(rows), middle - start, time.perf_counter() - middle

    def _call(self, function, tokens: list[int], position: int, state) -> np.ndarray:
        inputs = {"tokens": np.array([tokens], np.int32), "position": np.array([position], np.int32)}
        return function.predict(inputs, state)["logits"][0].astype(np.float32)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("export", type=Path, help="a folder written by robo-convert coreml")
    units = ["ALL", "CPU_AND_NE", "CPU_AND_GPU", "CPU_ONLY"]
    arguments.add_argument("--units", default="ALL", choices=units, help="where Core ML may run it")
    given = arguments.parse_args()
    if sys.platform != "darwin":
        sys.stderr.write("error: Core ML runs on macOS alone\n")
        return 2
    manifest, gate = read_manifest(given.export), load_gate()
    reference = read_config(given.export / PARITY, Reference)
    failed = False
    for name, model in manifest.models().items():
        device = OnDevice(given.export / name, given.units)
        cases = [case.tokens(device.context) for case in reference.sequences]
        device.logits(cases[0], len(cases[0]) // 2)  # the first call is slower than all others
        answers = [device.logits(tokens, len(tokens) // 2) for tokens in cases]
        figures = compare_reference([rows for rows, _, _ in answers], reference, gate.tie)
        exact = model.tensors.exact == model.tensors.tensors
        wrong = failures(figures, gate.limits_of("coreml", model.quant, exact=exact))
        failed |= bool(wrong)
        prefilled = sum(len(tokens) // 2 for tokens in cases)
        decoded = sum(map(len, cases)) - prefilled
        report = {
            "file": name, "machine": platform.platform(), "processor": platform.processor(),
            "units": given.units,
            "load_seconds": round(device.load_seconds, 2), "figures": figures.model_dump(), "fails": wrong,
            "prefill_tokens_per_second": round(prefilled / sum(seconds for _, seconds, _ in answers), 1),
            "decode_tokens_per_second": round(decoded / sum(seconds for _, _, seconds in answers), 1),
        }  # fmt: skip
        print(json.dumps(report, indent=1))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
