"""The one file format of speed results: this machine's matrix, the peers beside us, phones and boards.

A file is what one run on one machine found: `Results`, with a `Cell` for each combination that was asked for,
measured or not. Drop a file into `benchmarks/results/` and the report shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field, field_validator, model_validator
from robo_runtime.files import Strict
from typing_extensions import Self

from benchmarks.matrix.intervals import median_interval

KIND = "robo-bench"
VERSION = 1
"""Raised when a reader of the old version would misread a new file; `store` then learns to lift it."""

Status = Literal["measured", "noisy", "skipped", "not_installed", "failed"]
MEASURED: tuple[Status, ...] = ("measured", "noisy")
Better = Literal["lower", "higher", "neither"]
Bound = Literal["unconstrained", "constrained", "not applicable"]

_FOR_P95, _FOR_P99 = 20, 100
"""Values without which such a percentile would be the maximum under another name."""


class Metric(Strict):
    """What was measured again and again, in the unit's base (seconds, bytes, tokens/s, joules)."""

    unit: str
    better: Better
    median: float
    p50: float
    p95: float | None = None
    """None below 20 values, p99 below 100."""
    p99: float | None = None
    min: float
    max: float
    n: int = Field(ge=1)
    low: float | None = None
    """95 % interval of the median; of few values (below 6) there is none."""
    high: float | None = None
    values: list[float] | None = None
    """To six digits, in their order: throttling and `compare`'s noise need them, so keep them when few."""

    @classmethod
    def of(
        cls,
        values: Sequence[float],
        unit: str,
        better: Better,
        *,
        keep: int = 100,
        low: float | None = None,
        high: float | None = None,
    ) -> Metric:
        """Summarise `values` (at least one); up to `keep` of them are stored as well.

        Percentiles are numpy's, interpolated linearly.

        Args:
            low, high: the interval, where one is known that fits better than `median_interval`.
        """
        data = np.asarray(values, dtype=float)
        if low is None and high is None and (interval := median_interval(values)):
            low, high = interval
        p50, p95, p99 = (float(p) for p in np.percentile(data, (50, 95, 99)))
        return cls(
            unit=unit,
            better=better,
            median=p50,
            p50=p50,
            p95=p95 if len(data) >= _FOR_P95 else None,
            p99=p99 if len(data) >= _FOR_P99 else None,
            min=float(data.min()),
            max=float(data.max()),
            n=len(data),
            low=low,
            high=high,
            values=[float(f"{v:.6g}") for v in data] if len(data) <= keep else None,
        )


class Model(Strict):
    """The weights a cell ran."""

    file: str
    bytes: int = Field(ge=0)
    sha256: str = ""
    params: int | None = None


class Cell(Strict):
    """One combination and what came of it."""

    id: str
    """`cell_id`; the same combination has the same id in every file, so that files can be compared."""
    tier: str
    """Of the model: nano, tiny, small, medium, or the name of another one."""
    format: str
    """gguf, onnx, litert, coreml, safetensors …"""
    precision: str
    """f32, f16, int8, int4, q4_0, q8_0 …"""
    engine: str
    """What runs it, "robo+llama.cpp" for our runtime over llama.cpp; a peer's own name for peers."""
    threads: int = Field(ge=0)
    """0 where threads are no setting of it (a GPU)."""
    constrained: Bound
    model: Model | None = None
    """None where no file was found or none is needed."""
    status: Status
    reason: str = ""
    """Why it was not measured, or why it is noisy: a sentence, with the remedy where there is one."""
    settings: dict[str, str | int | float | bool] = {}
    """Whatever else was set: batch, affinity, protocol, prompts."""
    metrics: dict[str, Metric] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.status in MEASURED and not self.metrics:
            raise ValueError(f"cell {self.id} is {self.status} and has no metrics")
        if self.status != "measured" and not self.reason:
            raise ValueError(f"cell {self.id} is {self.status} and gives no reason")
        return self


