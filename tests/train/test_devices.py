"""Several devices: processes that share out each batch take the steps that one process takes."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from robo_runtime.errors import RoboError
from robo_train.checkpoint import load_checkpoint
from robo_train.config import TrainConfig
from robo_train.ranks import first_process
from robo_train.training.devices import plan_team

ROOT = Path(__file__).resolve().parents[2]


def start(
    tmp_path: Path,
    tokens: Path,
    name: str,
    *options: str,
    env: dict[str, str] | None = None,
    **fields: object,
) -> "subprocess.Popen[str]":
    """Train `tmp_path/recipe.yaml` with these fields in processes of their own."""
    lines = (tmp_path / "recipe.yaml").read_text() + "".join(f"{k}: {v}\n" for k, v in fields.items())
    (tmp_path / f"{name}.yaml").write_text(lines)
    words = [tmp_path / f"{name}.yaml", tokens, tmp_path / name, *options]
    command = [sys.executable, "-m", "tests.train.train_apart", *map(str, words)]
    env = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""} | (env or {})
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=pipe, stderr=pipe, text=True)


def finished(process: "subprocess.Popen[str]") -> "subprocess.CompletedProcess[str]":
    try:
        out, err = process.communicate(timeout=600)
    finally:
        process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def apart(
    tmp_path: Path, tokens: Path, name: str, *options: str, **fields: object
) -> "subprocess.CompletedProcess[str]":
    """The same, waited for."""
    return finished(start(tmp_path, tokens, name, *options, **fields))  # type: ignore[arg-type]


def losses(run: Path) -> list[float]:
    rows = [json.loads(line) for line in (run / "figures.jsonl").read_text().splitlines()]
    return [row.get("val_loss", row.get("loss")) for row in rows]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(folder)[0].state_dict()


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_learn_what_one_learns(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path, strategy: str
) -> None:
    """The same global batch over Gloo ranks. Quantised, weights on the edge of a level fall either way."""
    text = (tmp_path / "recipe.yaml").read_text()
    for old, new in (
        ("max_steps: 24", "max_steps: 10"),
        ("qat_start: 0.5", "qat_start: 0.8"),
        ("0.01", "0.003"),
    ):
        text = text.replace(old, new)
    (tmp_path / "recipe.yaml").write_text(text)
    fields: dict[str, object] = {"validate_every": 0.1, "accumulate": 2}
    fields |= {"ema": 0.9} if strategy == "ddp" else {"optimiser": "adamw"}
    for name, devices, how in (("one", 1, "auto"), ("two", 2, strategy)):
        done = apart(tmp_path, token_folder, name, f"devices={devices}", f"strategy={how}", **fields)
        assert done.returncode == 0, done.stderr[-3000:]
        assert done.stdout.count("100%") == 1
    one, two = losses(tmp_path / "one/run"), losses(tmp_path / "two/run")
    assert len(one) == len(two) == 12  # step 1, ten validations, step 10
    assert two[:8] == pytest.approx(one[:8], abs=1e-4)
    assert two == pytest.approx(one, abs=0.01)
    left, right = weights(tmp_path / "one/checkpoint"), weights(tmp_path / "two/checkpoint")
    same = [torch.isclose(left[n], right[n], atol=1e-4).float().mean() for n in left]
    assert min(same) > 0.95


@pytest.mark.slow
def test_two_hosts_end_together_when_the_budget_of_the_first_is_spent(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path
) -> None:
    """Each looks at a clock of its own; were they to stop at different steps, one would wait for ever."""
    text = (tmp_path / "recipe.yaml").read_text().replace("max_steps: 24", "budget: 2s")
    (tmp_path / "recipe.yaml").write_text(text)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    hosts = [
        start(tmp_path, token_folder, "hosts", "num_nodes=2",
              env={"NODE_RANK": str(i), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port})
        for i in range(2)
    ]  # fmt: skip
    for done in map(finished, hosts):
        assert done.returncode == 0, done.stderr[-3000:]
    figures = load_checkpoint(tmp_path / "hosts/checkpoint")[2]["figures"]
    assert figures["steps"] >= 1
    assert figures["seconds"] >= 2


def test_what_sharding_cannot_train_is_refused_with_an_offer(recipe: TrainConfig) -> None:
    with pytest.raises(RoboError, match=r"Muon orthogonalises whole matrices.*set optimiser: adamw"):
        plan_team(recipe, 2, 1, "fsdp")
    with pytest.raises(RoboError, match="set ema: 0"):
        plan_team(recipe.model_copy(update={"optimiser": "adamw", "ema": 0.9}), 2, 1, "fsdp")


def test_devices_that_are_not_there_and_words_that_mean_nothing_are_refused(
    recipe: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RoboError, match="--strategy tpu: expected auto, ddp or fsdp"):
        plan_team(recipe, 2, 1, "tpu")
    with pytest.raises(RoboError, match="--devices all: expected a number or auto"):
        plan_team(recipe, "all", 1, "auto")
    with pytest.raises(RoboError, match="at least 1"):
        plan_team(recipe, 0, 1, "auto")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(RoboError, match=r"this machine has 1 GPU.*CUDA_VISIBLE_DEVICES"):
        plan_team(recipe, 2, 1, "auto")


@pytest.mark.parametrize(
    ("gpus", "devices", "nodes", "size", "backend"),
    [(0, "auto", 1, 1, None), (0, 4, 2, 8, "gloo"), (4, "auto", 2, 8, "nccl"), (4, 1, 1, 1, None)],
)
def test_gpus_talk_by_nccl_and_cpu_processes_by_gloo(
    recipe: TrainConfig, monkeypatch: pytest.MonkeyPatch, gpus: int, devices: int | str, nodes: int, size: int,
    backend: str | None,
) -> None:  # fmt: skip
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    team = plan_team(recipe, devices, nodes, "auto")
    assert team.size == size
    assert team.accelerator == ("cuda" if gpus else "cpu")
    assert getattr(team.strategy, "process_group_backend", None) == backend


@pytest.mark.parametrize(
    ("variables", "first"),
    [({}, True), ({"LOCAL_RANK": "1"}, False), ({"LOCAL_RANK": "0", "NODE_RANK": "1"}, False),
     ({"RANK": "0", "LOCAL_RANK": "0"}, True), ({"RANK": "8", "LOCAL_RANK": "0"}, False)],
)  # fmt: skip
def test_one_process_of_all_speaks(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], first: bool
) -> None:
    for name in ("RANK", "LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert first_process() is first
