"""An export checked again, from its own files: checksums, metadata, tokenizer, logits, and llama.cpp."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path

from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_runtime.gguf_file import GgufFile, gguf_name, read_gguf
from robo_runtime.paths import workspace

from robo_convert import llama_parity
from robo_convert.checkpoint import load_checkpoint, sha256_of, size_of
from robo_convert.formats import FORMATS
from robo_convert.functional import NAME, Kept, ask_again, failure
from robo_convert.gguf_export import run_cases
from robo_convert.heavy import require
from robo_convert.manifest import (
    PARITY,
    Manifest,
    Model,
    Reference,
    compare_reference,
    precision,
    read_manifest,
)
from robo_convert.parity import (
    Figures,
    Functional,
    Gate,
    Greedy,
    ParityError,
    compare_logits,
    failures,
    load_gate,
)
from robo_convert.vocabulary import check_vocabulary


class Verified(Strict):
    """What was found for one model file."""

    file: str
    checkpoint: Figures
    """numpy on the file's weights against the checkpoint's kept logits (lower bounds)."""
    llama_cpp: Figures | None
    """llama.cpp against numpy on the same weights; None when llama-cpp-python is not installed."""
    greedy: Greedy | None = None
    """The same of programs that llama.cpp writes token by token."""
    texts: int | None
    """Texts and control tokens that llama.cpp cuts as sentencepiece does."""
    functional: Functional | None = None
    """Held-out prompts; None when none were asked, or none can be."""


def verify_export(
    folder: Path,
    *,
    gate: Gate | None = None,
    functional: int | None = 0,
    progress: Callable[[str], None] = lambda step: None,
) -> list[Verified]:
    """Check every file of an export folder; needs neither the checkpoint nor, for GGUF, sentencepiece.

    Args:
        functional: at most so many of the held-out prompts that were asked when it was made are asked again;
            None as many as the gate's seconds allow.

    Raises:
        RoboError: a file is missing or changed, a type is not what the manifest says.
        ParityError: a model does not answer as its checkpoint did, or llama.cpp not as numpy.
    """
    gate = gate or load_gate()
    manifest = read_manifest(folder)
    progress("comparing checksums")
    check_files(folder, manifest)
    reference = read_config(folder / PARITY, Reference)
    found: list[Verified] = []
    for name, model in manifest.models().items():
        progress(f"proving {name}")
        if manifest.kind == "adapter":
            found.append(_verify_adapter(folder / name, model, manifest, reference, gate))
            continue
        if manifest.kind != "gguf":
            found.append(_verify_heavy(folder / name, model, manifest.kind, reference, gate))
            continue
        file = read_gguf(folder / name)
        _check_types(file, model)
        if not manifest.imported:
            check_vocabulary(file.vocabulary, name)
        shape, stored = file.shape(), file.weights()
        logits = run_cases(stored, shape, reference.sequences, interleaved=True)
        figures = compare_reference(logits, reference, gate.tie)
        lossless = model.tensors.exact == model.tensors.tensors
        limit = precision(model)
        _pass(name, "the checkpoint", failures(figures, gate.limits["f32" if lossless else limit]))
        texts, engine, greedy = None, None, None
        if llama_parity.available():
            progress(f"running {name} in llama.cpp")
            with llama_parity.open_model(folder / name, shape.context) as llama:
                texts = llama_parity.check_tokens(llama, reference.sequences, name)
                answers = [
                    llama_parity.llama_logits(llama, case.tokens(shape.context))
                    for case in reference.sequences
                ]
                written = llama_parity.write_greedily(llama, reference.sequences)
            engine = compare_logits(answers, logits, gate.tie)
            _pass(name, "numpy in llama.cpp", failures(engine, gate.llama_cpp[limit]))
            greedy = llama_parity.compare_written(written, stored, shape, gate.tie)
            _pass(name, "numpy, token by token in llama.cpp", failures(greedy.figures, gate.llama_cpp[limit]))
        found.append(Verified(file=name, checkpoint=figures, llama_cpp=engine, greedy=greedy, texts=texts))
    _verify_bundles(folder, manifest, reference, progress)
    asked = _ask_again(folder, manifest, gate, functional, progress)
    return [v.model_copy(update={"functional": asked.get(v.file)}) for v in found]


def _ask_again(
    folder: Path,
    manifest: Manifest,
    gate: Gate,
    prompts: int | None,
    progress: Callable[[str], None],
) -> dict[str, Functional]:
    if prompts == 0 or not any(entry.role == "functional" for entry in manifest.files.values()):
        return {}
    if manifest.kind == "gguf" and not llama_parity.available():
        return {}
    kept, models = read_config(folder / NAME, Kept), manifest.models()
    found = ask_again(
        folder, list(models), manifest.kind, kept, prompts, board=manifest.board, gate=gate, progress=progress
    )
    for name, figures in found.items():
        reason = failure(figures, gate.points_of(manifest.kind, precision(models[name])))
        _pass(name, "the checkpoint", [reason] if reason else [])
    return found


def _verify_heavy(path: Path, model: Model, kind: str, reference: Reference, gate: Gate) -> Verified:
    """A file of another format, in its own engine."""
    require(FORMATS[kind])
    module = importlib.import_module(FORMATS[kind].module)
    if check_types := getattr(module, "check_types", None):
        check_types(path, model.types)
    logits = module.file_logits(path, reference.sequences)
    figures = compare_reference(logits, reference, gate.tie)
    exact = model.tensors.exact == model.tensors.tensors
    _pass(path.name, "the checkpoint", failures(figures, gate.limits_of(kind, model.quant, exact=exact)))
    return Verified(file=path.name, checkpoint=figures, llama_cpp=None, texts=None)


def _verify_bundles(
    folder: Path, manifest: Manifest, reference: Reference, progress: Callable[[str], None]
) -> None:
    """Bundles in LiteRT-LM, where it is installed; elsewhere their hashes must do."""
    if importlib.util.find_spec("litert_lm") is None:
        return
    from robo_convert.litert.bundle_proof import prove_bundle

    for name in (name for name, entry in manifest.files.items() if entry.role == "bundle"):
        progress(f"running {name} in LiteRT-LM")
        bundle = folder / name
        prove_bundle(bundle, bundle.with_suffix(".tflite"), reference.sequences)


def _verify_adapter(
    path: Path, model: Model, manifest: Manifest, reference: Reference, gate: Gate
) -> Verified:
    """An adapter beside its base, which must be in `checkpoints/`."""
    from robo_convert.adapters.export import adapter_figures

    base = workspace() / "checkpoints" / manifest.checkpoint.name
    source = load_checkpoint(base)
    if source.sha256 != manifest.checkpoint.sha256:
        raise RoboError(f"{base}: is not the checkpoint {path.name} belongs to; put that one there")
    _check_types(read_gguf(path), model)
    names = [hub for hub in source.weights if f"{gguf_name(hub)}.lora_a" in model.types]
    logits, engine = adapter_figures(path, source, names, reference.sequences)
    figures = compare_reference(logits, reference, gate.tie)
    _pass(path.name, "the merged model", failures(figures, gate.limits["f32"]))
    found = None
    if engine is not None:
        found = compare_logits(engine, logits, gate.tie)
        _pass(path.name, "numpy in llama.cpp", failures(found, gate.llama_cpp["f32"]))
    return Verified(file=path.name, checkpoint=figures, llama_cpp=found, texts=None)


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise unless every file of the manifest is there with its size and hash."""
    for name, entry in manifest.files.items():
        path = folder / name
        if not path.exists():
            raise RoboError(f"{path}: is missing; export again")
        if size_of(path) != entry.bytes:
            raise RoboError(
                f"{path}: has {size_of(path)} bytes, the manifest says {entry.bytes}; cut short or"
                " changed: copy it again"
            )
        if sha256_of(path) != entry.sha256:
            raise RoboError(f"{path}: its sha256 is not the manifest's; damaged or changed: copy it again")


def _check_types(file: GgufFile, model: Model) -> None:
    types = {name: tensor.kind for name, tensor in file.tensors.items()}
    if types != model.types:
        odd = sorted(k for k in {*types, *model.types} if types.get(k) != model.types.get(k))[0]
        raise RoboError(
            f"{file.path}: tensor {odd} is {types.get(odd)}, the manifest says {model.types.get(odd)};"
            " export again"
        )


def _pass(name: str, against: str, found: list[str]) -> None:
    if found:
        raise ParityError(f"{name}: does not answer like {against}: {'; '.join(found)}; export again")
