#!/usr/bin/env python3
"""Model files side by side, each in its own engine: loading, prefill of 128 tokens, 100 tokens one by one.

.venv/bin/python benchmarks/latency/engines.py FILE... [--runs 5] [--output FILE.json]

One thread, no grammar. Seconds are those the processor worked for this process, which other work on the
machine changes less than those on the clock; the best of the runs counts.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from robo_runtime.engine import load_engine
from robo_runtime.prompt import render
from robo_train.provenance import provenance

PREFILL, DECODE = 128, 100
PROMPT = "Sweep a servo on pin 13 and beep when the button on pin 4 is pressed"


def measure(path: Path, runs: int) -> dict[str, Any]:
    """The figures of one file."""
    start = time.process_time()
    engine = load_engine(path, threads=1)
    load = time.process_time() - start
    ids = engine.encode(render(PROMPT))
    ids = (ids * (1 + PREFILL // len(ids)))[:PREFILL]
    picker = engine.picker(0.0, 0, 0)
    prefill, decode = [], []
    for _ in range(runs):
        engine.reset()
        start = time.process_time()
        engine.feed(ids)
        fed = time.process_time()
        for _ in range(DECODE):
            engine.feed([picker.pick()])
        prefill.append(fed - start)
        decode.append(time.process_time() - fed)
    engine.close()
    return {
        "file": path.name, "bytes": path.stat().st_size, "load_s": round(load, 4),
        "prefill_tokens_per_s": round(PREFILL / min(prefill)),
        "decode_ms": round(1e3 * min(decode) / DECODE, 3),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    results = []
    for path in args.files:
        results.append(measure(path, args.runs))
        print("  ".join(f"{key} {value}" for key, value in results[-1].items()), flush=True)
    if args.output:
        about = {"benchmark": "engines side by side, one thread, processor seconds", "runs": args.runs}
        text = json.dumps({**about, "results": results, **provenance()}, indent=1)
        args.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
