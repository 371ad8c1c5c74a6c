"""The Android library on the JVM of this computer: what its tests are given, and what they say."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ANDROID = ROOT / "mobile" / "android"
BUILD = ANDROID / "build" / "host"
KOTLIN = ANDROID / "host" / "kotlin"
GROUPS = {
    "model": ("Answers.kt", "Cancelling.kt", "Mistakes.kt", "Lifecycle.kt"),
    "plain": ("ModelFilesTests.kt", "TokenizerTests.kt", "LitertTests.kt"),
}
"""Tests that need the native core, and those that do not."""
Said = tuple[dict[str, str], str]
"""Of each test that ran what was wrong, empty for nothing; and all that was printed."""
APK_TESTS = ANDROID / "apk" / "test" / "io" / "robolm" / "apk" / "Tests.java"


def load(path: Path) -> Any:
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(group: str) -> list[str]:
    """The tests of a group, as its sources call them."""
    sources = "".join((KOTLIN / name).read_text(encoding="utf-8") for name in GROUPS[group])
    return re.findall(r'suite\.test\("([^"]+)"\)', sources)


def apk_names() -> list[str]:
    """The tests of the APK's engine."""
    return re.findall(r' test\("([^"]+)",', APK_TESTS.read_text(encoding="utf-8"))


def missing() -> str:
    """Why the tests cannot run; empty when they can."""
    if shutil.which("java") is None:
        return "there is no java: apt install openjdk-17-jre-headless"
    built = ("robolm.jar", "host-tests.jar", "librobo_jni.so", "robo-exec")
    if not all((BUILD / name).exists() for name in built):
        return f"{BUILD} is not complete: ./justw android"
    return ""


def java(*arguments: str) -> list[str]:
    """A command that runs the tests' program with all that JNI can check about itself."""
    jars = [BUILD / "robolm.jar", BUILD / "host-tests.jar", *load(ROOT / "scripts" / "android.py").jars()]
    return [
        "java", "-Xcheck:jni", "-Xmx512m", "-XX:+UseSerialGC", f"-Djava.library.path={BUILD}",
        "-cp", os.pathsep.join(map(str, jars)), *arguments,
    ]  # fmt: skip


def run(group: str, files: Path) -> Said:
    """Tests of a group."""
    return _said(java("io.robolm.host.SuiteKt", group, str(files)))


def run_apk(files: Path, *program: object, answers: int = 6, differs: int = -1) -> Said:
    """Tests of the APK's engine with a program, perhaps behind an emulator."""
    return _said(
        [
            "java",
            f"-Danswers={answers}",
            f"-Ddiffers={differs}",
            "-cp",
            str(BUILD / "apk-classes"),
            "io.robolm.apk.Tests",
            str(files),
            *map(str, program),
        ]
    )


def _said(command: list[str]) -> Said:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    printed = done.stdout + done.stderr
    rows = [
        line.split("\t") for line in done.stdout.splitlines() if line.startswith(("passed\t", "failed\t"))
    ]
    found = {row[1]: "".join(row[2:]).replace("\\n", "\n") for row in rows}
    assert (done.returncode == 0) == (not any(found.values())), printed
    return found, printed
