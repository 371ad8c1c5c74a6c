"""Training: the loss falls, an interrupted run ends as an uninterrupted one, the outcome is a hub folder."""

import json
import os
import signal
from pathlib import Path

import pytest
import torch
from robo_runtime.errors import RoboError
from robo_train.checkpoint import load_checkpoint
from robo_train.config import TrainConfig
from robo_train.qat import fake_quantise
from robo_train.training import run as training
from robo_train.training.callbacks import Save
from robo_train.training.run import RunPaths, train
from robo_train.training.schedule import Progress, learning_rate


def paths(tokens: Path, tmp_path: Path, name: str = "a") -> RunPaths:
    return RunPaths(tokens, tmp_path / name / "run", tmp_path / name / "checkpoint")


def figures(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "figures.jsonl").read_text().splitlines()]


@pytest.fixture
def trained(recipe: TrainConfig, token_folder: Path, tmp_path: Path) -> RunPaths:
    where = paths(token_folder, tmp_path)
    train(recipe, where)
    return where


def test_the_loss_falls_and_validation_is_reported(trained: RunPaths) -> None:
    losses = [row["val_loss"] for row in figures(trained.run) if "val_loss" in row]
    assert len(losses) >= 5
    assert losses[-1] < 0.7 * losses[0]
    assert {row["phase"] for row in figures(trained.run)} == {"pretrain", "instruct", "instruct+qat"}


def test_exported_weights_are_those_an_int4_file_holds(trained: RunPaths) -> None:
    model, _, notes = load_checkpoint(trained.checkpoint)
    assert notes["qat"] == "q4_0"
    for name, weight in model.state_dict().items():
        assert torch.equal(fake_quantise(name, weight), weight), name


def test_transformers_loads_the_checkpoint_and_writes_the_same_tokens(trained: RunPaths) -> None:
    transformers = pytest.importorskip("transformers")
    model, tokenizer, _ = load_checkpoint(trained.checkpoint)
    twin = transformers.AutoModelForCausalLM.from_pretrained(str(trained.checkpoint)).eval()
    from robo_runtime.prompt import render

    ids = torch.tensor([tokenizer.encode_parts(render("blink the led on pin 5 every 100 ms", lang="en"))])
    theirs = twin.generate(ids, max_new_tokens=40, do_sample=False, eos_token_id=1)[0].tolist()
    ours = ids
    with torch.no_grad():
        while ours.shape[1] < len(theirs):
            ours = torch.cat([ours, model(ours)[:, -1:].argmax(-1)], dim=1)
    assert ours[0].tolist() == theirs


def test_a_killed_run_ends_as_if_it_had_not_been(
    trained: RunPaths, recipe: TrainConfig, token_folder: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    where = paths(token_folder, tmp_path, "killed")
    original = Save.on_train_batch_end

    def killed(self, trainer, module, *args) -> None:  # type: ignore[no-untyped-def]
        original(self, trainer, module, *args)
        if module.progress.steps == 15:
            raise MemoryError("killed")

    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(Save, "on_train_batch_end", killed)
        train(recipe, where)
    assert not where.checkpoint.exists()
    train(recipe, where)
    expected, found = (load_checkpoint(p.checkpoint)[0].state_dict() for p in (trained, where))
    for name, weight in expected.items():
        assert torch.equal(weight, found[name]), name


def test_ctrl_c_saves_and_the_next_run_goes_on(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe.model_copy(update={"save_every": 3600.0})
    where = paths(token_folder, tmp_path)
    original = Save.on_train_batch_end

    def interrupt(self, trainer, module, *args) -> None:  # type: ignore[no-untyped-def]
        original(self, trainer, module, *args)
        if module.progress.steps == 15:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is started deaf to it
    try:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Save, "on_train_batch_end", interrupt)
            train(recipe, where)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert (where.run / "last.ckpt").exists()
    train(recipe, where)
    assert json.loads((where.checkpoint / "training.json").read_text())["figures"]["steps"] == 24
    assert not (where.run / "last.ckpt").exists()


def test_a_finished_run_is_not_trained_again_but_another_recipe_is(
    trained: RunPaths, recipe: TrainConfig
) -> None:
    assert training.fingerprint_matches(recipe, trained, None)
    assert not training.fingerprint_matches(recipe.model_copy(update={"seed": 2}), trained, None)


def test_a_loss_that_is_no_number_stops_with_step_and_remedy(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path
) -> None:
    wild = recipe.model_copy(update={"learning_rate": 1e30, "warmup": 0.0, "clip": 1e30})
    with pytest.raises(
        RoboError, match=r"the (loss|gradient) is (nan|inf) at step \d+, batch \d+ of pass 1.*--learning-rate"
    ):
        train(wild, paths(token_folder, tmp_path))


def test_a_model_of_another_vocabulary_is_refused(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path
) -> None:
    path = Path(recipe.model)
    path.write_text(path.read_text().replace("vocab_size: 480", "vocab_size: 512"))
    fresh = TrainConfig(**recipe.model_dump())
    with pytest.raises(RoboError, match=r"480 pieces.*512"):
        train(fresh, paths(token_folder, tmp_path))


def test_the_learning_rate_warms_up_and_falls_to_its_floor() -> None:
    rates = [learning_rate(i / 1000, 1.0, 0.1, 0.05) for i in range(1001)]
    assert rates[100] == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(0.05)
    assert rates[:101] == sorted(rates[:101])
    assert rates[100:] == sorted(rates[100:], reverse=True)


def test_progress_is_the_furthest_limit() -> None:
    progress = Progress(budget=None, max_steps=10)
    progress.steps = 5
    assert progress.done == 0.5
    progress = Progress(budget=100.0, max_steps=10)
    progress.load_state_dict({"steps": 2, "elapsed": 60})
    assert progress.done == pytest.approx(0.6)
