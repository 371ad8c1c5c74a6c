"""What a run leaves behind: its folder, its figures, the trackers, the report."""

import hashlib
import json
import math
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
import torch
from robo_runtime.errors import RoboError
from robo_train.config import TrainConfig
from robo_train.training import figures as figures_module
from robo_train.training import report as reports
from robo_train.training import tracking
from robo_train.training.callbacks import Save
from robo_train.training.figures import Figures, Speed
from robo_train.training.report import find_run, flatten, phases, thin, write_report
from robo_train.training.run import RunPaths, fingerprint_matches, train
from robo_train.training.run_folder import FigureLines, read_figures
from robo_train.training.schedule import learning_rate
from robo_train.training.tracking import TRACKERS, Kind, Start, Trackers, check_trackers
from typer.testing import CliRunner

from tests.train.conftest import make_recipe

ROOT = Path(__file__).resolve().parents[2]


class Notebook:
    """A tracker that writes down what it is told."""

    def __init__(self, start: Start) -> None:
        self.start, self.told, self.ended = start, [], ""

    def log_metrics(self, metrics: Mapping[str, float], step: int) -> None:
        self.told.append((step, dict(metrics)))

    def finalize(self, status: str) -> None:
        self.ended = status


class Runs(SimpleNamespace):
    """One run without interruption, and one that was killed at step 21 and went on from step 12."""

    recipe: TrainConfig
    whole: RunPaths
    killed: RunPaths
    left_by_the_kill: list[dict[str, Any]]
    notebooks: list[Notebook]


