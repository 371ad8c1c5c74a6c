"""The grammar of block programs: what Blockly can show it accepts, and what it writes Blockly can show."""

from __future__ import annotations

import ast
import re
import warnings
from pathlib import Path

import pytest
import yaml
from robo_runtime.blocks import Blocks
from robo_runtime.blocks.control import RAW, RAW_VALUE
from robo_runtime.errors import RoboError
from robo_runtime.grammar import accepts, blocks_gbnf, first_rejected
from robo_runtime.grammar.cli import app
from robo_runtime.registry import Registry, load_registry
from typer.testing import CliRunner

from tests.runtime.gbnf_walk import Writer, read
from tests.runtime.programs import SYLLABUS

needs_llama = pytest.mark.llama

FRAME = "from robokit import button, led, robot, sensor, sound, timer, wait\n\n"
RIGHT = [
    'led.on()\nwait(0.5)\nrobot.set_motor("left", 50)',
    "n = 3 + 4 * (2 - 1)\nn -= 1\nfor i in range(1, n, 2):\n    led.brightness(1, i * 10)\n    if i > 3 and not button.is_pressed():\n        break\n    elif sensor.light() // 2 == 5:\n        continue\n    else:\n        n = -n",
    "def beep(times, ms):\n    for _ in range(times):\n        sound.tone(440, ms=ms)\n    return times + 1\n\nx = beep(3, 100)",
    "count = 0\n\ndef tick():\n    global count\n    count += 1\n\ntimer.every(1000, tick)\ntimer.every(500, lambda: led.toggle())",
    'items = [1, 2, 3]\nitems.append(4)\nitems[0] = items[1] if len(items) > 3 else 0\nprint(f"{items[0]} of {len(items):2d}")\nprint([x * x for x in items])',
    "while True:\n    # a comment\n    led.toggle()  # another\n    wait(1)",
]
WRONG = [
    "import time\n", "from machine import Pin\n", "led.jump()", "led.brightness(1, 101)", "robot.set_motor(\"up\", 1)", "wait()",
    "x = led.on()", "x = 1 < 2 < 3", "class A:\n    pass\n", "try:\n    led.on()\nexcept OSError:\n    pass\n",
    "def f(a=1):\n    pass\n", "with x:\n    pass\n", "break", "x = (1, 2)", "for a, b in x:\n    pass\n", "x = y.z", "x.y = 1",
    "f(1, 2, 3, 4, 5)", "timer.every(500, 3)", "timer.every(500, lambda: 3)", "x: int = 1", "return 1", "if x:\nled.on()",
]  # fmt: skip


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="module")
def grammar(registry: Registry) -> str:
    return blocks_gbnf(registry)


@needs_llama
class TestPrograms:
    pytestmark = pytest.mark.usefixtures("llama")

    @pytest.fixture
    def llama(self) -> None:
        pytest.importorskip("llama_cpp")

    @pytest.mark.parametrize("code", RIGHT)
    def test_calls_with_control_blocks_around_them_are_accepted(self, grammar: str, code: str) -> None:
        ast.parse(code)
        assert first_rejected(grammar, f"{FRAME}{code}\n") is None

    @pytest.mark.parametrize("code", WRONG)
    def test_what_is_no_block_or_no_call_of_the_kit_is_refused(self, grammar: str, code: str) -> None:
        at = first_rejected(grammar, f"{FRAME}{code}\n")
        assert at is not None
        assert at >= len(FRAME)

    def test_every_authored_program_of_the_kit_is_accepted(self, grammar: str) -> None:
        entries = [
            yaml.load(p.read_text(encoding="utf-8"), yaml.CSafeLoader) for p in SYLLABUS.glob("*.yaml")
        ]
        programs = [entry["robokit_code"] for entry in entries if entry.get("robokit_code")]
        assert len(programs) > 80
        for code in programs:
            assert first_rejected(grammar, code) is None, code

    def test_the_example_of_every_kit_function_is_accepted(self, grammar: str, registry: Registry) -> None:
        for function in registry.functions.values():
            assert first_rejected(grammar, function.program) is None, function.program

    def test_llama_reads_the_grammar_as_it_is_meant(self, grammar: str) -> None:
        writer = Writer(read(grammar), seed=8)
        for _ in range(15):
            assert first_rejected(grammar, writer.sentence(patience=100)) is None

    def test_a_changed_range_changes_the_grammar(self, grammar: str, registry: Registry) -> None:
        data = registry.model_dump()
        data["functions"]["led.brightness"]["parameters"]["percent"]["range"] = (0, 120)
        wider = blocks_gbnf(Registry.model_validate(data))
        assert accepts(wider, f"{FRAME}led.brightness(1, 101)\n")
        assert not accepts(wider, f"{FRAME}led.brightness(1, 121)\n")


def test_whatever_the_grammar_writes_is_blocks_through_and_through(grammar: str, registry: Registry) -> None:
    writer, blocks = Writer(read(grammar), seed=21), Blocks(registry)
    shown = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(150):
            code = writer.sentence(patience=90)
            try:
                compile(code, "program", "exec")
            except SyntaxError as e:  # what no grammar can see
                assert re.match(
                    "duplicate argument|name '\\w+' is (parameter and|assigned to before|used prior)", e.msg
                )
                continue
            tree = blocks.tree(code)
            assert not {RAW, RAW_VALUE} & {block.type for block in tree.walk()}, code
            shown += 1
    assert shown > 120


def test_an_unknown_board_is_named_with_the_known_ones(registry: Registry) -> None:
    with pytest.raises(RoboError, match=r"'uno'.*esp32"):
        blocks_gbnf(registry, "uno")


@needs_llama
def test_the_command_prints_the_grammar_and_asks_it(
    grammar: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("llama_cpp")
    monkeypatch.setenv("ROBO_CACHE", str(tmp_path / "cache"))
    run = CliRunner().invoke
    assert run(app, ["blocks"]).stdout == grammar
    program = tmp_path / "p.py"
    program.write_text("import time\n\ntime.sleep(1)\n", encoding="utf-8")
    assert run(app, ["accepts", str(program)]).exit_code == 0
    assert run(app, ["accepts", "--blocks", str(program)]).exit_code == 1
