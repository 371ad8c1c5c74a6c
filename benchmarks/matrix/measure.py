"""One cell: what is run in which processes, and what is made of their values."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.paths import workspace
from robo_train.corpus.records import read_records
from robo_train.machine import memory_available

from benchmarks.matrix import micro
from benchmarks.matrix.catalogue import Combination
from benchmarks.matrix.child import Job
from benchmarks.matrix.cold import evict
from benchmarks.matrix.energy import counters, why_none
from benchmarks.matrix.machine import nvidia_gpus
from benchmarks.matrix.noise import Others
from benchmarks.matrix.schema import Cell, Metric, metric

_EVAL = ("fresh_en", "wild_en")
_COLD = 0.02  # share of a file's pages in memory up to which a start is called cold
_BESIDE, _TIMES = 200_000_000, 3  # bytes, and multiples of the file, that a process may need


@dataclass(frozen=True)
class Plan:
    """How often things are done for one cell."""

    prompts: int = 20
    loads: int = 3
    """Processes that load the model from disk, and again so many that find it in memory."""
    prefills: int = 10
    sustained: int = 20
    run_seconds: float = 0.5
    patience: float = 40.0
    """Seconds of one process after which it only finishes the first few of each kind."""


QUICK = Plan(prompts=3, loads=1, prefills=2, sustained=3, run_seconds=0.02, patience=5.0)
"""Shows in seconds that everything works; its figures say little."""


class ChildFailed(RoboError):
    """A process gave no values."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing
        """A library is not installed."""


def prompts(count: int, root: Path | None = None) -> list[str]:
    """So many of the hand-written prompts in English, evenly spread over the files."""
    folder = (root or workspace()) / "data" / "eval"
    all_ = [record.prompt for name in _EVAL for record in read_records(folder / f"{name}.jsonl")]
    return [all_[i * len(all_) // count] for i in range(count)]


def measure(c: Combination, plan: Plan, asked: Sequence[str], max_busy: float) -> Cell:
    """Measure a combination, or say why not; nothing but an interruption is raised.

    Args:
        asked: prompts.
        max_busy: cores that others may use before the cell is called noisy.
    """
    if reason := why_not(c, memory_available()):
        return c.cell("skipped", reason)
    others = Others()
    try:
        metrics, notes = _KINDS[c.kind](c, plan, asked)
    except ChildFailed as e:
        return c.cell("not_installed" if e.missing else "failed", str(e))
    except micro.SuiteMissing as e:
        return c.cell("not_installed", str(e))
    except (RoboError, OSError) as e:
        return c.cell("failed", str(e))
    busy = others.cores()
    settings = {**notes, **({} if busy is None else {"others_cores": round(busy, 2)})}
    if busy is not None and busy > max_busy:
        reason = (
            f"other programs used {busy:.2f} cores meanwhile, more than {max_busy:g}: end them and repeat"
        )
        return c.cell("noisy", reason, settings=settings, metrics=metrics)
    return c.cell("measured", settings=settings, metrics=metrics)


def why_not(c: Combination, memory: int) -> str:
    """Why a combination cannot be measured here; empty when it can.

    Args:
        memory: bytes that are free.
    """
    if c.export.reason:
        return c.export.reason
    if c.settings.get("gpu") and not nvidia_gpus():
        return "not measured: no CUDA (nvidia-smi lists no GPU)"
    if c.export.path is not None and not c.export.path.exists():
        return f"not measured: {c.export.path} is missing; make it: ./justw train {c.export.tier}"
    size = c.export.model.bytes if c.export.model else 0
    needed = _BESIDE + _TIMES * size
    if needed > memory:
        return f"needs about {needed / 1e6:,.0f} MB of memory, {memory / 1e6:,.0f} MB are free here"
    return ""


Found = tuple[dict[str, Metric], dict[str, str | int | float]]


def _programs(c: Combination, plan: Plan, asked: Sequence[str]) -> Found:
    """Load in processes of their own, cold and warm; then write programs in one more."""
    values: dict[str, list[float]] = {}
    notes: dict[str, str | int | float] = {"cold": "the system cannot forget a file"}
    assert c.export.path is not None
    for _ in range(plan.loads):
        left = evict(c.export.path)
        if left is None:
            break
        if left > _COLD:
            notes["cold"] = (
                f"not measured: {left:.0%} of the file stays in memory: it lies there, or others map it"
            )
            break
        notes["cold"] = "the model's file out of the page cache, libraries and grammar in it"
        values.setdefault("load_cold_s", []).append(_ask(c, plan, mode="load")["values"]["load_s"][0])
    for _ in range(plan.loads):
        loaded = _ask(c, plan, mode="load")["values"]
        values.setdefault("load_warm_s", []).append(loaded["load_s"][0])
        values.setdefault("start_s", []).append(loaded["start_s"][0])
    answer = _ask(c, plan, mode="programs", prompts=list(asked), prefills=plan.prefills)
    values |= answer["values"]
    notes |= answer["notes"]
    notes["prompts_sha256"] = hashlib.sha256("\0".join(asked).encode()).hexdigest()[:16]
    if "energy_j" not in values:
        notes["energy"] = why_none() if not counters() else "not measured"
    return {name: metric(name, found) for name, found in values.items()}, notes


def _ask(c: Combination, plan: Plan, **job: Any) -> dict[str, Any]:
    sent = Job(
        model=str(c.export.path), threads=c.threads, constrained=c.constrained == "constrained",
        spawned=time.time(), gpu=bool(c.settings.get("gpu")), sustained=plan.sustained,
        run_seconds=plan.run_seconds, patience=plan.patience, **job,
    )  # fmt: skip
    return ask("benchmarks.matrix.child", asdict(sent), timeout=120 + 4 * plan.patience)


def _torch(c: Combination, plan: Plan, asked: Sequence[str]) -> Found:
    job = {"checkpoint": str(c.export.path), "batch": c.settings["batch"], "runs": max(3, plan.prefills)}
    answer = ask("benchmarks.matrix.torch_child", job, timeout=600)
    return {name: Metric.of(**found) for name, found in answer["metrics"].items()}, answer["notes"]


def _micro(c: Combination, plan: Plan, asked: Sequence[str]) -> Found:
    return {"seconds": micro.measure(c.more[0], plan.run_seconds)}, {}


_KINDS: Mapping[str, Any] = {"programs": _programs, "torch": _torch, "micro": _micro}


def ask(module: str, job: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    """Run a module with a job on its stdin; returns the object that it writes to stdout.

    Raises:
        ChildFailed: it said that it cannot, died, or gave no answer in time.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", module], input=json.dumps(job), capture_output=True, encoding="utf-8",
            errors="replace", cwd=Path(__file__).resolve().parents[2], timeout=timeout,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ChildFailed(f"no answer within {timeout:g} s; try it with --quick") from None
    last = " | ".join(line.strip() for line in done.stderr.strip().splitlines()[-2:])[:300] or "nothing"
    if done.returncode < 0:
        how = f"signal {-done.returncode}, as when memory runs out"
        raise ChildFailed(f"the process died ({how}); it printed last: {last}")
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise ChildFailed(
            f"the process died (exit status {done.returncode}); it printed last: {last}"
        ) from None
    if "error" in answer:
        raise ChildFailed(answer["error"], missing=answer["missing"])
    return answer
