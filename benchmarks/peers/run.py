"""A whole run: every group of turns, and the result file after each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from robo_runtime.cache import configured_registry, fingerprint
from robo_runtime.errors import RoboError
from robo_runtime.paths import workspace
from robo_runtime.progress import tracked
from robo_train.corpus.records import Record as Task
from robo_train.corpus.records import read_records
from robo_train.provenance import git_commit, versions

from benchmarks.latency.first_token import load_average
from benchmarks.matrix.devices import read_devices, tier_of
from benchmarks.matrix.machine import library_versions, these_facts, this_machine
from benchmarks.matrix.schema import Cell, Load, Machine, Results
from benchmarks.matrix.store import write_results
from benchmarks.peers.cells import decode_cells, program_cells, unmeasured
from benchmarks.peers.journal import Journal
from benchmarks.peers.registry import Entry, Kind, Registry
from benchmarks.peers.training import training_cells
from benchmarks.peers.turns import WARM_UP, Ask, Group, Sample, asks_of, measure
from benchmarks.peers.weights import Weights, gather

PACKAGES = ("llguidance", "xgrammar", "outlines", "onnxruntime-genai", "accelerate")
_MAX_LOAD = 0.5  # load average per core from which on a run is noisy
_ASKED = ("peer.py", "worker.py")
_EVAL = ("fresh_en", "wild_en")


@dataclass(frozen=True)
class Run:
    """What a run is asked for."""

    registry: Registry
    entries: Sequence[Entry]
    tier: str
    kinds: Sequence[Kind]
    threads: Sequence[int]
    prompts: Sequence[str]
    rounds: int
    tokens: int
    seconds: float
    output: Path
    command: str
    fresh: bool = False
    journals: Path | None = None
    """Where turns are kept; runs/peers when None."""
    bandwidth: bool = True
    """Measure the memory's, in about a second."""


def run(asked: Run, say: Callable[[str], None], weights: Weights | None = None) -> Results:
    """Measure what is not there yet and write the result file.

    Args:
        say: told what a person should know.
        weights: in place of the tier's.

    Raises:
        RoboError: no weights, a prompt that is not there, or the file cannot be written.
    """
    started, load = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), load_average()
    weights = weights or gather(asked.tier, say)
    tasks = _tasks(asked.prompts)
    asks = asks_of(tasks, weights.files["gguf", "q4_0"])
    warm_up = asks_of(
        [tasks[0].model_copy(update={"id": "", "prompt": WARM_UP})], weights.files["gguf", "q4_0"]
    )[""]
    machine = this_machine(bandwidth=asked.bandwidth)
    journal = Journal(
        asked.journals or workspace() / "runs" / "peers", _key(asked, weights, machine), fresh=asked.fresh
    )
    if journal.path.is_file():
        say(f"going on from {journal.path} (--fresh: all again)")
    cells: list[Cell] = []
    for kind, threads in [(kind, threads) for kind in asked.kinds for threads in asked.threads]:
        group = Group(kind, threads, asked.tokens, asked.rounds, asked.seconds)
        cells += _of_group(asked, group, weights, asks, warm_up, journal)
        results = _results(asked, started, load, machine, [*cells, *_training(asked, machine)])
        write_results(asked.output, results)
    return results


def _of_group(
    asked: Run, group: Group, weights: Weights, asks: dict[str, Ask], warm_up: Ask, journal: Journal
) -> Iterator[Cell]:
    entries = [entry for entry in asked.entries if group.kind in entry.does]
    able = [e for e in entries if not e.missing() and not weights.missing(e.format, e.precision)]
    for entry in entries:
        if missing := entry.missing():
            reason = f"{', '.join(missing)} not found; {entry.install}"
            yield unmeasured(entry, group.kind, group.threads, weights.tier, "not_installed", reason)
        elif reason := weights.missing(entry.format, entry.precision):
            yield unmeasured(entry, group.kind, group.threads, weights.tier, "skipped", reason)
    if group.kind == "decode":
        records = measure(group, able, weights, asks, warm_up, journal, tracked)
        yield from decode_cells(group, records, weights, asked.registry.raw)
        return
    raw = next(e for e in asked.registry.peers if e.name == asked.registry.raw)
    there = not raw.missing() and not weights.missing(raw.format, raw.precision)
    records = measure(group, able, weights, asks, warm_up, journal, tracked, raw if there else None)
    loop = records.pop() if there else None
    yield from program_cells(group, records, weights, asked.registry.whole, _LEGAL, loop)


class _Legal:
    """Whether a program is finished and our check finds nothing wrong with it; each text once."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}

    def __call__(self, sample: Sample) -> bool:
        from robo_runtime.check import check_program

        text = str(sample["text"])
        if not sample["ended"] or not text.strip():
            return False
        if text not in self._known:
            self._known[text] = not check_program(text, configured_registry(), "esp32")
        return self._known[text]


_LEGAL = _Legal()


def _tasks(ids: Sequence[str]) -> list[Task]:
    folder = workspace() / "data" / "eval"
    known = {task.id: task for name in _EVAL for task in read_records(folder / f"{name}.jsonl")}
    for name in ids:
        if name not in known:
            raise RoboError(
                f"no prompt {name!r} in data/eval ({', '.join(_EVAL)}); mend prompts of peers.yaml"
            )
    return [known[name] for name in ids]


def _key(asked: Run, weights: Weights, machine: Machine) -> list[str]:
    """What decides the figures of a turn: the code of peers, weights, libraries, machine. Prompts may be
    added, and rounds."""
    root = workspace()
    code = [*root.glob("runtime/robo_runtime/**/*.py"), *root.glob("benchmarks/peers/libraries/*")]
    code = [*(path for path in code if path.is_file()), *(root / "benchmarks" / "peers" / n for n in _ASKED)]
    models = sorted(model.sha256 for model in weights.models.values())
    about = [
        repr(library_versions() | versions(*PACKAGES)),
        str(asked.tokens),
        str(asked.seconds),
        machine.cpu,
    ]
    return [fingerprint(sorted(code), *about), *models]


def _training(asked: Run, machine: Machine) -> list[Cell]:
    return training_cells(workspace() / "benchmarks" / "results" / "training.json", asked.tier, machine.cpu)


def _results(asked: Run, started: str, load: float | None, machine: Machine, cells: list[Cell]) -> Results:
    git, after = git_commit(), load_average()
    noisy = any(value is not None and value > _MAX_LOAD * machine.cores for value in (load, after))
    return Results(
        what="peers",
        created=started,
        command=asked.command,
        commit=git["commit"],
        dirty=git["dirty"],
        machine=machine,
        versions=library_versions() | versions(*PACKAGES),
        device_tier=tier_of(these_facts(machine), read_devices()).name,
        load=Load(before=load, after=after),
        noisy=noisy,
        cells=cells,
    )
