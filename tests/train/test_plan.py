"""The plan's formulas agree with what torch counts and allocates; what does not fit says what would."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from robo_runtime.errors import RoboError
from robo_train.cli import app
from robo_train.config import ModelConfig, TrainConfig, load_train_config
from robo_train.cost import Text, flops_per_token, largest_batch, memory, muon_flops
from robo_train.dial import settle
from robo_train.find_batch import find_batch
from robo_train.machine import Machine, _container_limit
from robo_train.model import Llama, count_parameters
from robo_train.optimiser import make_optimiser
from robo_train.plan import check_memory, make_plan, read_corpus, too_little_memory
from robo_train.step_timing import StepTimer, Timing
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode
from typer.testing import CliRunner

GB = 10**9
SHAPE = {
    "vocab_size": 512,
    "hidden_size": 64,
    "intermediate_size": 160,
    "layers": 3,
    "heads": 4,
    "kv_heads": 2,
}


def small(**changes: int) -> ModelConfig:
    return ModelConfig(**{"name": "t", "context": 256, **SHAPE, **changes})  # type: ignore[arg-type]


def written(tmp_path: Path, **fields: object) -> TrainConfig:
    """A recipe whose model is `small()`."""
    (tmp_path / "m.yaml").write_text(json.dumps({"name": "t", "context": 256, **SHAPE}))
    (tmp_path / "t.yaml").write_text("name: t\nvocab_size: 512\n")
    recipe = {"name": "t", "model": f"{tmp_path}/m.yaml", "tokenizer": f"{tmp_path}/t.yaml", "max_length": 128,
              "corpus": {"samples": 100}, "budget": 60, "batch_tokens": 512, "precision": "32-true"}  # fmt: skip
    (tmp_path / "r.yaml").write_text(json.dumps(recipe | fields))
    return load_train_config(str(tmp_path / "r.yaml"))


def batch(rows: int = 8, width: int = 64, judged: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.randint(16, 512, (rows, width))
    targets = ids.clone()
    targets[:, : round(width * (1 - judged))] = -100
    return ids, targets


def test_the_arithmetic_of_the_matrices_is_what_torch_counts() -> None:
    model = Llama(small())
    ids, targets = batch(judged=0.5)
    with FlopCounterMode(display=False) as counter:
        model.loss(ids, targets).backward()
    counted = sum(n for op, n in counter.get_flop_counts()["Global"].items() if "mm" in str(op))
    attention = 6 * 3 * 64 * 64  # which the counter files under another name
    ours = flops_per_token(small(), Text(length=64, loss_share=0.5)) - attention
    assert ours * ids.numel() == counted


def test_the_arithmetic_of_muon_is_what_torch_counts() -> None:
    model = Llama(small())
    optimiser = make_optimiser("muon", model, 1e-3, 0.1)
    model.loss(*batch()).backward()
    with FlopCounterMode(display=False) as counter:
        optimiser.step()
    assert muon_flops(small()) == sum(counter.get_flop_counts()["Global"].values())


def peak_of(work: object) -> int:
    """Most bytes that torch held at once of what it allocated during `work`."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
        work()  # type: ignore[operator]
    held = top = 0
    events = watched.profiler.kineto_results.events()
    for event in sorted((e for e in events if e.name() == "[memory]"), key=lambda e: e.start_ns()):
        held += event.nbytes()
        top = max(top, held)
    return top


@pytest.mark.parametrize(("half", "rows"), [(False, 8), (False, 32), (True, 16)])
def test_the_memory_of_a_pass_is_what_torch_allocates(tmp_path: Path, half: bool, rows: int) -> None:
    config = written(tmp_path, qat="none")
    model = Llama(config.model_config_)
    ids, targets = batch(rows)

    def work() -> None:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            loss = model.loss(ids, targets)
        loss.backward()

    work()  # the gradients exist from now on, as they do in training
    assert memory(config, ids.numel(), half).activations == pytest.approx(peak_of(work), rel=0.1)


def test_the_memory_of_weights_and_optimiser_is_what_they_hold(tmp_path: Path) -> None:
    config = written(tmp_path)
    model = Llama(config.model_config_)
    optimiser = make_optimiser("muon", model, 1e-3, 0.1)
    model.loss(*batch()).backward()
    optimiser.step()
    need = memory(config, 512, False)
    assert need.weights == sum(p.nbytes for p in model.parameters())
    state = optimiser.state_dict()
    held = [t for half in state.values() for s in half["state"].values() for t in s.values()]
    assert need.optimiser == sum(t.nbytes for t in held if torch.is_tensor(t) and t.ndim)


def test_checkpointing_needs_less_memory_and_more_arithmetic(tmp_path: Path) -> None:
    plain, again = written(tmp_path), written(tmp_path, gradient_checkpointing=True)
    assert memory(again, 4096, False).activations < memory(plain, 4096, False).activations
    assert flops_per_token(small(), Text(), checkpointing=True) > flops_per_token(small(), Text())


def test_the_largest_batch_just_fits() -> None:
    config = load_train_config("nano")
    room = largest_batch(config, True, 4 * GB)
    assert memory(config, room, True).total <= 4 * GB < memory(config, room + 256, True).total


def test_too_little_memory_says_which_batch_would_fit() -> None:
    config = settle(load_train_config("nano", batch_tokens=65536, precision="32-true")).config
    with pytest.raises(
        RoboError, match=r"pass of 65536 tokens needs about .* GB.*batch_tokens \d+ with"
    ) as e:
        check_memory(config, Machine("cpu", "x", 2, 2 * GB))
    batch_tokens = int(str(e.value).split("batch_tokens ")[1].split()[0])
    fitting = config.model_copy(update={"batch_tokens": batch_tokens})
    assert too_little_memory(fitting, Machine("cpu", "x", 2, 2 * GB), 1.0) == ""


