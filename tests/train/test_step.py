"""What one optimiser step is made of: passes, devices and memory tricks do not change what is learned."""

import math
from pathlib import Path

import lightning as L
import pytest
import torch
from pydantic import ValidationError
from robo_train.batches import Batch, Cursor, Draw
from robo_train.checkpoint import load_checkpoint
from robo_train.config import ResolvedConfig, TrainConfig
from robo_train.hardware import choose_precision
from robo_train.model import Llama
from robo_train.optimiser import make_optimiser
from robo_train.training.average import Average
from robo_train.training.callbacks import Validate
from robo_train.training.module import TrainModule
from robo_train.training.run import RunPaths, train
from robo_train.training.schedule import Progress, learning_rate

from tests.train.test_devices import losses


class Fixed:
    """A stream of given batches."""

    def __init__(self, batches: list[Batch]) -> None:
        self.batches = batches

    def end_pretraining(self) -> None:
        pass

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self):  # type: ignore[no-untyped-def]
        for i, batch in enumerate(self.batches):
            yield Draw(batch, Cursor(False, 0, i + 1), int((batch[1] != -100).sum()), batch[0].numel())


def after_one_step(recipe: TrainConfig, batches: list[Batch], **fields: object) -> tuple[dict, float]:
    """Weights and recorded loss after a step of plain SGD, whose update is the gradient itself."""
    config = ResolvedConfig(**(recipe.model_dump() | {"qat": "none", "clip": 1e9, **fields}))
    torch.manual_seed(0)
    stream = Fixed(batches)
    module = TrainModule(config, Llama(config.model_config_), stream, Progress(None, 1))  # type: ignore[arg-type]
    module.configure_optimizers = lambda: torch.optim.SGD(module.llama.parameters(), lr=1.0)  # type: ignore[method-assign]
    trainer = L.Trainer(
        max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, accumulate_grad_batches=config.accumulate, gradient_clip_val=config.clip,
    )  # fmt: skip
    trainer.fit(module, train_dataloaders=stream)
    return {k: v.clone() for k, v in module.llama.state_dict().items()}, module.latest["loss"]


def random_batch(rows: int, counted: int) -> Batch:
    ids = torch.randint(20, 480, (rows, 32), generator=torch.Generator().manual_seed(rows))
    targets = ids.roll(-1, dims=1)
    targets[:, counted:] = -100
    return ids, targets


def close(left: dict, right: dict) -> None:
    for name, weight in left.items():
        torch.testing.assert_close(weight, right[name], atol=1e-6, rtol=1e-4, msg=name)


def test_accumulated_passes_are_one_big_batch_whatever_they_count(recipe: TrainConfig) -> None:
    """Passes with 3 and with 28 targets a row weigh by their targets, not equally."""
    parts = [random_batch(4, 3), random_batch(4, 28), random_batch(4, 11)]
    big = (torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts]))
    (left, loss), (right, wanted) = (
        after_one_step(recipe, parts, accumulate=3), after_one_step(recipe, [big])
    )  # fmt: skip
    close(left, right)
    assert loss == pytest.approx(wanted, abs=1e-5)


