"""The mean of two models: its weights, its record, and what does not fit together."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from robo_convert.gguf_export import export_gguf
from robo_runtime.errors import RoboError
from robo_train.checkpoint import load_checkpoint, save_checkpoint
from robo_train.config import TrainConfig
from robo_train.mean import write_mean
from robo_train.model import Llama
from robo_train.tokenizer import Tokenizer
from robo_train.training.run import start_record
from transformers import LlamaForCausalLM


@pytest.fixture
def two(recipe: TrainConfig, tokenizer: Tokenizer, tmp_path: Path) -> tuple[Path, Path]:
    """Checkpoints of the same shape."""
    folders = []
    for seed, name in ((1, "robo-new"), (2, "robo-before")):
        torch.manual_seed(seed)
        save_checkpoint(tmp_path / name, Llama(recipe.model_config_), tokenizer, {"name": name})
        folders.append(tmp_path / name)
    return folders[0], folders[1]


def test_every_weight_is_the_mean_in_a_folder_that_others_read(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    new, before = two
    write_mean(new, before, 0.6, tmp_path / "robo-mean")
    a, b, mean = (
        LlamaForCausalLM.from_pretrained(p).state_dict() for p in (new, before, tmp_path / "robo-mean")
    )
    assert a.keys() == mean.keys()
    for name in a:
        torch.testing.assert_close(mean[name], 0.6 * a[name] + 0.4 * b[name])


def test_a_gguf_is_as_good_as_the_folder_it_came_from(two: tuple[Path, Path], tmp_path: Path) -> None:
    new, before = two
    export_gguf(before, tmp_path / "exports", ["f32"])
    write_mean(new, next((tmp_path / "exports").glob("*.gguf")), 0.25, tmp_path / "one")
    write_mean(new, before, 0.25, tmp_path / "two")
    one, other = (load_checkpoint(tmp_path / name)[0].state_dict() for name in ("one", "two"))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_record_of_a_run_says_what_was_averaged(two: tuple[Path, Path], tmp_path: Path) -> None:
    new, before = two
    write_mean(new, before, 0.6, tmp_path / "robo-mean")
    parts = start_record(tmp_path / "robo-mean")["mean_of"]
    hashes = [hashlib.sha256((p / "model.safetensors").read_bytes()).hexdigest() for p in two]
    assert [(p["path"], p["share"], p["sha256"]) for p in parts] == [
        ("robo-new", 0.6, hashes[0]), ("robo-before", 0.4, hashes[1]),
    ]  # fmt: skip
    assert "mean_of" not in start_record(new)


def test_what_does_not_fit_is_refused_and_nothing_written(
    two: tuple[Path, Path], recipe: TrainConfig, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    wider = Llama(recipe.model_config_.model_copy(update={"intermediate_size": 96}))
    save_checkpoint(tmp_path / "wide", wider, tokenizer, {})
    out = tmp_path / "out"
    with pytest.raises(RoboError, match="its intermediate_size is 96"):
        write_mean(two[0], tmp_path / "wide", 0.5, out)
    with pytest.raises(RoboError, match=r"--share 1\.5: expected 0"):
        write_mean(*two, 1.5, out)
    with pytest.raises(RoboError, match=r"second model .*nothing: expected a checkpoint folder"):
        write_mean(two[0], tmp_path / "nothing", 0.5, out)
    assert not out.exists()
