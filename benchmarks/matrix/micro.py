"""The small suites that pytest-benchmark runs (`benchmarks/latency/test_micro.py`), taken over as metrics.

pytest-benchmark calibrates and repeats calls of microseconds better than we would; a model's load, memory and
programs need a process of their own for each cell, which it does not give.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.files import read_data

from benchmarks.matrix.schema import Metric

SUITE = Path(__file__).resolve().parents[1] / "latency" / "test_micro.py"
_ROUNDS = 20


class SuiteMissing(RoboError):
    """pytest-benchmark is not installed."""


def measure(name: str, seconds: float) -> Metric:
    """Seconds of a call, by rounds, of the suite's benchmark `test_<name>`.

    Args:
        seconds: least time that its rounds take together.

    Raises:
        SuiteMissing: pytest-benchmark is not installed.
        RoboError: the benchmark failed.
    """
    if importlib.util.find_spec("pytest_benchmark") is None:
        raise SuiteMissing("pytest-benchmark is not installed; scripts/env.py test installs it")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "suite.json"
        command = [
            sys.executable, "-m", "pytest", f"{SUITE}::test_{name}", "-q", "-p", "pytest_benchmark.plugin",
            f"--benchmark-json={out}", f"--benchmark-max-time={max(seconds, 0.05)}",
            f"--benchmark-min-rounds={_ROUNDS}",
        ]  # fmt: skip
        alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST_")}
        alone["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # plugins load for seconds
        done = subprocess.run(command, capture_output=True, text=True, cwd=SUITE.parents[2], env=alone)
        if done.returncode or not out.exists():
            said = [line for line in done.stdout.splitlines() if line.startswith(("E ", "ERROR", "FAILED"))]
            raise RoboError(f"{SUITE.name}::test_{name} failed: {said[0] if said else done.stdout[-200:]}")
        return taken_over(read_data(out), name)


def taken_over(report: Any, name: str) -> Metric:
    """The metric of one benchmark in pytest-benchmark's JSON.

    Raises:
        RoboError: it is not in there.
    """
    for benchmark in report.get("benchmarks", []):
        if benchmark["name"] == f"test_{name}":
            return Metric.of(benchmark["stats"]["data"], "s", "lower")
    raise RoboError(f"test_{name} is not in the report of pytest-benchmark; it is another version's")
