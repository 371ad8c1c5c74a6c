#!/usr/bin/env python3
"""Seconds of `robo-convert gguf` from process start to end, in fresh processes.

.venv/bin/python benchmarks/latency/export_gguf.py [CHECKPOINT] [--quant q4_0] [--runs 5]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from robo_train.provenance import provenance


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", nargs="?", type=Path, default=Path("checkpoints/robo-nano"))
    parser.add_argument("--quant", default="q4_0")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/export.json"))
    args = parser.parse_args()
    command = [
        str(Path(sys.executable).with_name("robo-convert")),
        "gguf",
        str(args.checkpoint),
        "--quant",
        args.quant,
    ]
    seconds = []
    for _ in range(args.runs):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            subprocess.run([*command, "--out", f"{folder}/export"], check=True, capture_output=True)
            seconds.append(round(time.perf_counter() - start, 3))
    result = {
        "benchmark": "export to GGUF, process start to end", "checkpoint": args.checkpoint.name,
        "quant": args.quant, "seconds": seconds, "median": statistics.median(seconds), **provenance(),
    }  # fmt: skip
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
    print(f"median {result['median']:.2f} s, {spread}, load {result['machine']['load']}")


if __name__ == "__main__":
    main()
