"""`manifest.json` and `parity.json`: what an export folder holds, and what it was measured at."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field
from robo_runtime.errors import RoboError
from robo_runtime.files import ConfigError, Strict, read_config, read_data

from robo_convert.checkpoint import Checkpoint, sha256_of, size_of
from robo_convert.parity import Encoded, Figures, Functional, Greedy, TensorFigures, log_softmax
from robo_convert.quants import QUANTS, limits_name
from robo_convert.reference import Array

NAME = "manifest.json"
PARITY = "parity.json"
GRAMMAR = "robot.gbnf"
TOP = 5
"""Logits kept for each position in parity.json."""


class Source(Strict):
    """The checkpoint an export was made from."""

    name: str
    sha256: str
    """Of model.safetensors."""
    tokenizer_sha256: str
    """Of tokenizer.model, or of what stands in for it (`checkpoint.tokenizer_files`)."""
    commit: str
    """Of the code that trained it, from training.json; empty when that was no checkout."""
    dirty: bool
    """True when that code differed from the commit."""
    qat: str
    """The precision it was trained for, or "none"."""


class Model(Strict):
    """What is known of one model file."""

    quant: str
    bits_per_weight: float
    """Bits of tensor data for each parameter; metadata and tokenizer are not counted."""
    types: dict[str, str]
    """The type each tensor really got, in the words of its format."""
    overrides: dict[str, str] = {}
    """Patterns of tensor names and the types they were asked to get (GGUF)."""
    imatrix: str | None = None
    """sha256 of the importance matrix by which it was rounded (GGUF)."""
    tensors: TensorFigures
    parity: Figures
    greedy: Greedy | None = None
    """Programs written token by token with the file's own cache; None where nothing here runs the format."""
    functional: Functional | None = None
    """None when no held-out prompts were asked."""


def precision(model: Model) -> str:
    """The precision whose limits hold for a model file."""
    quant = QUANTS.get(model.quant)
    if quant is None or not model.overrides:
        return model.quant
    return limits_name(replace(quant, overrides=tuple(model.overrides.items())))


Role = Literal["model", "bundle", "grammar", "modelfile", "parity", "functional", "tokenizer", "config"]


class File(Strict):
    """One file of the folder, or one folder that is a model."""

    bytes: int
    sha256: str
    """See `checkpoint.sha256_of`, for folders too."""
    role: Role
    model: Model | None = None


class Manifest(Strict):
    """Contract between the converter and everything that runs a model."""

    format: Literal["robo-export/1"] = "robo-export/1"
    name: str
    kind: str = "gguf"
    """One of `formats.FORMATS`."""
    licence: str
    """SPDX identifier, in lower case."""
    languages: tuple[str, ...]
    parameters: int
    created: str
    """UTC, ISO 8601."""
    made_with: dict[str, str]
    """Versions of the packages that wrote the files."""
    checkpoint: Source
    board: str
    """The board whose pins the grammar allows."""
    files: dict[str, File]
    note: str | None = None
    """What whoever uses the files must know about how they were proved."""
    imported: bool = False
    """A model that others made: it has no prompt format, and `robo` cannot ask it."""

    def models(self) -> dict[str, Model]:
        """Model files by name."""
        return {name: file.model for name, file in self.files.items() if file.model}


class Position(Strict):
    """The checkpoint's logits after one token."""

    ids: list[int]
    """The best tokens, best first."""
    logits: list[float]
    log_sum: float
    """log of the sum of exp over the whole vocabulary: log-probability is logit - log_sum."""


class Reference(Strict):
    """`parity.json`: what the checkpoint answers on the gate's texts, for checks on any device.

    Holds the best few logits of each position, so that an export can be measured without its checkpoint.
    """

    sequences: list[Encoded]
    positions: list[list[Position]] = Field(min_length=1)


def reference_of(sequences: list[Encoded], logits: list[Array]) -> Reference:
    """Keep the best logits of every position."""
    positions = []
    for rows in logits:
        order = np.argpartition(-rows, TOP, axis=-1)[:, :TOP]
        best = np.take_along_axis(rows, order, -1)
        by_size = np.lexsort((order, -best))
        order, best = np.take_along_axis(order, by_size, -1), np.take_along_axis(best, by_size, -1)
        log_sums = best[:, 0] - log_softmax(rows)[np.arange(len(rows)), order[:, 0]]
        positions.append(
            [
                Position(ids=ids, logits=[round(x, 7) for x in values], log_sum=round(log_sum, 9))
                for ids, values, log_sum in zip(order.tolist(), best.tolist(), log_sums.tolist(), strict=True)
            ]
        )
    return Reference(sequences=sequences, positions=positions)


