"""Checkpoint to a folder of GGUF files, complete for llama.cpp on any platform, proved before it appears."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_folder, write_json, write_text
from robo_runtime.gguf_file import Shape, Vocabulary, gguf_name, hub_weights, read_gguf

from robo_convert import reference
from robo_convert.checkpoint import Checkpoint, load_checkpoint, sha256_of
from robo_convert.functional import ask_models
from robo_convert.gguf_file import gguf_tensors, write_gguf
from robo_convert.imatrix import read_imatrix
from robo_convert.layers import unlike
from robo_convert.llama_quantise import check_possible, needs_llama, quantise_file
from robo_convert.manifest import (
    GRAMMAR,
    NAME,
    PARITY,
    Manifest,
    Model,
    Role,
    check_destination,
    make_manifest,
    reference_of,
)
from robo_convert.ollama import modelfile
from robo_convert.parity import (
    Encoded,
    Gate,
    ParityError,
    check_positions,
    compare_logits,
    compare_tensors,
    failures,
    load_gate,
)
from robo_convert.quants import QUANTS, Quant, check_rows, limits_name, parse_quants, with_overrides
from robo_convert.reference import Array
from robo_convert.texts import encode_texts, read_vocabulary
from robo_convert.vocabulary import same_vocabulary

MODELFILE = "Modelfile"


def export_gguf(
    checkpoint: Path,
    out: Path,
    quants: Sequence[str] = ("q4_0",),
    *,
    board: str = "esp32",
    gate: Gate | None = None,
    tensor_types: Sequence[str] = (),
    imatrix: Path | None = None,
    functional: int | None = 0,
    progress: Callable[[str], None] = lambda step: None,
) -> Manifest:
    """Write one GGUF per precision with grammar, Ollama Modelfile, parity data and manifest into `out`.

    The folder appears complete or not at all, and replaces an earlier export as a whole.

    Args:
        checkpoint: a complete checkpoint folder (see `checkpoint.FILES`).
        out: the folder to write, usually `exports/<checkpoint name>`.
        quants: precisions, of `quants.QUANTS`.
        board: the board whose pins the grammar allows.
        gate: texts and limits; `configs/convert/parity.yaml` when not given.
        tensor_types: types of single tensors, each "PATTERN=TYPE" (see `quants.with_overrides`).
        imatrix: an importance matrix of llama.cpp, by which block types round.
        functional: held-out prompts to ask (see `functional.ask_held_out`).
        progress: called with a few words before each step.

    Raises:
        ParityError: a file does not compute what the checkpoint computes.
        RoboError: anything wrong with the input, the destination or the disk.
    """
    plan = parse_quants(quants)
    grammar = grammar_text(board)
    gate = gate or load_gate()
    check_destination(out)
    progress("reading the checkpoint")
    source = load_checkpoint(checkpoint)
    tensors = gguf_tensors(source)
    plan = with_overrides(plan, tensor_types, {name: tensor.ndim for name, tensor in tensors.items()})
    _check_plan(plan, tensors, source, imatrix)
    vocabulary = read_vocabulary(source)
    cases = encode_texts(source, gate.cases)
    check_positions(cases, source.shape.context)
    progress("running the checkpoint on the parity texts")
    expected = run_cases(source.weights, source.shape, cases)
    with atomic_folder(out) as folder:
        models: dict[str, Model] = {}
        for quant in plan:
            path = folder / f"{source.name}-{quant.name}.gguf"
            progress(f"writing {path.name}")
            if needs_llama(tensors, quant, imatrix):
                full = folder / "full.gguf"
                write_gguf(full, source, vocabulary, QUANTS["f32"])
                quantise_file(full, path, tensors, quant, imatrix)
                full.unlink()
            else:
                write_gguf(path, source, vocabulary, quant)
            progress(f"proving {path.name}")
            models[path.name] = prove(path, source, vocabulary, quant, cases, expected, gate, imatrix)
        models, more = ask_models(
            source, folder, models, "gguf", functional, board=board, gate=gate, progress=progress
        )
        progress("writing the grammar and the manifest")
        write_text(folder / PARITY, reference_of(cases, expected).model_dump_json() + "\n")
        smallest = min(models, key=lambda name: models[name].bits_per_weight)
        write_text(folder / MODELFILE, modelfile(smallest, source))
        write_text(folder / GRAMMAR, grammar)
        roles: dict[str, Role] = {GRAMMAR: "grammar", MODELFILE: "modelfile", PARITY: "parity", **more}
        packages = ("gguf", "numpy", "sentencepiece")
        manifest = make_manifest(folder, source, models, roles, kind="gguf", board=board, packages=packages)
        write_json(folder / NAME, manifest.model_dump(exclude_none=True))
    return manifest


def _check_plan(
    plan: Sequence[Quant], tensors: dict[str, Array], source: Checkpoint, imatrix: Path | None
) -> None:
    """Raise before anything is written when a precision is impossible here."""
    if imatrix is not None:
        if source.training.qat != "none":
            raise RoboError(
                f"--imatrix {imatrix}: this checkpoint was trained for {source.training.qat}, whose rounding"
                " it has already made its own; an importance matrix would round otherwise. Leave it out"
            )
        read_imatrix(imatrix, {name: t.shape[-1] for name, t in tensors.items() if t.ndim > 1})
    for quant in plan:
        check_rows(tensors, quant)
        if needs_llama(tensors, quant, imatrix):
            check_possible(quant)


def run_cases(
    weights: reference.Weights, shape: Shape, cases: Sequence[Encoded], *, interleaved: bool = False
) -> list[Array]:
    """Logits of every case in numpy."""
    return [
        reference.logits(weights, shape, case.tokens(shape.context), interleaved_rope=interleaved)
        for case in cases
    ]


def prove(
    path: Path,
    source: Checkpoint,
    vocabulary: Vocabulary,
    quant: Quant,
    cases: Sequence[Encoded],
    expected: Sequence[Array],
    gate: Gate,
    imatrix: Path | None = None,
) -> Model:
    """Read a written file back and hold it against the checkpoint; raises `ParityError` when it differs.

    The shape comes from the file's own metadata and the rows of q and k stay in GGUF's order, so a wrong
    RoPE base or row order fails here as it would in llama.cpp.
    """
    file = read_gguf(path)
    same_vocabulary(file.vocabulary, vocabulary, path.name)
    shape, stored = file.shape(), file.weights()
    kinds = {name: file.tensors[gguf_name(name)].kind for name in stored}
    for name, tensor in file.tensors.items():
        wanted = quant.type_of(name, len(tensor.shape))
        if tensor.kind != wanted and not (quant.mixed and quant.override(name) is None):
            raise RoboError(f"{path.name}: {name} is stored as {tensor.kind} instead of {wanted}")
    weighted = imatrix if imatrix and needs_llama(gguf_tensors(source), quant, imatrix) else None
    weights = hub_weights(stored, shape)
    tensors = compare_tensors(weights, source.weights, kinds, path.name, factor=3.0 if weighted else 1.0)
    figures = compare_logits(run_cases(stored, shape, cases, interleaved=True), expected, gate.tie)
    lossless = source.training.qat == quant.name and not quant.overrides
    if lossless and tensors.exact < tensors.tensors:
        raise ParityError(
            f"{path.name}: training.json says the weights were trained for {quant.name}, but"
            f" {tensors.tensors - tensors.exact} of {tensors.tensors} tensors are not exactly what it stores;"
            f" worst tensor {tensors.worst} (relative error {tensors.worst_error:.3g}); nothing was written."
            " Save the quantised weights, or set qat to none"
        )
    if found := failures(figures, gate.limits["f32" if lossless else limits_name(quant)]):
        raise unlike(path.name, found, tensors, weights, source, cases)
    return Model(
        quant=quant.name,
        bits_per_weight=round(file.bits_per_weight, 4),
        types={name: tensor.kind for name, tensor in file.tensors.items()},
        overrides=dict(quant.overrides),
        imatrix=sha256_of(weighted) if weighted else None,
        tensors=tensors,
        parity=figures,
    )


@lru_cache(maxsize=4)
def grammar_text(board: str) -> str:
    """The grammar of the registry for a board; raises `RoboError` naming the boards there are."""
    from robo_runtime.grammar import micropython_gbnf
    from robo_runtime.registry import load_registry

    return micropython_gbnf(load_registry(), board=board)
