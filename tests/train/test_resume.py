"""A run that is killed at any moment, or whose files are damaged, loses nothing beyond the last checkpoint."""

import os
from pathlib import Path

import pytest
import torch
from robo_runtime.errors import RoboError
from robo_train.checkpoint import load_checkpoint
from robo_train.config import TrainConfig
from robo_train.training.run import RunPaths, train
from robo_train.training.state import LAST, PREVIOUS, STABLE, find_state, whole

from tests.train.test_devices import apart, losses, weights


@pytest.fixture
def where(token_folder: Path, tmp_path: Path) -> RunPaths:
    return RunPaths(token_folder, tmp_path / "run", tmp_path / "checkpoint")


def write_recipe(tmp_path: Path, **changes: str) -> None:
    path = tmp_path / "recipe.yaml"
    lines = [line for line in path.read_text().splitlines() if line.split(":")[0] not in changes]
    path.write_text("\n".join(lines + [f"{k}: {v}" for k, v in changes.items()]) + "\n")


@pytest.mark.slow
def test_a_run_killed_in_every_phase_ends_as_if_it_had_not_been(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path
) -> None:
    """SIGKILL in pretraining, at its last step, while instructing and while quantising, an average kept."""
    write_recipe(tmp_path, max_steps="12", pretrain="0.4", qat_start="0.7", ema="0.9", accumulate="2")
    assert apart(tmp_path, token_folder, "whole").returncode == 0
    for step in (2, 5, 7, 10):
        killed = apart(tmp_path, token_folder, "killed", f"kill_at={step}")
        assert killed.returncode != 0
        assert whole(tmp_path / "killed/run" / LAST)
        assert not (tmp_path / "killed/checkpoint").exists()
    done = apart(tmp_path, token_folder, "killed")
    assert done.returncode == 0, done.stderr[-3000:]
    assert losses(tmp_path / "killed/run") == losses(tmp_path / "whole/run")
    expected, found = weights(tmp_path / "whole/checkpoint"), weights(tmp_path / "killed/checkpoint")
    for name, weight in expected.items():
        assert torch.equal(weight, found[name]), name


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_go_on_where_they_or_one_were_killed(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path, strategy: str
) -> None:
    write_recipe(tmp_path, max_steps="6", qat="none", learning_rate="0.003", optimiser="adamw")
    assert apart(tmp_path, token_folder, "whole").returncode == 0
    two = ("devices=2", f"strategy={strategy}")
    before = two if strategy == "fsdp" else ()
    assert apart(tmp_path, token_folder, "killed", "kill_at=2", *before).returncode != 0
    assert apart(tmp_path, token_folder, "killed", "kill_at=4", *two).returncode != 0
    assert torch.load(tmp_path / "killed/run" / LAST, weights_only=True)["robo"]["progress"]["steps"] == 4
    if strategy == "fsdp":
        refused = apart(tmp_path, token_folder, "killed")
        assert "saved under fsdp" in refused.stderr
    done = apart(tmp_path, token_folder, "killed", *two)
    assert done.returncode == 0, done.stderr[-3000:]
    assert losses(tmp_path / "killed/run") == pytest.approx(losses(tmp_path / "whole/run"), abs=1e-4)
    assert not list((tmp_path / "killed/run").glob("*.ckpt"))


