"""Programs per second of the simulator's pool of workers, on programs of the task composer.

    python benchmarks/latency/simulate.py [--programs 1000] [--workers 2] [--json OUT.json]

Composing comes first and is not counted; the first tenth of the programs warms the workers up. Programs per
CPU-second (of all processes together) hold on a busy machine too, where programs per second do not.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from pathlib import Path
from typing import Any

from first_token import load_average, machine
from robo_runtime.files import write_json
from robo_runtime.simulate import Job, World, simulate_many
from robo_train.compose import samples
from robo_train.compose.verify import observed


def jobs(count: int, seed: int) -> list[Job]:
    """Composed programs with their worlds, observed as long as their checks look."""
    return [
        Job(sample.code, World.model_validate(sample.world), observed(sample.checks))
        for sample in samples(seed, count)
    ]


def cpu_seconds() -> float:
    """User and system time of this process and of its children that have ended."""
    each = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in each)


def measure(programs: list[Job], workers: int) -> dict[str, Any]:
    """One run of the pool."""
    started, used = time.perf_counter(), cpu_seconds()
    traces = list(simulate_many(programs, workers))
    wall, cpu = time.perf_counter() - started, cpu_seconds() - used
    return {
        "programs_per_s": len(traces) / wall,
        "programs_per_cpu_s": len(traces) / cpu,
        "wall_s": wall,
        "cpu_s": cpu,
        "events": sum(len(trace.events) for trace in traces),
        "virtual_s": sum(trace.duration for trace in traces),
        "failed": sum(trace.error is not None for trace in traces),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    if min(args.programs, args.workers, args.runs) < 1:
        parser.error("--programs, --workers and --runs: use 1 or more")
    load_before = load_average()
    programs = jobs(args.programs, args.seed)
    measure(programs[: max(args.programs // 10, 1)], args.workers)
    runs = [measure(programs, args.workers) for _ in range(args.runs)]
    result = {
        "what": "composed programs simulated per second by the pool of workers",
        "command": "python benchmarks/latency/simulate.py",
        "programs": args.programs,
        "workers": args.workers,
        "programs_per_s": statistics.median(run["programs_per_s"] for run in runs),
        "programs_per_cpu_s": statistics.median(run["programs_per_cpu_s"] for run in runs),
        "runs": runs,
        "machine": machine(),
        "load": {"before": load_before, "after": load_average()},
        "date": time.strftime("%Y-%m-%d"),
    }
    print(f"machine      {result['machine']['cpu']}, {result['machine']['cores']} cores")
    print(f"load         {result['load']['before']} before, {result['load']['after']} after")
    first = runs[0]
    print(f"programs     {args.programs}, {first['events']} events, {first['virtual_s']:.0f} virtual seconds")
    print(f"per second   {result['programs_per_s']:.0f} with {args.workers} workers")
    print(f"per CPU-s    {result['programs_per_cpu_s']:.0f}")
    if args.json:
        write_json(args.json, result)


if __name__ == "__main__":
    main()
