"""Checkpoint to Core ML packages, each evaluated from its saved form and held against the checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from robo_runtime.errors import RoboError

from robo_convert.beside import copy_tokenizer
from robo_convert.coreml.engine import PackageEngine
from robo_convert.coreml.run import Model as Running
from robo_convert.coreml.store import bits_of, check_shapes, in_half, kind_of
from robo_convert.heavy import Made
from robo_convert.manifest import Model
from robo_convert.parity import Encoded, ParityError
from robo_convert.proof import prove
from robo_convert.reference import Array

if TYPE_CHECKING:
    from robo_convert.child import Job

NOTE = (
    "Nothing here ran on Apple hardware. The packages were converted without Core ML and proved by evaluating"
    " the saved program in numpy; scripts/coreml_on_mac.py runs them on a Mac and compares with parity.json."
)


def convert(job: Job, progress: Callable[[str], None]) -> Made:
    """Write and prove one package for each precision; see `robo_convert.heavy`."""
    source = job.source
    for quant in job.quants:
        check_shapes(source.weights, quant)
    progress("tracing the model")
    from robo_convert.coreml.package import CHUNK, Converter

    converter = Converter(source.weights, source.shape)
    metadata = {
        "description": source.training.description, "license": source.training.licence,
        "robo.checkpoint": source.sha256, "robo.chunk": str(CHUNK), "robo.context": str(source.shape.context),
    }  # fmt: skip
    models = {}
    for quant in job.quants:
        package = job.folder / f"{source.name}-{quant}.mlpackage"
        progress(f"writing {package.name}")
        converter.write(package, quant, metadata | {"robo.precision": quant})
        progress(f"proving {package.name}")
        models[package.name] = _prove(package, quant, job)
    return Made(models=models, roles=copy_tokenizer(source, job.folder), note=NOTE)


def _prove(package: Path, quant: str, job: Job) -> Model:
    source, engine = job.source, PackageEngine(package, ends=job.source.ends)
    kinds = {name: kind_of(name, weight, quant) for name, weight in source.weights.items()}
    names = {name.replace(".", "_"): name for name in source.weights}
    types = engine.running.types(names)
    if types != kinds:
        odd = next(name for name in kinds if types.get(name) != kinds[name])
        raise ParityError(f"{package.name}: {odd} is stored as {types.get(odd)} instead of {kinds[odd]}")
    n_bytes = sum(bits_of(kinds[name], weight) for name, weight in source.weights.items()) / 8
    return prove(
        "coreml", package, quant, job, engine, engine.running.weights(names), kinds, n_bytes,
        stored=in_half, token_by_token=True,
    )  # fmt: skip


def file_logits(package: Path, cases: Sequence[Encoded]) -> list[Array]:
    """Logits of every case, its first half by `prefill`, the rest by `decode` on the same caches."""
    running, answers = Running(package), []
    for case in cases:
        running.reset()
        tokens = case.tokens(running.context)
        half = len(tokens) // 2
        answers.append(np.stack([*running.feed(tokens[:half]), *map(running.step, tokens[half:])]))
    return answers


def open_engine(package: Path) -> PackageEngine:
    """A package as an engine of the runtime."""
    return PackageEngine(package)


def check_types(package: Path, types: dict[str, str]) -> None:
    """Raise `RoboError` unless the weights of a package have these types, by Hugging Face name."""
    found = Running(package).types({name.replace(".", "_"): name for name in types})
    for name, kind in types.items():
        if found.get(name) != kind:
            raise RoboError(
                f"{package.name}: tensor {name} is {found.get(name)}, the manifest says {kind}; export again"
            )