def test_gradient_checkpointing_changes_no_gradient(
    recipe: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    import robo_train.model as model

    calls = []
    original = model.checkpoint
    monkeypatch.setattr(model, "checkpoint", lambda f, *a, **k: calls.append(f) or original(f, *a, **k))
    batch = random_batch(4, 20)
    (left, loss), (right, wanted) = (
        after_one_step(recipe, [batch], gradient_checkpointing=True), after_one_step(recipe, [batch])
    )  # fmt: skip
    assert len(calls) == 2  # a layer each
    for name, weight in left.items():
        assert torch.equal(weight, right[name]), name
    assert loss == wanted


def test_a_batch_without_targets_has_no_loss_and_no_gradient(recipe: TrainConfig) -> None:
    """What a rank computes that has no row of a small batch."""
    model = Llama(recipe.model_config_)
    ids, targets = random_batch(1, 0)
    loss = model.summed_loss(ids, targets)
    loss.backward()
    assert float(loss) == 0
    assert all(p.grad is not None and not p.grad.any() for p in model.parameters())


def test_the_average_is_the_formula(recipe: TrainConfig) -> None:
    layer = torch.nn.Linear(2, 1, bias=False)
    average, expected = Average(layer, 0.9), None
    for step in range(1, 40):
        torch.nn.init.constant_(layer.weight, float(step * step))
        average.update()
        decay = min(0.9, (1 + step) / (10 + step))
        expected = step * step if expected is None else decay * expected + (1 - decay) * step * step
    average.swap()
    assert layer.weight.tolist()[0] == pytest.approx([expected] * 2)
    average.swap()
    assert layer.weight.tolist()[0] == [39.0**2] * 2


def test_the_average_is_what_is_validated_and_exported(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[dict[str, torch.Tensor]] = []
    original = Average.update

    def watch(self: Average) -> None:
        original(self)
        kept.append({n: p.detach().clone() for n, p in self._parameters.items()})

    monkeypatch.setattr(Average, "update", watch)
    where = RunPaths(token_folder, tmp_path / "run", tmp_path / "checkpoint")
    train(recipe.model_copy(update={"ema": 0.8, "max_steps": 12, "qat": "none"}), where)
    weight = "model.layers.0.mlp.up_proj.weight"
    expected = kept[0][weight].double()
    for step, weights in enumerate(kept[1:], 2):
        expected.lerp_(weights[weight].double(), 1 - min(0.8, (1 + step) / (10 + step)))
    model, _, notes = load_checkpoint(where.checkpoint)
    torch.testing.assert_close(model.state_dict()[weight].double(), expected, atol=1e-6, rtol=1e-5)
    assert not torch.allclose(model.state_dict()[weight], kept[-1][weight], atol=1e-4)
    assert losses(where.run)[-1] == pytest.approx(notes["figures"]["val_loss"], abs=1e-5)


def test_a_run_without_hope_ends_early(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Losses are made to rise; those before the last phase (from step 12 on) are not counted."""
    original = TrainModule.validate

    def rising(self: TrainModule, batches: list) -> dict[str, float]:  # type: ignore[type-arg]
        original(self, batches[:1])
        self.latest["val_loss"] = float(self.progress.steps)
        return self.latest

    monkeypatch.setattr(TrainModule, "validate", rising)
    where = RunPaths(token_folder, tmp_path / "run", tmp_path / "checkpoint")
    train(recipe.model_copy(update={"patience": 2, "validate_every": 1 / 24}), where)
    assert load_checkpoint(where.checkpoint)[2]["figures"]["steps"] == 14


def test_patience_starts_again_with_each_better_loss() -> None:
    watcher = Validate([], 0.1, 1, figures=None, speed=None, patience=2)  # type: ignore[arg-type]
    assert [watcher._hopeless(loss) for loss in (3.0, 3.1, 2.9, 2.9, math.nan)] == [False] * 4 + [True]


def test_wsd_warms_up_stays_and_decays() -> None:
    rates = [learning_rate(i / 100, 1.0, 0.1, 0.0, decay=0.25) for i in range(101)]
    assert rates[10:76] == [1.0] * 66
    assert rates[:11] == sorted(rates[:11])
    assert rates[75:] == sorted(rates[75:], reverse=True)
    assert rates[-1] == pytest.approx(0.0)
    assert rates[81] == pytest.approx(1 - math.sqrt(6 / 25))


def test_a_schedule_longer_than_the_run_is_refused(recipe: TrainConfig) -> None:
    with pytest.raises(ValidationError, match=r"warmup 0\.5 and decay 0\.6 are more than the whole run"):
        TrainConfig(**(recipe.model_dump() | {"schedule": "wsd", "warmup": 0.5, "decay": 0.6}))


@pytest.mark.parametrize(("able", "precision"), [(True, "bf16-mixed"), (False, "16-mixed")])
def test_gpus_train_in_bfloat16_where_they_have_it(
    monkeypatch: pytest.MonkeyPatch, able: bool, precision: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: able)
    assert choose_precision()[0] == precision


@pytest.mark.parametrize("kind", ["muon", "adamw"])
def test_adamw_is_fused(recipe: TrainConfig, kind: str) -> None:
    optimiser = make_optimiser(kind, Llama(recipe.model_config_), 1e-3, 0.1)
    adamw = optimiser.adamw if kind == "muon" else optimiser  # type: ignore[attr-defined]
    assert adamw.defaults["fused"] is True
