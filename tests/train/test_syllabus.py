"""The authored projects and documents: they load, they are right, and broken ones are refused."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from pathlib import Path

import pytest
import yaml
from robo_runtime.check import check_program
from robo_runtime.checks import evaluate
from robo_runtime.errors import RoboError
from robo_runtime.registry import load_registry
from robo_runtime.simulate import simulate
from robo_train.syllabus import Project, failures, load_projects
from robo_train.syllabus_blocks import workspace

from tests.train.block_code import of_blocks, of_program

DATA = Path(__file__).resolve().parents[2] / "data"
PROJECTS = load_projects(DATA / "syllabus")
DOCUMENTS = sorted((DATA / "docs" / "en").glob("*.md"))
MACHINE = ["Pin", "PWM", "ADC", "I2C", "SPI", "UART", "Timer", "TouchPad", "RTC", "WDT"]

every_project = pytest.mark.parametrize("project", PROJECTS, ids=lambda p: p.name)
every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.stem)


def programs(project: Project) -> list[str]:
    return [code for code in (project.micropython_code, project.robokit_code) if code]


# -- the whole syllabus ------------------------------------------------------------------------------------


def test_there_are_exactly_ten_projects_in_each_grade() -> None:
    assert Counter(p.grade_level for p in PROJECTS) == dict.fromkeys(range(1, 11), 10)


def test_each_grade_has_ten_numbers_of_its_own() -> None:
    for p in PROJECTS:
        assert p.number in range((p.grade_level - 1) * 10 + 1, p.grade_level * 10 + 1), p.name


def test_no_prompt_is_asked_for_two_different_programs() -> None:
    asked = Counter(prompt.lower() for p in PROJECTS for prompt in p.prompts)
    assert [prompt for prompt, times in asked.items() if times > 1] == []


def test_programs_grow_with_the_grade() -> None:
    longest = {
        grade: max(len(p.micropython_code.splitlines()) for p in PROJECTS if p.grade_level == grade)
        for grade in range(1, 11)
    }
    assert longest[1] <= 12
    assert max(longest.values()) <= 55
    assert longest[10] > longest[5] > longest[1]


# -- every project -----------------------------------------------------------------------------------------


@every_project
def test_its_programs_are_python_that_cpython_parses(project: Project) -> None:
    for code in programs(project):
        compile(code, project.name, "exec", ast.PyCF_ONLY_AST)


@every_project
def test_its_programs_call_only_what_the_kit_has(project: Project) -> None:
    registry = load_registry()
    for code in programs(project):
        assert check_program(code, registry, "esp32") == []


@every_project
def test_its_programs_do_what_its_checks_say(project: Project) -> None:
    assert failures(project) == []


@every_project
def test_its_checks_refuse_a_program_that_does_nothing(project: Project) -> None:
    assert evaluate(simulate("pass", project.world, project.until), project.checks)


@every_project
def test_its_programs_are_in_the_canonical_style(project: Project) -> None:
    for code in programs(project):
        assert style_problems(code) == []


@every_project
def test_its_blocks_say_the_same_as_its_robokit_program(project: Project) -> None:
    assert of_blocks(project.blockly_blocks, load_registry()) == of_program(project.robokit_code)


@pytest.mark.llama
def test_the_grammar_lets_a_model_write_every_program() -> None:
    pytest.importorskip("llama_cpp")
    from robo_runtime.grammar import first_rejected, micropython_gbnf

    grammar = micropython_gbnf(load_registry(), "esp32")
    stops = {}
    for project in PROJECTS:
        for code in programs(project):
            if (at := first_rejected(grammar, code + "\n")) is not None:
                stops[project.name] = code[:at]
    assert stops == {}


def style_problems(code: str) -> list[str]:
    """Deviations from the one style the model learns."""
    found = []
    for token in tokenize.generate_tokens(io.StringIO(code + "\n").readline):
        if token.type == tokenize.STRING and re.match(r"[a-zA-Z]*'", token.string):
            found.append(f"line {token.start[0]}: single quotes")
        if token.type == tokenize.COMMENT and token.start != (1, 0):
            found.append(f"line {token.start[0]}: a comment")
    tree = ast.parse(code)
    imports = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    if imports != tree.body[: len(imports)]:
        found.append("imports come first")
    kinds = [
        (0 if n.module == "machine" else 1, n.module or "")
        if isinstance(n, ast.ImportFrom)
        else (2, n.names[0].name)
        for n in imports
    ]
    if kinds != sorted(kinds):
        found.append("imports: machine, then from X import Y, then import X, each in order of the alphabet")
    for n in imports:
        names = [alias.name for alias in n.names]
        known = [m for m in MACHINE if m in names]
        if isinstance(n, ast.ImportFrom) and names != known + sorted(set(names) - set(known)):
            found.append(f"line {n.lineno}: names of an import in order")
    if any(isinstance(n, (ast.ClassDef, ast.AsyncFunctionDef)) for n in ast.walk(tree)):
        found.append("no classes, no async")
    if "\n\n\n" in code or any(len(line) > 110 for line in code.split("\n")):
        found.append("one blank line at most; lines of at most 110 characters")
    return found


def test_a_workspace_that_blockly_can_load_holds_every_block() -> None:
    def count(block: dict) -> int:
        inside = [x["block"] for x in block.get("inputs", {}).values()]
        inside += [block["next"]["block"]] if "next" in block else []
        return 1 + sum(map(count, inside))

    for project in PROJECTS:
        found = workspace(project.blockly_blocks)["blocks"]["blocks"]
        expected = sum(1 for i, b in enumerate(project.blockly_blocks) for _ in b.walk(str(i)))
        assert sum(map(count, found)) == expected


def test_a_workspace_names_its_variables_and_the_arms_of_an_if() -> None:
    [greenhouse] = [p for p in PROJECTS if p.slug == "greenhouse"]
    [counter] = [p for p in PROJECTS if p.slug == "seconds_counter"]
    first = workspace(greenhouse.blockly_blocks)["blocks"]["blocks"][0]
    assert first["inputs"]["CALLBACK"]["block"]["extraState"] == {"elseIfCount": 1, "hasElse": False}
    assert workspace(counter.blockly_blocks)["variables"] == [{"name": "count", "id": "count"}]


# -- broken projects ---------------------------------------------------------------------------------------


@pytest.fixture
def write(tmp_path: Path):
    """Write the first project with changes into an empty folder; None takes a key out."""
    source = yaml.safe_load(
        (DATA / "syllabus" / "project_001_wake_up_light.yaml").read_text(encoding="utf-8")
    )

    def write(name: str = "project_001_light.yaml", **changes: object) -> Path:
        data = {key: value for key, value in (source | changes).items() if value is not None}
        (tmp_path / name).write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        return tmp_path

    return write


def test_an_unchanged_copy_is_accepted(write) -> None:
    [project] = load_projects(write())
    assert (project.number, project.slug) == (1, "light")


LED_BLOCK = {"type": "led_on"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"colour": "red"}, ["colour", "unknown key"]),
        ({"checks": None}, ["checks", "missing"]),
        ({"grade_level": 11}, ["grade_level", "10"]),
        ({"grade_level": "one"}, ["grade_level"]),
        ({"description": "One sentence only."}, ["description", "two to four sentences"]),
        ({"prompts": ["light the LED"] * 12}, ["prompts", "repeated"]),
        ({"prompts": ["light the LED"]}, ["prompts", "12"]),
        ({"micropython_code": "led.on("}, ["micropython_code", "line 1"]),
        ({"micropython_code": "print(1) \n"}, ["micropython_code", "end of a line"]),
        (
            {"micropython_code": "from machine import Pin\nPin(2, Pin.OUT).shine()"},
            ["micropython_code", "shine"],
        ),
        ({"micropython_code": "from machine import Pin\nPin(34, Pin.OUT)"}, ["micropython_code", "34"]),
        ({"robokit_code": "from robokit import led\n\nled.glow()"}, ["robokit_code", "glow"]),
        (
            {"robokit_code": "from robokit import robot\n\nrobot.brake()"},
            ["robokit_code", "robot.brake", "grade 5"],
        ),
        ({"robokit_code": None}, ["robokit_code and blockly_blocks"]),
        ({"micropython_code": "from machine import Pin\nPin(4, Pin.OUT).on()"}, ["wiring", "GPIO 4"]),
        ({"hardware_modules": ["an LED"]}, ["hardware_modules", "pin 2"]),
        ({"wiring": [{"part": "LED", "part_pin": "+", "board_pin": "D2"}]}, ["wiring.0.board_pin", "D2"]),
        ({"blockly_blocks": [{"type": "led_shine"}]}, ["blockly_blocks.0.type", "led_shine"]),
        ({"blockly_blocks": [LED_BLOCK | {"fields": {"N": 1}}]}, ["blockly_blocks.0.fields.N"]),
        ({"blockly_blocks": [{"type": "led_off"}]}, ["blockly_blocks", "led.off"]),
        ({"blockly_blocks": [LED_BLOCK, {"type": "math_number"}]}, ["blockly_blocks.1.type", "stack"]),
        ({"checks": [{"op": "glows"}]}, ["checks.0", "glows"]),
        ({"world": {"buttons": {14: [[0, 7]]}}}, ["world.buttons.14"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_broken_key_is_refused_by_name(write, changes: dict, words: list[str]) -> None:
    folder = write(**changes)
    with pytest.raises(RoboError) as caught:
        load_projects(folder)
    for word in [str(folder / "project_001_light.yaml"), *words]:
        assert word in str(caught.value)


def test_a_number_taken_twice_names_both_files(write) -> None:
    write("project_001_light.yaml")
    with pytest.raises(
        RoboError, match=r"project_001_other.yaml: number 001 is taken by project_001_light.yaml"
    ):
        load_projects(write("project_001_other.yaml"))


@pytest.mark.parametrize(
    "name", ["light.yaml", "project_1_light.yaml", "project_001_Light.yaml", "project_001_.yaml"]
)
def test_a_file_name_without_number_and_slug_is_refused(write, name: str) -> None:
    with pytest.raises(RoboError, match=r"project_001_short_name\.yaml"):
        load_projects(write(name))


def test_every_problem_is_reported_at_once(write) -> None:
    write("project_001_light.yaml", grade_level=0)
    with pytest.raises(RoboError) as caught:
        load_projects(write("project_002_light.yaml", project_title=" "))
    assert "grade_level" in str(caught.value)
    assert "project_title" in str(caught.value)


def test_an_empty_folder_and_text_that_is_no_yaml_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RoboError, match="no projects here"):
        load_projects(tmp_path)
    (tmp_path / "project_001_light.yaml").write_text("grade_level: [1\n", encoding="utf-8")
    with pytest.raises(RoboError, match=r"project_001_light.yaml"):
        load_projects(tmp_path)


# -- documents ---------------------------------------------------------------------------------------------


def test_there_are_twelve_documents() -> None:
    assert len(DOCUMENTS) >= 12


@every_document
def test_a_document_is_short_and_has_one_title(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    assert 150 <= len(prose.split()) <= 300
    assert text.startswith("# ")
    assert len(re.findall(r"^#", text, re.M)) == 1


@every_document
def test_the_example_of_a_document_runs(path: Path) -> None:
    [code] = re.findall(r"```python\n(.*?)\n```", path.read_text(encoding="utf-8"), re.S)
    assert check_program(code, load_registry(), "esp32") == []
    assert style_problems(code) == []
    assert simulate(code, until=5).error is None
