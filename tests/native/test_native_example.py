"""The C example of the documentation compiles, and a C program gives all its memory back."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.native.binding import LIBRARY, NATIVE, Native

pytestmark = pytest.mark.llama

EXAMPLE = NATIVE.parents[1] / "examples" / "c" / "generate.c"
PROMPT = "Blink an LED on pin 2"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory, library: Any) -> Path:
    """The example, with the sanitizer that the library has."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        pytest.skip("no C compiler here")
    made = tmp_path_factory.mktemp("example") / "generate"
    kind = LIBRARY.parent.name.partition("-")[2]
    flags = [f"-fsanitize={kind}"] if kind in ("address", "thread") else []
    subprocess.run(
        [compiler, "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", *flags, str(EXAMPLE),
         f"-I{NATIVE / 'include'}", f"-L{LIBRARY.parent}", "-lrobo", f"-Wl,-rpath,{LIBRARY.parent}", "-o", str(made)],
        check=True, env=plain_environment(),
    )  # fmt: skip
    return made


def plain_environment() -> dict[str, str]:
    """Nothing preloaded, and leaks are looked for where there is AddressSanitizer."""
    return {k: v for k, v in os.environ.items() if k not in ("LD_PRELOAD", "ASAN_OPTIONS")}


def run(example: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [example, *map(str, arguments)],
        capture_output=True, text=True, check=False, env=plain_environment(),
    )  # fmt: skip


def test_it_writes_what_the_library_writes(example: Path, native: Native, shipped: Path, data: Path) -> None:
    done = run(example, shipped, data, PROMPT)
    assert (done.returncode, done.stdout) == (0, native.generate(PROMPT)[0]), done.stderr
    assert "tokens" in done.stderr


def test_it_says_what_went_wrong_and_leaks_nothing(
    example: Path, shipped: Path, small: Path, data: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(small.read_bytes()[:-1])
    for arguments, words in (
        ((tmp_path / "none.gguf", data, PROMPT), "loading (status 3)"),
        ((cut, data, PROMPT), "loading (status 4)"),
        ((small, small, PROMPT), "loading (status 5)"),
        ((small, data, " "), "writing (status 1)"),
        ((small, data, "word " * 2000), "writing (status 6)"),
    ):
        done = run(example, *arguments)
        assert done.returncode == 1
        assert words in done.stderr
        assert "LeakSanitizer" not in done.stderr
