"""The files of `data/sketches`, read strictly."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_runtime.paths import workspace

from robo_train.sketches.slots import Slot

MIN_PROMPTS = 6
_HELD_PERCENT = 10
_NAME = r"^[a-z][a-z0-9_]*$"


class Sketch(Strict):
    """One task (`docs/sketches.md`)."""

    name: str = Field(pattern=_NAME)
    grade: int = Field(ge=1, le=10)
    slots: dict[str, Slot] = Field(min_length=1)
    where: list[str] = []
    """Conditions on what is drawn."""
    hardware: list[str] = []
    commands: list[str] = []
    prompts: list[str] = []
    code: str
    until: float | str = 0.0
    """Virtual seconds that are simulated; 0 leaves it to the checks."""
    world: dict[str, Any] = {}
    checks: list[dict[str, Any]] = Field(min_length=1)

    @field_validator("slots")
    @classmethod
    def _names(cls, slots: dict[str, Slot]) -> dict[str, Slot]:
        for name in slots:
            if not name.isidentifier() or name != name.lower():
                raise ValueError(f"slot {name!r}: small letters, digits and _")
        return slots

    @model_validator(mode="after")
    def _enough(self) -> Sketch:
        if len(self.commands) + len(self.prompts) < MIN_PROMPTS:
            raise ValueError(f"{self.name}: at least {MIN_PROMPTS} commands and prompts together")
        return self

    @property
    def held_out(self) -> bool:
        """Whether it is kept out of training, so that a model can be asked for a task it never saw."""
        return int(sha256(self.name.encode()).hexdigest(), 16) % 100 < _HELD_PERCENT


class SketchFile(Strict):
    """One file of sketches."""

    about: str
    sketches: list[Sketch] = Field(min_length=1)


def sketches_dir() -> Path:
    """`data/sketches` of the checkout."""
    return workspace() / "data" / "sketches"


def load_sketches(paths: Iterable[Path]) -> list[tuple[Path, Sketch]]:
    """Every sketch of these files, with its file.

    Raises:
        RoboError: a file that breaks the schema, or a name that two sketches have.
    """
    found: dict[str, tuple[Path, Sketch]] = {}
    for path in paths:
        for sketch in read_config(path, SketchFile).sketches:
            if sketch.name in found:
                other = found[sketch.name][0].name
                raise RoboError(f"{path}: {sketch.name}: {other} has a sketch of this name; rename one")
            found[sketch.name] = path, sketch
    return list(found.values())
