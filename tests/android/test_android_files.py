"""What the Android project consists of beside compiled code: generated lists, manifests, names that must agree."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.android.host import ANDROID, load

XML = sorted(
    path for path in ANDROID.rglob("*.xml") if "build" not in path.parts and "node_modules" not in path.parts
)
NATIVE = ANDROID.parent / "native"


@pytest.mark.parametrize("name", ["RoboLanguages.kt", "RoboBoards.kt"])
def test_lists_are_those_of_the_configuration(name: str) -> None:
    generate = load(ANDROID / "generate.py")
    expected = generate.FILES[name]()
    assert (generate.KOTLIN / name).read_text(encoding="utf-8") == expected, "run mobile/android/generate.py"


@pytest.mark.parametrize("path", XML, ids=lambda path: str(path.relative_to(ANDROID)))
def test_xml_is_well_formed_and_asks_for_no_permission(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    assert not [each.tag for each in root.iter() if "permission" in each.tag]


def test_codes_are_those_of_the_header() -> None:
    header = (NATIVE / "include" / "robo.h").read_text()
    kotlin = (ANDROID / "robolm/src/main/kotlin/io/robolm/RoboException.kt").read_text()
    status = dict(re.findall(r"ROBO_(\w+) = (\d+)", header.partition("} robo_status")[0]))
    codes = {
        name: value for name, value in re.findall(r"^    (\w+)\((\d+)\)", kotlin, re.M) if int(value) < 100
    }
    assert codes == {name: value for name, value in status.items() if name != "OK"}


def test_functions_that_kotlin_declares_are_defined_for_jni() -> None:
    kotlin = (ANDROID / "robolm/src/main/kotlin/io/robolm/NativeLibrary.kt").read_text()
    cpp = (ANDROID / "robolm/src/main/cpp/robo_jni.cpp").read_text()
    declared = set(re.findall(r"external fun (\w+)\(", kotlin))
    assert declared == set(re.findall(r"Java_io_robolm_NativeLibrary_(\w+)\(", cpp))


def test_what_jni_finds_by_name_is_kept_when_apps_are_shrunk() -> None:
    rules = (ANDROID / "robolm/consumer-rules.pro").read_text()
    cpp = (ANDROID / "robolm/src/main/cpp/robo_jni.cpp").read_text()
    for name in re.findall(r'FindClass\("([^"]+)"\)', cpp):
        assert f"class {name.replace('/', '.')} " in rules
    for name in re.findall(r'GetMethodID\(type, "(\w+)"', cpp):
        assert f"void {name}(" in rules


def test_both_ways_to_choose_a_program_know_the_same_features() -> None:
    java = (ANDROID / "apk/src/io/robolm/apk/Processor.java").read_text()
    programs = load(ANDROID / "apk" / "programs.py")
    assert sorted(programs.VARIANTS.values()) == sorted(re.findall(r'"(librobo_exec\w*\.so)"', java))