def test_too_little_memory_for_a_tier_names_a_smaller_one() -> None:
    config = settle(load_train_config("medium", precision="32-true")).config
    assert "tier nano with batch_tokens" in too_little_memory(config, Machine("cpu", "x", 2, GB), 1.0)
    assert "no tier fits" in too_little_memory(config, Machine("cpu", "x", 2, GB // 10), 1.0)


def test_a_plan_adds_up(tmp_path: Path) -> None:
    config = written(tmp_path, max_steps=50)
    plan = make_plan(config, measure=True, machine=Machine("cpu", "x", 1, 4 * GB))
    told = plan.to_dict()
    assert plan.measured
    assert told["steps"] <= 50
    assert told["tokens"]["total"] == told["steps"] * 512
    assert told["memory"]["total"] == sum(
        v for k, v in told["memory"].items() if k not in ("total", "available")
    )
    assert told["parameters"] == count_parameters(small())["total"]
    assert told["fits"]
    json.dumps(told)


def test_a_built_corpus_is_counted(token_folder: Path) -> None:
    corpus = read_corpus(token_folder)
    starts = np.load(token_folder / "train.idx.npy")
    assert corpus is not None
    assert starts[-1] * 0.9 < corpus.tokens < starts[-1] * 1.3  # without the documents, with the padding
    assert 0.3 < corpus.text.loss_share < 1


def test_no_corpus_is_no_mistake(tmp_path: Path) -> None:
    assert read_corpus(tmp_path) is None


def test_a_container_may_have_less_than_the_machine(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 500\ninactive_file 200\n")
    assert _container_limit(tmp_path) == 500
    (tmp_path / "memory.max").write_text("max\n")
    assert _container_limit(tmp_path) > 10**15


def nothing(name: str, done: int, expected: int) -> None:
    """Progress nobody looks at."""


@pytest.mark.parametrize("limit", [700, 5000, 23_000, 100_000])
def test_the_border_of_a_gpus_memory_is_found_to_an_eighth(tmp_path: Path, limit: int) -> None:
    tried = []

    def attempt(tokens: int) -> Timing:
        tried.append(tokens)
        if tokens > limit:
            raise torch.OutOfMemoryError
        return Timing(tokens, passes=tokens * 1e-6, update=0.001)

    found = find_batch(settle(written(tmp_path)).config, Machine("cuda", "x", 8, 0), nothing, attempt)
    assert 0 <= limit - found.largest <= max(256, limit / 8)
    assert min(found.failed) > limit
    assert len(tried) == len(set(tried)) < 16


def test_a_cpu_is_tried_up_to_its_plateau(tmp_path: Path) -> None:
    def attempt(tokens: int) -> Timing:
        return Timing(tokens, passes=max(tokens, 2048) * 1e-4, update=0.0)

    config = settle(written(tmp_path)).config
    found = find_batch(config, Machine("cpu", "x", 2, 64 * GB), nothing, attempt)
    assert found.recommended == 2048
    assert found.largest == 4096


def test_a_cpu_is_not_asked_for_more_than_its_memory(tmp_path: Path) -> None:
    config = settle(written(tmp_path)).config
    free = memory(config, 3000, False).total * 10 // 8
    found = find_batch(config, Machine("cpu", "x", 2, free), nothing, lambda n: Timing(n, 1.0, 0.0))
    assert found.largest < 3072
    assert found.failed == [3072]


def test_timed_steps_are_steps_of_the_recipe(tmp_path: Path) -> None:
    timer = StepTimer(settle(written(tmp_path)).config, Machine("cpu", "x", 1, GB))
    before = timer.model.model.layers[0].mlp.up_proj.weight.clone()
    timing = timer.time(512, steps=2)
    assert timing.step(3) == pytest.approx(3 * timing.passes + timing.update)
    assert timing.tokens_per_s > 0
    assert not torch.equal(before, timer.model.model.layers[0].mlp.up_proj.weight)


def test_the_commands_print_json(monkeypatch: pytest.MonkeyPatch) -> None:
    run = CliRunner()
    plan = run.invoke(
        app, ["plan", "toy", "--no-measure", "--json", "--batch-tokens", "2048", "--max-steps", "7"]
    )
    told = json.loads(plan.stdout)
    assert (told["recipe"]["batch_tokens"], told["steps"], told["seconds"]["measured"]) == (2048, 7, False)
    monkeypatch.setattr("robo_train.find_batch._CPU_BATCHES", (512, 1024))
    found = json.loads(run.invoke(app, ["find-batch", "toy", "--json"]).stdout)
    assert [row["batch_tokens"] for row in found["tried"]] == [512, 1024]
    assert found["recommended"] in (512, 1024)


def test_the_plan_names_every_value_and_its_reason() -> None:
    shown = CliRunner().invoke(
        app, ["plan", "toy", "--no-measure", "--learning-rate", "auto"], env={"COLUMNS": "160"}
    )
    for words in (
        "torch.compile",
        "learning rate",
        "auto: 0.2M parameters",
        "Kaplan",
        "from a table",
        "fits",
    ):
        assert words in shown.stdout


def test_a_batch_too_large_for_the_gpu_is_planned_from_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: StepTimer, tokens: int, steps: int = 4) -> Timing:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(StepTimer, "time", full)
    plan = make_plan(written(tmp_path), machine=Machine("cpu", "x", 1, 4 * GB))
    assert not plan.measured
    assert plan.steps > 0