def interrupted(recipe: TrainConfig, where: RunPaths, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    from robo_train.training.callbacks import Save

    original = Save.on_train_batch_end

    def stop(self, trainer, module, *args) -> None:  # type: ignore[no-untyped-def]
        original(self, trainer, module, *args)
        if module.progress.steps == step:
            raise MemoryError("killed")

    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(Save, "on_train_batch_end", stop)
        train(recipe, where)


def test_a_cut_checkpoint_falls_back_to_the_one_before(
    recipe: TrainConfig, where: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe.model_copy(update={"max_steps": 6})
    interrupted(recipe, where, monkeypatch, step=3)
    last = where.run / LAST
    os.truncate(last, last.stat().st_size - 100)
    with pytest.warns(UserWarning, match=r"damaged; going on from previous\.ckpt"):
        train(recipe, where)
    assert load_checkpoint(where.checkpoint)[2]["figures"]["steps"] == 6


def test_changed_bytes_are_noticed_and_two_damaged_checkpoints_refused(
    recipe: TrainConfig, where: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(recipe.model_copy(update={"max_steps": 6}), where, monkeypatch, step=3)
    mark = (where.run / "fingerprint.txt").read_text()
    for name in (LAST, PREVIOUS):
        assert whole(where.run / name)
        content = bytearray((where.run / name).read_bytes())
        content[len(content) // 2] ^= 0xFF
        (where.run / name).write_bytes(content)
        assert not whole(where.run / name)
    with pytest.raises(RoboError, match=r"last\.ckpt and previous\.ckpt cannot be read; --fresh"):
        find_state(where.run, mark, writing=True)


def test_the_checkpoint_of_another_recipe_is_set_aside_not_resumed(
    recipe: TrainConfig, where: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(recipe.model_copy(update={"max_steps": 6}), where, monkeypatch, step=3)
    train(recipe.model_copy(update={"max_steps": 4}), where)
    assert load_checkpoint(where.checkpoint)[2]["figures"]["steps"] == 4
    aside = [p for p in where.run.parent.glob("run-*") if p.is_dir()]
    assert len(aside) == 1
    assert whole(aside[0] / LAST)


def test_diverged_weights_are_not_resumed_from(
    recipe: TrainConfig, where: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that makes the next loss NaN is saved before anybody knows; that checkpoint is forgotten."""
    from robo_train.training.module import TrainModule

    original = TrainModule.optimizer_step

    def poisoned(self, *args, **kwargs) -> None:  # type: ignore[no-untyped-def]
        original(self, *args, **kwargs)
        if self.progress.steps == 3:
            with torch.no_grad():
                self.llama.model.norm.weight[0] = float("nan")

    with monkeypatch.context() as patch:
        patch.setattr(TrainModule, "optimizer_step", poisoned)
        with pytest.raises(RoboError, match=r"the loss is nan at step 5, batch \d+ of pass 1 \(instruct\)"):
            train(recipe, where)
    state = torch.load(where.run / LAST, weights_only=True)
    assert state["robo"]["progress"]["steps"] == 3
    assert all(torch.isfinite(w).all() for w in state["state_dict"].values())


def test_a_wsd_run_is_lengthened_from_before_its_decay(
    recipe: TrainConfig, where: RunPaths, tmp_path: Path
) -> None:
    base = recipe.model_copy(
        update={"schedule": "wsd", "decay": 0.5, "warmup": 0.0, "qat": "none", "pretrain": 0.0}
    )
    short, long = (base.model_copy(update={"max_steps": n}) for n in (6, 10))
    train(short, where)
    assert (where.run / STABLE).exists()
    train(long, where)
    straight = RunPaths(where.data, tmp_path / "straight", tmp_path / "straight-checkpoint")
    train(long, straight)
    expected, found = (weights(p.checkpoint) for p in (straight, where))
    for name, weight in expected.items():
        assert torch.equal(weight, found[name]), name


def test_a_full_disk_costs_a_checkpoint_not_the_run(
    recipe: TrainConfig, where: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lightning import Trainer

    original, full = Trainer.save_checkpoint, []

    def save(self: Trainer, path: Path, *args: object) -> None:
        if not full and self.global_step == 3:
            full.append(self.global_step)
            Path(path).write_bytes(b"half")
            raise OSError(28, "No space left on device")
        original(self, path, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Trainer, "save_checkpoint", save)
    with pytest.warns(UserWarning, match="No space left on device; nothing was changed; training goes on"):
        train(recipe.model_copy(update={"max_steps": 6}), where)
    assert full == [3]
    assert load_checkpoint(where.checkpoint)[2]["figures"]["steps"] == 6
    assert not list(where.run.glob(".*.tmp"))
