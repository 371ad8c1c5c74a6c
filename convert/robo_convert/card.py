"""The card of a model that ships: what it is, learned from, can and cannot do, from the run's own records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from robo_runtime.languages import languages

from robo_convert.manifest import Manifest

TIERS = {1: "full clause grammars", 2: "clause templates, beta", 3: "sentence frames, experimental"}

LIMITS = (
    "It writes programs for the parts, functions and boards of the registry it was trained with; other"
    " wishes it should refuse, and does not always.",
    "The grammar keeps calls, arguments and pins legal; it does not make a program right. The figures above"
    " say how often it is. Read a program, or run it in the simulator, before it moves what can hurt.",
    "All training text was written or composed for this project; no native reader has reviewed the texts"
    " that are not English.",
    "The hand-written prompts were used to find out what the composer lacked, so a prompt of another hand may"
    " fare worse. They are not in the training data, nor is anything near them.",
    "It is a completion model of one prompt: no conversation, no memory, no general knowledge.",
)


def card(
    manifest: Manifest, file: str, training: dict[str, Any], results: dict[str, Any], answerer: str
) -> str:
    """Markdown of the card.

    Args:
        manifest: of the export.
        file: the model file's name in it.
        training: `training.json` of the checkpoint.
        results: what benchmarks/quality wrote.
        answerer: the name it measured this model under.
    """
    return "\n".join(_lines(manifest, file, training, results, answerer)) + "\n"


def _lines(
    manifest: Manifest, file: str, training: dict[str, Any], results: dict[str, Any], answerer: str
) -> Iterator[str]:
    entry, figures, config = manifest.files[file], training["figures"], training["config"]
    assert entry.model is not None
    data = training["data"]["splits"]["train"]
    yield f"# {manifest.name}"
    yield ""
    yield "A prompt becomes a MicroPython program for an ESP32 kit:"
    yield f"{manifest.parameters / 1e6:.1f}M parameters, {entry.bytes / 1e6:.1f} MB, offline, under a grammar"
    yield "that allows only what the firmware has."
    yield ""
    yield f'    robo generate "blink the LED on pin 2" --model models/{file}'
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| file | `{file}`, {entry.bytes:,} bytes, {entry.model.bits_per_weight:.2f} bits a weight |"
    yield f"| sha256 | `{entry.sha256}` |"
    yield f"| licence | {_licence(manifest.licence)} |"
    commit = manifest.checkpoint.commit or "not from a checkout"
    yield f"| trained at commit | `{commit}`{', with changes' if manifest.checkpoint.dirty else ''} |"
    yield f"| trained by | `{training['command']}`, resolved in `{manifest.name}.training.json` |"
    if start := training.get("init"):
        yield f"| started from | {_start(start)} |"
    yield f"| shape | {_shape(training['model'])} |"
    yield f"| board of the grammar | {manifest.board} |"
    exact = entry.model.tensors
    yield f"| quantisation | {entry.model.quant}; {exact.exact} of {exact.tensors} tensors exact |"
    yield ""
    yield "## Data and training"
    yield ""
    yield (
        f"{data['samples']:,} samples, {data['tokens']:,} tokens, composed, run and checked in the simulator"
        f" by this repository (`robo-train data build`); {_passes(figures, data)};"
        f" {figures['steps']:,} steps,"
        f" {figures['tokens']:,} tokens with padding, {figures['seconds'] / 60:.0f} minutes on"
        f" {training['machine']['cpu']} ({training['machine']['cores']} cores), seed {config['seed']}."
        f" Validation loss {figures['val_loss']:.3f} nats a token over held-out splits."
    )
    yield ""
    yield from _languages(manifest)
    yield "## Measured"
    yield ""
    yield "One greedy answer a prompt, run in the simulator; it passes when it raises nothing and every check"
    yield f"over what the pins did holds. 95 % Wilson intervals. `{results['command']}`"
    yield ""
    yield from _figures(results, answerer)
    yield "## Limits"
    yield ""
    yield from (f"- {limit}" for limit in LIMITS)


def _licence(identifier: str) -> str:
    return {"apache-2.0": "Apache-2.0"}.get(identifier, identifier)


def _start(start: dict[str, Any]) -> str:
    if parts := start.get("mean_of"):
        named = (f"{p['share']:g} of `{Path(p['path']).name}` (sha256 `{p['sha256']}`)" for p in parts)
        return f"the mean of two models (`robo-train mean`): {', '.join(named)}"
    return f"`{Path(start['path']).name}` of that commit, sha256 `{start['sha256']}`"


def _shape(model: dict[str, Any]) -> str:
    return (
        f"Llama: {model['layers']} layers of width {model['hidden_size']}, {model['heads']} heads sharing"
        f" {model['kv_heads']} of keys and values, feed-forward {model['intermediate_size']}, vocabulary"
        f" {model['vocab_size']}, context {model['context']}"
    )


def _passes(figures: dict[str, Any], data: dict[str, Any]) -> str:
    return f"about {figures['tokens'] / max(data['tokens'], 1):.1f} passes over them"


def _languages(manifest: Manifest) -> Iterator[str]:
    yield "| languages | how their prompts are made |"
    yield "|---|---|"
    for tier, how in TIERS.items():
        names = [x.name for x in languages().values() if x.tier == tier and x.code in manifest.languages]
        if names:
            yield f"| {', '.join(names)} | tier {tier}: {how} |"
    yield ""


def _share(share: dict[str, Any]) -> str:
    if not share["n"]:
        return "none asked"
    return f"{share['rate']:.1%} ({share['low']:.0%} to {share['high']:.0%})"


def _figures(results: dict[str, Any], answerer: str) -> Iterator[str]:
    names = [answerer] + [a["name"] for a in results["answerers"] if a["name"] != answerer]
    rows = {(r["answerer"], r["axis"], r["value"]): r for r in results["rows"]}
    yield "| pass@1 | n | " + " | ".join(names) + " |"
    yield "|---|---|" + "---|" * len(names)
    for axis in ("split", "language"):
        values = list(dict.fromkeys(r["value"] for r in results["rows"] if r["axis"] == axis))
        if axis == "language" and len(values) < 2:
            continue
        for value in values:
            found = [rows.get((name, axis, value)) for name in names]
            cells = [_share(row["measures"]["pass@1"]) if row else "" for row in found]
            n = max(row["n"] for row in found if row)
            yield f"| {value} | {n} | " + " | ".join(cells) + " |"
    yield ""
    yield "| of all answers | " + " | ".join(names) + " |"
    yield "|---|" + "---|" * len(names)
    for measure in rows[answerer, "all", "all"]["measures"]:
        cells = [_share(rows[name, "all", "all"]["measures"][measure]) for name in names]
        yield f"| {measure} | " + " | ".join(cells) + " |"
    yield ""
