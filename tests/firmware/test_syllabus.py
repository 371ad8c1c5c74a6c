"""The syllabus's programs for the kit run on its sources, with no two parts on one pin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from robo_runtime.paths import firmware_dir, workspace
from robo_runtime.simulate import World, simulate

from tests.firmware.kit_view import difference

FOLDER = workspace() / "data" / "syllabus"
PROJECTS = {
    file.stem: project
    for file in sorted(FOLDER.glob("project_*.yaml"))
    if (project := yaml.safe_load(file.read_text(encoding="utf-8"))).get("robokit_code")
}
ANOTHER_TIME = {"project_036_flickering_candle", "project_054_reaction_game", "project_060_stopwatch"}
"""Chance, and milliseconds on the display, depend on the statement that the clock has reached."""


def test_there_are_projects() -> None:
    assert len(PROJECTS) > 40 and Path(FOLDER).is_dir()


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_does_on_the_sources_what_it_does_on_the_kit(name: str) -> None:
    project: dict[str, Any] = PROJECTS[name]
    world, until = World.model_validate(project.get("world", {})), float(project.get("until", 10))
    native = simulate(project["robokit_code"], world, until)
    source = simulate(project["robokit_code"], world, until, firmware=firmware_dir())
    assert native.error is None and source.error is None
    if name not in ANOTHER_TIME:
        assert difference(native, source, late=0.15, drift=0.04) is None
