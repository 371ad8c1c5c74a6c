"""Phones and boards nobody has measured here: what is published of them, and what the fit makes of it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from robo_runtime.files import Strict, read_config
from robo_runtime.paths import configs_dir

from benchmarks.predict.fit import Terms
from benchmarks.predict.work import Work

LABEL = "prediction, never measured"
PROGRAM = 100
"""Tokens of the program whose time is told."""


class Sourced(Strict):
    """A number and where it stands."""

    value: float = Field(gt=0)
    source: str = Field(min_length=1)


class Chip(Strict):
    """What is published of a device."""

    name: str
    tier: str
    """A name of `configs/devices`."""
    core: str
    """The fastest core, which decodes with one thread."""
    clock_hz: float = Field(gt=0)
    vector_bits: int = Field(gt=0)
    in_order: bool = False
    dot_product: bool = True
    """Has the instruction that multiplies and sums four bytes (Arm's SDOT)."""
    bandwidth: Sourced
    """Bytes a second between memory and chip, at best and for all cores together."""
    cache: Sourced | None = None
    """Bytes of the last cache that the core fills, where one is published that holds a model; without it
    nothing is taken to stay in a cache, which other work shares."""


class Published(Strict):
    """`configs/predict/devices.yaml`."""

    reference_vector_bits: int = Field(gt=0)
    """Width of the instructions that multiply on the machine of the fit."""
    clock_above_nominal: Sourced
    """How far above its nominal clock the machine of the fit may have run."""
    least_share: Sourced
    """Of the published bandwidth that one thread may get in the worst case."""
    in_order_factor: Sourced
    """How much longer a core that executes in order takes."""
    no_dot_product_factor: Sourced
    """How much longer a core without the dot product takes."""
    devices: list[Chip] = Field(min_length=1)


class Prediction(Strict):
    """Seconds of a device that was never measured: a range, its core being known by data sheets only."""

    device: str
    tier: str
    model: str
    precision: str
    threads: int
    token_s_fast: float
    token_s_slow: float
    tokens_100_s_fast: float
    """Decoding alone: neither prefill nor check, which depend on the prompt."""
    tokens_100_s_slow: float
    roofline_token_s: float
    """Reading the weights at the published bandwidth; nothing is faster unless a cache holds them."""
    label: str = LABEL


def read_published(path: Path | None = None) -> Published:
    """The published figures; raises `ConfigError` naming file, key and what was expected."""
    return read_config(path or configs_dir() / "predict" / "devices.yaml", Published)


def predict(
    terms: Terms, published: Published, chip: Chip, model: str, precision: str, work: Work, clock_hz: float
) -> Prediction:
    """One thread of the fastest core.

    Fast: the whole published bandwidth, as much done in a clock tick as on the machine of the fit, and what
    a cache of published size holds need not be read again. Slow: all weights come from memory, with the least
    share of the bandwidth; the machine of the fit ran above its nominal clock and with wider instructions;
    and without what the core lacks.

    Args:
        clock_hz: of the machine of the fit.
    """
    ticks = clock_hz / chip.clock_hz
    narrow = max(1.0, published.reference_vector_bits / chip.vector_bits)
    above = published.clock_above_nominal.value
    stall = published.in_order_factor.value if chip.in_order else 1.0
    stall *= 1.0 if chip.dot_product else published.no_dot_product_factor.value
    peak = chip.bandwidth.value
    held = terms.model_copy(update={"cache": chip.cache.value}) if chip.cache else terms
    fast = held.seconds(work, 1, peak, cold=chip.cache is None, slower=ticks)
    least = peak * published.least_share.value
    slow = terms.seconds(work, 1, least, cold=True, slower=ticks * above * narrow * stall)
    roofline = work.bytes / peak
    if chip.cache is None:
        fast = max(fast, roofline)
    return Prediction(
        device=chip.name, tier=chip.tier, model=model, precision=precision, threads=1,
        token_s_fast=fast, token_s_slow=slow, tokens_100_s_fast=PROGRAM * fast,
        tokens_100_s_slow=PROGRAM * slow, roofline_token_s=roofline,
    )  # fmt: skip
