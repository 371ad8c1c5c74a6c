"""The Swift package is built over the native core and tested where there is Swift; elsewhere its sources are parsed
(`test_ios_sources.py`). It takes a minute or two, so a folder with Swift in it must be asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from robo_runtime.paths import workspace

from tests.native.binding import LIBRARY

ROOT = os.environ.get("ROBO_SWIFT_ROOT")
RUNNER = workspace() / "mobile" / "ios" / "test_on_linux.py"


@pytest.mark.llama
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Xcode runs the package's tests on a Mac")
@pytest.mark.skipif(
    not (shutil.which("swift") or ROOT),
    reason="no `swift` on the PATH, and ROBO_SWIFT_ROOT names no Debian with one (mobile/ios/test_on_linux.py)",
)
@pytest.mark.skipif(not LIBRARY.is_file(), reason=f"{LIBRARY} is not built: ./justw native")
def test_the_package_passes_its_own_tests(tmp_path: Path) -> None:
    root = ["--root", ROOT] if ROOT else []
    done = subprocess.run(
        [sys.executable, str(RUNNER), *root, "--scratch", str(tmp_path)],
        capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]


def test_the_runner_says_what_is_missing(tmp_path: Path) -> None:
    library = {**os.environ, "ROBO_NATIVE_LIBRARY": str(tmp_path / "librobo.so")}
    done = subprocess.run(
        [sys.executable, str(RUNNER)], env=library, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "./justw native" in done.stderr
    (tmp_path / "librobo.so").touch()
    library["PATH"] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, str(RUNNER)], env=library, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--root" in done.stderr
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "file").touch()
    there = [sys.executable, str(RUNNER), "--root", str(tmp_path / "root")]
    done = subprocess.run(there, env=library, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "name another folder" in done.stderr
