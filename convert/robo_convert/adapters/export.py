"""What the command does with an adapter: a proved file for llama.cpp, or a merged checkpoint."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from robo_runtime.drafts import FILE as DRAFTS
from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_folder, read_data, write_json, write_text

from robo_convert import llama_parity
from robo_convert.adapters.gguf import read_pairs, write_adapter
from robo_convert.adapters.lora import Adapter, Pair, merged_weights, raw_training, read_adapter
from robo_convert.checkpoint import Checkpoint, load_checkpoint
from robo_convert.gguf_export import run_cases
from robo_convert.gguf_file import write_gguf
from robo_convert.manifest import (
    NAME,
    PARITY,
    Manifest,
    Model,
    check_destination,
    make_manifest,
    reference_of,
)
from robo_convert.parity import (
    Encoded,
    Figures,
    Gate,
    ParityError,
    TensorFigures,
    check_positions,
    compare_logits,
    failures,
    load_gate,
)
from robo_convert.quants import QUANTS
from robo_convert.reference import Array
from robo_convert.texts import encode_texts, read_vocabulary

KIND = "adapter"
Progress = Callable[[str], None]


def export_adapter(
    folder: Path,
    base: Path,
    out: Path,
    *,
    gate: Gate | None = None,
    progress: Progress = lambda step: None,
) -> Manifest:
    """Write a LoRA adapter as a GGUF file of float32, proved beside its base.

    What is proved: the file's pairs, added to the checkpoint, make the weights of the merged model, and the
    same logits; in llama.cpp, too, where it is installed.

    Args:
        folder: as peft saves it.
        base: the checkpoint it was trained on. The file works beside every GGUF of it, of any precision.
        out: the folder to write.

    Raises:
        ParityError: the file does not do what the adapter does.
        RoboError: anything wrong with the input, the destination or the disk.
    """
    gate = gate or load_gate()
    check_destination(out)
    progress("reading the checkpoint and the adapter")
    source = load_checkpoint(base)
    adapter = read_adapter(folder, source)
    cases = encode_texts(source, gate.cases)
    check_positions(cases, source.shape.context)
    progress("running the merged model on the parity texts")
    expected = run_cases(merged_weights(source, adapter), source.shape, cases)
    with atomic_folder(out) as target:
        path = target / f"{adapter.name}.gguf"
        progress(f"writing {path.name}")
        write_adapter(path, adapter, source)
        progress(f"proving {path.name}")
        model = _prove(path, source, adapter, cases, expected, gate)
        write_text(target / PARITY, reference_of(cases, expected).model_dump_json() + "\n")
        note = (
            f"beside any GGUF of {source.name}: llama-cli -m {source.name}-q4_0.gguf --lora {path.name}, or"
            f" Llama(model, lora_path='{path.name}')"
        )
        manifest = make_manifest(
            target, source, {path.name: model}, {PARITY: "parity"}, kind=KIND, board="any",
            packages=("gguf", "numpy", "sentencepiece"), note=note,
        ).model_copy(update={"name": adapter.name, "parameters": adapter.parameters})  # fmt: skip
        write_json(target / NAME, manifest.model_dump(exclude_none=True))
    return manifest


def adapter_figures(
    path: Path, source: Checkpoint, names: Sequence[str], cases: Sequence[Encoded]
) -> tuple[list[Array], list[Array] | None]:
    """Logits (T, vocab) of each text by a checkpoint with a written adapter: in numpy, and in llama.cpp.

    None for those of llama.cpp where it is not installed.
    """
    weights = _added(source, read_pairs(path, list(names), source.shape)[1])
    logits = run_cases(weights, source.shape, cases)
    if not llama_parity.available():
        return logits, None
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary) / "base.gguf"
        write_gguf(base, source, read_vocabulary(source), QUANTS["f32"])
        with llama_parity.open_model(base, source.shape.context, path) as llama:
            context = source.shape.context
            return logits, [llama_parity.llama_logits(llama, case.tokens(context)) for case in cases]


def _prove(
    path: Path,
    source: Checkpoint,
    adapter: Adapter,
    cases: Sequence[Encoded],
    expected: Sequence[Array],
    gate: Gate,
) -> Model:
    file, pairs = read_pairs(path, list(adapter.pairs), source.shape)
    tensors = _compare_pairs(pairs, adapter.pairs, path.name)
    logits, engine = adapter_figures(path, source, list(adapter.pairs), cases)
    figures = compare_logits(logits, expected, gate.tie)
    check_figures(path.name, "the merged model", figures, gate)
    if engine is not None:
        check_figures(path.name, "the merged model in llama.cpp", compare_logits(engine, expected, 0.0), gate)
    return Model(
        quant="f32",
        bits_per_weight=round(file.bits_per_weight, 4),
        types={name: tensor.kind for name, tensor in file.tensors.items()},
        tensors=tensors,
        parity=figures,
    )


def _compare_pairs(found: Mapping[str, Pair], expected: Mapping[str, Pair], where: str) -> TensorFigures:
    """A must be the adapter's, and B with its scale but for one rounding."""
    exact, worst, worst_error = 0, "", -1.0
    for name, pair in expected.items():
        for half, a, b in (
            ("lora_A", found[name].a, pair.a),
            ("lora_B", found[name].b * found[name].scale, pair.b * pair.scale),
        ):
            largest = float(np.abs(b).max()) or 1.0
            error = float(np.abs(a - b).max()) / largest
            exact += error == 0
            if error > worst_error:
                worst, worst_error = f"{name.removesuffix('.weight')}.{half}", error
    if worst_error > 1e-6:
        raise ParityError(f"{where}: {worst} is not the adapter's; this is a fault of the exporter")
    return TensorFigures(
        tensors=2 * len(expected), exact=exact, worst=worst, worst_error=float(f"{worst_error:.6g}")
    )


