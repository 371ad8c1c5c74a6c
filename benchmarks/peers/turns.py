"""All peers do the same prompt one after the other, then the next prompt: a busy moment hits them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.peers.child import Child, PeerFailed
from benchmarks.peers.journal import Journal
from benchmarks.peers.peer import Ask
from benchmarks.peers.registry import Entry, Kind
from benchmarks.peers.weights import Weights

_BREATH = 0.02  # seconds between turns: threads of the one before may still spin
WARM_UP = "blink the led on pin 2"
Sample = dict[str, Any]


class Group(NamedTuple):
    """What is measured together."""

    kind: Kind
    threads: int
    tokens: int
    """Of a turn of decoding."""
    rounds: int
    seconds: float
    """Of processor time, after which a peer sits out the rest: one slow peer must not take the whole run."""


@dataclass
class Record:
    """What became of one peer in a group."""

    entry: Entry
    kind: Kind = "decode"
    ready: Sample = field(default_factory=dict)
    samples: list[tuple[str, int, Sample]] = field(default_factory=list)
    """Prompt, round, what its worker said."""
    failure: str = ""
    sat_out: bool = False
    peak: int | None = None

    @property
    def key(self) -> str:
        """Tells it from the others of its group."""
        return f"{self.entry.key}, {self.kind}"

    @property
    def spent(self) -> float:
        """Processor seconds of its turns."""
        return sum(cpu_of(sample) for _, _, sample in self.samples)


def cpu_of(sample: Sample) -> float:
    """Processor seconds of one turn."""
    return float(sample["cpu_s"] if "cpu_s" in sample else sample["prefill_cpu_s"] + sample["decode_cpu_s"])


Track = Callable[[Iterable[Any], int, str], Iterator[Any]]


def measure(
    group: Group,
    entries: Sequence[Entry],
    weights: Weights,
    asks: dict[str, Ask],
    warm_up: Ask,
    journal: Journal,
    track: Track,
    raw: Entry | None = None,
) -> list[Record]:
    """Run a group; what the journal has of it is taken from there.

    Args:
        raw: takes its turns, too, but decodes; its record comes last.
    """
    records = [Record(entry, group.kind) for entry in entries]
    records += [Record(raw, "decode")] if raw else []
    name = _name(group, records)
    laps = [(round_, prompt) for round_ in range(group.rounds) for prompt in asks]
    todo = [lap for lap in laps if not _recall(records, name, lap, journal)]
    _recall_rest(records, group, name, journal)
    if not todo:
        return records
    children: dict[str, Child] = {}
    try:
        for record in track(records, len(records), f"loading for {group.kind}, {group.threads} thread(s)"):
            _load(record, group, weights, warm_up, children)
        for n, (round_, prompt) in enumerate(
            track(todo, len(todo), f"{group.kind}, {group.threads} thread(s)")
        ):
            found: Sample = {}
            turn = n % len(records)
            for record in [*records[turn:], *records[:turn]]:
                _turn(record, group, prompt, round_, asks[prompt], children, found)
            journal.keep(f"{name}/{round_}/{prompt}", found)
        for record in records:
            if child := children.get(record.key):
                record.peak = _peak(child)
        journal.keep(
            f"{name}/ready",
            {r.key: {"ready": r.ready, "peak": r.peak, "failure": r.failure} for r in records},
        )
    finally:
        for child in children.values():
            child.close()
    return records


def _name(group: Group, records: list[Record]) -> str:
    """Of its laps in the journal: with other peers they are other laps."""
    peers = "".join(record.key + record.entry.model_dump_json() for record in records)
    return f"{group.kind}/{group.threads}/{sha256(peers.encode()).hexdigest()[:8]}"


def _recall(records: list[Record], name: str, lap: tuple[int, str], journal: Journal) -> bool:
    round_, prompt = lap
    found = journal.known(f"{name}/{round_}/{prompt}")
    for record in records if found is not None else []:
        if (sample := (found or {}).get(record.key)) is not None:
            record.samples.append((prompt, round_, sample))
    return found is not None


def _recall_rest(records: list[Record], group: Group, name: str, journal: Journal) -> None:
    for record in records:
        known = (journal.known(f"{name}/ready") or {}).get(record.key, {})
        record.ready, record.peak = known.get("ready", {}), known.get("peak")
        record.failure = known.get("failure", "")
        record.sat_out = record.spent > group.seconds


def _load(record: Record, group: Group, weights: Weights, warm_up: Ask, children: dict[str, Child]) -> None:
    entry = record.entry
    if record.spent > group.seconds:
        return
    record.failure = ""
    try:
        child = Child(
            {
                "module": entry.module, "kind": record.kind, "threads": group.threads,
                "model": str(weights.files[entry.format, entry.precision]), "grammar": str(weights.grammar),
                "options": dict(entry.options),
            }
        )  # fmt: skip
        children[record.key] = child
        record.ready = child.ready
        child.ask(_request(record, group, warm_up))
    except PeerFailed as e:
        _drop(record, children, str(e))


def _turn(
    record: Record,
    group: Group,
    prompt: str,
    round_: int,
    ask: Ask,
    children: dict[str, Child],
    found: Sample,
) -> None:
    child = children.get(record.key)
    if child is None or record.sat_out:
        return
    time.sleep(_BREATH)
    try:
        sample = child.ask(_request(record, group, ask))
    except PeerFailed as e:
        _drop(record, children, str(e))
        return
    record.samples.append((prompt, round_, sample))
    found[record.key] = sample
    record.sat_out = record.spent > group.seconds


def _request(record: Record, group: Group, ask: Ask) -> Sample:
    if record.kind == "decode":
        return {"do": "decode", "ids": list(ask.ids), "tokens": group.tokens}
    return {"do": "program", "ask": ask._asdict()}


def _drop(record: Record, children: dict[str, Child], why: str) -> None:
    record.failure = why
    if child := children.pop(record.key, None):
        child.close()


def _peak(child: Child) -> int | None:
    try:
        peak = child.ask({"do": "memory"}).get("peak_rss_bytes")
        return None if peak is None else int(peak)
    except PeerFailed:
        return None


def asks_of(records: Iterable[Any], model: Path) -> dict[str, Ask]:
    """Records of `data/eval` as prompts, by id; encoded with the model's tokenizer."""
    from robo_runtime.engine import load_engine
    from robo_runtime.prompt import render

    engine = load_engine(model, threads=1)
    try:
        return {
            r.id: Ask(
                r.prompt, r.lang, list(r.hardware),
                engine.encode(render(r.prompt, lang=r.lang, hardware=r.hardware)),
            )
            for r in records
        }  # fmt: skip
    finally:
        engine.close()
