"""What a child reads: a table of problems and their sentences, and rules that all sentences keep."""

from __future__ import annotations

import re

import pytest
from robo_runtime.cache import configured_registry
from robo_runtime.check import check_program
from robo_runtime.check.syntax_words import syntax_words

from benchmarks.grammar.corpus import near_misses
from tests.runtime.programs import WRONG

REGISTRY = configured_registry()
M = "from machine import Pin, PWM, ADC, I2C, Timer\nimport time\n"
K = "from robokit import robot, led, servo, pixels, sound, display, sensor, say, timer\n"

TABLE = [
    # pins
    (M + "led = Pin(34, Pin.OUT)", "3:10 Pin 34 can only listen, it cannot switch anything. Use another pin, e.g. 4."),
    (M + "led = Pin(6, Pin.OUT)", "3:10 Pin 6 belongs to the flash memory; using it stops the ESP32 DevKit. Use another pin, e.g. 4."),
    (M + "b = Pin(35, Pin.IN, Pin.PULL_UP)", "3:8 Pin 35 has no pull-up or pull-down resistor inside. Use another pin, e.g. 4, or add a resistor."),
    (M + "led = Pin('2', Pin.OUT)", "3:10 `id` of `Pin` must be a pin number or a Pin, not a text. Write the number, e.g. 4."),
    # ranges
    (K + "robot.move_forward(101)", "2:19 `speed` of `robot.move_forward` must be from 0 to 100, not 101. Choose a number in that range."),
    (K + "robot.move_forward(0.5)", "2:19 `speed` of `robot.move_forward` must be a whole number, not 0.5. Use `int(…)` or `//`."),
    (K + "robot.move_forward(sensor.light() / 2)", "2:19 `speed` of `robot.move_forward` must be a whole number, not one with a fraction. Use `int(…)` or `//`."),
    (K + "robot.move_forward('50')", "2:19 `speed` of `robot.move_forward` must be a whole number, not '50'. Remove the quotes."),
    (K + "pixels.fill('gold')", "2:12 `color` of `pixels.fill` must be one of red, green, blue, yellow, cyan, magenta, …, not 'gold'. Write e.g. `red`."),
    (K + "pixels.fill('grean')", "2:12 `color` of `pixels.fill` must be one of red, green, blue, yellow, cyan, magenta, …, not 'grean'. Did you mean `green`?"),
    (K + "say(5)", "2:4 `text` of `say` must be a text, not 5. Write `str(…)` around it."),
    (M + "time.sleep(-1)", "3:11 `seconds` of `time.sleep` must be from 0.0 to 4294967.0, not -1. Choose a number in that range."),
    (M + "t = Timer(4)", "3:10 The ESP32 DevKit has Timer -1 to 3, not 4. Choose another number."),
    ("x = 1 / 0", "1:8 Nothing can be divided by 0. Divide by another number."),
    # calls
    (K + "robot.fly()", "2:0 `robot` has no `fly`. There is `move_forward`, `move_backward`, `turn_left`, `turn_right`, `stop` and more."),
    (K + "robot.foward_for(1)", "2:0 `robot` has no `foward_for`. Did you mean `forward_for` or `backward_for`?"),
    (K + "led.value(1)", "2:0 `led` has no `value`. `value` belongs to a Pin or a Signal or a Timer. There is `on`, `off`, `toggle`, `set`, `blink` and more."),
    (K + "servo.angle(1)", "2:0 `servo.angle` needs `angle`. Write `servo.angle(n, angle)`."),
    (K + "robot.stop(1)", "2:0 `robot.stop` takes no arguments, 1 given. Write `robot.stop()`."),
    (K + "robot()", "2:0 `robot` cannot be called. Write e.g. `robot.move_forward()`."),
    (K + "def f():\n    pass\ntimer.every(500, f())", "4:17 `callback` of `timer.every` must be the function itself; `f()` calls it right away. Write `f` without brackets."),
    (K + "timer.every(500, 5)", "2:17 `callback` of `timer.every` must be a function, not a whole number. Write the name of a function, without brackets."),
    (M + "b = Pin(14)\nif b.value == 0:\n    print(1)", "4:3 `b.value` without brackets is always the function itself. Write `b.value()`."),
    (M + "a = ADC(Pin(34))\nif a > 2000:\n    print(1)", "4:3 `a` is an ADC, it cannot be compared. Read its value, e.g. with `a.read()`."),
    (K + "if sensor.distance() < robot:\n    print(1)", "2:23 `robot` is no value, it cannot be compared. Read its value, e.g. with `robot.distance_travelled()`."),
    (K + "x = robot.stop()", "2:4 `robot.stop` gives no value back. Write `robot.stop(…)` on a line of its own."),
    ("x = 5\nfor i in x:\n    print(i)", "2:9 `x` cannot be counted through. Write `range(x)`."),
    ("print('T: ' + 25)", "1:6 A text and a whole number do not go together here. Write `str(25)`."),
    ("x = len()", "1:4 `len` takes 1 argument, 0 given. Give as many as it takes."),
    # imports and names
    ("import numpy", "1:0 There is no module `numpy` here. Use what the board has, e.g. `machine` or `time`."),
    ("import utime", "1:0 There is no module `utime` here. Its name is `time`, without the u."),
    ("from .machine import Pin", "1:0 Modules are named without a dot before them here. Write `from machine import …`."),
    ("led = Pin(2)", "1:6 `Pin` is not known in this program. Add the line `from machine import Pin`."),
    ("print(x)\nx = 1", "1:6 `x` is used before it gets its value. Move the line that gives it its value further up."),
    ("n = 0\ndef f():\n    n += 1\nf()", "3:4 `n` is used before it gets its value. Write `global n` as the first line of `f`."),
    # syntax
    ("x = (1", "1:4 The bracket `(` is never closed. Add the one that closes it."),
    ("break", "1:0 `break` stands outside of a loop. Use it inside `while` or `for`."),
    ("return 5", "1:0 `return` stands outside of a function. Use it inside `def`."),
    ("if True:\nprint(1)", "2:0 What belongs to `if` in line 1 is missing, or not indented. Begin its lines with four spaces."),
    ("x = 1\n    y = 2", "2:3 This line is indented without a reason. Remove the spaces before it, or let the line above end with a colon."),
    ("while True\n    pass", "1:10 A colon is missing. Write `:` at the end of this line."),
    ("x = 'abc", "1:4 The text is never closed. End it with the same quote that begins it."),
]  # fmt: skip


@pytest.mark.parametrize(("code", "sentence"), TABLE)
def test_a_problem_is_told_in_this_sentence(code: str, sentence: str) -> None:
    problem = check_program(code, REGISTRY)[0]
    assert f"{problem.line}:{problem.column} {problem.message} {problem.fix}" == sentence


def test_every_sentence_is_plain_and_has_a_remedy() -> None:
    """No word of CPython or of the registry that a child cannot know, and always something to do."""
    jargon = re.compile(
        r"\b(?:int|float|str|bool|object|operand|NoneType|parameter 'self'|syntax)\b(?![^`]*`)"
    )
    programs = [code for code, _, _ in WRONG]
    programs += [miss.wrong for miss in (*near_misses("check"), *near_misses("grammar"))]
    for code in programs:
        for problem in check_program(code, REGISTRY):
            assert problem.fix.endswith((".", "?")), problem
            assert problem.message.endswith("."), problem
            assert problem.message[0].isupper() or problem.message[0] == "`", problem
            assert not jargon.search(re.sub(r"`[^`]*`", "", problem.message)), problem


def test_a_message_of_another_python_is_quoted() -> None:
    message, fix = syntax_words("the moon is full")
    assert message == "This line cannot be read: the moon is full."
    assert fix
