"""A model ships only with figures of its own, and its card says where everything came from."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from robo_convert.gguf_export import export_gguf
from robo_convert.manifest import NAME
from robo_convert.ship import ship
from robo_runtime.errors import RoboError


def _share(hits: int, n: int) -> dict[str, Any]:
    return {"hits": hits, "n": n, "rate": hits / n, "low": 0.1, "high": 0.9}


def _figures(sha256: str) -> dict[str, Any]:
    """What benchmarks/quality writes, cut to what a card shows."""
    rows = [
        {"answerer": "robo-qat-q4_0", "axis": axis, "value": value, "n": 4,
         "measures": {"pass@1": _share(3, 4), "syntax": _share(4, 4)}}
        for axis, value in (("all", "all"), ("split", "wild"))
    ]  # fmt: skip
    about = {"sha256": sha256, "constrained": True}
    return {
        "command": "python -m benchmarks.quality --model x",
        "answerers": [{"name": "robo-qat-q4_0", "about": about}],
        "rows": rows,
    }


@pytest.fixture
def parts(qat_checkpoint: Path, tmp_path: Path) -> tuple[Path, Path, Path]:
    """A checkpoint with the record of its training, its export, and figures of it."""
    checkpoint = tmp_path / "checkpoints" / qat_checkpoint.name
    shutil.copytree(qat_checkpoint, checkpoint)
    training = json.loads((checkpoint / "training.json").read_text())
    config = json.loads((checkpoint / "config.json").read_text())
    training |= {
        "command": "robo-train run nano",
        "init": {"path": "models/robo-nano-q4_0.gguf", "sha256": "12ab"},
        "config": {"name": "robo-nano", "seed": 1},
        "model": {
            "layers": config["num_hidden_layers"], "hidden_size": config["hidden_size"], "heads": 4,
            "kv_heads": 2, "intermediate_size": config["intermediate_size"], "vocab_size": 1024,
            "context": 512,
        },
        "data": {"splits": {"train": {"samples": 10, "tokens": 100}}},
        "figures": {"steps": 5, "tokens": 250, "seconds": 60.0, "val_loss": 1.5},
        "machine": {"cpu": "a processor", "cores": 2},
    }  # fmt: skip
    (checkpoint / "training.json").write_text(json.dumps(training))
    export = tmp_path / "exports" / checkpoint.name
    manifest = export_gguf(checkpoint, export, ["q4_0"])
    quality = tmp_path / "quality.json"
    quality.write_text(json.dumps(_figures(manifest.files["robo-qat-q4_0.gguf"].sha256)))
    return export, checkpoint, quality


def test_the_file_ships_with_a_card(parts: tuple[Path, Path, Path], tmp_path: Path) -> None:
    export, checkpoint, quality = parts
    card = ship(export, checkpoint, quality, tmp_path / "models").read_text(encoding="utf-8")
    shipped = tmp_path / "models" / "robo-qat-q4_0.gguf"
    assert shipped.read_bytes() == (export / shipped.name).read_bytes()
    manifest = json.loads((export / NAME).read_text())
    assert manifest["files"][shipped.name]["sha256"] in card
    assert "| wild | 4 | 75.0% (10% to 90%) |" in card
    assert "about 2.5 passes" in card
    assert "`robo-train run nano`" in card
    assert "| started from | `robo-nano-q4_0.gguf` of that commit, sha256 `12ab` |" in card
    assert "Apache-2.0" in card


def test_figures_of_another_model_are_refused(parts: tuple[Path, Path, Path], tmp_path: Path) -> None:
    export, checkpoint, quality = parts
    quality.write_text(json.dumps(_figures("0" * 64)))
    with pytest.raises(RoboError, match="has no figures of"):
        ship(export, checkpoint, quality, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_a_changed_file_is_refused(parts: tuple[Path, Path, Path], tmp_path: Path) -> None:
    export, checkpoint, quality = parts
    file = export / "robo-qat-q4_0.gguf"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(RoboError, match="not the file its manifest describes"):
        ship(export, checkpoint, quality, tmp_path / "models")


def test_another_checkpoint_is_refused(
    parts: tuple[Path, Path, Path], checkpoint: Path, tmp_path: Path
) -> None:
    with pytest.raises(RoboError, match="not the checkpoint"):
        ship(parts[0], checkpoint, parts[2], tmp_path / "models")
