"""The authored projects: `data/syllabus/project_NNN_slug.yaml`, one file a project.

`load_projects` reads and checks them all; `failures` runs one in the simulator. `docs/syllabus.md` is the
guide for authors.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator, model_validator
from robo_runtime.check import api_functions, check_program
from robo_runtime.checks import Check, evaluate
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_runtime.paths import configs_dir
from robo_runtime.registry import Registry, load_registry
from robo_runtime.simulate import World, simulate

from robo_train.syllabus_blocks import Block, block_problems, kit_blocks

BOARD = "esp32"
MIN_PROMPTS = 12
_FILE = re.compile(r"project_(\d{3})_([a-z0-9]+(?:_[a-z0-9]+)*)\.yaml")
_SENTENCE = re.compile(r"[.!?](?=\s|$)")
_ON_BOARD = re.compile(r"GPIO (\d+)")


class SyllabusError(RoboError):
    """A project that breaks a rule of the syllabus; names file and key."""


def _line(text: str) -> str:
    if text != text.strip() or "\n" in text or not text:
        raise ValueError("must be one line of text without spaces at its ends")
    return text


def _program(text: str) -> str:
    """A program that CPython parses, written in the canonical layout."""
    text = text.rstrip("\n")
    try:
        ast.parse(text)
    except SyntaxError as e:
        raise ValueError(f"line {e.lineno}: not a program: {e.msg}") from None
    for number, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip() or "\t" in line:
            raise ValueError(f"line {number}: no tabs and no spaces at the end of a line")
    return text


Line = Annotated[str, AfterValidator(_line)]
Program = Annotated[str, AfterValidator(_program)]


class Wire(Strict):
    """One row of the wiring table."""

    part: Line
    part_pin: Line
    board_pin: Annotated[str, Field(pattern=r"^(GPIO \d+|GND|3V3|5V|own battery|none)$")]


class ProjectFile(Strict):
    """What a project's YAML holds."""

    grade_level: int = Field(ge=1, le=10)
    project_title: Line
    description: str
    """Two to four sentences, to the child."""
    hardware_modules: list[Line] = Field(min_length=1)
    """Parts with their pins, as a user would list them: "LED on pin 2"."""
    wiring: list[Wire]
    learning_objectives: list[Line] = Field(min_length=1)
    prompts: list[Line] = Field(min_length=MIN_PROMPTS)
    """Requests; each determines the program, given the hardware list."""
    micropython_code: Program
    robokit_code: Program = ""
    """The same with the kit's functions; empty where the kit cannot do it."""
    blockly_blocks: list[Block] = []
    """`robokit_code` as blocks: one stack, from top to bottom."""
    until: float = Field(default=10.0, gt=0, le=3600)
    """Virtual seconds that are simulated."""
    world: World = World()
    checks: list[Check] = Field(min_length=1)
    """What `micropython_code` must be seen to do in `world`."""
    robokit_checks: list[Check] = []
    """What `robokit_code` must be seen to do in `world`."""

    @field_validator("description")
    @classmethod
    def _two_to_four_sentences(cls, text: str) -> str:
        count = len(_SENTENCE.findall(text.replace("...", "…")))
        if not 2 <= count <= 4:
            raise ValueError(f"must have two to four sentences, has {count}")
        return text.strip()

    @field_validator("prompts")
    @classmethod
    def _distinct(cls, prompts: list[str]) -> list[str]:
        often = [p for p, n in Counter(p.lower() for p in prompts).items() if n > 1]
        if often:
            raise ValueError(f"each prompt once; this one is repeated: {often[0]!r}")
        return prompts

    @model_validator(mode="after")
    def _blocks_follow_robokit(self) -> ProjectFile:
        if bool(self.robokit_code) != bool(self.blockly_blocks):
            raise ValueError("robokit_code and blockly_blocks come together: give both or neither")
        if self.robokit_checks and not self.robokit_code:
            raise ValueError("robokit_checks need a robokit_code")
        return self


class Project(ProjectFile):
    """A project, with what its file name says."""

    number: int
    slug: str

    @property
    def name(self) -> str:
        """`project_001_blink`."""
        return f"project_{self.number:03}_{self.slug}"


def load_projects(folder: Path, registry: Registry | None = None) -> list[Project]:
    """Every project in `folder`, in order of number.

    Args:
        registry: what programs may call; the configured one when None.

    Raises:
        RoboError: a file that breaks a rule: a wrong name, an unknown or missing key, a value out of range, a
            number taken twice, code that does not parse or that the API check refuses, a pin that is not
            wired, a block that the kit does not have. Every problem is listed with its file and key.
    """
    projects, problems = survey_projects(folder, registry)
    if problems:
        raise SyllabusError("\n".join(problems))
    return projects


