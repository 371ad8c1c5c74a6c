"""What `benchmarks/results/prediction.json` holds, and how it comes from samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_runtime.gguf_file import Shape
from robo_runtime.paths import configs_dir
from robo_train.config import ModelConfig

from benchmarks.predict.devices import Prediction, Published, predict
from benchmarks.predict.fit import WITHIN, HeldOut, Sample, Terms, error_of, fit, hold_out
from benchmarks.predict.random_model import shape_of
from benchmarks.predict.work import work_of

KIND = "robo-prediction"
TOLD = ("q4_0",)
"""Precisions that are told for phones."""


class Shapes(Strict):
    """`configs/predict/shapes.yaml`."""

    shapes: list[ModelConfig]
    tiers: list[str] = Field(min_length=1)


class Outcome(Strict):
    """Samples, fit, check and predictions."""

    kind: Literal["robo-prediction"] = "robo-prediction"
    schema_version: Literal[1] = 1
    what: str = "seconds a token told from bytes, bandwidth, layers and threads"
    clock_hz: float
    """Nominal, of the machine of the fit."""
    terms: Terms
    samples: list[Sample]
    errors: list[float]
    """Of the fit on all samples, predicted over measured less one."""
    held_out: list[HeldOut]
    """Each tier told from the other models."""
    within: float
    """Mean error that a tier may have."""
    predictions: list[Prediction]
    provenance: dict[str, Any]

    @property
    def holds(self) -> bool:
        """Every tier is told well enough from the others."""
        return all(tier.mean_error <= self.within for tier in self.held_out)


def read_shapes(path: Path | None = None) -> tuple[dict[str, Shape], list[str]]:
    """Shapes to measure by name, tiers first, and which of them are tiers."""
    config = read_config(path or configs_dir() / "predict" / "shapes.yaml", Shapes)
    tiers = [read_config(configs_dir() / "models" / f"{tier}.yaml", ModelConfig) for tier in config.tiers]
    return {model.name: shape_of(model) for model in [*tiers, *config.shapes]}, config.tiers


def read_outcome(path: Path) -> Outcome:
    """The stored outcome; raises `ConfigError` naming file, key and what was expected."""
    return read_config(path, Outcome)


def outcome_of(
    samples: Sequence[Sample],
    shapes: Mapping[str, Shape],
    tiers: Sequence[str],
    published: Published,
    clock: float,
    provenance: dict[str, Any],
) -> Outcome:
    """Fit, hold each tier out, tell the devices.

    Args:
        clock: hertz of the machine that the samples were measured on.

    Raises:
        RoboError: too few samples.
    """
    terms = fit(samples)
    return Outcome(
        clock_hz=clock,
        terms=terms,
        samples=list(samples),
        errors=[error_of(terms, sample) for sample in samples],
        held_out=[found for found in hold_out(samples) if found.model in tiers],
        within=WITHIN,
        predictions=[
            predict(terms, published, chip, tier, precision, work_of(shapes[tier], precision), clock)
            for chip in published.devices
            for tier in tiers
            for precision in TOLD
        ],
        provenance=provenance,
    )


def clock_hz() -> float:
    """Nominal clock of this processor.

    Raises:
        RoboError: the system does not tell.
    """
    import psutil  # type: ignore[import-untyped]

    found = psutil.cpu_freq()
    hertz = 1e6 * (found.max or found.current) if found else 0.0
    if not hertz:
        raise RoboError("the system does not tell the clock of its processor; give it as --clock 2.6e9")
    return hertz
