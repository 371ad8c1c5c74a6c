"""The deep check: mypy reads a program beside the type stubs of MicroPython; its messages in our words.

Slow (seconds) and an extra (`robo-runtime[types]`): it follows types through functions, lists and loops where
`check_program` gives up. Told is only what stops the program on the board.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from robo_runtime.cache import cache_dir
from robo_runtime.check.deep_words import problem_of
from robo_runtime.check.problem import Problem
from robo_runtime.check.stub_files import stub_folder
from robo_runtime.errors import RoboError
from robo_runtime.registry import Registry

_OPTIONS = (
    "--no-site-packages",  # the board has its own modules, not those of this computer
    "--check-untyped-defs",  # programs have no annotations
    "--no-strict-optional",  # a global that is None until it is set is a usual thing
    "--allow-redefinition",  # and so is a name that holds a number first and its text then
    "--allow-untyped-globals",
    "--python-version=3.11",
    "--platform=linux",
    "--output=json",
    "--no-error-summary",
)
_TIME = 300


def type_problems(codes: Sequence[str], registry: Registry) -> list[list[Problem]]:
    """Problems with types, for each of some programs that CPython can parse.

    Raises:
        RoboError: mypy or the stubs are not installed, or mypy fails.
    """
    if find_spec("mypy") is None:
        raise RoboError("mypy is not installed, so types cannot be checked; pip install robo-runtime[types]")
    stubs = stub_folder(registry)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "mypy.ini"
        config.write_text(f"[mypy]\nmypy_path = {stubs.path}\n", encoding="utf-8")
        files = [folder / f"program_{i}.py" for i in range(len(codes))]
        for file, code in zip(files, codes, strict=True):
            file.write_text(code, encoding="utf-8", errors="replace")
        found = _mypy(
            [*_OPTIONS, f"--config-file={config}", f"--custom-typeshed-dir={stubs.typeshed}"], files
        )
    by_file: dict[str, list[Problem]] = {file.name: [] for file in files}
    for entry in found:
        if (problem := problem_of(entry)) is not None:
            by_file[Path(entry["file"]).name].append(problem)
    return [sorted(dict.fromkeys(by_file[file.name])) for file in files]


def _mypy(options: list[str], files: list[Path]) -> Iterator[dict[str, Any]]:
    """What mypy says about the files themselves, as it says it in JSON."""
    command = [
        sys.executable,
        "-m",
        "mypy",
        *options,
        f"--cache-dir={cache_dir() / 'mypy'}",
        *map(str, files),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", timeout=_TIME, check=False
        )
    except subprocess.TimeoutExpired:
        raise RoboError(f"mypy took more than {_TIME} s; check fewer programs at once") from None
    if done.returncode not in (0, 1):
        said = (done.stderr or done.stdout).strip().splitlines()
        raise RoboError(f"mypy failed: {said[-1] if said else 'it said nothing'}")
    names = {file.name for file in files}
    entries = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    return (e for e in entries if e["severity"] == "error" and Path(e["file"]).name in names)
