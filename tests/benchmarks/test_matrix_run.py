"""A run of the matrix: nothing finished is lost, what cannot be measured says why, noise is marked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from robo_runtime.errors import RoboError

from benchmarks.matrix.catalogue import Combination, chosen, combinations
from benchmarks.matrix.exports import Export, find, make_missing
from benchmarks.matrix.run import check_writable, lines, run
from benchmarks.matrix.schema import MEASURED, Cell
from benchmarks.matrix.store import read_results
from tests.benchmarks.speeds import asked, combination, measured, model

ROOT = Path(__file__).resolve().parents[2]
THREE = [combination("q4_0"), combination("q8_0"), combination("f32")]
KILLED = """
import os, signal, sys
from pathlib import Path
from benchmarks.matrix.run import run
from tests.benchmarks.speeds import asked, measured
from tests.benchmarks.test_matrix_run import THREE

def measure(c, *more):
    if c.export.precision == "f32":
        os.kill(os.getpid(), signal.SIGKILL)
    return measured(c)

run(asked(Path(sys.argv[1]), THREE), measure)
"""


class Counted:
    """Measures nothing and remembers what it was asked."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def __call__(self, c: Combination, *more: object) -> Cell:
        self.ids.append(c.id)
        return measured(c)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_run_loses_the_cell_it_was_at_and_no_other(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, capture_output=True)
    assert killed.returncode == -9, killed.stderr.decode()
    assert not (tmp_path / "matrix.json").exists()
    rest, said = Counted(), list[str]()
    found = run(asked(tmp_path, THREE), rest, said.append)
    assert rest.ids == [THREE[2].id]
    assert "2 cells of an interrupted run are kept, 1 are left" in said[0]
    assert [c.id for c in found.cells] == [c.id for c in THREE]
    assert read_results(tmp_path / "matrix.json") == found
    assert [p.name for p in tmp_path.iterdir()] == ["matrix.json"]


def interrupted(folder: Path) -> None:
    """Leave two of three cells behind."""

    def measure(c: Combination, *more: object) -> Cell:
        if c is THREE[2]:
            raise KeyboardInterrupt
        return measured(c)

    with pytest.raises(KeyboardInterrupt):
        run(asked(folder, THREE), measure)


def test_a_finished_run_is_not_gone_on_with(tmp_path: Path) -> None:
    run(asked(tmp_path, THREE), measured)
    again = Counted()
    run(asked(tmp_path, THREE), again)
    assert len(again.ids) == 3


def test_an_interrupted_run_is_left_when_it_is_asked_to_be(tmp_path: Path) -> None:
    interrupted(tmp_path)
    again = Counted()
    run(asked(tmp_path, THREE, fresh=True), again)
    assert len(again.ids) == 3


def test_cells_of_other_settings_are_not_kept(tmp_path: Path) -> None:
    interrupted(tmp_path)
    again, said = Counted(), list[str]()
    run(asked(tmp_path, THREE, max_busy=7.0), again, said.append)
    assert len(again.ids) == 3 and "of other code, settings" in said[0]


def test_cells_of_other_weights_are_not_kept(tmp_path: Path) -> None:
    interrupted(tmp_path)
    changed = [
        Combination("programs", Export("nano", "gguf", "q4_0", None, model("2" * 64)), *rest(THREE[0]))
    ]
    again = Counted()
    run(asked(tmp_path, [*changed, *THREE[1:]]), again)
    assert again.ids == [THREE[0].id, THREE[2].id]


def rest(c: Combination) -> tuple:
    return c.engine, c.threads, c.constrained


def test_what_a_run_left_broken_is_measured_again(tmp_path: Path) -> None:
    (tmp_path / "unfinished.json").write_text('{"key": ')
    again, said = Counted(), list[str]()
    run(asked(tmp_path, THREE), again, said.append)
    assert len(again.ids) == 3 and "cannot be read" in said[0]


def test_failures_are_tried_again_when_the_run_goes_on(tmp_path: Path) -> None:
    def measure(c: Combination, *more: object) -> Cell:
        if c is THREE[2]:
            raise KeyboardInterrupt
        return c.cell("failed", "out of luck") if c is THREE[1] else measured(c)

    with pytest.raises(KeyboardInterrupt):
        run(asked(tmp_path, THREE), measure)
    again = Counted()
    run(asked(tmp_path, THREE), again)
    assert again.ids == [THREE[1].id, THREE[2].id]


def test_a_budget_leaves_cells_for_the_next_run(tmp_path: Path) -> None:
    first = run(asked(tmp_path, THREE, budget=0.0), measured)
    assert [c.status for c in first.cells] == ["skipped"] * 3
    assert "budget of 0 s" in first.cells[0].reason
    rest_ = Counted()
    assert [c.status for c in run(asked(tmp_path, THREE), rest_).cells] == ["measured"] * 3


