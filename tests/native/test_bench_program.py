"""robo-bench: the same programs as the Python runtime's, figures that add up, and mistakes told with a remedy."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from robo_runtime.generate import Generator

from benchmarks.devices.result import DeviceResult
from tests.native.bench import PROMPTS, device_root, program_here, refused, run, write_prompts

pytestmark = pytest.mark.llama


@pytest.fixture(scope="module")
def inputs(shipped: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    prompts = write_prompts(tmp_path_factory.mktemp("prompts") / "prompts.jsonl")
    return ["--model", shipped, "--data", data, "--prompts", prompts]


@pytest.fixture(scope="module")
def printed(inputs: list[str | Path]) -> dict[str, Any]:
    options = ["--runs", "5", "--loads", "2", "--sustained-runs", "3", "--with-code", "--cpus", "0"]
    return run([program_here(), *inputs, *options])


def test_programs_are_those_of_the_python_runtime(printed: dict[str, Any], python: Generator) -> None:
    assert [answer["id"] for answer in printed["answers"]] == [id for id, *_ in PROMPTS]
    for answer, (_, lang, prompt) in zip(printed["answers"], PROMPTS, strict=True):
        expected = python.generate(prompt, lang=lang or None)
        assert answer["code"] == expected.code
        assert answer["sha256"] == hashlib.sha256(expected.code.encode()).hexdigest()
        assert answer["tokens"] == expected.timings.tokens
        assert answer["same_every_time"]


def test_what_it_prints_is_read_strictly(printed: dict[str, Any]) -> None:
    result = DeviceResult.model_validate(printed)
    assert result.settings.processors == [0]
    assert result.device.cores == os.cpu_count()


def test_files_are_known_by_their_sums(printed: dict[str, Any], inputs: list[str | Path]) -> None:
    for key, path in zip(("model", "data", "prompts"), map(Path, inputs[1::2]), strict=True):
        assert printed[key]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert printed[key]["bytes"] == path.stat().st_size


def test_percentiles_are_numpys_and_untold_where_values_are_few(printed: dict[str, Any]) -> None:
    summary = printed["warm"]["program_s"]
    assert summary["n"] == len(summary["values"]) == 20
    for key, percent in (("p50", 50), ("p95", 95)):
        assert summary[key] == pytest.approx(np.percentile(summary["values"], percent), rel=1e-6)
    assert summary["p99"] is None
    assert printed["cold"]["load_s"]["p95"] is None


def test_every_protocol_leaves_its_figures(printed: dict[str, Any]) -> None:
    assert len(printed["sustained"]) == 3
    assert [step["at_s"] for step in printed["sustained"]] == sorted(s["at_s"] for s in printed["sustained"])
    assert printed["cold"]["load_s"]["n"] == printed["warm"]["load_s"]["n"] == 2
    for first, whole in zip(
        printed["warm"]["first_token_s"]["values"], printed["warm"]["program_s"]["values"], strict=True
    ):
        assert 0 < first < whole
    assert printed["memory"]["peak_rss_bytes"] >= printed["memory"]["anonymous_bytes"] > 0


def test_one_prompt_a_line_is_a_prompt_file_too(shipped: Path, data: Path, tmp_path: Path) -> None:
    lines = tmp_path / "prompts.txt"
    lines.write_bytes(b"\xe0\xa4\xaa\xe0\xa4\xbf\xe0\xa4\xa8 4\r\n\n{not JSON}\n")
    options = ["--protocol", "sustained", "--sustained-runs", "1", "--max-tokens", "9"]
    printed = run([program_here(), "--model", shipped, "--data", data, "--prompts", lines, *options])
    assert [answer["prompt"] for answer in printed["answers"]] == ["पिन 4"]
    assert printed["answers"][0]["tokens"] <= 9


def test_a_device_says_what_it_is_and_how_warm(tmp_path: Path) -> None:
    told = run([program_here(), "--describe"], ROBO_BENCH_ROOT=str(device_root(tmp_path)))
    device = told["device"]
    assert device["model"] == "A Chip"
    assert [(part["part"], part["max_hz"]) for part in device["parts"]] == [("0xd05", 0), ("0xd41", 2.4e9)]
    assert (device["memory_bytes"], device["features"]) == (3000 * 1024, "fp asimd asimddp")
    assert told["heat"]["celsius"] == 38.5  # the processor's, though the battery is warmer
    assert [zone["celsius"] for zone in told["heat"]["zones"]] == [40.1, 38.5]
    (battery,) = told["heat"]["batteries"]
    assert (battery["percent"], battery["celsius"], battery["volts"]) == (81, 31.2, None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "/none.gguf"], "/none.gguf: No such file"),
        (["--threads", "0"], '--threads is "0", expected a whole number from 1 to 512'),
        (["--protocol", "warm,warm"], "each once"),
        (["--cpus", "0-9999"], "this device has the processors 0 to"),
        (["--cpus", "fast"], "expected big, little, or numbers such as 0-3,5"),
        (["--variant", "none"], "--variant none"),
        (["--fast"], "unknown option --fast; see --help"),
        (["--output", "/none/result.json"], "/none/result.json: cannot be written"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(inputs: list[str | Path], options: list[str], words: str) -> None:
    quick = ["--protocol", "sustained", "--sustained-runs", "1", "--max-tokens", "4"]
    assert words in refused([program_here(), *inputs, *quick, *options])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no prompt"),
        ('{"prompt": "x"}\n{"prompt": 4}\n', 'line 2: "prompt" is missing or no text'),
        ('{"prompt": "x", }', "line 1: not JSON at byte 17"),
        ('{"prompt": "\\ud800"}', "a pair of surrogates"),
        ('{"prompt": ' + "[" * 100, "less nesting"),
    ],
)
def test_a_broken_prompt_file_is_refused_by_line(
    shipped: Path, data: Path, tmp_path: Path, text: str, words: str
) -> None:
    prompts = tmp_path / "prompts.jsonl"
    prompts.write_text(text)
    assert words in refused([program_here(), "--model", shipped, "--data", data, "--prompts", prompts])
