"""Checkpoint to Core ML packages, each evaluated from its saved form and held against the checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from robo_runtime.errors import RoboError

from robo_convert import reference
from robo_convert.beside import copy_tokenizer
from robo_convert.coreml.engine import PackageEngine
from robo_convert.coreml.run import Model as Running
from robo_convert.coreml.store import bits_of, check_shapes, kind_of
from robo_convert.heavy import Made
from robo_convert.layers import unlike
from robo_convert.manifest import Model
from robo_convert.parity import (
    Encoded,
    Figures,
    Greedy,
    ParityError,
    compare_greedy,
    compare_logits,
    compare_tensors,
    failures,
)
from robo_convert.reference import Array

if TYPE_CHECKING:
    from robo_convert.child import Job

NOTE = (
    "Nothing here ran on Apple hardware. The packages were converted without Core ML and proved by evaluating"
    " the saved program in numpy; scripts/coreml_on_mac.py runs them on a Mac and compares with parity.json."
)
GREEDY = 64
"""Tokens written after each prompt."""


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
        models[package.name] = prove(package, quant, job)
    return Made(models=models, roles=copy_tokenizer(source, job.folder), note=NOTE)


def prove(package: Path, quant: str, job: Job) -> Model:
    """Evaluate a saved package and hold it against the checkpoint.

    Raises:
        ParityError: it differs by more than the gate allows.
    """
    source, running = job.source, Running(package)
    kinds = {name: kind_of(name, weight, quant) for name, weight in source.weights.items()}
    names = {name.replace(".", "_"): name for name in source.weights}
    stored, types = running.weights(names), running.types(names)
    if types != kinds:
        odd = next(name for name in kinds if types.get(name) != kinds[name])
        raise ParityError(f"{package.name}: {odd} is stored as {types.get(odd)} instead of {kinds[odd]}")
    # Every weight is float16 in the end: exact means that nothing beyond that rounding was lost.
    half = {name: w.astype(np.float16).astype(np.float32) for name, w in source.weights.items()}
    tensors = compare_tensors(stored, half, kinds, package.name)
    figures = measure(running, job.cases, job.expected, job.gate.tie)
    greedy = write_greedily(running, job)
    lossless = source.training.qat == "q4_0" and quant == "int4"
    if lossless and tensors.exact < tensors.tensors:
        raise ParityError(
            f"{package.name}: training.json says the weights were trained for q4_0, but"
            f" {tensors.tensors - tensors.exact} of {tensors.tensors} tensors are not what it stores; worst"
            f" tensor {tensors.worst} (relative error {tensors.worst_error:.3g}); nothing was written"
        )
    limits = job.gate.limits_of("coreml", quant, exact=lossless)
    for what, found in (("like its checkpoint", figures), ("greedily like its checkpoint", greedy.figures)):
        if failed := failures(found, limits):
            raise unlike(package.name, failed, tensors, stored, source, job.cases, what)
    bits = sum(bits_of(kinds[name], weight) for name, weight in source.weights.items())
    return Model(
        quant=quant,
        bits_per_weight=round(bits / source.parameters, 4),
        types=types,
        tensors=tensors,
        parity=figures,
        greedy=greedy,
    )


def measure(running: Running, cases: Sequence[Encoded], expected: Sequence[Array], tie: float) -> Figures:
    """Logits of every case, by `decode` and in chunks by `prefill`, against the checkpoint's."""
    answers = []
    for case in cases:
        running.reset()
        answers.append(np.stack([running.step(token) for token in case.tokens(running.context)]))
    for case in cases:
        running.reset()
        answers.append(running.feed(case.tokens(running.context)))
    return compare_logits(answers, [*expected, *expected], tie)


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


def write_greedily(running: Running, job: Job) -> Greedy:
    """A program for each prompt: `prefill` reads the prompt, `decode` goes on, on the same caches."""
    written, expected = [], []
    for case in job.cases:
        prompt = case.prompt()
        running.reset()
        rows, ids = [running.feed(prompt)[-1]], [0] * 0
        while len(ids) < min(GREEDY, running.context - len(prompt)):
            ids.append(int(rows[-1].argmax()))
            rows.append(running.step(ids[-1]))
        written.append((np.stack(rows[:-1]), ids))
        said = reference.logits(job.source.weights, job.source.shape, prompt + ids)
        expected.append(said[len(prompt) - 1 : -1])
    return compare_greedy(written, expected, job.gate.tie)
