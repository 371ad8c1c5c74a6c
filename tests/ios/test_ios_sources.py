"""What can be said of the iOS package without Swift or a Mac: it parses, and names what there is."""

from __future__ import annotations

import plistlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from robo_runtime.languages import languages
from robo_runtime.models import default_model
from robo_runtime.paths import workspace

IOS = workspace() / "mobile" / "ios"
SOURCES = sorted(
    path for part in ("Package.swift", "Sources/**/*.swift", "Sample/**/*.swift", "Tests/**/*.swift")
    for path in IOS.glob(part)
)  # fmt: skip


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_source_parses(path: Path) -> None:
    tree_sitter = pytest.importorskip("tree_sitter")
    swift = pytest.importorskip("tree_sitter_swift")
    parser = tree_sitter.Parser(tree_sitter.Language(swift.language()))
    wrong = [f"line {node.start_point[0] + 1}" for node in _errors(parser.parse(path.read_bytes()).root_node)]
    assert not wrong


def _errors(node: object) -> Iterator[object]:
    if node.type == "ERROR" or node.is_missing:  # type: ignore[attr-defined]
        yield node
    for child in node.children:  # type: ignore[attr-defined]
        yield from _errors(child)


def test_the_parser_finds_what_is_wrong() -> None:
    tree_sitter = pytest.importorskip("tree_sitter")
    swift = pytest.importorskip("tree_sitter_swift")
    parser = tree_sitter.Parser(tree_sitter.Language(swift.language()))
    assert list(_errors(parser.parse(b"func f( { let x = }").root_node))


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
    app = (IOS / "Sample/App/SampleApp.swift").read_text()
    assert f'"{default_model().name}"' in app
    project = yaml.safe_load((IOS / "Sample/project.yml").read_text())
    for source in project["targets"]["RoboLMSample"]["sources"]:
        assert (IOS / "Sample" / (source["path"] if isinstance(source, dict) else source)).is_dir()


def test_the_build_script_is_sound_and_says_where_it_runs() -> None:
    script = IOS / "build_xcframework.sh"
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    if checker := shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{Path('/usr/bin')}"):
        done = subprocess.run([checker, str(script)], capture_output=True, text=True, check=False)
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