@pytest.fixture(scope="module")
def runs(token_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    folder = tmp_path_factory.mktemp("runs")
    recipe = make_recipe(folder)
    whole, killed = (
        RunPaths(token_folder, folder / n / "run", folder / n / "out") for n in ("whole", "killed")
    )
    notebooks: list[Notebook] = []

    def open_notebook(start: Start) -> Notebook:
        notebooks.append(Notebook(start))
        return notebooks[-1]

    save = Save.on_train_batch_end

    def save_until_12_die_at_21(self: Save, trainer: Any, module: Any, *args: Any) -> None:
        if module.progress.steps <= 12:
            save(self, trainer, module, *args)
        if module.progress.steps == 21:
            raise MemoryError("killed")

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the model is so small that threads wait for each other
    with pytest.MonkeyPatch.context() as patch:
        train(recipe, whole)
        patch.setitem(TRACKERS, "trackio", Kind("json", "trackio", open_notebook))
        both = recipe.model_copy(update={"trackers": ["tensorboard", "trackio"]})
        with pytest.MonkeyPatch.context() as kill, pytest.raises(MemoryError):
            kill.setattr(Save, "on_train_batch_end", save_until_12_die_at_21)
            train(both, killed)
        left = read_figures(killed.run)
        train(both, killed)
        torch.set_num_threads(threads)
        yield Runs(recipe=recipe, whole=whole, killed=killed, left_by_the_kill=left, notebooks=notebooks)


def load(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def steps_of(rows: list[dict[str, Any]], key: str) -> list[int]:
    return [row["step"] for row in rows if key in row]


def test_the_folder_says_what_was_trained_and_how(runs: Runs) -> None:
    config = load(runs.whole.run, "config.json")
    assert TrainConfig(**config["recipe"]) == runs.recipe
    assert config["model"]["hidden_size"] == 32
    assert config["tokenizer"]["vocab_size"] == 480
    assert config["precision"] == {"used": "32-true", "reason": "as configured"}


def test_the_folder_says_from_which_commit_and_with_which_packages(runs: Runs) -> None:
    (start,) = load(runs.whole.run, "environment.json")["starts"]
    git = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert re.fullmatch("[0-9a-f]{40}" if git.returncode == 0 else "", start["git"]["commit"])
    assert isinstance(start["git"]["dirty"], bool)
    assert {start["packages"][p] == version(p) for p in ("torch", "lightning", "numpy")} == {True}
    assert start["machine"]["cores"] >= 1


def test_a_run_that_goes_on_adds_its_environment_and_keeps_the_first(runs: Runs) -> None:
    assert len(load(runs.killed.run, "environment.json")["starts"]) == 2


def test_the_folder_names_its_data_by_their_hashes(runs: Runs) -> None:
    data, folder = load(runs.whole.run, "data.json"), runs.whole.data
    for name in ("train.bin", "val.bin", "train.kind.npy", "tokenizer.model"):
        assert data["files"][name]["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest(), name
    assert data["metadata"] == load(folder, "metadata.json")
    assert data["corpus"]["samples"] == 1


def test_every_line_of_figures_has_what_the_curves_need(runs: Runs) -> None:
    rows = read_figures(runs.whole.run)
    assert steps_of(rows, "loss") == [1, 10, 20]
    assert steps_of(rows, "val_loss")[-1] == 24
    for row in rows:
        assert {"step", "seconds", "tokens", "phase"} <= row.keys()
        if "loss" in row:
            assert row["perplexity"] == pytest.approx(math.exp(row["loss"]), rel=1e-4)
            assert row["grad_norm"] > 0
            done = (row["step"] - 1) / 24
            assert row["learning_rate"] == pytest.approx(learning_rate(done, 0.01, 0.02, 0.05), rel=1e-4)
            assert row.get("tokens_per_s", 0) > 0 or row["step"] == 1
    assert "tokens_per_s" not in rows[0], "the first step is start-up"


def test_a_killed_run_that_went_on_has_no_step_twice(runs: Runs) -> None:
    assert max(steps_of(runs.left_by_the_kill, "loss")) == 20, "the kill came after lines that are not kept"
    whole, killed = read_figures(runs.whole.run), read_figures(runs.killed.run)
    for key in ("loss", "val_loss"):
        assert steps_of(killed, key) == steps_of(whole, key)
    for before, after in zip(whole, killed, strict=True):
        for key in ("phase", "tokens"):
            assert after[key] == before[key]
        for key in before.keys() & {"loss", "val_loss", "grad_norm", "learning_rate"}:
            assert after[key] == pytest.approx(before[key], rel=1e-5), (before["step"], key)


def test_tensorboard_holds_the_lines_of_the_folder_and_no_step_twice(runs: Runs) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    rows = read_figures(runs.killed.run)
    board = EventAccumulator(str(runs.killed.run / "tensorboard")).Reload()
    for key in ("loss", "val_loss", "grad_norm"):
        shown = [(e.step, pytest.approx(e.value, rel=1e-5)) for e in board.Scalars(key)]
        assert shown == [(row["step"], row[key]) for row in rows if key in row]
    assert "recipe/text_summary" in board.Tags()["tensors"]


def test_a_tracker_that_cannot_rewind_is_not_told_a_step_again(runs: Runs) -> None:
    first, second = runs.notebooks
    assert first.ended == "failed"
    assert second.ended == "success"
    assert second.start.name == first.start.name, "the same run goes on"
    assert (second.start.step, second.start.recorded) == (12, 20)
    told = [step for note in runs.notebooks for step, figures in note.told if "loss" in figures]
    assert told == [1, 10, 20]
    last = [row for row in read_figures(runs.killed.run) if row["step"] == 24][-1]
    assert second.told[-1] == (24, {k: v for k, v in last.items() if k.startswith("val_")})


def test_the_choice_of_trackers_makes_no_other_run(runs: Runs) -> None:
    for trackers in ([], ["wandb"]):
        assert fingerprint_matches(runs.recipe.model_copy(update={"trackers": trackers}), runs.killed, None)


def test_the_report_opens_without_network_and_holds_every_curve(runs: Runs) -> None:
    page = (runs.whole.run / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=", page)
    data = page[page.rindex("Plotly.newPlot(") :]
    for name in ("training", "validation", "learning rate", "gradient norm", "tokens\\u002fs", "all text"):
        assert f'"name":"{name}' in data, name
    for title in (
        "loss, nats a token",
        "perplexity",
        "learning_rate",
        "versions.torch",
        "files.train.bin.sha256",
    ):
        assert title in page, title
    last = [row for row in read_figures(runs.whole.run) if "val_loss" in row][-1]
    assert f"{last['val_loss']:.4f}" in page


def test_the_report_is_made_again_from_the_folder_alone(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    from robo_train.cli import app

    page = runs.whole.run / "report.html"
    before = page.read_text(encoding="utf-8")
    page.unlink()
    done = CliRunner().invoke(app, ["report", str(runs.whole.run)])
    assert done.exit_code == 0, done.output
    assert done.output.strip().endswith("report.html")
    identifier = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # plotly's, new each time
    assert identifier.sub("", page.read_text(encoding="utf-8")) == identifier.sub("", before)


def test_a_run_that_does_not_exist_is_refused_with_those_that_do(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "robo-nano").mkdir()
    (tmp_path / "robo-nano" / "figures.jsonl").touch()
    with pytest.raises(RoboError, match=r"robo-nanoo: no such run; .* has: robo-nano$"):
        find_run("robo-nanoo", tmp_path)
    with pytest.raises(RoboError, match=r"figures\.jsonl: it holds no figures yet"):
        write_report(find_run("robo-nano", tmp_path))
    with pytest.raises(
        RoboError, match=r"figures\.jsonl: no such file; expected the folder of a training run"
    ):
        write_report(tmp_path)


def test_a_folder_with_figures_alone_still_makes_a_report(tmp_path: Path) -> None:
    (tmp_path / "figures.jsonl").write_text('{"step": 1, "loss": 2.0}\n{"step": 2, "lo')
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert f"<h1>{tmp_path.name}</h1>" in page
    assert "2.0000" in page


class FakeRun:
    """As much of a module and a trainer as the callbacks look at."""

    def __init__(self, rank_zero: bool = True) -> None:
        self.progress = SimpleNamespace(steps=0, elapsed=0.0)
        self.latest: dict[str, float] = {}
        self.tokens_seen, self.phase = 0, "instruct"
        self.is_global_zero = rank_zero

    def forward_pass(self, figures: Figures, loss: float, targets: int, ends_step: bool = True) -> None:
        batch = SimpleNamespace(counted=targets)
        figures.on_train_batch_start(self, self, batch, 0)
        self.latest["loss"] = loss
        self.progress.steps += ends_step
        figures.on_train_batch_end(self, self, None, batch, 0)


@pytest.fixture
def quiet(recipe: TrainConfig) -> TrainConfig:
    return recipe.model_copy(update={"trackers": []})


def test_losses_are_summed_over_tokens_and_written_once_a_step(quiet: TrainConfig, tmp_path: Path) -> None:
    run, figures = FakeRun(), Figures(tmp_path, quiet, Speed(), every=2)
    figures.on_train_start(run, run)
    run.forward_pass(figures, 9.0, 1)
    for loss, targets in (
        (2.0, 5),
        (4.0, 15),
        (7.0, 5),
    ):  # steps of two passes; the loss is that of the step so far
        run.forward_pass(figures, 99.0, targets, ends_step=False)
        run.forward_pass(figures, loss, targets)
    run.forward_pass(figures, 99.0, 5, ends_step=False)
    rows = read_figures(tmp_path)
    assert [row["step"] for row in rows] == [1, 2, 4]
    assert [row["loss"] for row in rows] == [9.0, 2.0, pytest.approx((4 * 30 + 7 * 10) / 40)]


def test_losses_of_two_phases_are_not_mixed(quiet: TrainConfig, tmp_path: Path) -> None:
    run, figures = FakeRun(), Figures(tmp_path, quiet, Speed(), every=4)
    figures.on_train_start(run, run)
    run.phase = "pretrain"
    run.forward_pass(figures, 9.0, 1)
    run.forward_pass(figures, 8.0, 100)
    run.phase = "instruct"
    run.forward_pass(figures, 1.0, 10)
    run.forward_pass(figures, 3.0, 10)
    assert [(r["phase"], r["loss"]) for r in read_figures(tmp_path)] == [("pretrain", 9.0), ("instruct", 2.0)]


def test_speed_leaves_out_start_up_and_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(figures_module.time, "monotonic", lambda: now[0])
    speed, run = Speed(), FakeRun()

    def step(seconds: float) -> None:
        now[0] += seconds
        run.tokens_seen += 100
        speed.on_train_batch_end(run, run, None, None, 0)

    step(60)  # compiles
    assert speed.rate is None
    step(1)
    with speed.paused():
        now[0] += 500
    step(1)
    assert speed.rate == 100

    resumed = Speed()
    resumed.load_state_dict(speed.state_dict())
    speed, run.tokens_seen = resumed, 300
    step(60)
    step(2)
    assert (speed.tokens, speed.seconds) == (300, 4)


def test_other_ranks_write_nothing(recipe: TrainConfig, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    run, figures = FakeRun(rank_zero=False), Figures(folder, recipe, Speed())
    figures.on_train_start(run, run)
    run.forward_pass(figures, 1.0, 10)
    run.latest["val_loss"] = 1.0
    figures.validated(run)
    figures.close(finished=True)
    assert list(folder.iterdir()) == []


def test_a_report_that_fails_is_told_once_and_stops_nothing(
    quiet: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path) -> Path:
        raise RoboError("the disk is full")

    monkeypatch.setattr(reports, "write_report", full)
    run, figures = FakeRun(), Figures(tmp_path, quiet, Speed())
    figures.on_train_start(run, run)
    run.latest = {"val_loss": 1.0, "val_perplexity": math.e}
    with pytest.warns(UserWarning, match=r"no report\.html, training goes on: the disk is full") as told:
        figures.validated(run)
        figures.validated(run)
        run.forward_pass(figures, 1.0, 10)
        figures.close(finished=False)
    assert len(told) == 1


def test_a_tracker_that_fails_is_named_once_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Start(tmp_path, "r", 0, 0, {})
    sound, broken = Notebook(start), Notebook(start)
    monkeypatch.setattr(broken, "log_metrics", lambda metrics, step: 1 / 0)
    monkeypatch.setitem(TRACKERS, "trackio", Kind("json", "", lambda start: broken))
    monkeypatch.setitem(TRACKERS, "wandb", Kind("json", "", lambda start: sound))
    trackers = Trackers(["trackio", "wandb", "wandb"], start)
    with pytest.warns(UserWarning, match="tracker trackio is left out, training goes on: division") as told:
        trackers.log({"loss": 1.0}, 1)
        trackers.log({"loss": 0.5}, 2)
        trackers.close("success")
    assert len(told) == 1
    assert sound.told == [(1, {"loss": 1.0}), (2, {"loss": 0.5})]
    assert (sound.ended, broken.ended) == ("success", "")


def test_a_tracker_whose_package_is_missing_is_refused_before_training(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "find_spec", lambda package: None)
    wanted = recipe.model_copy(update={"trackers": ["wandb"]})
    where = RunPaths(token_folder, tmp_path / "run", tmp_path / "out")
    with pytest.raises(
        RoboError, match=r"wandb needs the package wandb; install robo-train\[wandb\] .*'train\[wandb\]'"
    ):
        train(wanted, where)
    assert not where.run.exists()
    with pytest.raises(RoboError, match="needs the package tensorboard; install tensorboard "):
        check_trackers(["tensorboard"])
    check_trackers([])


def test_every_tracker_of_the_recipe_has_its_entry() -> None:
    (choice,) = get_args(TrainConfig.model_fields["trackers"].annotation)
    assert list(get_args(choice)) == list(TRACKERS)


OFFLINE = """
import json, sys, warnings
from pathlib import Path
from robo_train.training.tracking import Start, Trackers
warnings.simplefilter("error")
name, folder = sys.argv[1], Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
for step, recorded in ((0, 0), (2, 3)):
    trackers = Trackers([name], Start(folder, "robo-t-1", step, recorded, {"learning_rate": 0.5}))
    for i in range(step + 1, 5 if step else 4):
        trackers.log({"loss": 1 / i, "val_loss": 2 / i}, i)
    trackers.close("success")
"""


@pytest.fixture
def offline(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The folder of a run tracked by a real tracker, killed once, in a process that may not use the network."""
    name = request.param
    pytest.importorskip(name)
    command = [
        sys.executable,
        "scripts/offline.py",
        sys.executable,
        "-c",
        OFFLINE,
        name,
        str(tmp_path / "runs" / "t"),
    ]
    signed_in = os.environ | {"HF_TOKEN": "hf_none", "WANDB_API_KEY": "0" * 40}  # what a tracker might check
    for variable in ("WANDB_MODE", "TRACKIO_DIR", "TRACKIO_SPACE_ID", "TRACKIO_SERVER_URL"):
        signed_in.pop(variable, None)
    done = subprocess.run(
        command, cwd=ROOT, env=signed_in, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "left out" not in done.stderr
    return tmp_path / "runs" / "t"


@pytest.mark.parametrize("offline", ["trackio"], indirect=True)
def test_trackio_keeps_the_figures_in_a_local_database(offline: Path) -> None:
    import sqlite3

    (database,) = (offline.parent / "trackio").glob("robolm*.db")
    rows = (
        sqlite3.connect(database)
        .execute("select run_name, step, metrics from metrics order by step")
        .fetchall()
    )
    assert [(name, step) for name, step, _ in rows] == [("robo-t-1", i) for i in (1, 2, 3, 4)]
    assert [json.loads(metrics)["loss"] for *_, metrics in rows] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])


@pytest.mark.parametrize("offline", ["wandb"], indirect=True)
def test_wandb_writes_to_the_run_folder_without_network(offline: Path) -> None:
    kept = sorted(offline.glob("wandb/offline-run-*/run-robo-t-1.wandb"))
    assert kept
    assert all(b"val_loss" in file.read_bytes() for file in kept)


def test_pieces_of_the_report() -> None:
    rows = [
        {"step": s, "phase": p}
        for s, p in ((1, "pretrain"), (5, "pretrain"), (10, "instruct"), (20, "instruct"))
    ]
    assert phases(rows) == [("pretrain", 1, 10), ("instruct", 10, 20)]
    assert flatten({"a": {"b": 1000, "c": []}, "d": [1, 2]}) == {"a.b": ["1,000"], "a.c": [""], "d": ["1, 2"]}
    thinned = thin([{"step": i} for i in range(10_001)], 100)
    assert len(thinned) <= 102
    assert thinned[-1]["step"] == 10_000


def test_a_torn_line_is_left_out_and_lines_beyond_the_step_are_dropped(tmp_path: Path) -> None:
    (tmp_path / "figures.jsonl").write_text('{"step": 1}\n{"step": 10}\n{"step": 20}\n{"st')
    lines = FigureLines(tmp_path, 10)
    assert lines.recorded == 20
    lines.write({"step": 11})
    lines.close()
    assert [row["step"] for row in read_figures(tmp_path)] == [1, 10, 11]


def test_nothing_is_warned_of_in_a_sound_run(quiet: TrainConfig, tmp_path: Path) -> None:
    run, figures = FakeRun(), Figures(tmp_path, quiet, Speed())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures.on_train_start(run, run)
        run.forward_pass(figures, 1.0, 10)
        run.latest |= {"val_loss": 1.0, "val_perplexity": math.e}
        figures.validated(run)
        figures.close(finished=True)
    assert (tmp_path / "report.html").exists()
