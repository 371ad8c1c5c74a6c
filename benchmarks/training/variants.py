"""A set of variants to compare: one recipe, and what each variant changes in it (`variants/*.yaml`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_train.config import Seconds, TrainConfig, load_train_config

FOLDER = Path(__file__).parent / "variants"


class VariantSet(Strict):
    """One file of `variants/`."""

    name: str = Field(pattern=r"[a-z0-9][a-z0-9-]*")
    about: str
    """The question, in a sentence."""
    base: str
    """A file of configs/training."""
    budget: Seconds | None = None
    """Wall-clock limit of each run; a variant's own `max_steps` or `epochs` may end it earlier."""
    seeds: list[int] = Field(default=[1], min_length=1)
    common: dict[str, Any] = {}
    """Changes of the recipe for all variants."""
    variants: dict[str, dict[str, Any]] = Field(min_length=1)
    """Changes of each; the others are compared with the first. Keys of `corpus` are merged."""

    @field_validator("variants")
    @classmethod
    def _names(cls, variants: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name in variants:
            if not name or not set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-"):
                raise ValueError(f"variant {name!r}: expected a name of small letters, digits, '.' and '-'")
        return variants


@dataclass(frozen=True)
class Job:
    """One run: a variant with a seed."""

    variant: str
    seed: int
    config: TrainConfig

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.variant}-s{self.seed}"


def load_set(name: str) -> tuple[VariantSet, Path]:
    """A set by its name in `variants/`, or by the path of a YAML file; and that path.

    Raises:
        RoboError: no such file, or one that is not a set.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.yaml")))
        raise RoboError(f"{path}: no such set of variants; there are: {known}")
    return read_config(path, VariantSet), path


def base_config(variants: VariantSet, path: Path, budget: float | None = None) -> TrainConfig:
    """The recipe with what is common to all variants.

    Raises:
        RoboError: a key or value that the recipe does not have.
    """
    return _config(variants, path, {}, variants.seeds[0], budget)


def jobs(
    variants: VariantSet, path: Path, budget: float | None = None, seeds: list[int] | None = None
) -> list[Job]:
    """All runs, in the order A B A B: what changes on the machine with time changes for all alike.

    Args:
        budget: seconds, in place of the set's.
        seeds: in place of the set's.
    """
    return [
        Job(name, seed, _config(variants, path, changes, seed, budget))
        for seed in seeds or variants.seeds
        for name, changes in variants.variants.items()
    ]


def _config(
    variants: VariantSet, path: Path, changes: dict[str, Any], seed: int, budget: float | None
) -> TrainConfig:
    fields = merge(variants.common, changes)
    for key in ("model", "tokenizer"):  # files beside the set
        if str(fields.get(key, "")).endswith((".yaml", ".yml")):
            fields[key] = str((path.parent / fields[key]).resolve())
    if "corpus" in fields:
        fields["corpus"] = merge(load_train_config(variants.base).corpus.model_dump(), fields["corpus"])
    limit = {"budget": budget or variants.budget} if budget or variants.budget else {}
    return load_train_config(variants.base, **(limit | fields | {"seed": seed, "trackers": []}))


def merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`base` with `changes`; mappings inside are merged, not replaced."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
