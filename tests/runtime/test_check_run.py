"""The dry run: what stops a program in the simulator, told with its line and a remedy."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from robo_runtime.check.dry_run import dry_run, run_problems
from robo_runtime.check.run_words import in_plain_words
from robo_runtime.cli import app
from robo_runtime.simulate import Limits, World, simulate
from typer.testing import CliRunner

from tests.runtime.programs import PROJECTS

M = "from machine import Pin, PWM, ADC, I2C, Timer\nimport time\n"
FAULTY = World.model_validate({"faults": {"dht": [[0, 9]], "distance": [[0, 9]], "wifi": [[0, 9]]}})

STOPPED = [
    ("print(x)\n", 1, "`x` has no value when this line runs.", "Give it a value"),
    ("n = 1\n\n\ndef f():\n    n += 1\n\n\nf()\n", 5, "`n` is used in this function before", "`global n`"),
    ("n = 0\nprint(10 / n)\n", 2, "This line divides by 0", "`if`"),
    ("n = 0\nprint(10 % n)\n", 2, "This line divides by 0", "`if`"),
    ("a = [1, 2, 3]\nprint(a[3])\n", 2, "asks for an item that is not there", "Count from 0"),
    ("d = {}\nprint(d['red'])\n", 2, "The dictionary has no entry `red`.", ".get("),
    ("n = int('5') + '1'\n", 1, "do not go together with `+`", "`str(…)`"),
    ("s = str(1) + 2\n", 1, "A text", "`str(…)`"),
    ("if str(5) > 3:\n    print(1)\n", 1, "cannot be compared with `>`", "`int(…)`"),
    ("n = int('5')\nn()\n", 2, "A whole number cannot be called", "Remove the brackets"),
    ("n = int('5')\nfor i in n:\n    print(i)\n", 2, "A whole number cannot be counted through", "`range(…)`"),
    ("n = int('5')\nprint(n[0])\n", 2, "A whole number has no items", "where it gets its value"),
    ("a, b = (1, 2, 3)\n", 1, "more or fewer values than names", "Give each a name"),
    ("n = int('five')\n", 1, "This text is no number", "except ValueError"),
    ("a = [1]\na.remove(2)\n", 2, "That value is not in there", "`in`"),
    ("def f(n):\n    return f(n + 1)\n\n\nf(0)\n", 2, "calls itself again and again", "`return`"),
    ("f = open('a.txt')\n", 1, "There is no such file", '"w"'),
    (M + "p = Pin(int('34'), Pin.OUT)\n", 3, "This pin can only listen", "Use another pin"),
    (M + "p = Pin(int('77'), Pin.OUT)\n", 3, "The board has no pin with this number", "e.g. 4"),
    (M + "m = PWM(Pin(4))\nm.duty(int('2000'))\n", 4, "must be from 0 to 1023", "`min(…)`"),
    (M + "m = PWM(Pin(4))\nm.duty(float('5'))\n", 4, "A whole number is needed here", "`int(…)`"),
    (M + "t = Timer(int('9'))\n", 3, "The board has no timer", "0, 1, 2 or 3"),
    (M + "b = I2C(int('5'))\n", 3, "The board has no I2C with the number 5", "Use 1"),
    (M + "b = I2C(0, scl=Pin(22), sda=Pin(21))\nb.writeto(33, b'a')\n", 4, "No part answers at this address", "wires"),
    (M + "from dht import DHT22\nd = DHT22(Pin(15))\nd.measure()\n", 5, "A part does not answer", "except OSError"),
    (M + "def tick(t):\n    print(1 / 0)\n\n\nTimer(0).init(period=100, callback=tick)\ntime.sleep(1)\n", 4,
     "When a timer, pin or task calls its function: this line divides by 0", "`if`"),
    ("import json\njson.loads('{')\n", 2, "This text is no JSON", "print("),
    ("n = 0\nwhile n < 5:\n    m = n + 1\n", 2, "This loop never ends, and does nothing more", "`break`"),
    ("while True:\n    print('hi')\n", 1, "lines in a second, without a pause", "time.sleep_ms"),
    ("from robokit import mqtt\nmqtt.publish('a', 'b')\n", 2, "MQTT is not connected yet", "mqtt.connect"),
    ("from robokit import robot\nrobot.move_forward(int('101'))\n", 2,
     "`speed` of `robot.move_forward` must be from 0 to 100.", "`min(…)`"),
    ("from robokit import robot\nrobot.move_forward(float('5'))\n", 2,
     "`speed` of `robot.move_forward` must be a whole number.", "`int(…)`"),
    ("from robokit import pixels\npixels.fill(str('gold'))\n", 2,
     "`color` of `pixels.fill` must be a word such as red, green, blue, yellow, cyan, magenta.", "robo registry show pixels.fill"),
    ("from robokit import servo\nd = {'n': 1}\nservo.angle(**d)\n", 3, "This call leaves out 'angle'.", "Give a value"),
    ("from robokit import random_number\nrandom_number(6, 1)\n", 2, "no number between these two", "smaller one"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "line", "message", "fix"), STOPPED)
def test_what_stops_a_program_is_told_with_its_line_and_a_remedy(
    code: str, line: int, message: str, fix: str
) -> None:
    problems = run_problems(code, simulate(code, FAULTY, until=3.0))
    assert len(problems) == 1, problems
    [problem] = problems
    assert (problem.kind, problem.line) == ("run", line), problem
    assert message in problem.message
    assert fix in problem.fix
    source = code.splitlines()[line - 1]
    assert problem.column == len(source) - len(source.lstrip())
    assert problem.message[0].isupper() or problem.message[0] == "`"
    assert problem.message.endswith(".")
    assert not re.search(r"[A-Z][a-z]+Error|Errno|object|operand", problem.message)


@pytest.mark.parametrize("code", PROJECTS[::2])
def test_authored_programs_run_without_a_problem(code: str) -> None:
    assert run_problems(code, simulate(code, until=2.0)) == []


@pytest.mark.parametrize(
    "code",
    [
        M + "Timer(0).init(period=100, callback=lambda t: None)\nwhile True:\n    pass\n",
        M + "led = Pin(2, Pin.OUT)\nb = Pin(14, Pin.IN)\nwhile True:\n    led.value(b.value())\n",
        "print(1)\n",
        "import time\nwhile True:\n    print('hi')\n    time.sleep_ms(10)\n",
        "import time\nwait = True\nwhile wait:\n    time.sleep(1)\n",
        "n = 0\nwhile n < 5:\n    n += 1\n",
    ],
)
def test_loops_that_wait_poll_or_end_are_no_problem(code: str) -> None:
    assert run_problems(code, simulate(code, until=3.0)) == []


def test_a_limit_that_is_exceeded_names_the_loop_without_a_pause() -> None:
    code = "import time\nn = 0\nwhile n < 5:\n    n += 1\n    time.sleep(0.1)\nwhile True:\n    n += 1\n    n -= 1\n"
    [problem] = run_problems(code, simulate(code, until=9.0, limits=Limits(steps=5_000)))
    assert problem.line == 6
    assert "goes on without a rest: more than 5000 statements" in problem.message
    assert "pause" in problem.fix


def test_pins_of_another_board_are_not_judged_by_those_of_the_simulated_one() -> None:
    code = "from machine import Pin\nled = Pin(47, Pin.OUT)\n"
    trace = simulate(code, until=1.0)
    assert run_problems(code, trace, "esp32s3") == []
    assert [p.line for p in run_problems(code, trace)] == [2]


def test_an_error_without_words_of_its_own_is_told_as_it_is() -> None:
    message, fix = in_plain_words("ValueError", "the moon is full")
    assert message == "The program stops here with ValueError (the moon is full)."
    assert fix


def test_a_line_break_in_an_error_is_no_obstacle() -> None:
    code = "print({}['a\\nb'])\n"
    [problem] = run_problems(code, simulate(code))
    assert problem.line == 1


def test_a_program_is_run_in_a_process_of_its_own() -> None:
    [problem] = dry_run("x = 0\nprint(1 / x)\n", until=1.0)
    assert problem.line == 2


def test_the_command_runs_the_program_when_asked(tmp_path: Path) -> None:
    run = CliRunner().invoke
    file = tmp_path / "program.py"
    file.write_text(
        "from robokit import sensor, say\n\nsay(str(100 / (sensor.soil() - 50)))\n", encoding="utf-8"
    )
    world = tmp_path / "world.yaml"
    world.write_text(yaml.safe_dump({"sensors": {"sensor.soil": 50}}), encoding="utf-8")
    assert run(app, ["check", str(file)]).exit_code == 0
    done = run(app, ["check", str(file), "--run", "1s", "--world", str(world)])
    assert done.exit_code == 1
    assert "This line divides by 0" in done.stdout
    done = run(app, ["check", str(file), "--run", "1s", "--world", str(world), "--json"])
    assert [(p["kind"], p["line"]) for p in json.loads(done.stdout)] == [("run", 3)]


def test_what_the_check_has_told_of_a_line_the_run_does_not_tell_again(tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text("from machine import Pin\n\nled = Pin(34, Pin.OUT)\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["check", str(file), "--run", "1s", "--json"])
    assert [p["kind"] for p in json.loads(done.stdout)] == ["pin"]


@pytest.mark.llama
def test_a_generated_program_is_run_when_asked(model: Path) -> None:
    """A grammar of one sentence makes sure what the model writes."""
    pytest.importorskip("llama_cpp")
    from robo_runtime.generate import Generator

    grammar = 'root ::= "n = int(\\"0\\")\\nprint(1 / n)\\n"\n'
    with Generator(model, grammar=grammar) as generator:
        assert generator.generate("divide").valid
        result = generator.generate("divide", dry_run=1.0)
    assert not result.valid
    [problem] = result.problems
    assert (problem.kind, problem.line) == ("run", 2)
