"""The training peer, Hugging Face's Trainer, from the file of `benchmarks/training/against_hf_trainer.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.files import read_data

from benchmarks.matrix.schema import Better, Cell, Metric, cell_id

COMMAND = ".venv/bin/python benchmarks/training/against_hf_trainer.py"
_ENGINE = "Hugging Face Trainer"


def training_cells(path: Path, tier: str, cpu: str) -> list[Cell]:
    """A cell for each case of the file, or one that says why there is none.

    Args:
        cpu: the processor of this run; a file of another one says so.
    """
    try:
        data = read_data(path)
        return [_cell(data, figure, cpu) for figure in data["figures"]]
    except RoboError:
        why = f"{path.name} is not there; measure it with: {COMMAND}"
    except (KeyError, TypeError, ValueError) as e:
        why = f"{path.name} cannot be read ({e!r}); measure again with: {COMMAND}"
    return [
        Cell(
            id=cell_id(tier, "safetensors", "f32", _ENGINE, 0, "not applicable", "training"),
            tier=tier, format="safetensors", precision="f32", engine=_ENGINE, threads=0,
            constrained="not applicable", status="skipped", reason=why,
        )
    ]  # fmt: skip


def _cell(data: dict[str, Any], figure: dict[str, Any], cpu: str) -> Cell:
    tier, precision, rounds = data["tier"], data["precision"], int(data["rounds"])
    where, machine = data["time"][:10], data["machine"]["cpu"]

    def one(value: float, unit: str, better: Better, least: Any = None, most: Any = None) -> Metric:
        value = float(value)
        return Metric(
            unit=unit, better=better, median=value, p50=value, n=rounds,
            min=float(value if least is None else least), max=float(value if most is None else most),
        )  # fmt: skip

    return Cell(
        id=cell_id(tier, "safetensors", precision, _ENGINE, 0, "not applicable", "training", figure["case"]),
        tier=tier,
        format="safetensors",
        precision=precision,
        engine=_ENGINE,
        threads=0,
        constrained="not applicable",
        status="measured",
        reason=f"measured on {where} on {machine}"
        + ("" if machine == cpu else ", not on the processor of this run"),
        settings={"case": figure["case"], "rounds": rounds, "command": COMMAND},
        metrics={
            "ours_tokens_per_s": one(figure["ours_tokens_per_s"], "tokens/s", "higher"),
            "peer_tokens_per_s": one(figure["hub_tokens_per_s"], "tokens/s", "higher"),
            "training_ratio": one(figure["ratio"], "x", "higher", figure["ratio_min"], figure["ratio_max"]),
        },
    )
