"""Turns as cells of the schema: what each peer reached, and its ratio to the one it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.matrix.schema import Better, Cell, Metric, metric
from benchmarks.peers.ratios import by_prompt, paired
from benchmarks.peers.registry import BOUND, Entry, Kind
from benchmarks.peers.turns import Group, Record, Sample
from benchmarks.peers.weights import Weights

_PROGRAM = 100
Judge = Callable[[Sample], bool]


def decode_cells(group: Group, records: Sequence[Record], weights: Weights, raw: str) -> list[Cell]:
    """Cells of raw decoding. `raw` names the peer whose speed is 1."""
    reference = _named(records, raw)
    cells = []
    for record in records:
        metrics: dict[str, Metric] = {}
        samples = [sample for _, _, sample in record.samples]
        if samples:
            n = [len(sample["ids"]) for sample in samples]
            metrics["decode_tokens_per_s"] = metric(
                "decode_tokens_per_s", [k / s["decode_s"] for k, s in zip(n, samples, strict=True)]
            )
            metrics["token_cpu_s"] = Metric.of([_token(s, "decode_cpu_s") for s in samples], "s", "lower")
            metrics["prefill_s"] = Metric.of([s["prefill_s"] for s in samples], "s", "lower")
            metrics["prefill_cpu_s"] = Metric.of([s["prefill_cpu_s"] for s in samples], "s", "lower")
        if samples and reference:
            metrics |= _speed(reference, record, "decode_cpu_s", "decode_to_llama_loop_cpu")
            metrics |= _speed(reference, record, "decode_s", "decode_to_llama_loop_wall")
            metrics["same_tokens"] = Metric.of(_same(reference, record), "tokens", "higher")
        cells.append(_cell(group, record, weights, metrics, {"tokens": group.tokens}))
    return cells


def program_cells(
    group: Group,
    records: Sequence[Record],
    weights: Weights,
    whole: str,
    legal: Judge,
    raw: Record | None,
) -> list[Cell]:
    """Cells of programs under the grammar.

    Args:
        whole: the peer whose time to a finished, legal program is 1.
        legal: whether a finished program passes the check; others' time counts for no ratio.
        raw: the raw loop, which took its turns between the others.
    """
    reference = _named(records, whole)
    good = {id(s): legal(s) for record in records for _, _, s in record.samples}

    def times(record: Record, clock: int) -> dict[str, float]:
        return by_prompt([(prompt, scaled(s, clock)) for prompt, _, s in record.samples if good[id(s)]])

    cells = []
    for record in records:
        samples = [sample for _, _, sample in record.samples]
        metrics: dict[str, Metric] = {}
        settings: dict[str, Any] = {
            "turns": len(samples), "ended": sum(s["ended"] for s in samples),
            "legal": sum(good[id(s)] for s in samples),
            "longest": max((s["tokens"] for s in samples), default=0),
        }  # fmt: skip
        if record.ready:
            metrics["grammar_s"] = Metric.of([record.ready["grammar_s"]], "s", "lower")
        if samples:
            for name, index in (("program_s", "program_s"), ("cpu_s", "cpu_s")):
                metrics[name] = metric(name, [s[index] for s in samples])
        if written := [s for s in samples if s["tokens"]]:
            metrics["tokens_100_s"] = metric("tokens_100_s", [scaled(s, 0) for s in written])
            metrics["tokens_100_cpu_s"] = Metric.of([scaled(s, 1) for s in written], "s", "lower")
            if any(s["check"][0] for s in written):
                metrics["check_s"] = metric("check_s", [s["check"][0] for s in written])
        if reference and any(good[id(s)] for s in samples):
            for name, clock in (("program_time_to_ours_cpu", 1), ("program_time_to_ours_wall", 0)):
                metrics |= _ratio(times(record, clock), times(reference, clock), name, "lower")
        if raw and record.entry.ours and any(s["prefill"][0] for s in written):
            metrics |= _against_raw(raw, record)
        cells.append(_cell(group, record, weights, metrics, settings))
    return cells


def _against_raw(raw: Record, record: Record) -> dict[str, Metric]:
    """Our decoding, grammar and all, by the raw loop: seconds a token of the loop by ours."""
    found: dict[str, Metric] = {}
    for name, clock, key in (("cpu", 1, "decode_cpu_s"), ("wall", 0, "decode_s")):
        theirs = by_prompt(
            [(p, decoding(s, clock) / s["tokens"]) for p, _, s in record.samples if s["tokens"]]
        )
        loop = by_prompt([(p, _token(s, key)) for p, _, s in raw.samples])
        found |= _ratio(loop, theirs, f"constrained_decode_to_llama_loop_{name}", "higher")
    return found


def decoding(sample: Sample, clock: int) -> float:
    """Seconds of a program between the prompt and the check; `clock` 0 is the wall's, 1 the processor's."""
    total = float(sample["cpu_s" if clock else "program_s"])
    return total - float(sample["prefill"][clock]) - float(sample["check"][clock])


def scaled(sample: Sample, clock: int) -> float:
    """Seconds of a program scaled to 100 tokens: prefill and check as measured, decoding by the token."""
    spent = decoding(sample, clock)
    return float(sample["cpu_s" if clock else "program_s"]) - spent + _PROGRAM * spent / int(sample["tokens"])


def _speed(reference: Record, record: Record, key: str, name: str) -> dict[str, Metric]:
    def each(of: Record) -> dict[str, float]:
        return by_prompt([(prompt, _token(sample, key)) for prompt, _, sample in of.samples])

    return _ratio(each(reference), each(record), name, "higher")


def _ratio(above: dict[str, float], below: dict[str, float], name: str, better: Better) -> dict[str, Metric]:
    found = paired(above, below)
    if found is None:
        return {}
    return {name: Metric.of(found.values, "x", better, low=found.low, high=found.high)}


def _token(sample: Sample, key: str) -> float:
    return float(sample[key]) / max(len(sample["ids"]), 1)


def _same(reference: Record, record: Record) -> list[float]:
    """Tokens before the first that is not the reference's, for each prompt."""
    expected = {prompt: sample["ids"] for prompt, _, sample in reference.samples}
    found = []
    for prompt, _, sample in record.samples:
        ids = sample["ids"]
        pairs = enumerate(zip(ids, expected.get(prompt, []), strict=False))
        found.append(float(next((n for n, (a, b) in pairs if a != b), len(ids))))
    return found


