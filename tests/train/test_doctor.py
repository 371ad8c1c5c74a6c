"""The doctor: every check says one line, none breaks the others, and only a failure fails."""

import json
from pathlib import Path

import pytest
from robo_runtime.errors import RoboError
from robo_train import doctor
from robo_train.cli import app
from robo_train.doctor import CHECKS, Finding, Patient, examine, line, summary
from typer.testing import CliRunner


def good(_: Patient) -> Finding:
    return Finding("ok", "fine")


def so_so(_: Patient) -> Finding:
    return Finding("warn", "slow", "buy a faster one")


def broken(_: Patient) -> Finding:
    raise ImportError("libfoo.so: cannot open shared object file")


def mistaken(_: Patient) -> Finding:
    raise RoboError("nano.yaml: budget: expected a time")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> dict[str, doctor.Check]:
    checks: dict[str, doctor.Check] = {"a": good, "b": so_so, "c": broken, "d": mistaken}
    monkeypatch.setattr(doctor, "CHECKS", checks)
    return checks


def test_a_check_that_breaks_is_a_finding_and_the_next_ones_run(few: dict[str, doctor.Check]) -> None:
    findings = list(examine("nano"))
    assert [f.name for f in findings] == ["a", "b", "c", "d"]
    assert [f.status for f in findings] == ["ok", "warn", "fail", "fail"]
    assert "libfoo.so" in findings[2].text
    assert "budget" in findings[3].text
    assert all(f.remedy for f in findings if f.status != "ok")


def test_the_score_counts_what_is_well(few: dict[str, doctor.Check]) -> None:
    score = summary(list(examine("nano")))
    assert (score["ok"], score["checks"], score["percent"]) == (1, 4, 25)
    assert score["failed"] == ["c", "d"]


def test_a_line_has_mark_name_text_and_remedy() -> None:
    text = line(Finding("warn", "3 threads", "export OMP_NUM_THREADS=2", "threads"))
    assert text.split() == ["warn", "threads", "3", "threads", "->", "export", "OMP_NUM_THREADS=2"]


def test_only_a_failure_makes_the_command_fail(few: dict[str, doctor.Check]) -> None:
    run = CliRunner()
    failed = run.invoke(app, ["doctor"])
    assert failed.exit_code == 1
    assert failed.output.rstrip().endswith("1/4, 25 %")
    del few["c"], few["d"]
    warned = run.invoke(app, ["doctor", "--json"])
    assert warned.exit_code == 0
    assert json.loads(warned.output)["ok"] == 1


def test_every_check_answers_on_an_empty_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from robo_train import hardware
    from robo_train.corpus import build

    monkeypatch.setattr(hardware, "choose_precision", lambda: ("32-true", "told so"))
    monkeypatch.setattr(build, "workspace", lambda: tmp_path)
    findings = {f.name: f for f in examine("toy", root=tmp_path)}
    assert list(findings) == list(CHECKS)
    assert findings["data"].status == findings["tokenizer"].status == "warn"
    assert "not built yet" in findings["data"].text
    assert findings["checkpoints"].text == "none yet"
    assert findings["registry"].status == "ok"
    assert all(f.remedy for f in findings.values() if f.status != "ok")
    assert not any("Error:" in f.text for f in findings.values()), findings


def test_data_of_another_tokenizer_and_stale_data_are_told_apart(
    token_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from robo_train.corpus import build

    folder = tmp_path / "data"
    shutil.copytree(token_folder, folder)
    monkeypatch.setattr(build, "data_folder", lambda config: folder)
    monkeypatch.setattr(build, "corpus_fingerprint", lambda config: "new")
    only = {"data": CHECKS["data"]}

    def data() -> Finding:
        return next(examine("toy", only, tmp_path))

    (folder / "fingerprint.txt").write_text("old")
    assert (data().status, "changed since" in data().text) == ("warn", True)
    (folder / "fingerprint.txt").write_text("new")
    assert data().status == "ok"
    metadata = json.loads((folder / "metadata.json").read_text())
    (folder / "metadata.json").write_text(json.dumps(metadata | {"tokenizer_sha256": "0" * 64}))
    assert data().status == "fail"
    assert "tokenised with tokenizer 000000000000" in data().text
    assert "--force" in data().remedy


def test_a_checkpoint_cut_short_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints" / "robo-nano"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    found = next(examine("toy", {"checkpoints": CHECKS["checkpoints"]}, tmp_path))
    assert (found.status, "no model.safetensors" in found.text) == ("warn", True)