def survey_projects(folder: Path, registry: Registry | None = None) -> tuple[list[Project], list[str]]:
    """The projects that keep every rule, in order of number, and what is wrong with the others.

    Raises:
        SyllabusError: there is no project at all.
    """
    registry = registry or load_registry()
    paths = sorted(p for p in folder.glob("*.yaml"))
    if not paths:
        raise SyllabusError(f"{folder}: no projects here; expected files like project_001_blink.yaml")
    projects, problems = [], []
    taken: dict[int, Path] = {}
    for path in paths:
        try:
            project = _read(path)
        except RoboError as e:
            problems.append(str(e))
            continue
        wrong = _rule_problems(project, registry)
        if (other := taken.setdefault(project.number, path)) is not path:
            wrong.append(f"number {project.number:03} is taken by {other.name}; rename one of the two")
        problems += [f"{path}: {problem}" for problem in wrong]
        if not wrong:
            projects.append(project)
    return sorted(projects, key=lambda p: p.number), problems


class HeldOut(Strict):
    """`configs/corpus/held_out.yaml`."""

    about: str = ""
    projects: list[int]
    """Numbers of whole projects that training never sees."""


def held_out_projects() -> frozenset[int]:
    """Numbers of the projects kept for evaluation."""
    return frozenset(read_config(configs_dir() / "corpus" / "held_out.yaml", HeldOut).projects)


def failures(project: Project) -> list[str]:
    """What goes wrong when the project's programs run in the simulator; empty when nothing does."""
    found = _run("micropython_code", project.micropython_code, project.checks, project)
    if project.robokit_code:
        found += _run("robokit_code", project.robokit_code, project.robokit_checks, project)
    return found


def _run(key: str, code: str, checks: Sequence[Any], project: Project) -> list[str]:
    trace = simulate(code, project.world, project.until)
    return [f"{project.name}: {key}: {failure}" for failure in evaluate(trace, checks)]


def _read(path: Path) -> Project:
    match = _FILE.fullmatch(path.name)
    if match is None:
        raise SyllabusError(f"{path}: the file name must look like project_001_short_name.yaml")
    content = read_config(path, ProjectFile)
    fields = {name: getattr(content, name) for name in ProjectFile.model_fields}
    return Project(number=int(match[1]), slug=match[2], **fields)


def _rule_problems(project: Project, registry: Registry) -> list[str]:
    """Rules that need more than one key, or the registry."""
    found = []
    for key in ("micropython_code", "robokit_code"):
        for p in check_program(getattr(project, key), registry, BOARD):
            found.append(f"{key}: line {p.line}: {p.message}" + (f"; {p.fix}" if p.fix else ""))
    called = set(api_functions(project.robokit_code, registry)) if project.robokit_code else set()
    for name in sorted(called & registry.functions.keys()):
        if (least := registry.functions[name].grade_min) > project.grade_level:
            found.append(
                f"robokit_code: {name} is for grade {least} and up, the project for {project.grade_level}"
            )
    wired = {int(n) for wire in project.wiring for n in _ON_BOARD.findall(wire.board_pin)}
    listed = {int(n) for module in project.hardware_modules for n in re.findall(r"\b\d+\b", module)}
    for pin in sorted(_pins(project.micropython_code)):
        if pin not in wired:
            found.append(f"wiring: pin {pin} of the program has no row with board_pin GPIO {pin}")
        if pin not in listed:
            found.append(f"hardware_modules: pin {pin} of the program is not named")
    found += [f"blockly_blocks.{problem}" for problem in block_problems(project.blockly_blocks, registry)]
    shown = kit_blocks(project.blockly_blocks, registry)
    if called != shown:
        odd = ", ".join(sorted(called ^ shown))
        found.append(f"blockly_blocks: must use the functions of robokit_code; they differ in {odd}")
    return found


def _pins(code: str) -> set[int]:
    """Pin numbers a program names: in `Pin(2)`, `trigger_pin=5`, or a row that `Pin(pin)` walks through."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Pin":
            found |= _numbers(node.args[:1])
        elif isinstance(node, ast.keyword) and node.arg and node.arg.endswith("_pin"):
            found |= _numbers([node.value])
        elif isinstance(node, ast.ListComp) and "Pin" in {
            n.id for n in ast.walk(node.elt) if isinstance(n, ast.Name)
        }:
            found |= _numbers(getattr(node.generators[0].iter, "elts", []))
    return found


def _numbers(nodes: Sequence[ast.expr]) -> set[int]:
    return {n.value for n in nodes if isinstance(n, ast.Constant) and type(n.value) is int}
