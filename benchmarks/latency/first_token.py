"""Time from process start to the first token and the first line, in cold processes: the wait a user feels.

    python benchmarks/latency/first_token.py [--model FILE] [--runs 11] [--json OUT.json]

Each run starts `robo generate` anew. First token: the whole life of a process that may write one token, so
start, load, prefill, one token, check and exit; an upper bound. First line: until the first bytes on standard
output of an ordinary run. Disk caches are warm after the first run, which is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from robo_runtime.files import write_json
from robo_runtime.models import default_model

PROMPT = "Blink an LED on pin 2 every 500 ms"


def command(model: Path, prompt: str, *options: str) -> list[str]:
    """The command line that is timed."""
    return [sys.executable, "-m", "robo_runtime.cli", "generate", prompt, "--model", str(model), *options]


def lifetime(model: Path, prompt: str) -> float:
    """Seconds a process takes that writes one token."""
    start = time.perf_counter()
    asked = command(model, prompt, "--max-tokens", "1")
    done = subprocess.run(asked, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: {' '.join(asked)} failed: {done.stderr}")
    return time.perf_counter() - start


def first_line(model: Path, prompt: str) -> tuple[float | None, float]:
    """Seconds from process start to the first output (None if there is none), and to the end."""
    start = time.perf_counter()
    asked = command(model, prompt)
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        first = process.stdout.read(1)
        first_at = time.perf_counter()
        process.stdout.read()
    return (first_at - start if first else None), time.perf_counter() - start


def machine() -> dict[str, Any]:
    """What the figures depend on."""

    def release(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return "source"

    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "llama-cpp-python": release("llama-cpp-python"),
        "robo-runtime": release("robo-runtime"),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def load_average() -> float | None:
    """Load of the last minute; None where the system does not tell."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def measure(model: Path, prompt: str, runs: int) -> dict[str, Any]:
    """Medians and extremes over `runs` cold processes, and the inner timings of one more."""
    load_before = load_average()
    lifetime(model, prompt)
    tokens = [lifetime(model, prompt) for _ in range(runs)]
    lines, totals = zip(*(first_line(model, prompt) for _ in range(runs)), strict=True)
    inner = subprocess.run(command(model, prompt, "--json"), capture_output=True, text=True, check=True)
    return {
        "what": "seconds from process start to the first token, the first line and the end of a program",
        "command": "python benchmarks/latency/first_token.py",
        "prompt": prompt,
        "model": model.name,
        "model_bytes": model.stat().st_size,
        "runs": runs,
        "first_token_s": spread(tokens),
        "first_line_s": spread([line for line in lines if line is not None]),
        "total_s": spread(totals),
        "inner": json.loads(inner.stdout)["timings"],
        "machine": machine(),
        "threads": int(os.environ["ROBO_THREADS"]),
        "load": {"before": load_before, "after": load_average()},
        "date": time.strftime("%Y-%m-%d"),
    }


def spread(values: Sequence[float]) -> dict[str, float] | None:
    """Median and extremes; None when nothing was measured."""
    if not values:
        return None
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="GGUF file; the newest export when not given")
    parser.add_argument("--prompt", default=PROMPT)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    if args.runs < 1:
        parser.error("--runs: use 1 or more")
    os.environ.setdefault("ROBO_THREADS", "1")  # figures of a day must not hang on what was measured before
    result = measure(args.model or default_model(), args.prompt, args.runs)
    print(f"model        {result['model']} ({result['model_bytes'] / 1e6:.1f} MB)")
    print(f"machine      {result['machine']['cpu']}, {result['machine']['cores']} cores")
    print(f"load         {result['load']['before']} before, {result['load']['after']} after")
    for name in ("first_token_s", "first_line_s", "total_s"):
        print(f"{name[:-2].replace('_', ' '):12} {_sentence(result[name], args.runs)}")
    inner = result["inner"]
    print(
        f"inside       load {inner['load']:.3f} s, prefill {inner['prefill']:.3f} s, "
        f"{inner['tokens_per_second']:.0f} tokens/s, check {inner['check']:.3f} s"
    )
    if args.json:
        write_json(args.json, result)


def _sentence(values: dict[str, float] | None, runs: int) -> str:
    if values is None:
        return "the model wrote no program; use a trained model or another --prompt"
    return f"{values['median']:.3f} s (median of {runs}; {values['min']:.3f} to {values['max']:.3f})"


if __name__ == "__main__":
    main()
