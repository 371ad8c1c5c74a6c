"""The APK that starts the native core as a program: its engine on this computer's JVM, the archive itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.android import host
from tests.android.host import Said

pytestmark = pytest.mark.llama
AARCH64 = host.ANDROID / "build" / "apk" / "programs" / "robo-exec"
QEMU = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")


@pytest.fixture(scope="module")
def here(answers: Path) -> Said:
    """The engine with the program of this computer."""
    return host.run_apk(answers, host.BUILD / "robo-exec")


@pytest.fixture(scope="module")
def emulated(answers: Path) -> Said:
    """The engine with the program that is in the APK."""
    if not AARCH64.is_file():
        pytest.skip(f"{AARCH64} is not linked: mobile/android/apk/build.py")
    if QEMU is None:
        pytest.skip("there is no emulator of ARM: apt install qemu-user-static")
    # Not all come out alike there: of the first four the second does not, nor does one of the next two
    # (docs/android.md).
    return host.run_apk(answers, QEMU, AARCH64, answers=4, differs=1)


@pytest.mark.parametrize("name", host.apk_names())
def test_the_engine(here: Said, name: str) -> None:
    found, printed = here
    assert name in found, printed[-2000:]
    assert not found[name]


@pytest.mark.parametrize("name", host.apk_names())
def test_the_engine_with_the_program_for_arm(emulated: Said, name: str) -> None:
    found, printed = emulated
    assert name in found, printed[-2000:]
    assert not found[name]
