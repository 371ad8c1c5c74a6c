"""Checkpoint to ONNX files for ONNX Runtime: each is read back, compared and run before it counts."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import onnx
from robo_runtime.engine.beside import CONTEXT_KEY, IMPORTED_KEY, TOKENIZER_KEY
from robo_runtime.engine.onnx import OnnxEngine
from robo_runtime.files import write_json

from robo_convert import reference
from robo_convert.child import Job
from robo_convert.heavy import Made
from robo_convert.manifest import Model, Role
from robo_convert.onnx.genai import GENAI, genai_config
from robo_convert.onnx.graph import build
from robo_convert.onnx.run import text_logits, write_greedily
from robo_convert.onnx.weights import kind_of, read
from robo_convert.parity import (
    Encoded,
    ParityError,
    compare_greedy,
    compare_logits,
    compare_tensors,
    failures,
)
from robo_convert.reference import Array


def convert(job: Job, progress: Callable[[str], None]) -> Made:
    """Write one file for each precision, and the tokenizer that they share.

    Raises:
        ParityError: a file does not hold the checkpoint's weights, or does not answer as it does.
    """
    for name in job.source.tokenizer_files:
        shutil.copyfile(job.source.path / name, job.folder / name)
    metadata = {
        CONTEXT_KEY: str(job.source.shape.context),
        TOKENIZER_KEY: hashlib.sha256(job.source.tokenizer).hexdigest(),
        "robolm.name": job.source.name,
        "robolm.licence": job.source.training.licence,
    }
    if imported := job.source.training.imported:
        metadata[IMPORTED_KEY] = imported.source
    models = {}
    for quant in job.quants:
        path = job.folder / f"{job.source.name}-{quant}.onnx"
        progress(f"writing {path.name}")
        graph = build(job.source.weights, job.source.shape, quant, {**metadata, "robolm.quant": quant})
        path.write_bytes(graph.SerializeToString())
        progress(f"proving {path.name}")
        models[path.name] = _prove(path, quant, job)
    smallest = min(models, key=lambda name: models[name].bits_per_weight)
    write_json(job.folder / GENAI, genai_config(job.source, smallest))
    roles: dict[str, Role] = dict.fromkeys(job.source.tokenizer_files, "tokenizer")
    return Made(models=models, roles={**roles, GENAI: "config"})


def file_logits(path: Path, cases: Sequence[Encoded]) -> list[Array]:
    """Logits (T, vocab) of each text."""
    return text_logits(OnnxEngine(path, ends=()), cases)


def _prove(path: Path, quant: str, job: Job) -> Model:
    """Read a file back and run it; raises `ParityError` when it is not the checkpoint."""
    shape, gate = job.source.shape, job.gate
    graph = onnx.load(str(path))
    weights = read(graph, shape, quant)
    kinds = {name: kind_of(name, quant) for name in weights}
    tensors = compare_tensors(weights, job.source.weights, kinds, path.name)
    engine = OnnxEngine(path, ends=job.source.ends)
    figures = compare_logits(text_logits(engine, job.cases), job.expected, gate.tie)
    written = write_greedily(engine, job.cases)
    checked = [
        reference.logits(job.source.weights, shape, [*prompt, *chosen[:-1]])[-len(chosen) :]
        for prompt, _, chosen in written
    ]
    greedy = compare_greedy([(rows, chosen) for _, rows, chosen in written], checked, gate.tie)
    limits = gate.limits_of("onnx", quant, exact=tensors.exact == tensors.tensors)
    found = failures(figures, limits)
    found += [f"token by token, {failure}" for failure in failures(greedy.figures, limits)]
    if found:
        raise ParityError(
            f"{path.name}: does not answer like its checkpoint: {'; '.join(found)}; worst tensor"
            f" {tensors.worst} (relative error {tensors.worst_error:.3g}); nothing was written. Train with"
            " qat: q4_0, or export a higher precision"
        )
    size = sum(_bytes(tensor) for tensor in graph.graph.initializer)
    return Model(
        quant=quant,
        bits_per_weight=round(8 * size / job.source.parameters, 4),
        types=kinds,
        tensors=tensors,
        parity=figures,
        greedy=greedy,
    )


def _bytes(tensor: onnx.TensorProto) -> int:
    return onnx.numpy_helper.to_array(tensor).nbytes
