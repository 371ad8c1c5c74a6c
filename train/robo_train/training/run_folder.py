"""What a run leaves in `runs/<name>/`: what it was made of, where, from which data, and its figures.

config.json        recipe, model and tokenizer as resolved, precision, starting point
environment.json   git commit and dirty flag, machine, accelerators, package versions; one entry a start
data.json          hashes of tokenizer and token files, what the corpus is made of
figures.jsonl      a line every few steps and at every validation
report.html        all of it with curves (`report.py`)
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_file, read_data, write_json

from robo_train.config import TrainConfig
from robo_train.tokenise import Metadata

FIGURES = "figures.jsonl"
REPORT = "report.html"


def describe_run(
    folder: Path, config: TrainConfig, metadata: Metadata, data: Path, provenance: dict[str, Any],
    details: dict[str, Any], resumed: bool,
) -> None:  # fmt: skip
    """Write `config.json`, `environment.json` and `data.json`; a resumed run keeps its earlier environments.

    Args:
        data: folder of the token files.
        provenance: commit, machine and time of this start (`provenance.provenance()`).
        details: what was settled at the start and is no field of the recipe (precision, starting point).
    """
    resolved = {
        "recipe": config.model_dump(),
        "model": config.model_config_.model_dump(),
        "tokenizer": config.tokenizer_config.model_dump(),
    }
    write_json(folder / "config.json", resolved | details)
    path = folder / "environment.json"
    starts = _optional(path).get("starts", []) if resumed else []
    start = provenance | {"accelerators": accelerators(), "packages": installed()}
    write_json(path, {"starts": [*starts, start]})
    write_json(folder / "data.json", describe_data(data, config, metadata))


def describe_data(data: Path, config: TrainConfig, metadata: Metadata) -> dict[str, Any]:
    """Hashes and sizes of the files that training reads, and what the corpus is made of."""
    files = [data / "tokenizer.model", *(p for s in metadata.splits for p in sorted(data.glob(f"{s}.*")))]
    note = data / "fingerprint.txt"
    return {
        "folder": str(data),
        "fingerprint": note.read_text(encoding="utf-8").strip() if note.exists() else "",
        "corpus": config.corpus.model_dump(),
        "metadata": metadata.model_dump(),
        "files": {
            path.name: {"bytes": path.stat().st_size, "sha256": _sha256(path)}
            for path in files
            if path.suffix in (".bin", ".npy", ".model")
        },
    }


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def accelerators() -> list[str]:
    """Names of the GPUs that torch sees."""
    import torch  # here: a report is written without it

    if torch.cuda.is_available():
        return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return ["Apple GPU"] if torch.backends.mps.is_available() else []


def installed() -> dict[str, str]:
    """Every installed package and its version."""
    found = {d.metadata["Name"]: d.version for d in distributions() if d.metadata["Name"]}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _optional(path: Path) -> dict[str, Any]:
    """A JSON object; empty when there is none."""
    return dict(read_data(path)) if path.exists() else {}


def read_folder(folder: Path) -> dict[str, dict[str, Any]]:
    """`config`, `environment` and `data` of a run; empty ones where an older run has no such file."""
    return {name: _optional(folder / f"{name}.json") for name in ("config", "environment", "data")}


def read_figures(folder: Path) -> list[dict[str, Any]]:
    """Lines of `figures.jsonl`; a last one that a kill has cut short is left out.

    Raises:
        RoboError: there is no such file, or it holds no line.
    """
    path = folder / FIGURES
    if not path.exists():
        raise RoboError(
            f"{path}: no such file; expected the folder of a training run, such as runs/robo-nano"
        )
    rows = _parse(path.read_text(encoding="utf-8", errors="replace"))
    if not rows:
        raise RoboError(f"{path}: it holds no figures yet; the first line comes after the first step")
    return rows


def _parse(text: str) -> list[dict[str, Any]]:
    rows = []
    for line in text.splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(row, dict) and "step" in row:
            rows.append(row)
    return rows


class FigureLines:
    """`figures.jsonl` of a run that starts or goes on at `step`: lines beyond it are dropped first.

    A killed run goes on from its last checkpoint and takes the steps after it once more; without this they
    would be there twice.
    """

    def __init__(self, folder: Path, step: int) -> None:
        path = folder / FIGURES
        rows = _parse(path.read_text(encoding="utf-8", errors="replace")) if path.exists() else []
        self.recorded = max((row["step"] for row in rows), default=0)
        """The last step of which there was a line, dropped or not."""
        with atomic_file(path) as temporary:
            kept = [row for row in rows if row["step"] <= step]
            temporary.write_text("".join(f"{json.dumps(row)}\n" for row in kept), encoding="utf-8")
        self._file = path.open("a", encoding="utf-8")

    def write(self, row: dict[str, Any]) -> None:
        """Append a line; it is on its way to the disk when this returns."""
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()

    def close(self) -> None:
        """End the file."""
        self._file.close()
