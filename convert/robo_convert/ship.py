"""A verified export becomes a model that ships: its INT4 file in `models/` with a card beside it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_file, read_config, read_data, write_text

from robo_convert.card import card
from robo_convert.checkpoint import sha256_of
from robo_convert.manifest import NAME, Manifest


def ship(export: Path, checkpoint: Path, quality: Path, out: Path, quant: str = "q4_0") -> Path:
    """Copy the model file of `export` into `out` and write its card from the run's own records.

    Args:
        export: a folder that `robo-convert gguf` wrote.
        checkpoint: the checkpoint it was made from; its `training.json` tells data and training.
        quality: JSON of `benchmarks/quality`, of this very model.
        out: usually `models/`.
        quant: the precision that ships.

    Returns:
        The card.

    Raises:
        RoboError: the parts do not belong together, or a file is not what its manifest says.
    """
    manifest = read_config(export / NAME, Manifest)
    name = f"{manifest.name}-{quant}.gguf"
    file = manifest.files.get(name)
    if file is None or file.model is None:
        raise RoboError(f"{export}: no {name}; export it with robo-convert gguf --quant {quant}")
    source = export / name
    if sha256_of(source) != file.sha256:
        raise RoboError(f"{source}: is not the file its manifest describes; export again")
    if sha256_of(checkpoint / "model.safetensors") != manifest.checkpoint.sha256:
        raise RoboError(f"{checkpoint}: is not the checkpoint {export} was made from; export it again")
    training = read_data(checkpoint / "training.json")
    results = read_data(quality)
    measured = _measured(results, quality, source, file.sha256)
    out.mkdir(parents=True, exist_ok=True)
    text = card(manifest, name, training, results, measured)
    with atomic_file(out / name) as temporary:
        shutil.copyfile(source, temporary)
    path = out / f"{manifest.name}.md"
    write_text(path, text)
    write_text(
        out / f"{manifest.name}.training.json", json.dumps(training, indent=1, ensure_ascii=False) + "\n"
    )
    return path


def _measured(results: Any, path: Path, source: Path, sha256: str) -> str:
    """The name under which the results have this model.

    Raises:
        RoboError: they are of another file.
    """
    answerers = results.get("answerers", []) if isinstance(results, dict) else []
    for answerer in answerers:
        if answerer["about"].get("sha256") == sha256 and answerer["about"].get("constrained", True):
            return str(answerer["name"])
    raise RoboError(
        f"{path}: has no figures of {source} (sha256 {sha256[:12]}…); run python -m benchmarks.quality"
        f" --model {source}"
    )
