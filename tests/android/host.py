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


def missing() -> str:
    """Why the tests cannot run; empty when they can."""
    if shutil.which("java") is None:
        return "there is no java: apt install openjdk-17-jre-headless"
    built = ("robolm.jar", "host-tests.jar", "librobo_jni.so")
    if not all((BUILD / name).is_file() for name in built):
        return f"{BUILD} is not complete: ./justw android"
    return ""


def java(*arguments: str) -> list[str]:
    """A command that runs the tests' program with all that JNI can check about itself."""
    jars = [BUILD / "robolm.jar", BUILD / "host-tests.jar", *load(ROOT / "scripts" / "android.py").jars()]
    return [
        "java", "-Xcheck:jni", "-Xmx512m", "-XX:+UseSerialGC", f"-Djava.library.path={BUILD}",
        "-cp", os.pathsep.join(map(str, jars)), *arguments,
    ]  # fmt: skip


def run(group: str, files: Path) -> tuple[dict[str, str], str]:
    """Of each test that ran what was wrong, empty for nothing; and all that was printed."""
    done = subprocess.run(
        java("io.robolm.host.SuiteKt", group, str(files)),
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    printed = done.stdout + done.stderr
    rows = [
        line.split("\t") for line in done.stdout.splitlines() if line.startswith(("passed\t", "failed\t"))
    ]
    found = {row[1]: "".join(row[2:]).replace("\\n", "\n") for row in rows}
    assert (done.returncode == 0) == (not any(found.values())), printed
    return found, printed