def check_figures(name: str, against: str, figures: Figures, gate: Gate) -> None:
    """Raise `ParityError` unless an adapter's logits are the merged model's."""
    if found := failures(figures, gate.limits["f32"]):
        raise ParityError(f"{name}: does not answer like {against}: {'; '.join(found)}")


def _added(source: Checkpoint, pairs: Mapping[str, Pair]) -> dict[str, Array]:
    return {
        name: weight + pairs[name].delta() if name in pairs else weight
        for name, weight in source.weights.items()
    }


def merge_adapter(
    folder: Path, base: Path, out: Path, *, progress: Progress = lambda step: None
) -> Checkpoint:
    """Write the checkpoint in which an adapter is merged, from which every format exports.

    Raises:
        RoboError: the adapter or its base is damaged, or `out` is there and is no such checkpoint.
    """
    if out.exists() and not _is_merged(out):
        raise RoboError(
            f"{out}: is there already, and no adapter was merged there; choose another with --out"
        )
    progress("reading the checkpoint and the adapter")
    source = load_checkpoint(base)
    adapter = read_adapter(folder, source)
    progress("writing the merged checkpoint")
    with atomic_folder(out) as target:
        from safetensors.numpy import save_file

        save_file(merged_weights(source, adapter), target / "model.safetensors", metadata={"format": "pt"})
        kept = ("config.json", "generation_config.json", "tokenizer_config.json", DRAFTS, "LICENSE")
        for name in (*kept, *source.tokenizer_files):
            if (source.path / name).is_file():
                shutil.copyfile(source.path / name, target / name)
        raw = read_data(source.path / "training.json")
        write_json(target / "training.json", raw_training(source, adapter, raw))
    return load_checkpoint(out)


def _is_merged(folder: Path) -> bool:
    training = folder / "training.json"
    data = read_data(training) if training.is_file() else None
    return isinstance(data, dict) and "adapter" in data
