"""The API check on right and wrong programs; what is syntax is decided by CPython."""

import ast
import re
import warnings
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from robo_runtime.check import api_functions, check_program
from robo_runtime.errors import RoboError
from robo_runtime.registry import load_registry
from robo_runtime.simulate import simulate

from tests.runtime.programs import PROJECTS, RIGHT, SYLLABUS, WRONG, M

REGISTRY = load_registry()


@pytest.mark.parametrize(("code", "kind", "line"), WRONG)
def test_a_wrong_program_is_named_with_its_line(code: str, kind: str, line: int) -> None:
    problems = check_program(code, REGISTRY)
    assert [(p.kind, p.line) for p in problems][:1] == [(kind, line)], problems
    assert problems[0].message.endswith(".")
    assert problems[0].message[0].isupper() or problems[0].message[0] == "`"
    assert 0 <= problems[0].column <= max(map(len, code.split("\n")))


@pytest.mark.parametrize("code", RIGHT)
def test_a_right_program_has_no_problem(code: str) -> None:
    ast.parse(code)
    assert check_program(code, REGISTRY) == []


@pytest.mark.parametrize("path", sorted(SYLLABUS.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_authored_program_passes(path: Path) -> None:
    project = yaml.safe_load(path.read_text(encoding="utf-8"))
    for key in ("micropython_code", "robokit_code"):
        if project.get(key):
            assert check_program(project[key], REGISTRY) == []


def test_the_board_decides_which_pins_there_are() -> None:
    code = "from machine import Pin\nled = Pin(34, Pin.OUT)\n"
    assert check_program(code, REGISTRY, "esp32")
    assert check_program("from machine import Pin\nled = Pin(47, Pin.OUT)\n", REGISTRY, "esp32s3") == []
    with pytest.raises(RoboError, match=r"unknown board 'uno'.*esp32"):
        check_program(code, REGISTRY, "uno")


def test_the_functions_a_program_uses_are_listed_by_their_full_names() -> None:
    code = "from machine import Pin\nfrom robokit import led as lamp\nimport time as t\np = Pin(2)\np.on()\nt.sleep(1)\nlamp.on(1)"
    assert api_functions(code, REGISTRY) == ["led.on", "machine.Pin", "machine.Pin.on", "time.sleep"]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("ledPin(),.=:\n 0123'\"[]{}")), max_size=80))
def test_garbage_is_answered_with_problems_not_with_a_crash(text: str) -> None:
    problems = check_program(text, REGISTRY)
    try:
        compile(text, "x", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        assert [p.kind for p in problems] == ["syntax"]


def test_an_import_that_is_missing_is_the_fix() -> None:
    fixes = {
        p.message.split("`")[1]: p.fix
        for p in check_program("led = Pin(2)\nnp = NeoPixel(led, 8)\nwait(1)\n", REGISTRY)
    }
    assert fixes == {
        "Pin": "Add the line `from machine import Pin`.",
        "NeoPixel": "Add the line `from neopixel import NeoPixel`.",
        "wait": "Add the line `from robokit import wait`.",
    }


def test_a_pin_that_only_listens_is_explained_with_a_pin_that_does_it() -> None:
    [problem] = check_program(M + "led = Pin(34, Pin.OUT)", REGISTRY)
    assert (
        str(problem) == "line 3: Pin 34 can only listen, it cannot switch anything. Use another pin, e.g. 4."
    )
    assert check_program(M + "led = Pin(4, Pin.OUT)", REGISTRY) == []


def test_what_crashes_in_the_simulator_is_found_before() -> None:
    """Mutants of authored programs, run by the simulator: it must not stop at a line we saw nothing wrong with."""
    random = Random(4)
    crashed, missed = 0, []
    while crashed < 60:
        code = _mutant(random.choice(PROJECTS), random)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(code, "program", "exec")
        except SyntaxError:
            continue
        problems = check_program(code, REGISTRY)
        error = simulate(code, until=2.0).error
        if error and any(
            kind in error for kind in ("NameError", "AttributeError", "TypeError", "ImportError")
        ):
            crashed += 1
            missed += [] if problems else [(error, code)]
    assert len(missed) <= 6, missed


def _mutant(code: str, random: Random) -> str:
    """A program with one word removed, doubled from elsewhere, or replaced."""
    tokens = list(re.finditer(r"[A-Za-z_]\w*|\d+(?:\.\d+)?", code))
    token = random.choice(tokens)
    new = random.choice(
        ["", random.choice(tokens)[0], "34", "-1", "0.5", "'red'", "None", "count", "value", "on"]
    )
    return code[: token.start()] + new + code[token.end() :]


def test_a_function_written_twice_is_called_without_complaint() -> None:
    """A model may write it; which of the two runs is not for the checker to say."""
    code = "def f():\n    return 1\n\n\ndef f(x):\n    return x\n\n\nprint(f(2) + f())\n"
    assert check_program(code, REGISTRY, "esp32") == []
