"""A kit that is not ours becomes a registry, and everything follows from that registry."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from robo_runtime.check import check_program
from robo_runtime.errors import RoboError
from robo_runtime.grammar import micropython_gbnf
from robo_runtime.registry import Registry, load_registry
from robo_runtime.registry.cli import app
from robo_runtime.registry.diff import registry_diff
from robo_runtime.registry.extract import Extracted, extract, write_registry
from robo_runtime.registry.verify import registry_problems
from typer.testing import CliRunner

KIT = Path(__file__).parent / "other_kit"


@pytest.fixture(scope="module")
def found() -> Extracted:
    return extract(KIT / "blocks.json", KIT / "zumo")


@pytest.fixture(scope="module")
def registry(found: Extracted, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    folder = tmp_path_factory.mktemp("zumo") / "registry"
    write_registry(found, folder)
    return load_registry(folder)


def test_public_functions_and_methods_of_exported_objects_are_found(registry: Registry) -> None:
    assert registry.module == "zumo"
    assert set(registry.functions) == {
        "pause", "bar.show", "bar.is_dark", "bar.glow", "whistle.blow", "tracks.run", "tracks.halt", "tracks.battery",
        "tracks.driftAway",
    }  # fmt: skip


def test_names_and_order_are_those_of_the_sources(registry: Registry) -> None:
    tree = ast.parse((KIT / "zumo" / "tracks.py").read_text())
    run = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == "run")
    assert list(registry.functions["tracks.run"].parameters) == [a.arg for a in run.args.args[1:]]


def test_ranges_come_from_blocks_and_from_docstrings(registry: Registry) -> None:
    run = registry.functions["tracks.run"].parameters
    assert (run["left"].range, run["seconds"].range) == ((-100, 100), (0, 60))
    pause = registry.functions["pause"].parameters["seconds"]
    assert (pause.type, pause.range, pause.unit, pause.default) == ("float", (0.1, 30), "s", 1.0)
    assert registry.functions["bar.show"].parameters["level"].range == (0, 8)
    ms = registry.functions["whistle.blow"].parameters["ms"]
    assert (ms.range, ms.unit) == ((20, 5000), "ms")


def test_a_dropdown_is_an_enum_and_return_types_are_seen(registry: Registry) -> None:
    pitch = registry.functions["whistle.blow"].parameters["pitch"]
    assert (pitch.type, pitch.values, pitch.default) == ("enum", ("low", "high"), "low")
    assert registry.functions["bar.is_dark"].returns.type == "bool"
    assert registry.functions["tracks.battery"].returns.type == "int"
    assert registry.functions["tracks.halt"].returns.type == "None"


def test_categories_follow_from_names_and_blocks(registry: Registry) -> None:
    found = {name: f.category for name, f in registry.functions.items()}
    assert found["bar.show"] == found["bar.glow"] == "led"
    assert found["whistle.blow"] == "sound"
    assert found["tracks.run"] == "motion"
    assert found["pause"] == "control"


def test_what_could_not_be_settled_is_told(found: Extracted) -> None:
    notes = "\n".join(found.notes)
    assert "block zumo_laser_fire: no function of that name" in notes
    assert "bar.glow: has no docstring" in notes
    assert found.categories["led"]["bar.is_dark"]["description"] == "light bar is dark"


def test_the_registry_passes_its_own_check(registry: Registry) -> None:
    assert registry_problems(registry) == []


def test_the_checker_and_the_grammar_follow_from_it(registry: Registry) -> None:
    good = "from zumo import tracks\n\ntracks.run(-100, 40, seconds=2)"
    assert check_program(good, registry) == []
    assert "100" in str(check_program(good.replace("-100", "-101"), registry)[0])
    assert check_program(good.replace("run", "fly"), registry)
    assert check_program("from robokit import led\n\nled.on()", registry)
    text = micropython_gbnf(registry, "esp32")
    assert "zumo" in text
    assert "robokit" not in text


def test_the_command_writes_it_and_tells_what_it_found(tmp_path: Path) -> None:
    arguments = ["extract", "--blocks", str(KIT / "blocks.json"), "--firmware", str(KIT / "zumo"), "--out"]
    result = CliRunner().invoke(app, [*arguments, str(tmp_path / "new")])
    assert result.exit_code == 0, result.output
    assert "9 functions of `zumo`" in result.output


def test_a_kit_without_blocks_will_do() -> None:
    assert extract(None, KIT / "zumo", module="kit").count == 9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ["JSON"]),
        ("3", ["list of block definitions"]),
        ('[{"message0": "x"}]', ["block 0", "`type`"]),
        ('[{"type": "a", "args0": ["x"]}]', ["block a", "args0"]),
    ],
)
def test_wrong_blocks_are_refused_with_file_and_block(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "blocks.json"
    path.write_text(text)
    with pytest.raises(RoboError) as e:
        extract(path, KIT / "zumo")
    assert all(word in str(e.value) for word in [str(path), *words])


def test_sources_that_are_no_python_or_missing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RoboError, match="no Python files"):
        extract(None, tmp_path)
    (tmp_path / "bad.py").write_text("def f(:")
    with pytest.raises(RoboError, match=r"bad\.py"):
        extract(None, tmp_path)


def test_a_folder_with_other_things_in_it_is_never_overwritten(found: Extracted, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(RoboError, match="is no registry"):
        write_registry(found, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_diff_tells_added_removed_and_changed(registry: Registry, found: Extracted, tmp_path: Path) -> None:
    write_registry(found, tmp_path / "b")
    path = tmp_path / "b" / "firmware" / "sound.yaml"
    path.write_text(path.read_text().replace("  whistle.blow:", "  whistle.sing:").replace("- 20", "- 30"))
    changes = {(c.what, c.name) for c in registry_diff(registry, load_registry(tmp_path / "b"))}
    assert changes == {("removed", "whistle.blow"), ("added", "whistle.sing")}
    path.write_text(
        path.read_text().replace("whistle.sing", "whistle.blow").replace("default: 200", "default: 300")
    )
    changes = {(c.what, c.name) for c in registry_diff(registry, load_registry(tmp_path / "b"))}
    assert changes == {("changed", "whistle.blow")}
    result = CliRunner().invoke(app, ["diff", str(tmp_path / "b"), str(tmp_path / "b"), "--json"])
    assert json.loads(result.output) == []