def _named(records: Sequence[Record], name: str) -> Record | None:
    return next((r for r in records if r.entry.name == name and r.samples), None)


def _cell(
    group: Group,
    record: Record,
    weights: Weights,
    metrics: dict[str, Metric],
    settings: dict[str, Any],
) -> Cell:
    entry = record.entry
    if record.ready:
        metrics["load_warm_s"] = metric("load_warm_s", [record.ready["load_s"]])
        metrics["load_cpu_s"] = Metric.of([record.ready["load_cpu_s"]], "s", "lower")
    if record.peak:
        metrics["peak_rss_bytes"] = metric("peak_rss_bytes", [record.peak])
    notes = [entry.note] if entry.note else []
    measured = bool(record.samples)
    if measured and record.failure:
        notes.append(f"stopped: {record.failure}")
    if record.sat_out:
        notes.append(f"sat out after {group.seconds:.0f} processor seconds")
    return Cell(
        **_which(entry, group.kind, group.threads, weights.tier),
        model=weights.models[entry.format, entry.precision],
        status="measured" if measured else "failed",
        reason="; ".join(notes) if measured else record.failure or "it was never asked",
        settings=settings | {"prompts": len({p for p, _, _ in record.samples}), "rounds": group.rounds},
        metrics=metrics if measured else {},
    )


def unmeasured(entry: Entry, kind: Kind, threads: int, tier: str, status: Any, reason: str) -> Cell:
    """The row of a peer that could not be asked."""
    return Cell(**_which(entry, kind, threads, tier), status=status, reason=reason)


def _which(entry: Entry, kind: Kind, threads: int, tier: str) -> dict[str, Any]:
    return {
        "id": entry.cell_id(tier, kind, threads), "tier": tier, "format": entry.format,
        "precision": entry.precision, "engine": entry.name, "threads": threads, "constrained": BOUND[kind],
    }  # fmt: skip
