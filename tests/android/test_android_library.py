"""The Android library, compiled for this computer's JVM: its own tests, with JNI checking itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.android import host
from tests.android.host import Said


@pytest.fixture(scope="module")
def model(answers: Path) -> Said:
    """What tests with a model said."""
    return host.run("model", answers)


@pytest.fixture(scope="module")
def plain(tokens: Path) -> Said:
    """What tests without the native core said."""
    return host.run("plain", tokens)


@pytest.mark.llama
@pytest.mark.parametrize("name", host.names("model"))
def test_with_a_model(model: Said, name: str) -> None:
    found, printed = model
    assert name in found, printed[-2000:]
    assert not found[name]


@pytest.mark.parametrize("name", host.names("plain"))
def test_without_the_native_core(plain: Said, name: str) -> None:
    found, printed = plain
    assert name in found, printed[-2000:]
    assert not found[name]


@pytest.mark.llama
def test_jni_has_nothing_to_complain_about(model: Said) -> None:
    complaints = [line for line in model[1].splitlines() if line.startswith(("WARNING", "FATAL"))]
    assert not complaints
