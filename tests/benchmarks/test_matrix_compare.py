"""Two runs side by side: what noise explains is no regression, what it does not is."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.matrix.compare import Row, app, compare, lines
from benchmarks.matrix.schema import Metric, Results
from benchmarks.matrix.store import write_results
from tests.benchmarks.speeds import HERE, cell, combination, model, results

SAME_PROMPTS = {"settings": {"prompts_sha256": "ab"}}


def rows(base: Results, new: Results, **options: float) -> dict[str, Row]:
    return {row.metric: row for row in compare(base, new, **options).rows}


def programs(scale: float, *, noise: float = 0.02, seed: int = 0) -> list[float]:
    """Seconds of 20 programs of very different lengths, a run's noise on each."""
    lengths = np.random.default_rng(9).lognormal(-3, 1.0, 20)
    return (lengths * scale * np.random.default_rng(seed).lognormal(0, noise, 20)).tolist()


def test_a_fifth_slower_on_every_prompt_is_a_regression_however_different_the_prompts() -> None:
    base = results(cell({"program_s": programs(1.0)}, **SAME_PROMPTS))
    found = rows(base, results(cell({"program_s": programs(1.2, seed=1)}, **SAME_PROMPTS)))["program_s"]
    assert (found.verdict, found.note) == ("worse", "by prompt")
    assert found.ratio == pytest.approx(1.2, abs=0.03)


def test_the_same_change_between_other_prompts_cannot_be_told_from_noise() -> None:
    base = results(cell({"program_s": programs(1.0)}))
    found = rows(base, results(cell({"program_s": programs(1.2, seed=1)})))["program_s"]
    assert found.verdict == "unclear"


def test_more_tokens_a_second_are_better_and_fewer_are_worse() -> None:
    slow, fast = (
        results(cell({"prefill_tokens_per_s": [v * s for s in (1, 1.01, 0.99)] * 3})) for v in (100, 150)
    )
    assert rows(slow, fast)["prefill_tokens_per_s"].verdict == "better"
    assert rows(fast, slow)["prefill_tokens_per_s"].verdict == "worse"


def test_a_change_within_the_tolerance_is_none_and_the_tolerance_can_be_set() -> None:
    base, new = (results(cell({"first_token_s": [v] * 9})) for v in (1.0, 1.07))
    assert rows(base, new)["first_token_s"].verdict == "same"
    assert rows(base, new, tolerance=0.05)["first_token_s"].verdict == "worse"


def test_memory_is_judged_more_strictly_than_loading() -> None:
    base = results(cell({"peak_rss_bytes": [100.0], "load_warm_s": [1.0] * 6}))
    found = rows(base, results(cell({"peak_rss_bytes": [107.0], "load_warm_s": [1.15] * 6})))
    assert found["peak_rss_bytes"].verdict == "worse"
    assert found["load_warm_s"].verdict == "same"


def test_equal_runs_hardly_ever_fail() -> None:
    false = 0
    for seed in range(200):
        first, second = (np.random.default_rng((seed, i)).lognormal(0, 0.3, 20).tolist() for i in (0, 1))
        found = rows(results(cell({"cpu_s": first})), results(cell({"cpu_s": second})))
        false += found["cpu_s"].verdict == "worse"
    assert false <= 4


def test_values_that_were_not_stored_are_compared_by_the_interval_that_was() -> None:
    values = np.random.default_rng(5).lognormal(0, 0.1, 1000)
    base, new = (results(cell({"token_s": (values * s).tolist()})) for s in (1.0, 1.3))
    assert base.cells[0].metrics["token_s"].values is None
    assert rows(base, new)["token_s"].verdict == "worse"


def test_noise_never_fails_but_memory_does_even_then() -> None:
    base = results(cell({"program_s": [1.0] * 9, "peak_rss_bytes": [1.0]}))
    new = results(cell({"program_s": [2.0] * 9, "peak_rss_bytes": [2.0]}, status="noisy"), noisy=True)
    found = compare(base, new)
    assert {r.metric: r.verdict for r in found.rows} == {"program_s": "noisy", "peak_rss_bytes": "worse"}
    assert "new is noisy: other programs were running" in found.differences


def test_on_another_machine_nothing_fails_and_it_says_so() -> None:
    elsewhere = HERE.model_copy(update={"cpu": "6502"})
    base, new = results(cell({"cpu_s": [1.0] * 9})), results(cell({"cpu_s": [9.0] * 9}), machine=elsewhere)
    found = compare(base, new)
    assert not found.same_machine and not found.regressions
    assert "another machine (6502, 2 cores, was Z80, 2 cores): ratios mean little" in found.differences[0]


def test_a_cell_that_no_longer_runs_is_a_regression_and_one_left_out_is_not() -> None:
    base = results(cell({"cpu_s": [1.0]}))
    lost = compare(base, results(combination().cell("failed", "boom")))
    assert [r.verdict for r in lost.regressions] == ["lost"] and "boom" in lost.rows[0].note
    left_out = compare(base, results(combination().cell("skipped", "the budget")))
    assert not left_out.regressions and left_out.rows[0].verdict == "not measured"
    assert compare(base, results()).rows[0].note == "not in the new file"
    assert compare(results(), base).rows[0].verdict == "new"


def test_other_weights_and_libraries_are_told() -> None:
    base = results(cell({"cpu_s": [1.0] * 6}))
    changed = cell({"cpu_s": [1.0] * 6}).model_copy(update={"model": model("2" * 64)})
    found = compare(base, results(changed, versions={"numpy": "3.0"}))
    assert found.rows[0].note == "other weights"
    assert found.differences == ["numpy 3.0, was 2.0"]


def test_what_cannot_be_divided_is_unclear() -> None:
    base, new = results(cell({"check_s": [0.0]})), results(cell({"check_s": [1.0]}))
    assert rows(base, new)["check_s"].verdict == "unclear"
    other = results(cell({"check_s": Metric.of([1.0], "ms", "lower")}))
    assert rows(new, other)["check_s"].note == "in ms, was in s"


def test_what_has_no_direction_is_not_judged() -> None:
    base, new = (results(cell({"share": Metric.of([v] * 9, "", "neither")})) for v in (1.0, 3.0))
    assert rows(base, new)["share"].verdict == "no direction"


@pytest.mark.parametrize(("scale", "status"), [(1.0, 0), (2.0, 1)])
def test_the_command_exits_with_1_on_a_regression_alone(scale: float, status: int, tmp_path: Path) -> None:
    write_results(tmp_path / "base.json", results(cell({"cpu_s": [1.0] * 9})))
    write_results(tmp_path / "new.json", results(cell({"cpu_s": [scale] * 9})))
    files = [str(tmp_path / "base.json"), str(tmp_path / "new.json")]
    found = CliRunner().invoke(app, [*files, "--json"])
    assert found.exit_code == status, found.output
    data = json.loads(found.stdout)
    assert data["regressions"] == status and data["rows"][0]["ratio"] == scale
    shown = CliRunner().invoke(app, files)
    assert shown.exit_code == status
    assert ("worse" in shown.stdout) == bool(status)


def test_rows_without_a_change_are_shown_on_request() -> None:
    found = compare(results(cell({"cpu_s": [1.0] * 9})), results(cell({"cpu_s": [1.0] * 9})))
    assert list(lines(found, everything=False)) == ["1 same"]
    assert "cpu_s" in next(iter(lines(found, everything=True)))
