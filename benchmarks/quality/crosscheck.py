"""The simulator against a real MicroPython, on composed programs and on every program of the syllabus.

    python benchmarks/quality/crosscheck.py [--programs 500] [--json OUT.json]

Needs Node.js and `robo crosscheck --install`. Two traces are equal when they hold the same events in the same
order: kinds and keys alike, times within 1 ms, numbers to six significant digits (the WebAssembly build has
floats of 64 bits, an ESP32 of 32).
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from robo_runtime.crosscheck import Program, crosscheck, interpreter
from robo_runtime.crosscheck.cli import project_programs
from robo_runtime.crosscheck.node import PACKAGE
from robo_runtime.files import read_data, write_json
from robo_runtime.paths import firmware_dir
from robo_runtime.simulate import World
from robo_train.compose import samples
from robo_train.compose.verify import observed

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("composed", "projects", "firmware")


def composed(count: int, seed: int) -> Iterator[Program]:
    """Programs of the task composer."""
    for sample in samples(seed, count):
        yield Program(sample.id, sample.code, World.model_validate(sample.world), observed(sample.checks))


def projects() -> Iterator[Program]:
    """Both programs of every project of the syllabus."""
    for file in sorted((ROOT / "data" / "syllabus").glob("project_*.yaml")):
        yield from project_programs(file.stem, read_data(file), str(file))


def kit_programs() -> Iterator[Program]:
    """The projects' programs for the kit, which drive its pins through the firmware's sources."""
    return (program for program in projects() if "robokit" in program.code)


def tally(programs: Iterator[Program], libraries: tuple[Path, ...] = ()) -> dict[str, Any]:
    """How many were equal, and what differed."""
    counts: Counter[str] = Counter()
    differences = []
    for outcome in crosscheck(programs, libraries):
        kind = "skipped" if outcome.skipped else "different" if outcome.difference else "equal"
        counts[kind] += 1
        if kind != "equal":
            why = outcome.skipped or outcome.difference
            differences.append({"program": outcome.program.name, "kind": kind, "why": why})
        elif outcome.ours is not None:
            counts["events"] += len(outcome.ours.events)
    return {
        **{name: counts[name] for name in ("equal", "different", "skipped", "events")},
        "differences": differences,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--programs", type=int, default=500, help="composed programs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    interpreter()
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    started = time.perf_counter()
    result = {
        "what": "programs whose traces in the simulator and on a real MicroPython are equal",
        "command": "python benchmarks/quality/crosscheck.py",
        "rule": "same events in order, kinds and keys equal, times within 1 ms, numbers to 6 digits",
        "composed": tally(composed(args.programs, args.seed)),
        "projects": tally(projects()),
        "firmware": tally(kit_programs(), (firmware_dir(),)),
        "machine": {
            "cores": os.cpu_count(), "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(), "node": node,
            "micropython": f"{PACKAGE.name} {PACKAGE.version}",
        },
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "seconds": round(time.perf_counter() - started, 1),
        "date": time.strftime("%Y-%m-%d"),
    }  # fmt: skip
    for name in PARTS:
        part = result[name]
        print(
            f"{name:9} {part['equal']} equal, {part['different']} different, {part['skipped']} skipped, "
            f"{part['events']} events"
        )
        for one in part["differences"][:10]:
            print(f"  {one['program']}: {one['why']}")
    if args.json:
        write_json(args.json, result)
    if any(result[name]["different"] for name in PARTS):
        sys.exit(1)


if __name__ == "__main__":
    main()