def compare_reference(found: list[Array], reference: Reference, tie: float) -> Figures:
    """Measure logits against the kept ones; every figure is a lower bound of the full one.

    The KL is taken over the kept tokens and one bucket for all others, whose share is known to within the
    digits that are kept (older exports have four): it is taken to be what comes nearest to the export's.
    """
    unit = max(
        _unit([x for rows in reference.positions for p in rows for x in p.logits]),
        _unit([p.log_sum for rows in reference.positions for p in rows]),
    )
    difference, same, tied, kl, count = 0.0, 0, 0, 0.0, 0
    for rows, kept in zip(found, reference.positions, strict=True):
        for row, position in zip(rows, kept, strict=True):
            ids, values = position.ids, np.array(position.logits)
            difference = max(difference, float(np.abs(row[ids] - values).max()))
            chosen = int(row.argmax())
            same += chosen == ids[0]
            tied += chosen in ids and values[0] - values[ids.index(chosen)] <= tie
            p, q = np.exp(values - position.log_sum), np.exp(log_softmax(row)[ids])
            others = max(1 - q.sum(), 1e-9)
            rest = max(min(max(others, 1 - p.sum() - unit), 1 - p.sum() + unit), 1e-9)
            p, q = np.append(p * (1 - rest) / p.sum(), rest), np.append(q, others)
            kl += float((p * np.log(p / q)).sum())
            count += 1
    return Figures(
        positions=count, max_difference=difference, top1=same / count, top1_or_tie=tied / count,
        kl=max(kl / count, 0.0),
    )  # fmt: skip


def _unit(values: Sequence[float]) -> float:
    """What the last decimal that some numbers have is worth."""
    return next((10.0**-k for k in range(1, 10) if all(round(x, k) == x for x in values)), 0.0)


def make_manifest(
    folder: Path,
    source: Checkpoint,
    models: Mapping[str, Model],
    roles: Mapping[str, Role],
    *,
    kind: str,
    board: str,
    packages: Sequence[str],
    note: str | None = None,
) -> Manifest:
    """Describe a folder that is complete but for its manifest.

    Args:
        models: what is known of each model file, by name.
        roles: the other files.
        packages: whose versions the manifest names.
    """
    files = {
        name: File(
            bytes=size_of(folder / name),
            sha256=sha256_of(folder / name),
            role=roles.get(name, "model"),
            model=models.get(name),
        )
        for name in (*models, *sorted(roles))
    }
    return Manifest(
        name=source.name,
        kind=kind,
        licence=source.training.licence,
        languages=source.training.languages,
        parameters=source.parameters,
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        made_with={p: version(p) for p in packages},
        checkpoint=Source(
            name=source.name,
            sha256=source.sha256,
            tokenizer_sha256=hashlib.sha256(source.tokenizer).hexdigest(),
            commit=source.training.git.commit,
            dirty=source.training.git.dirty,
            qat=source.training.qat,
        ),
        board=board,
        files=files,
        note=note,
        imported=source.training.imported is not None,
    )


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an export folder; raises `RoboError` when it is none."""
    if not (folder / NAME).is_file():
        raise RoboError(f"{folder}: no {NAME}, so this is no export; make one with robo-convert gguf")
    return read_config(folder / NAME, Manifest)


def check_destination(folder: Path) -> None:
    """Raise when `folder` cannot be made, or replacing it would delete anything but an earlier export."""
    parent = next((p for p in folder.absolute().parents if p.exists()), folder)
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise RoboError(f"{folder}: {parent} is no folder that can be written to; choose another with --out")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise RoboError(f"{folder}: is a file, not a folder; choose another with --out")
    if foreign := sorted({p.name for p in folder.iterdir()} - _own_files(folder)):
        raise RoboError(
            f"{folder}: holds {foreign[0]}, which no export wrote and which would be deleted; move it or"
            " choose another folder with --out"
        )


def _own_files(folder: Path) -> set[str]:
    """What the manifest lists, read leniently: an export of another version may be replaced too."""
    try:
        data = read_data(folder / NAME)
    except ConfigError:
        return set()
    if not isinstance(data, dict) or not str(data.get("format", "")).startswith("robo-export/"):
        return set()
    return {NAME, *(name.split("/")[0] for name in data.get("files", {}))}
