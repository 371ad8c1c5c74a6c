"""The dial: what `auto` becomes, that a given value wins, and that a resumed run keeps what it started with."""

import json
from pathlib import Path
from typing import Any

import pytest
from robo_runtime.errors import RoboError
from robo_train import dial
from robo_train.checkpoint import load_checkpoint
from robo_train.config import AUTO_FIELDS, ResolvedConfig, TrainConfig, load_train_config
from robo_train.cost import largest_batch, memory
from robo_train.dial import NOTE, RULES, settle
from robo_train.machine import Machine
from robo_train.training.run import RunPaths, train

GB = 10**9
LAPTOP = Machine("cpu", "two cores with AMX", 2, 16 * GB, amx=True)
GPU = Machine("cuda", "a GPU", 16, 80 * GB)


def derived(tier: str = "nano", machine: Machine = LAPTOP, **fields: Any) -> ResolvedConfig:
    """A recipe of which the dial decides everything but the precision and what `fields` give."""
    free = dict.fromkeys(AUTO_FIELDS, "auto") | {"precision": "bf16-mixed"} | fields
    return settle(load_train_config(tier, **free), machine=machine).config


def test_the_batch_grows_with_the_budget_and_the_rate_with_the_batch() -> None:
    runs = [derived(budget=f"{minutes}m") for minutes in (1, 10, 25, 60, 240)]
    batches = [r.batch_tokens for r in runs]
    assert batches == sorted(batches)
    assert batches[1:4] == [1536, 4096, 6144]
    rates = [r.learning_rate for r in runs]
    assert rates == sorted(rates)
    assert rates[1] == pytest.approx(2e-3)
    assert rates[-1] <= RULES.rate_limit


def test_a_larger_model_takes_smaller_steps() -> None:
    rates = [derived(tier, batch_tokens=1536).learning_rate for tier in ("nano", "tiny", "small", "medium")]
    assert rates == sorted(rates, reverse=True)
    assert rates == pytest.approx([2e-3, 1.5e-3, 1e-3, 8e-4], rel=0.12)  # what was chosen by hand


def test_a_gpu_gets_larger_batches_than_a_cpu() -> None:
    assert derived(machine=GPU, budget="10m").batch_tokens >= 8192


def test_steps_alone_decide_too() -> None:
    few, many = (derived(budget=None, max_steps=n).batch_tokens for n in (100, 100_000))
    assert 512 <= few < many


def test_what_is_given_stays() -> None:
    given = {"batch_tokens": 777, "accumulate": 3, "learning_rate": 0.01, "compile": False}
    config = derived(**given)
    assert {name: getattr(config, name) for name in given} == given


def test_a_batch_that_does_not_fit_is_split() -> None:
    machine = Machine("cuda", "a small GPU", 4, 2 * GB)
    whole, split = derived(machine=GPU), derived(machine=machine)
    assert split.accumulate > 1
    assert split.batch_tokens * split.accumulate == whole.batch_tokens
    assert split.batch_tokens <= largest_batch(split, True, machine.memory)
    assert split.learning_rate == whole.learning_rate


def test_a_batch_holds_the_longest_sample() -> None:
    assert derived(budget="1s").batch_tokens >= 512


@pytest.mark.parametrize(
    ("machine", "budget", "on"),
    [
        (LAPTOP, "20m", True),
        (LAPTOP, "2m", False),
        (Machine("cpu", "x", 2, 16 * GB, cannot_compile="no C++ compiler"), "20m", False),
    ],
)
def test_compiling_wants_a_compiler_and_a_run_that_is_long_enough(
    machine: Machine, budget: str, on: bool
) -> None:
    assert derived(machine=machine, budget=budget).compile is on


def test_a_compiler_that_does_not_work_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dial, "compile_problem", lambda kind: "no omp.h")
    config = load_train_config("nano", compile="auto", precision="32-true", budget="1h")
    settled = settle(config, machine=LAPTOP, probe=True)
    assert settled.config.compile is False
    assert "no omp.h" in settled.reasons["compile"]


def test_a_recipe_without_auto_needs_no_machine(recipe: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dial, "this_machine", lambda: pytest.fail("looked at the machine"))
    settled = settle(recipe)
    assert settled.reasons == {}
    assert settled.config.model_dump() == recipe.model_dump()


@pytest.mark.parametrize("field", ["batch_tokens", "learning_rate", "accumulate", "compile"])
def test_a_value_that_is_neither_auto_nor_good_is_named(field: str) -> None:
    with pytest.raises(RoboError, match=rf"{field}: .*expected auto or a value"):
        load_train_config("nano", **{field: "lots"})


def test_a_resumed_run_keeps_what_it_started_with(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe.model_copy(update={"batch_tokens": "auto", "learning_rate": "auto", "accumulate": "auto"})
    where = RunPaths(token_folder, tmp_path / "run", tmp_path / "checkpoint")
    from robo_train.training.callbacks import Save

    original = Save.on_train_batch_end

    def killed(self, trainer, module, *args) -> None:  # type: ignore[no-untyped-def]
        original(self, trainer, module, *args)
        if module.progress.steps == 10:
            raise MemoryError("killed")

    monkeypatch.setattr(dial, "this_machine", lambda: LAPTOP)
    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(Save, "on_train_batch_end", killed)
        train(recipe, where)
    note = json.loads((where.run / NOTE).read_text())["values"]
    monkeypatch.setattr(dial, "this_machine", lambda: GPU)  # on which the dial would say otherwise
    assert settle(recipe).config.batch_tokens != note["batch_tokens"]
    train(recipe, where)
    training = load_checkpoint(where.checkpoint)[2]
    assert {name: training["config"][name] for name in note} == note
    assert training["figures"]["steps"] == 24
    assert not list(tmp_path.glob("run-*"))  # nothing was set aside


@pytest.mark.parametrize("tier", ["nano", "tiny", "small", "medium", "full", "toy"])
@pytest.mark.parametrize("machine", [LAPTOP, GPU, Machine("mps", "Apple GPU", 8, 8 * GB)])
def test_every_recipe_of_the_repository_settles_on_every_device(tier: str, machine: Machine) -> None:
    config = settle(load_train_config(tier, precision="32-true"), machine=machine).config
    assert config.batch_tokens >= config.max_length
    assert 1e-4 < config.learning_rate <= RULES.rate_limit
    assert memory(config, config.batch_tokens, False).total < machine.memory
