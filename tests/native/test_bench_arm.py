"""The static programs for ARM, in an emulator: they write what an x86 processor writes, and the right one runs."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from benchmarks.devices.session import PROMPTS
from tests.native.bench import found, program_here, run, static_program

pytestmark = pytest.mark.llama

PROCESSORS = [("plain", "cortex-a53"), ("dotprod", "cortex-a76"), ("i8mm", "max")]
QUICK = ["--protocol", "warm", "--runs", "1", "--loads", "1", "--with-code"]
ASKED = ("fresh-006", "wild-hi-001", "wild-es-006", "wild-fr-011", "wild-zh-003")
"""Prompts that the model answers without hesitation: between tokens that are nearly as likely as each other, the
order in which a processor takes its sums decides."""


@pytest.fixture(scope="module")
def qemu() -> str:
    (path,) = found("qemu-aarch64-static")
    return path


@pytest.fixture(scope="module")
def arguments(shipped: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    lines = [
        line for line in PROMPTS.read_text(encoding="utf-8").splitlines() if json.loads(line)["id"] in ASKED
    ]
    prompts = tmp_path_factory.mktemp("prompts") / "prompts.jsonl"
    prompts.write_text("\n".join(lines), encoding="utf-8")
    assert len(lines) == len(ASKED)
    return ["--model", shipped, "--data", data, "--prompts", prompts, *QUICK]


@pytest.fixture(scope="module")
def expected(arguments: list[str | Path]) -> list[Any]:
    return [answer["code"] for answer in run([program_here(), *arguments])["answers"]]


@pytest.mark.parametrize(("variant", "processor"), PROCESSORS)
def test_an_arm_processor_writes_the_same_programs(
    qemu: str, arguments: list[str | Path], expected: list[Any], variant: str, processor: str
) -> None:
    program = static_program("aarch64", "robo-bench" if variant == "plain" else f"robo-bench-{variant}")
    printed = run([qemu, "-cpu", processor, program, *arguments, "--variant", variant])
    assert [answer["code"] for answer in printed["answers"]] == expected
    assert (printed["program"]["variant"], printed["device"]["arch"]) == (variant, "aarch64")


@pytest.mark.parametrize(("variant", "processor"), PROCESSORS)
def test_a_processor_gets_the_variant_it_can_run(qemu: str, variant: str, processor: str) -> None:
    told = run([qemu, "-cpu", processor, static_program("aarch64"), "--describe", "--variant", "plain"])
    assert told["program"]["best_variant"] == variant


def test_an_old_processor_could_not_run_another(qemu: str, arguments: list[str | Path]) -> None:
    program = static_program("aarch64", "robo-bench-dotprod")
    done = subprocess.run(
        [qemu, "-cpu", "cortex-a53", str(program), *map(str, arguments)], capture_output=True
    )
    assert done.returncode == -signal.SIGILL


@pytest.mark.parametrize("variant", ["v2", "v3"])
def test_static_programs_for_x86_write_the_same(
    arguments: list[str | Path], expected: list[Any], variant: str
) -> None:
    printed = run([static_program("x86_64"), *arguments, "--variant", variant])
    assert [answer["code"] for answer in printed["answers"]] == expected
    assert printed["program"]["variant"] == variant


@pytest.mark.parametrize("kind", ["aarch64", "x86_64"])
def test_static_programs_need_no_library_and_are_small(kind: str) -> None:
    for program in static_program(kind).parent.glob("robo-bench*"):
        if program.suffix == "":
            content = program.read_bytes()
            assert len(content) < (4_100_000 if program.name == "robo-bench-v3" else 3_500_000)
            assert b"/ld-linux" not in content and b"ld-musl" not in content
