"""The exported models there are, those that are missing, and making them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from robo_convert.checkpoint import sha256_of
from robo_convert.formats import FORMATS
from robo_convert.manifest import NAME, Manifest, read_manifest
from robo_runtime.errors import RoboError
from robo_runtime.paths import workspace

from benchmarks.matrix.schema import Model
from benchmarks.matrix.store import model_name

WANTED = {
    "gguf": ("q4_0", "q8_0", "f32"),
    "onnx": ("int4", "int8", "f32"),
    "litert": ("int4", "int8", "f32"),
    "coreml": ("int4",),
}
"""Precisions that the matrix has for each format; others that were exported come in, too."""
TIERS = ("nano", "tiny", "small", "medium")
BROKEN = "unknown"
"""Format and precision of a folder whose manifest cannot be read."""
_MADE = Path("runs") / "bench" / "exports"
"""Where `make` puts them: exports/ is the user's."""


@dataclass(frozen=True)
class Export:
    """One model file, or the want of one."""

    tier: str
    format: str
    precision: str
    path: Path | None = None
    model: Model | None = None
    checkpoint: str = ""
    """sha256 of the checkpoint it was made from; empty when unknown."""
    created: str = ""
    reason: str = ""
    """Why there is no file, or why it cannot be run; with the remedy."""


def find(root: Path | None = None) -> list[Export]:
    """Every combination of tier, format and precision once: the newest file of it, or why there is none.

    A tier of which there is no file at all is listed once.
    """
    root = root or workspace()
    newest: dict[tuple[str, str, str], Export] = {}
    for export in _all(root):
        key = export.tier, export.format, export.precision
        if key not in newest or newest[key].created < export.created:
            newest[key] = export
    found = list(newest.values())
    for tier in dict.fromkeys((*TIERS, *(export.tier for export in found if export.format != BROKEN))):
        if any(export.tier == tier for export in found):
            found += [_missing(tier, *key) for key in _wanted() if (tier, *key) not in newest]
        else:
            remedy = f"no export of this tier: ./justw train {tier} && ./justw export gguf {tier}"
            found.append(Export(tier, "gguf", "q4_0", reason=remedy))
    return found


def _wanted() -> Iterator[tuple[str, str]]:
    return ((format_, precision) for format_, precisions in WANTED.items() for precision in precisions)


def _missing(tier: str, format_: str, precision: str) -> Export:
    remedy = (
        f"not exported; ./justw bench --make exports it, or: ./justw export {format_} --quant {precision}"
    )
    return Export(tier, format_, precision, reason=remedy)


def _all(root: Path) -> Iterator[Export]:
    folders = [*root.glob(f"exports/*/{NAME}"), *(root / _MADE).glob(f"*/{NAME}")]
    for folder in sorted(path.parent for path in folders):
        try:
            yield from _of_manifest(folder, read_manifest(folder))
        except RoboError as e:
            yield Export(folder.name, BROKEN, BROKEN, reason=f"{e}"[:300])
    for path in sorted(root.glob("models/robo-*.gguf")):
        tier, precision = model_name(path.name)
        model = Model(file=path.name, bytes=path.stat().st_size, sha256=sha256_of(path))
        yield Export(tier, "gguf", precision, path, model)


def _of_manifest(folder: Path, manifest: Manifest) -> Iterator[Export]:
    tier = manifest.name.removeprefix("robo-")
    for name, model in manifest.models().items():
        file, path = manifest.files[name], folder / name
        about = Model(file=name, bytes=file.bytes, sha256=file.sha256, params=manifest.parameters)
        reason = ""
        if not path.exists():
            reason = f"{path} is gone; export it again: ./justw export {manifest.kind}"
        elif manifest.imported:
            reason = "a model that others made: it has no prompt format, and robo cannot ask it"
        yield Export(
            tier=tier,
            format=manifest.kind,
            precision=model.quant,
            path=path if not reason else None,
            model=about,
            checkpoint=manifest.checkpoint.sha256,
            created=manifest.created,
            reason=reason,
        )


def make(tier: str, format_: str, root: Path | None = None) -> None:
    """Export all wanted precisions of a tier in a format.

    Raises:
        RoboError: there is no checkpoint, or the converter failed.
    """
    from robo_convert.checkpoint import find_checkpoint

    root = root or workspace()
    folder = root / _MADE / f"robo-{tier}{FORMATS[format_].suffix}"
    precisions = ",".join(WANTED[format_])
    command = [
        sys.executable, "-m", "robo_convert.cli", format_, str(find_checkpoint(Path(tier))),
        "--quant", precisions, "--out", str(folder), "--functional", "0", "--json",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise RoboError(f"{format_} of {tier} could not be exported: {said[-1] if said else done.returncode}")


def make_missing(
    exports: list[Export], root: Path | None = None, say: Callable[[str], None] = lambda line: None
) -> dict[tuple[str, str], str]:
    """Make what is wanted and missing, and what was made from another checkpoint than the newest GGUF.

    Args:
        say: told what is being made.

    Returns:
        Why a tier's format could not be made.
    """
    failed: dict[tuple[str, str], str] = {}
    for tier, format_ in sorted({(e.tier, e.format) for e in exports if _to_be_made(e, exports)}):
        say(f"exporting {tier} as {format_} ({', '.join(WANTED[format_])})")
        try:
            make(tier, format_, root)
        except RoboError as e:
            failed[tier, format_] = str(e)
    return failed


def _to_be_made(export: Export, exports: list[Export]) -> bool:
    if (
        export.format not in WANTED
        or export.format == "coreml"
        or export.precision not in WANTED[export.format]
    ):
        return False
    if not any(e.tier == export.tier and e.path for e in exports):
        return False
    gguf = [e for e in exports if e.tier == export.tier and e.format == "gguf" and e.checkpoint]
    newest = max(gguf, key=lambda e: e.created, default=None)
    return export.path is None or bool(
        newest and export.checkpoint and export.checkpoint != newest.checkpoint
    )
