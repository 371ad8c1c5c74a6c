"""Checkpoint to ONNX files for ONNX Runtime: each is read back, compared and run before it counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import onnx
from robo_runtime.engine.onnx import OnnxEngine
from robo_runtime.files import write_json

from robo_convert.beside import copy_tokenizer, metadata_of
from robo_convert.child import Job
from robo_convert.heavy import Made
from robo_convert.manifest import Model
from robo_convert.onnx.genai import GENAI, genai_config
from robo_convert.onnx.graph import build
from robo_convert.onnx.weights import kind_of, read
from robo_convert.parity import Encoded
from robo_convert.proof import prove, text_logits
from robo_convert.reference import Array


def convert(job: Job, progress: Callable[[str], None]) -> Made:
    """Write one file for each precision, and the tokenizer that they share.

    Raises:
        ParityError: a file does not hold the checkpoint's weights, or does not answer as it does.
    """
    models = {}
    for quant in job.quants:
        path = job.folder / f"{job.source.name}-{quant}.onnx"
        progress(f"writing {path.name}")
        graph = build(job.source.weights, job.source.shape, quant, metadata_of(job.source, quant))
        path.write_bytes(graph.SerializeToString())
        progress(f"proving {path.name}")
        models[path.name] = _prove(path, quant, job)
    smallest = min(models, key=lambda name: models[name].bits_per_weight)
    write_json(job.folder / GENAI, genai_config(job.source, smallest))
    return Made(models=models, roles={**copy_tokenizer(job.source, job.folder), GENAI: "config"})


def file_logits(path: Path, cases: Sequence[Encoded]) -> list[Array]:
    """Logits (T, vocab) of each text."""
    return text_logits(OnnxEngine(path, ends=()), cases)


def _prove(path: Path, quant: str, job: Job) -> Model:
    graph = onnx.load(str(path))
    weights = read(graph, job.source.shape, quant)
    kinds = {name: kind_of(name, quant) for name in weights}
    n_bytes = sum(_bytes(tensor) for tensor in graph.graph.initializer)
    engine = OnnxEngine(path, ends=job.source.ends)
    return prove("onnx", path, quant, job, engine, weights, kinds, n_bytes)


def _bytes(tensor: onnx.TensorProto) -> int:
    return onnx.numpy_helper.to_array(tensor).nbytes
