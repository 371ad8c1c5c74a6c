"""The file format of speed results: what is written comes back, old files are lifted or refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from robo_runtime.files import ConfigError

from benchmarks.matrix.schema import METRICS, VERSION, Metric, cell_id, metric
from benchmarks.matrix.store import model_name, parse_results, read_results, read_revision, write_results
from tests.benchmarks.speeds import HERE, cell, combination, results

ROOT = Path(__file__).resolve().parents[2]
OLD = {
    "benchmark": "engines side by side, one thread, processor seconds", "runs": 5,
    "results": [
        {"file": "robo-nano-q4_0.gguf", "bytes": 7, "load_s": 0.07, "prefill_tokens_per_s": 5247, "decode_ms": 1.5},
        {"file": "robo-nano-int8.onnx", "bytes": 9, "load_s": 0.06, "prefill_tokens_per_s": 4252, "decode_ms": 1.6},
    ],
    "command": "engines.py", "git": {"commit": "3b99", "dirty": True}, "versions": {"python": "3.11.7"},
    "machine": {"cpu": "Xeon", "cores": 2, "system": "Linux-6-x86_64", "load": 8.91}, "time": "2026-11-26T00:00:00Z",
}  # fmt: skip


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    values = {name: [0.25, 0.125, 0.5] for name in METRICS}
    whole = results(
        cell(values, settings={"batch": 8, "cold": "no", "share": 0.5}),
        combination("q8_0").cell("skipped", "not exported"),
        noisy=True,
    )
    write_results(tmp_path / "new.json", whole)
    assert read_results(tmp_path / "new.json") == whole


@pytest.mark.parametrize("n", [1, 7, 20, 100, 1001])
def test_percentiles_are_numpys_and_only_those_that_the_number_of_values_bears(n: int) -> None:
    values = np.random.default_rng(n).lognormal(size=n).tolist()
    found = metric("token_s", values)
    assert found.median == found.p50 == np.median(values)
    assert found.p95 == (pytest.approx(np.percentile(values, 95)) if n >= 20 else None)
    assert found.p99 == (pytest.approx(np.percentile(values, 99)) if n >= 100 else None)
    assert (found.min, found.max, found.n) == (min(values), max(values), n)
    assert found.values == (pytest.approx(values, rel=1e-5) if n <= 100 else None)


def test_a_cell_says_why_it_has_no_figures() -> None:
    with pytest.raises(ValueError, match="gives no reason"):
        combination().cell("failed")
    with pytest.raises(ValueError, match="has no metrics"):
        combination().cell("measured")


def test_a_cell_is_there_once() -> None:
    one = cell({"program_s": [1.0]})
    with pytest.raises(ValueError, match="is there twice"):
        results(one, one)


def test_ids_tell_every_setting() -> None:
    assert cell_id("nano", "gguf", "q4_0", "robo", 2, "not applicable", "batch8") == (
        "nano/gguf/q4_0/robo/2t/not-applicable/batch8"
    )


def test_files_from_before_the_schema_are_lifted() -> None:
    lifted = parse_results(OLD, "old.json")
    first, second = lifted.cells
    assert (first.tier, first.format, first.precision) == ("nano", "gguf", "q4_0")
    assert second.engine == "robo+onnxruntime"
    assert first.metrics["token_cpu_s"].median == pytest.approx(1.5e-3)
    assert lifted.noisy and lifted.dirty and lifted.machine.arch == "x86_64"


def test_the_stored_file_of_engines_side_by_side_can_be_read() -> None:
    assert len(read_results(ROOT / "benchmarks/results/engines.json").cells) == 5


def test_what_cannot_be_lifted_says_so() -> None:
    broken = {**OLD, "results": [{"file": "robo-nano-q4_0.gguf"}]}
    with pytest.raises(ConfigError, match=r"old.json: cannot be lifted .*'load_s'"):
        parse_results(broken, "old.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": VERSION + 1}, "newer version"),
        ({"schema_version": "one"}, f"{VERSION} expected, got 'one'"),
        ({"kind": "quality"}, "another benchmark's file"),
        ({"cells": [{"id": "x"}]}, r"cells.0.tier: this key is missing"),
        ({"surprise": 1}, "surprise: unknown key"),
    ],
)
def test_other_files_are_refused_with_a_reason(change: dict, message: str, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps({**results().model_dump(), **change}))
    with pytest.raises(ConfigError, match=message) as raised:
        read_results(path)
    assert str(raised.value).startswith(str(path))


def test_a_file_can_be_read_as_it_was_in_a_commit() -> None:
    path = ROOT / "benchmarks/results/engines.json"
    try:
        assert read_revision("HEAD", path).what == "engines"
    except ConfigError as e:
        pytest.skip(f"no git history here: {e}")


def test_a_revision_that_is_not_there_is_told() -> None:
    with pytest.raises(ConfigError, match=r"no-such-revision:benchmarks/results/engines.json"):
        read_revision("no-such-revision", ROOT / "benchmarks/results/engines.json")


def test_names_of_files_tell_tier_and_precision() -> None:
    assert model_name("robo-nano-q4_0.gguf") == ("nano", "q4_0")
    assert model_name("robo-tiny-world-int8.onnx") == ("tiny-world", "int8")


def test_a_machine_needs_a_core() -> None:
    with pytest.raises(ValueError, match="cores"):
        type(HERE).model_validate({**HERE.model_dump(), "cores": 0})


def test_an_interval_that_is_known_better_is_kept() -> None:
    found = Metric.of([1.0] * 10, "s", "lower", low=0.5, high=2.0)
    assert (found.low, found.high) == (0.5, 2.0)
