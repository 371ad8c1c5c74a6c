"""One checkpoint in every format that a peer wants, so that all run the same weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from robo_convert.checkpoint import find_checkpoint, sha256_of
from robo_runtime.cache import cache_dir, grammar_text
from robo_runtime.errors import RoboError
from robo_runtime.files import write_text

from benchmarks.matrix.exports import Export, find, make_missing
from benchmarks.matrix.schema import Model

_WEIGHTS = "model.safetensors"


class Weights(NamedTuple):
    """Where they are."""

    tier: str
    files: dict[tuple[str, str], Path]
    """By format and precision; of a checkpoint its folder."""
    models: dict[tuple[str, str], Model]
    why_not: dict[tuple[str, str], str]
    """Of what is not there."""
    grammar: Path

    def missing(self, format_: str, precision: str) -> str:
        """Why there is no file for a peer; empty when there is one."""
        if (format_, precision) in self.files:
            return ""
        return self.why_not.get((format_, precision), f"no {format_} of precision {precision} is exported")


def gather(tier: str, say: Callable[[str], None], root: Path | None = None) -> Weights:
    """The exports of a tier that were made from one checkpoint; what is missing or older is made.

    Raises:
        RoboError: there is no GGUF of this tier.
    """
    failed = make_missing([e for e in find(root) if e.tier == tier], root, say)
    exports = [e for e in find(root) if e.tier == tier]
    main = next((e for e in exports if (e.format, e.precision) == ("gguf", "q4_0")), None)
    if main is None or main.path is None or main.model is None:
        raise RoboError(
            f"there is no Q4_0 GGUF of {tier}: ./justw train {tier} && ./justw export gguf {tier}"
        )
    files: dict[tuple[str, str], Path] = {}
    models: dict[tuple[str, str], Model] = {}
    why_not: dict[tuple[str, str], str] = {}
    for export in exports:
        key = export.format, export.precision
        if why := _unfit(export, main, failed):
            why_not[key] = why
        elif export.path is not None and export.model is not None:
            files[key], models[key] = export.path.resolve(), export.model
    checkpoint = find_checkpoint(Path(tier), root and root / "checkpoints")
    weights = checkpoint / _WEIGHTS
    if not weights.is_file():
        why_not["safetensors", "f32"] = f"there is no checkpoint {checkpoint.name}: ./justw train {tier}"
    elif main.checkpoint and sha256_of(weights) != main.checkpoint:
        why_not["safetensors", "f32"] = f"{checkpoint} is not what {main.path.name} was exported from"
    else:
        model = Model(
            file=f"{checkpoint.name}/{_WEIGHTS}", bytes=weights.stat().st_size, sha256=sha256_of(weights)
        )
        files["safetensors", "f32"], models["safetensors", "f32"] = checkpoint.resolve(), model
    return Weights(tier, files, models, why_not, _grammar(main.path))


def _unfit(export: Export, main: Export, failed: dict[tuple[str, str], str]) -> str:
    if export.path is None:
        return failed.get((export.tier, export.format), export.reason)
    if main.checkpoint and export.checkpoint and export.checkpoint != main.checkpoint:
        return (
            failed.get((export.tier, export.format))
            or f"{export.path} is of another checkpoint: export it again"
        )
    return ""


def _grammar(model: Path) -> Path:
    """The grammar beside a model; that of the registry where there is none."""
    beside = model.parent / "robot.gbnf"
    if beside.is_file():
        return beside.resolve()
    path = cache_dir() / "peers" / "robot.gbnf"
    write_text(path, grammar_text("esp32"))
    return path
