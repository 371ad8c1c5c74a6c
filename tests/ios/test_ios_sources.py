"""What can be said of the iOS package without Swift or a Mac: it parses, and names what there is."""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from robo_runtime.languages import languages
from robo_runtime.paths import workspace

IOS = workspace() / "mobile" / "ios"
SOURCES = sorted(
    path for part in ("Package.swift", *(f"{room}/**/*.swift" for room in ("Sources", "Sample", "Example", "Tests")))
    for path in IOS.glob(part)
)  # fmt: skip


@pytest.fixture(scope="module")
def wrong_lines() -> Callable[[bytes], list[int]]:
    """Lines at which a text is no Swift."""
    tree_sitter = pytest.importorskip("tree_sitter")
    swift = pytest.importorskip("tree_sitter_swift")
    parser = tree_sitter.Parser(tree_sitter.Language(swift.language()))

    def errors(node: Any) -> Iterator[int]:
        if node.type == "ERROR" or node.is_missing:
            yield node.start_point[0] + 1
        for child in node.children:
            yield from errors(child)

    return lambda text: list(errors(parser.parse(text).root_node))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_source_parses(path: Path, wrong_lines: Callable[[bytes], list[int]]) -> None:
    assert not wrong_lines(path.read_bytes())


def test_what_the_guide_shows_parses(wrong_lines: Callable[[bytes], list[int]]) -> None:
    shown = re.findall(r"```swift\n(.*?)```", (workspace() / "docs" / "ios.md").read_text("utf-8"), re.DOTALL)
    assert shown
    assert not any(wrong_lines(text.encode()) for text in shown)


def test_the_parser_finds_what_is_wrong(wrong_lines: Callable[[bytes], list[int]]) -> None:
    assert wrong_lines(b"func f( { let x = }")


def test_the_module_map_names_the_header_of_the_core() -> None:
    folder = IOS / "Sources" / "CRobo"
    (header,) = re.findall(r'header "([^"]+)"', (folder / "module.modulemap").read_text())
    assert (folder / header).resolve() == workspace() / "mobile" / "native" / "include" / "robo.h"


def test_every_status_and_every_stop_of_the_core_has_its_case() -> None:
    header = (workspace() / "mobile" / "native" / "include" / "robo.h").read_text()
    named = {"ROBO_OK", "ROBO_INTERNAL", "ROBO_STOP_DEAD_END"}  # OK is no error; the others are what remains
    status, stops = re.findall(r"typedef enum \w+ \{(.*?)\}", header, re.DOTALL)
    swift = "".join(
        (IOS / "Sources" / "RoboLM" / f"{name}.swift").read_text() for name in ("RoboError", "RoboProgram")
    )
    for name in set(re.findall(r"\bROBO_[A-Z_]+(?= =)", status + stops)) - named:
        assert re.search(rf"\b{name}\b", swift), name


def test_the_sample_offers_the_languages_of_the_configuration() -> None:
    listed = re.findall(
        r'code: "([^"]+)", name: "([^"]+)"', (IOS / "Sample/Model/SpokenLanguage.swift").read_text("utf-8")
    )
    assert listed == [(entry.code, entry.native) for entry in languages().values()]


@pytest.mark.parametrize("path", [IOS / "Sources/RoboLM", IOS / "Sample/App"], ids=lambda path: path.name)
def test_the_privacy_manifest_says_that_nothing_is_collected(path: Path) -> None:
    manifest = plistlib.loads((path / "PrivacyInfo.xcprivacy").read_bytes())
    assert manifest == {
        "NSPrivacyTracking": False,
        "NSPrivacyTrackingDomains": [],
        "NSPrivacyCollectedDataTypes": [],
        "NSPrivacyAccessedAPITypes": [],
    }


def test_no_source_opens_a_connection() -> None:
    for path in SOURCES:
        if "Tests" not in path.parts:
            assert not re.search(
                r"URLSession|import Network|NWConnection|WKWebView", path.read_text("utf-8")
            ), path


def test_the_sample_loads_the_model_that_ships() -> None:
    (name,) = re.findall(r'resource\("(.+\.gguf)"\)', (IOS / "Sample/App/SampleApp.swift").read_text())
    assert (workspace() / "models" / name).is_file()
    project = yaml.safe_load((IOS / "Sample/project.yml").read_text())
    for source in project["targets"]["RoboLMSample"]["sources"]:
        assert (IOS / "Sample" / (source["path"] if isinstance(source, dict) else source)).is_dir()


def test_the_build_script_is_sound_and_says_where_it_runs() -> None:
    script = IOS / "build_xcframework.sh"
    checker = shutil.which("shellcheck", path=os.pathsep.join([str(Path(sys.executable).parent), os.defpath]))
    for path in (script, IOS / "check_core.sh"):
        assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0
        if checker:
            done = subprocess.run([checker, str(path)], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout
    if sys.platform != "darwin":
        for arguments, words in (
            ([], "macOS alone"),
            (["--metal", "1"], "not an option"),
            (["--ios"], "needs a value"),
        ):
            done = subprocess.run([str(script), *arguments], capture_output=True, text=True, check=False)
            assert done.returncode == 2
            assert words in done.stderr
