"""The combinations of the matrix, the ones that matter most first."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from robo_runtime.errors import RoboError
from robo_runtime.paths import workspace

from benchmarks.matrix.devices import bits
from benchmarks.matrix.exports import TIERS, Export
from benchmarks.matrix.schema import Bound, Cell, Status, cell_id
from benchmarks.matrix.store import ENGINES

Kind = Literal["programs", "torch", "micro"]
_BOUNDS: tuple[Bound, ...] = ("constrained", "unconstrained")
_BITS = ("int4", "int8", "full")
_FORMATS = ("gguf", "onnx", "litert", "coreml", "safetensors")
BATCHES = (1, 8, 64)
"""Texts that a GPU writes at once."""
MICRO = ("render", "tokenise", "automaton", "check")
"""Benchmarks of `benchmarks/latency/test_micro.py`, by what follows `test_` in their names."""


@dataclass(frozen=True)
class Combination:
    """One cell that is asked for."""

    kind: Kind
    export: Export
    engine: str
    threads: int
    constrained: Bound
    more: tuple[str, ...] = ()
    """What else tells it from others; the end of its id."""
    settings: dict[str, str | int | float | bool] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """See `schema.cell_id`."""
        e = self.export
        return cell_id(e.tier, e.format, e.precision, self.engine, self.threads, self.constrained, *self.more)

    def cell(
        self,
        status: Status,
        reason: str = "",
        *,
        settings: dict[str, str | int | float | bool] | None = None,
        **fields: object,
    ) -> Cell:
        """The cell of this combination."""
        e = self.export
        return Cell.model_validate(
            {
                "id": self.id,
                "tier": e.tier,
                "format": e.format,
                "precision": e.precision,
                "engine": self.engine,
                "threads": self.threads,
                "constrained": self.constrained,
                "model": e.model,
                "status": status,
                "reason": reason,
                "settings": {**self.settings, **(settings or {})},
                **fields,
            }
        )


def combinations(exports: Sequence[Export], threads: Sequence[int]) -> list[Combination]:
    """All cells for these exports: those of the smallest tier, of 4 bits, with one thread come first.

    Args:
        threads: counts to run each file with.
    """
    found = [c for export in exports for c in _of_export(export, threads)]
    found += _cuda(exports) + _micro()
    return sorted(found, key=_rank)


def _of_export(export: Export, threads: Sequence[int]) -> Iterable[Combination]:
    engine = ENGINES.get(export.format)
    if engine is None:
        reason = export.reason or _no_engine(export.format)
        listed = Export(**{**vars(export), "path": None, "reason": reason})
        return [Combination("programs", listed, "none", 1, "constrained")]
    if export.path is None:
        return [Combination("programs", export, engine, 1, "constrained")]
    return [Combination("programs", export, engine, n, bound) for n in threads for bound in _BOUNDS]


def _no_engine(format_: str) -> str:
    if format_ == "coreml":
        return "Core ML runs on Apple's systems alone, and robo has no engine for it: the iOS app measures it"
    return f"robo has no engine for {format_}"


def _cuda(exports: Sequence[Export]) -> list[Combination]:
    """llama.cpp on the GPU for each GGUF file of 4 bits, and torch for the checkpoint of each tier."""
    found = []
    for export in exports:
        if export.path is None or export.format != "gguf" or bits(export.precision) != "int4":
            continue
        found += [
            Combination("programs", export, ENGINES["gguf"] + "+cuda", 1, bound, settings={"gpu": True})
            for bound in _BOUNDS
        ]
        weights = Export(export.tier, "safetensors", "f16", workspace() / f"checkpoints/robo-{export.tier}")
        found += [
            Combination(
                "torch",
                weights,
                "transformers+cuda-graph",
                0,
                "unconstrained",
                (f"batch{batch}",),
                {"gpu": True, "batch": batch},
            )
            for batch in BATCHES
        ]
    return found  # fmt: skip


def _micro() -> list[Combination]:
    """Each benchmark of the suite that pytest-benchmark runs."""
    nothing = Export("none", "suite", "none")
    return [Combination("micro", nothing, "pytest-benchmark", 1, "not applicable", (name,)) for name in MICRO]


def _rank(c: Combination) -> tuple[int, ...]:
    e = c.export
    return (
        _place(e.tier, TIERS),
        _place(bits(e.precision), _BITS),
        _place(e.format, _FORMATS),
        int(bool(c.settings.get("gpu"))),
        c.threads,
        _place(c.constrained, _BOUNDS),
    )


def _place(word: str, order: Sequence[str]) -> int:
    return order.index(word) if word in order else len(order)


def chosen(all_: Sequence[Combination], only: Sequence[str]) -> list[Combination]:
    """Those whose id contains one of the words, or fits it as a pattern with * and ?; all without a word.

    Raises:
        RoboError: a word that fits none; lists the ids.
    """
    for word in only:
        if not any(_fits(c.id, word) for c in all_):
            known = "\n  ".join(c.id for c in all_)
            raise RoboError(f"--only {word}: no cell has that in its id; there are:\n  {known}")
    return [c for c in all_ if not only or any(_fits(c.id, word) for word in only)]


def _fits(name: str, word: str) -> bool:
    return word in name or fnmatch.fnmatchcase(name, word)
