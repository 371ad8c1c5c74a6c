"""How a heavy converter runs: in a process of its own.

A converter that crashes, or is killed for its memory, then ends as one sentence that names the format, and
nothing is half-written.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, atomic_folder, validate, write_json, write_text

from robo_convert.checkpoint import Checkpoint, load_checkpoint
from robo_convert.formats import FORMATS, Format, parse_plan
from robo_convert.functional import ask_models
from robo_convert.manifest import (
    GRAMMAR,
    NAME,
    PARITY,
    Manifest,
    Model,
    Role,
    check_destination,
    make_manifest,
)
from robo_convert.parity import Gate, load_gate
from robo_convert.process import ask
from robo_convert.texts import read_vocabulary

COMMAND = ("-m", "robo_convert.child")
"""What the child runs, behind the name of the interpreter."""
BUNDLE_NEEDS = ("litert_lm", "litert_lm_builder")
"""Modules of the extra `robo-convert[litertlm]`."""


class Made(Strict):
    """What a converter wrote into its folder."""

    models: dict[str, Model]
    """Model files by their path within the folder, as the manifest lists them."""
    roles: dict[str, Role] = {}
    """Other files."""
    note: str | None = None
    """For the manifest: what whoever uses the files must know."""


def export_heavy(
    name: str,
    checkpoint: Path,
    out: Path,
    quants: Sequence[str] = (),
    *,
    board: str = "esp32",
    gate: Gate | None = None,
    functional: int | None = 0,
    bundle: bool = False,
    progress: Callable[[str], None] = lambda step: None,
) -> Manifest:
    """Write a checkpoint in a format of `FORMATS`, one model for each precision, each proved equal to it.

    The folder appears complete or not at all, and replaces an earlier export as a whole.

    Args:
        quants: precisions of the format; all of them when empty.
        board: the board whose pins the grammar beside the models allows.
        functional: held-out prompts to ask (see `functional.ask_held_out`).
        bundle: write `.litertlm` bundles, too (LiteRT).

    Raises:
        ParityError: a model does not compute what the checkpoint computes.
        RoboError: anything wrong with the input, the destination or the disk, a library that is missing, or
            a converter that died.
    """
    from robo_convert.gguf_export import grammar_text

    format_ = FORMATS[name]
    plan = parse_plan(format_, quants)
    require(format_)
    if bundle:
        require_modules(name, BUNDLE_NEEDS, "litertlm")
    grammar = grammar_text(board)
    gate = gate or load_gate()
    check_destination(out)
    progress("reading the checkpoint")
    source = load_checkpoint(checkpoint)
    read_vocabulary(source)  # which must fit the embedding
    with atomic_folder(out) as folder:
        made = run_child(format_, source, folder, plan, gate, progress, bundle=bundle)
        models, more = ask_models(
            source, folder, made.models, name, functional, board=board, gate=gate, progress=progress
        )
        progress("writing the grammar and the manifest")
        write_text(folder / GRAMMAR, grammar)
        roles: dict[str, Role] = {GRAMMAR: "grammar", PARITY: "parity", **made.roles, **more}
        manifest = make_manifest(
            folder, source, models, roles, kind=name, board=board, packages=format_.packages,
            note=made.note,
        )  # fmt: skip
        write_json(folder / NAME, manifest.model_dump(exclude_none=True))
    return manifest


def require(format_: Format) -> None:
    """Raise when a library of a format is not installed."""
    require_modules(format_.name, format_.needs, format_.name)


def require_modules(what: str, modules: Sequence[str], extra: str) -> None:
    """Raise when a module of an extra is not installed."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        raise RoboError(
            f"{what}: {', '.join(missing)} is not installed: python -m pip install 'robo-convert[{extra}]'"
            f" (in a checkout: python -m pip install -e 'convert[{extra}]')"
        )


def run_child(
    format_: Format,
    source: Checkpoint,
    folder: Path,
    quants: Sequence[str],
    gate: Gate,
    progress: Callable[[str], None] = lambda step: None,
    *,
    bundle: bool = False,
) -> Made:
    """Run a converter in a process of its own and hand on what it tells.

    Raises:
        RoboError, ParityError: what the converter raised; or that it died, with what it printed last.
    """
    job = {
        "format": format_.name, "checkpoint": str(source.path), "folder": str(folder),
        "quants": list(quants), "gate": gate.model_dump(), "bundle": bundle,
    }  # fmt: skip
    made = ask(COMMAND, job, f"{format_.name}: the converter", progress)
    return validate(made, Made, f"{format_.name} converter")
