"""The examples: each runs as it stands, with the model that ships, and does what it says."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = {path.stem: path for path in (ROOT / "examples").glob("*.py")}


def run(name: str, folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """An example in a process and a folder of its own."""
    done = subprocess.run(
        [sys.executable, EXAMPLES[name], *args],
        cwd=folder,
        env=os.environ | {"PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_there_are_five_and_none_is_long():
    assert sorted(EXAMPLES) == [
        "batch_to_files", "generate", "own_board", "simulate_and_plot", "stream_and_cancel"
    ]  # fmt: skip
    for path in EXAMPLES.values():
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) < 40, path
        assert ast.get_docstring(ast.parse(text)), path


def test_they_use_public_names_alone():
    import robo_runtime

    for path in EXAMPLES.values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("robo_"):
                assert node.module == "robo_runtime", path
                assert {alias.name for alias in node.names} <= set(robo_runtime.__all__), path


@pytest.mark.llama
def test_generate(tmp_path):
    pytest.importorskip("llama_cpp")
    done = run("generate", tmp_path)
    ast.parse(done.stdout)
    assert "Pin(2, Pin.OUT)" in done.stdout
    assert "tokens in" in done.stderr


@pytest.mark.llama
def test_own_board_has_no_other_pins(tmp_path):
    pytest.importorskip("llama_cpp")
    out = run("own_board", tmp_path).stdout
    assert "by hand: line 3: The Classroom board has no pin 2. Its pins are 12, 14." in out
    assert set(re.findall(r"Pin\((\d+)", out)) <= {"12", "14"}
    assert "valid on the classroom board: True" in out


def test_simulate_and_plot(tmp_path):
    out = run("simulate_and_plot", tmp_path, "out.html").stdout
    assert [line.split("LED ")[1] for line in out.splitlines() if "LED" in line] == ["off", "on", "off"]
    assert (tmp_path / "out.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.llama
def test_a_cancelled_program_is_streamed_and_cut_to_whole_lines(tmp_path):
    pytest.importorskip("llama_cpp")
    done = run("stream_and_cancel", tmp_path)
    assert "stopped: cancelled; kept" in done.stderr
    assert done.stdout.count("\n") >= 6


@pytest.mark.llama
def test_a_batch_leaves_one_file_for_each_program(tmp_path):
    pytest.importorskip("llama_cpp")
    out = run("batch_to_files", tmp_path, "programs").stdout
    assert [line.split(":")[0] for line in out.splitlines()] == ["blink", "servo", "button"]
    for path in (tmp_path / "programs").iterdir():
        ast.parse(path.read_text(encoding="utf-8"))
    assert (tmp_path / "programs" / "blink.py").exists()
