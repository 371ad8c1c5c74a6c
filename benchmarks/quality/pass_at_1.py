#!/usr/bin/env python3
"""Functional pass@1: does the program do what the prompt asked, judged in the simulator?

    .venv/bin/python benchmarks/quality/pass_at_1.py [--model FILE] [--set data/eval/wild_en.jsonl]

Each line of a set has a prompt, checks over the trace, and the scripted world. One greedy answer a prompt; a
program passes when it raises nothing and every check holds. Prints a table by split and family with Wilson
intervals (95 %), and stores JSON with every failure: prompt, program and why.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table
from robo_runtime.checks import check_list, evaluate
from robo_runtime.generate import Generator
from robo_runtime.models import default_model
from robo_runtime.simulate import Job, World, simulate_many
from robo_train.provenance import provenance, versions


def wilson(passed: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson 1927)."""
    if not total:
        return 0.0, 1.0
    p, z2 = passed / total, z * z
    centre = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = z * math.sqrt(p * (1 - p) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    return centre - half, centre + half


def horizon(checks: list[dict[str, Any]]) -> float:
    """Seconds to watch: the latest end of any check, 10 where none says."""
    ends = [c["to"] for c in checks if c.get("to")]
    ends += [horizon(c.get("checks") or [c["check"]]) for c in checks if c.get("checks") or c.get("check")]
    return max(ends, default=10.0)


def judge(cases: list[dict[str, Any]], codes: list[str]) -> list[list[str]]:
    """Failures of each program; an empty list is a pass. A refusal must be answered by a refusal."""
    jobs = [
        Job(code, World(**case.get("world", {})), case.get("until") or horizon(case["checks"]))
        for case, code in zip(cases, codes, strict=True)
    ]
    traces = simulate_many(jobs)
    return [
        evaluate(trace, check_list(case["checks"])) if code.strip() else ["no program"]
        for case, code, trace in zip(cases, codes, traces, strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="a GGUF file; the newest export when left out")
    parser.add_argument(
        "--set", type=Path, action="append", dest="sets", help="JSONL of cases; may be repeated"
    )
    parser.add_argument("--limit", type=int, help="at most so many cases of each set")
    parser.add_argument("--unconstrained", action="store_true")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/quality.json"))
    args = parser.parse_args()
    model = args.model or default_model()
    cases: list[dict[str, Any]] = []
    for path in args.sets or [Path("data/eval/wild_en.jsonl")]:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        for case in lines[: args.limit]:
            cases.append(case | {"split": case.get("split") or path.stem})
    generator = Generator(model, constrained=not args.unconstrained)
    start = time.perf_counter()
    results = [
        generator.generate(
            case["prompt"], lang=case.get("lang"), hardware=case.get("hardware") or "", max_tokens=400
        )
        for case in track(cases, "writing programs")
    ]
    seconds = time.perf_counter() - start
    failures = judge(cases, [r.code for r in results])
    groups: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for case, failed in zip(cases, failures, strict=True):
        groups[case["split"], "all"].append(not failed)
        groups[case["split"], f"language {case.get('lang', 'en')}"].append(not failed)
        groups[case["split"], case.get("family") or "other"].append(not failed)
    rows = []
    for (split, family), passes in sorted(groups.items()):
        low, high = wilson(sum(passes), len(passes))
        rows.append({
            "split": split, "family": family, "n": len(passes), "passed": sum(passes),
            "pass_at_1": round(sum(passes) / len(passes), 4), "low": round(low, 4), "high": round(high, 4),
        })  # fmt: skip
    table = Table("split", "family", "n", "pass@1", "95 %")
    for row in rows:
        table.add_row(row["split"], row["family"], str(row["n"]), f"{row['pass_at_1']:.1%}",
                      f"{row['low']:.0%} to {row['high']:.0%}")  # fmt: skip
    Console().print(table)
    result = {
        "benchmark": "functional pass@1, greedy", "model": model.name, "constrained": not args.unconstrained,
        "rows": rows, "valid": sum(r.valid for r in results) / max(len(results), 1),
        "seconds_per_program": round(seconds / max(len(results), 1), 4),
        "failures": [
            {"prompt": c["prompt"], "split": c["split"], "family": c.get("family"), "code": r.code,
             "why": f[:3]}
            for c, r, f in zip(cases, results, failures, strict=True) if f
        ],
        **provenance(),
    }  # fmt: skip
    result["versions"] |= versions("llama-cpp-python", "robo-runtime")
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{args.output}: every failure with prompt, program and reason")


if __name__ == "__main__":
    main()
