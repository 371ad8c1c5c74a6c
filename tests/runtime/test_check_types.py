"""The deep check: what mypy says, in our words; silent about programs that are right."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from robo_runtime.cache import cache_dir, configured_registry
from robo_runtime.check import Problem, check_program
from robo_runtime.check.deep import type_problems
from robo_runtime.check.deep_words import problem_of, type_words
from robo_runtime.check.stub_files import own_stubs, stub_folder
from robo_runtime.cli import app
from robo_runtime.errors import RoboError
from typer.testing import CliRunner

from tests.runtime.composed import composed
from tests.runtime.programs import PROJECTS, RIGHT

REGISTRY = configured_registry()
M = "from machine import Pin, PWM, ADC\nimport time\n"

WRONG = [
    (M + "def level(pin):\n    return ADC(pin)\n\n\nx = level(Pin(34))\nwords = [str(1)]\ntime.sleep_ms(words)\n",
     9, "Value 1 of `sleep_ms` must be a whole number, not a list."),
    ("def f(a):\n    return a\n\n\nd = {'red': 1}\nd.append(2)\n", 6, "A dict has no `append`."),
    (M + "names = ['a', 'b']\nfor n in names:\n    time.sleep(n)\n", 5,
     "Value 1 of `sleep` must be a number, not a text."),
    ("t = {'a': 1}\nfor k in t:\n    print(k + 1)\n", 3, "A text and a whole number do not go together here."),
    ("t = {'a': [1, 2]}\nif t['a'] > 5:\n    print(1)\n", 2, "A list and a whole number cannot be compared with `>`."),
    ("from robokit import robot, sensor\nspeeds = {'fast': 80.5}\nrobot.move_forward(speeds['fast'])\n", 3,
     "Value 1 of `move_forward` must be a whole number, not one with a fraction."),
    ("from robokit import robot\nfor r in [robot]:\n    r.fly()\n", 3, "A robot has no `fly`."),
    ("from robokit import say, sensor\ntexts = {'a': sensor.light()}\nsay(texts['a'])\n", 3,
     "Value 1 of `say` must be a text, not a whole number."),
    ("pairs = [(1, 2)]\nfor a, b in pairs:\n    a.upper()\n", 3, "A whole number has no `upper`."),
    ("pairs = {'x': (1, 2)}\npairs['x'][0] = 5\n", 2, "The items of a tuple cannot be changed."),
    ("row = [1, 2, 3]\nfor n in {'a': 0.5}.values():\n    print(row[n])\n", 3, "An item of a list is not chosen by a number."),
    ("from ssd1306 import SSD1306_I2C\nfrom machine import I2C\nfor d in [SSD1306_I2C(128, 64, I2C(0))]:\n"
     "    d.text(5, 0, 0)\n", 4, "Value 1 of `text` must be a text, not a whole number."),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    pytest.importorskip("mypy")
    try:
        stub_folder(REGISTRY)
    except RoboError as e:
        pytest.skip(str(e))


@pytest.fixture(scope="module")
def right() -> list[str]:
    return [*RIGHT, *PROJECTS, *composed()]


@pytest.fixture(scope="module")
def found(right: list[str]) -> dict[str, list[Problem]]:
    """Of all programs of this file, since starting mypy takes seconds."""
    programs = [*(code for code, _, _ in WRONG), *right]
    return dict(zip(programs, type_problems(programs, REGISTRY), strict=True))


@pytest.mark.parametrize(("code", "line", "message"), WRONG)
def test_wrong_types_are_told_with_their_line_in_plain_words(
    code: str, line: int, message: str, found: dict[str, list[Problem]]
) -> None:
    assert [(p.kind, p.line) for p in found[code]] == [("type", line)], found[code]
    [problem] = found[code]
    assert message in problem.message
    assert problem.fix
    assert 0 <= problem.column < len(code.splitlines()[line - 1])


def test_right_authored_and_composed_programs_raise_no_false_alarm(
    right: list[str], found: dict[str, list[Problem]]
) -> None:
    assert len(right) > 350
    assert [(code, found[code]) for code in right if found[code]] == []


def test_the_deep_check_goes_further_than_the_quick_one() -> None:
    unseen = [code for code, _, _ in WRONG if not check_program(code, REGISTRY)]
    assert len(unseen) > len(WRONG) // 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("int", "a whole number"),
        ("int | None", "a whole number or None"),
        ("list[dict[str, int]]", "a list"),
        ("Callable[[Any], Any] | None", "a function"),
        ("def (x: Any) -> Any", "a function"),
        ("type[Pin]", "the class `Pin` itself"),
        ("machine.Pin", "a Pin"),
        ("_robot", "a robot"),
        ("Literal['red']", "`'red'`"),
    ],
)
def test_types_are_named_in_words(name: str, words: str) -> None:
    assert type_words(name) == words


def test_codes_that_stop_nothing_on_the_board_are_not_told() -> None:
    entry = {"code": "assignment", "message": "Incompatible types in assignment", "line": 1, "column": 0}
    assert problem_of(entry) is None


def test_our_own_stubs_are_python_with_every_function_of_the_kit() -> None:
    stubs = dict(own_stubs(REGISTRY, ["machine"]))
    assert set(stubs) == {"robokit", "ssd1306", "hcsr04"}
    for text in stubs.values():
        ast.parse(text)
    for function in REGISTRY.functions.values():
        assert f"def {function.qualified_name.split('.')[-1]}(" in stubs["robokit"]


def test_the_command_checks_types_when_asked(tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text("t = {'a': 1}\nfor k in t:\n    print(k + 1)\n", encoding="utf-8")
    run = CliRunner().invoke
    assert run(app, ["check", str(file)]).exit_code == 0
    done = run(app, ["check", str(file), "--types", "--json"])
    assert done.exit_code == 1
    assert [(p["kind"], p["line"]) for p in json.loads(done.stdout)] == [("type", 3)]


def test_without_the_stubs_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("robo_runtime.check.stub_files._PACKAGES", ("no-such-stubs",))
    with pytest.raises(RoboError, match=r"no-such-stubs is not installed.*robo-runtime\[types\]"):
        stub_folder(REGISTRY)


def test_the_folder_is_made_once_and_holds_the_published_stubs() -> None:
    folder = stub_folder(REGISTRY).path
    assert folder.parent == cache_dir()
    assert {"machine.pyi", "time.pyi", "robokit.pyi", "umqtt", "_mpy_shed"} <= {
        p.name for p in folder.iterdir()
    }
