"""One cell: measured in processes of its own, and a reason where it cannot be."""

import os
import sys
from pathlib import Path

import pytest

from benchmarks.matrix import child, measure, micro
from benchmarks.matrix.cold import evict
from benchmarks.matrix.energy import Meter, counters, why_none
from benchmarks.matrix.machine import nvidia_gpus
from benchmarks.matrix.measure import ChildFailed
from benchmarks.matrix.noise import Others
from benchmarks.matrix.schema import METRICS
from tests.benchmarks.speeds import PLAN, combination

SHIPPED = Path(__file__).resolve().parents[2] / "models" / "robo-nano-q4_0.gguf"
ASKED = ["blink the led on pin 2", "read the button on pin 4 and print it"]


@pytest.mark.llama
def test_a_cell_of_the_shipped_model_is_measured() -> None:
    pytest.importorskip("llama_cpp")
    if not SHIPPED.exists():
        pytest.skip("models/ has no model yet")
    found = measure.measure(combination(path=SHIPPED), PLAN, ASKED, max_busy=-1.0)
    assert found.status == "noisy" and "more than -1" in found.reason  # whatever runs beside it
    assert found.settings["programs"] == 2
    expected = {*METRICS} - {"load_cold_s", "energy_j"}
    assert {*found.metrics} - {"load_cold_s", "energy_j"} == expected
    assert {m.unit for m in found.metrics.values()} <= {"s", "bytes", "tokens/s", "J"}
    assert found.metrics["start_s"].median > found.metrics["load_warm_s"].median
    assert found.metrics["program_s"].min > found.metrics["first_token_s"].min
    assert found.metrics["peak_rss_bytes"].median > SHIPPED.stat().st_size
    assert found.metrics["token_s"].n == found.settings["tokens"] - found.settings["programs"]


def test_a_library_that_is_missing_is_a_row_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('not here', name='onnxruntime')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "robo-nano-int8.onnx").write_bytes(b"onnx")
    found = measure.measure(combination(path=tmp_path / "robo-nano-int8.onnx"), PLAN, ASKED, max_busy=9.0)
    assert found.status == "not_installed"
    assert "onnxruntime" in found.reason and "install" in found.reason


def test_a_model_that_is_none_is_a_failed_row(tmp_path: Path) -> None:
    (tmp_path / "robo-nano-q4_0.gguf").write_bytes(b"GGUF but cut short")
    found = measure.measure(combination(path=tmp_path / "robo-nano-q4_0.gguf"), PLAN, ASKED, max_busy=9.0)
    assert found.status == "failed" and "robo-nano-q4_0.gguf" in found.reason


def test_a_process_that_dies_is_told_with_what_it_printed_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "dying.py").write_text("import sys; print('no more memory', file=sys.stderr); sys.exit(7)")
    with pytest.raises(ChildFailed, match=r"exit status 7.*no more memory"):
        measure.ask("dying", {}, timeout=30)
    (tmp_path / "hanging.py").write_text("import time; time.sleep(60)")
    with pytest.raises(ChildFailed, match=r"no answer within 0.5 s"):
        measure.ask("hanging", {}, timeout=0.5)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals that kill")
def test_a_process_that_is_killed_is_told_with_the_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "killed.py").write_text("import os; os.kill(os.getpid(), 9)")
    with pytest.raises(ChildFailed, match="signal 9, as when memory runs out"):
        measure.ask("killed", {}, timeout=30)


def test_a_machine_without_the_memory_leaves_the_cell_out(tmp_path: Path) -> None:
    path = tmp_path / "robo-nano-q4_0.gguf"
    path.write_bytes(b"GGUF")
    assert "MB of memory, 100 MB are free" in measure.why_not(combination(path=path), 100_000_000)
    assert measure.why_not(combination(path=path), 10**10) == ""


def test_a_gpu_that_is_not_there_is_listed_as_not_measured() -> None:
    if nvidia_gpus():
        pytest.skip("this machine has a GPU")
    from benchmarks.matrix.catalogue import combinations

    [c] = [c for c in combinations([combination(path=SHIPPED).export], [1]) if c.more == ("batch8",)]
    assert measure.why_not(c, 10**12) == "not measured: no CUDA (nvidia-smi lists no GPU)"


@pytest.mark.llama
def test_llama_cpp_without_cuda_says_how_to_build_it() -> None:
    pytest.importorskip("llama_cpp")
    from robo_runtime.engine.bindings import llama

    if llama().llama_supports_gpu_offload():
        pytest.skip("this llama.cpp can use a GPU")
    with pytest.raises(child.CudaMissing, match="GGML_CUDA=on"):
        child.put_on_gpu()


def test_prompts_are_spread_over_the_files_and_the_same_every_time() -> None:
    found = measure.prompts(20)
    assert len({*found}) == 20 and found == measure.prompts(20)


def test_a_file_out_of_the_page_cache_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(1 << 20))
    left = evict(path)
    if left is None:
        pytest.skip("this system cannot be told to forget a file")
    if left:
        pytest.skip(f"{left:.0%} of a file stays in memory here, as on a file system in memory")
    path.read_bytes()
    assert evict(tmp_path) == 0.0


def zone(root: Path, name: str, energy: int, wraps_at: int = 1_000_000) -> Path:
    folder = root / name
    folder.mkdir()
    (folder / "energy_uj").write_text(f"{energy}\n")
    (folder / "max_energy_range_uj").write_text(f"{wraps_at}\n")
    return folder / "energy_uj"


def test_energy_is_that_of_whole_packages_across_a_turn_of_the_counter(tmp_path: Path) -> None:
    first = zone(tmp_path, "intel-rapl:0", 999_000)
    second = zone(tmp_path, "intel-rapl:1", 5)
    zone(tmp_path, "intel-rapl:0:0", 7)
    meter = Meter(counters(tmp_path))
    first.write_text("2000")
    second.write_text("505")
    assert meter.joules() == pytest.approx(0.0035)


def test_a_machine_without_energy_counters_says_why(tmp_path: Path) -> None:
    assert Meter([]).joules() is None
    assert "missing" in why_none(tmp_path / "none")
    zone(tmp_path, "intel-rapl:0", 1)
    assert "root alone" in why_none(tmp_path)


def test_what_others_use_leaves_out_what_we_use() -> None:
    others = Others()
    sum(range(3_000_000))
    cores = others.cores()
    assert cores is None or 0 <= cores <= (os.cpu_count() or 1)


def test_the_small_suites_are_taken_over_from_pytest_benchmark() -> None:
    report = {"benchmarks": [{"name": "test_check", "stats": {"data": [0.003, 0.001, 0.002]}}]}
    assert micro.taken_over(report, "check").median == 0.002
    with pytest.raises(Exception, match="test_render is not in the report"):
        micro.taken_over(report, "render")


def test_a_benchmark_of_the_small_suites_runs() -> None:
    pytest.importorskip("pytest_benchmark")
    found = micro.measure("render", 0.01)
    assert found.n >= 20 and 0 < found.median < 0.1