def test_one_noisy_cell_makes_the_run_noisy(tmp_path: Path) -> None:
    def measure(c: Combination, *more: object) -> Cell:
        quiet = measured(c)
        return c.cell("noisy", "others", metrics=quiet.metrics) if c is THREE[1] else quiet

    found = run(asked(tmp_path, THREE), measure)
    assert found.noisy
    assert [line.endswith("noisy") for line in lines(found)] == [False, False, False, True, False]


def test_a_load_above_the_limit_makes_the_run_noisy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for load, noisy in ((0.4, False), (9.0, True), (None, False)):
        monkeypatch.setattr("benchmarks.matrix.run.load_average", lambda load=load: load)
        assert run(asked(tmp_path, THREE), measured).noisy is noisy


def test_the_table_says_why_a_cell_has_no_figures(tmp_path: Path) -> None:
    found = run(
        asked(tmp_path, THREE[:1]), lambda c, *more: c.cell("not_installed", "onnxruntime is not installed")
    )
    assert "not installed: onnxruntime is not installed" in list(lines(found))[-1]


def test_the_cells_that_matter_most_come_first_and_each_once() -> None:
    found = combinations(find(), [1, 2])
    ids = [c.id for c in found]
    assert len(ids) == len({*ids})
    programs = [c for c in found if c.kind == "programs" and c.export.path]
    if not programs:
        pytest.skip("no exported model here")
    assert programs[0].id == "nano/gguf/q4_0/robo+llama.cpp/1t/constrained"


def test_missing_exports_are_listed_with_the_command_that_makes_them(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "robo-nano-q4_0.gguf").write_bytes(b"GGUF")
    found = {(e.tier, e.format, e.precision): e for e in find(tmp_path)}
    assert found["nano", "gguf", "q4_0"].path
    assert "./justw bench --make" in found["nano", "onnx", "int8"].reason
    assert "./justw train tiny" in found["tiny", "gguf", "q4_0"].reason


def test_what_is_missing_or_of_an_older_checkpoint_is_made_once_for_each_format(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "benchmarks.matrix.exports.make", lambda tier, format_, root: made.append((tier, format_))
    )
    here = Path("here")
    exports = [
        Export("nano", "gguf", "q4_0", here, model(), "new", "2026-02"),
        Export("nano", "gguf", "q8_0", here, model(), "new", "2026-02"),
        Export("nano", "onnx", "int8", here, model(), "old", "2026-01"),
        Export("nano", "onnx", "int4", None, reason="not exported"),
        Export("nano", "litert", "int4", None, reason="not exported"),
        Export("nano", "coreml", "int4", None, reason="not exported"),
        Export("tiny", "gguf", "q4_0", None, reason="never trained"),
    ]
    said: list[str] = []
    assert make_missing(exports, say=said.append) == {}
    assert made == [("nano", "litert"), ("nano", "onnx")]
    assert said[0] == "exporting nano as litert (int4, int8, f32)"


def test_an_export_that_fails_leaves_the_others_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(tier: str, format_: str, root: object) -> None:
        raise RoboError("no checkpoint")

    monkeypatch.setattr("benchmarks.matrix.exports.make", make)
    exports = [
        Export("nano", "gguf", "q4_0", Path("here"), model(), "new", "2026-02"),
        Export("nano", "onnx", "int8", None, reason="not exported"),
    ]
    assert make_missing(exports) == {("nano", "onnx"): "no checkpoint"}


def test_a_folder_that_is_no_export_is_a_row_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "exports" / "odd"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"format": "other"}))
    [odd] = [e for e in find(tmp_path) if e.tier == "odd"]
    assert odd.path is None and "manifest.json" in odd.reason


def test_only_takes_words_and_patterns() -> None:
    assert chosen(THREE, ["q8_0"]) == [THREE[1]]
    assert chosen(THREE, ["nano/*/f32/*"]) == [THREE[2]]
    assert chosen(THREE, []) == THREE
    with pytest.raises(RoboError, match=r"--only q9: no cell .*\n  nano/gguf/q4_0/"):
        chosen(THREE, ["q9"])


def test_a_result_file_that_cannot_be_written_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(RoboError, match="is a folder"):
        check_writable(tmp_path)
    with pytest.raises(RoboError, match="results are JSON"):
        check_writable(tmp_path / "matrix.yaml")


def test_statuses_with_figures_are_the_measured_ones() -> None:
    assert MEASURED == ("measured", "noisy")
