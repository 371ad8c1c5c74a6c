"""Checkpoint to TFLite files for LiteRT: each is read back, compared and run before it counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from robo_runtime.engine.litert import LitertEngine

from robo_convert.beside import copy_tokenizer, metadata_of
from robo_convert.child import Job
from robo_convert.heavy import Made
from robo_convert.litert.bundle import SUFFIX, write_bundle
from robo_convert.litert.bundle_proof import prove_bundle
from robo_convert.litert.graph import build
from robo_convert.litert.weights import kind_of, read
from robo_convert.manifest import Model
from robo_convert.parity import Encoded
from robo_convert.proof import prove, text_logits
from robo_convert.reference import Array


def convert(job: Job, progress: Callable[[str], None]) -> Made:
    """Write one file for each precision, and the tokenizer that they share.

    Raises:
        ParityError: a file does not hold the checkpoint's weights, or does not answer as it does.
    """
    source, models, notes = job.source, {}, []
    roles = copy_tokenizer(source, job.folder)
    for quant in job.quants:
        path = job.folder / f"{source.name}-{quant}.tflite"
        progress(f"writing {path.name}")
        path.write_bytes(build(source.weights, source.shape, quant, metadata_of(source, quant)))
        progress(f"proving {path.name}")
        models[path.name] = _prove(path, quant, job)
        if job.bundle:
            bundle = path.with_suffix(SUFFIX)
            progress(f"writing {bundle.name}")
            write_bundle(source, quant, bundle)
            progress(f"running {bundle.name} in LiteRT-LM")
            notes.append(prove_bundle(bundle, path, job.cases))
            roles[bundle.name] = "bundle"
    return Made(models=models, roles=roles, note="; ".join(notes) or None)


def file_logits(path: Path, cases: Sequence[Encoded]) -> list[Array]:
    """Logits (T, vocab) of each text."""
    return text_logits(LitertEngine(path, ends=()), cases)


def _prove(path: Path, quant: str, job: Job) -> Model:
    source = job.source
    weights, n_bytes = read(path.read_bytes(), source.shape, quant)
    kinds = {name: kind_of(name, quant) for name in weights}
    engine = LitertEngine(path, ends=source.ends)
    return prove("litert", path, quant, job, engine, weights, kinds, n_bytes)
