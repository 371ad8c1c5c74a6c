"""Do llama.cpp, llguidance and xgrammar read the grammar alike, and as it is meant?

    python -m benchmarks.grammar [--programs 5000] [--engine llguidance …] [--json OUT.json]

Must be accepted: every authored project, the example of every function of the kit, composed programs, and the
near misses mended. Must be refused: the near misses of `tests/data/near_misses.yaml`. Exit status 1 when an
engine disagrees.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from robo_runtime.cache import grammar_text
from robo_runtime.files import write_json

from benchmarks.grammar.corpus import Program, composed, examples, near_misses, projects
from benchmarks.grammar.engines import ENGINES, engine, missing

_PACKAGES = {"llama.cpp": "llama-cpp-python", "llguidance": "llguidance", "xgrammar": "xgrammar"}


def sets(programs: int, seed: int) -> dict[str, tuple[bool, list[Program]]]:
    """Programs by the name of their set, with what is expected of all of them."""
    misses = near_misses("grammar")
    return {
        "projects": (True, list(projects())),
        "examples of the kit": (True, list(examples())),
        "composed programs": (True, list(composed(programs, seed)) if programs else []),
        "near misses": (False, [Program(m.what, m.wrong) for m in misses]),
        "near misses mended": (True, [Program(m.what, m.right) for m in misses]),
        "what only the check sees": (True, [Program(m.what, m.wrong) for m in near_misses("check")]),
    }


def asked(names: list[str], grammar: str, programs: dict[str, tuple[bool, list[Program]]]) -> Iterator[Any]:
    """For each engine: its name, accepted programs by set, what it got wrong, microseconds a byte."""
    for name in names:
        accepts = engine(name, grammar)
        accepted: dict[str, int] = {}
        wrong = []
        start, size = time.process_time(), 0
        for label, (expected, entries) in programs.items():
            verdicts = [(p, accepts(p.code)) for p in entries]
            accepted[label] = sum(verdict for _, verdict in verdicts)
            wrong += [f"{label}: {p.name}" for p, verdict in verdicts if verdict != expected]
            size += sum(len(p.code.encode()) for p in entries)
        yield name, accepted, wrong, (time.process_time() - start) / max(size, 1) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--programs", type=int, default=5000, help="composed programs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--board", default="esp32")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="only this one; may be repeated")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    names = args.engine or list(ENGINES)
    for name in names:
        if why := missing(name):
            print(f"{name}: left out, {why}")
    names = [name for name in names if not missing(name)]
    grammar = grammar_text(args.board)
    programs = sets(args.programs, args.seed)
    counts = {label: len(entries) for label, (_, entries) in programs.items()}
    results = {
        name: {"accepted": accepted, "wrong": wrong, "microseconds_a_byte": round(cost, 1)}
        for name, accepted, wrong, cost in asked(names, grammar, programs)
    }
    print(f"{'accepted':26}{'of':>7}" + "".join(f"{name:>13}" for name in results))
    for label, count in counts.items():
        print(f"{label:26}{count:>7}" + "".join(f"{r['accepted'][label]:>13}" for r in results.values()))
    print(f"{'µs a byte':26}{'':>7}" + "".join(f"{r['microseconds_a_byte']:>13}" for r in results.values()))
    for name, result in results.items():
        for line in result["wrong"][:20]:
            print(f"{name} is wrong about {line}")
    if args.json:
        write_json(args.json, _report(args, grammar, counts, results))
    if any(result["wrong"] for result in results.values()):
        sys.exit(1)


def _report(args: Any, grammar: str, counts: dict[str, int], results: dict[str, Any]) -> dict[str, Any]:
    return {
        "what": "programs that each engine accepts by the grammar, and which it should not or should have",
        "command": f"python -m benchmarks.grammar --programs {args.programs} --seed {args.seed}",
        "board": args.board, "rules": len(grammar.splitlines()), "bytes": len(grammar.encode()),
        "programs": counts, "engines": results,
        "machine": {
            "cores": os.cpu_count(), "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "versions": {name: _version(_PACKAGES[name]) for name in results},
        },
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "date": time.strftime("%Y-%m-%d"),
    }  # fmt: skip


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"


if __name__ == "__main__":
    main()