class Machine(Strict):
    """Where it ran."""

    name: str = ""
    """Of a phone or board: "Pixel 7"; empty for a computer."""
    cpu: str
    arch: str
    cores: int = Field(ge=1)
    memory_bytes: int = Field(ge=0)
    """0 where the system does not tell."""
    os: str
    gpu: str = ""
    battery: bool = False
    features: list[str] = []
    """Instructions that matter here: dotprod, i8mm, avx2, avx512_vnni, amx_int8."""
    bandwidth_bytes_per_s: float | None = None
    """Measured: reading memory larger than the last cache with one thread; the roofline of decoding."""


class Load(Strict):
    """Processes wanting a core in the last minute (None where the system does not tell)."""

    before: float | None = None
    after: float | None = None


class Results(Strict):
    """One run on one machine."""

    kind: Literal["robo-bench"] = "robo-bench"
    schema_version: Literal[1] = 1
    what: str
    """"matrix", "peers", "device"; one word a reader can sort by."""
    created: str
    """UTC, 2026-11-26T07:30:00Z."""
    command: str
    commit: str
    """Empty outside a checkout."""
    dirty: bool
    machine: Machine
    versions: dict[str, str]
    device_tier: str
    """A name of `configs/devices`."""
    load: Load
    noisy: bool
    """Other work was running: figures say little, and so do ratios of cells that did not take turns."""
    cells: list[Cell]

    @field_validator("cells")
    @classmethod
    def _unique(cls, cells: list[Cell]) -> list[Cell]:
        seen: set[str] = set()
        for cell in cells:
            if cell.id in seen:
                raise ValueError(f"the cell {cell.id} is there twice")
            seen.add(cell.id)
        return cells


def cell_id(
    tier: str, format: str, precision: str, engine: str, threads: int, constrained: Bound, *more: str
) -> str:
    """The name of a combination: "nano/gguf/q4_0/robo+llama.cpp/1t/constrained".

    Args:
        more: what else tells it from others ("batch8"), in a fixed order.
    """
    parts = (tier, format, precision, engine, f"{threads}t", constrained.replace(" ", "-"), *more)
    return "/".join(parts)


METRICS: dict[str, tuple[str, Better, str]] = {
    "load_cold_s": ("s", "lower", "from start of loading to ready, the file not in the page cache"),
    "load_warm_s": ("s", "lower", "the same, the file in the page cache"),
    "start_s": ("s", "lower", "from starting the process to ready, the file in the page cache"),
    "first_token_s": ("s", "lower", "from prompt text to the first token chosen, the model loaded"),
    "prefill_tokens_per_s": ("tokens/s", "higher", "prompt tokens read in one batch"),
    "decode_tokens_per_s": ("tokens/s", "higher", "of a run: program tokens over the seconds after prefill"),
    "token_s": ("s", "lower", "between one token and the next, all tokens of all runs"),
    "program_s": ("s", "lower", "from prompt text to the checked program: tokenise, decode, grammar, check"),
    "tokens_100_s": (
        "s",
        "lower",
        "program_s as it were for 100 tokens: prefill and check as measured, decode per token",
    ),
    "check_s": ("s", "lower", "checking the finished program"),
    "cpu_s": ("s", "lower", "processor seconds of a program, all threads"),
    "peak_rss_bytes": ("bytes", "lower", "largest resident memory of the process"),
    "energy_j": ("J", "lower", "of the processor package for one program (RAPL)"),
    "sustained_tokens_per_s": ("tokens/s", "higher", "20 programs in a row, in order: shows throttling"),
}
"""Names that mean the same in every file: unit, direction, meaning. Others may be added beside them."""


def metric(name: str, values: Sequence[float], *, keep: int = 100) -> Metric:
    """Summarise values of one of `METRICS`."""
    unit, better, _ = METRICS[name]
    return Metric.of(values, unit, better, keep=keep)
