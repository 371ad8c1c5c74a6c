"""Names and types while a program is being written: what is legal stays possible, what would raise does not.

What a refused program would do is asked of the simulator, which runs it in CPython.
"""

from __future__ import annotations

from functools import lru_cache

import pytest
from robo_runtime.cache import configured_registry
from robo_runtime.generate import Generator
from robo_runtime.scope.compiler import compile_table
from robo_runtime.scope.machine import Machine
from robo_runtime.scope.table import from_json, to_json
from robo_runtime.simulate import World, simulate

HEAD = "from machine import Pin, PWM, ADC, Timer, UART\nimport time\n\nled = Pin(2, Pin.OUT)\npot = ADC(Pin(34))\n"


@lru_cache(maxsize=1)
def machine() -> Machine:
    return Machine(compile_table(configured_registry()))


def refused(program: str) -> str | None:
    """The line at which `program` stops being possible, None when all of it is."""
    follower = machine().start()
    for line in program.splitlines(keepends=True):
        if not follower.allows(line):
            return follower.line + line
        follower.accept(line)
    return follower.line or None  # a line that is never whole leaves the program without an end


def test_every_authored_program_is_possible() -> None:
    from robo_train.corpus import sources

    records = [*sources.project_records(configured_registry(), [])]
    records += sources.project_records(configured_registry(), [], held_out=True)
    programs = {r.code.rstrip("\n") + "\n" for r in records if r.code}
    assert len(programs) > 150
    assert [(p, line) for p in programs if (line := refused(p))] == []


def test_every_example_of_the_kit_is_possible() -> None:
    registry = configured_registry()
    given = f"from {registry.module} import {', '.join(sorted(registry.objects))}\n"
    for function in registry.functions.values():
        assert refused(f"{given}{function.example.strip()}\n") is None, function.qualified_name


@pytest.mark.parametrize("seed", range(3))
def test_composed_programs_are_possible_character_by_character(seed: int) -> None:
    from robo_train.compose import samples

    for record in samples(7000 + seed, 40):
        follower = machine().start()
        code = record.code.rstrip("\n") + "\n"
        for at, c in enumerate(code):
            assert follower.allows(c), code[: at + 1]
            follower.accept(c)
        assert follower.line == ""


RAISES = {
    "a name that nothing has given a value": ("led2.on()", "NameError"),
    "a variable of one branch": ("if pot.read() > 5000:\n    speed = 1\nprint(speed)", "NameError"),
    "a variable of a loop that may not run": ("for x in range(pot.read() - pot.read()):\n    y = x\nprint(y)",
                                              "NameError"),
    "a module that is not imported": ("random.randint(1, 6)", "NameError"),
    "a variable of a function": ("def f():\n    inside = 1\n\nf()\nprint(inside)", "NameError"),
    "a global changed without saying so": ("n = 0\n\ndef f():\n    n += 1\n\nf()", "UnboundLocalError"),
    "a global read before it is made local": ("n = 0\n\ndef f():\n    print(n)\n    n = 1\n\nf()",
                                              "UnboundLocalError"),
    "a method of something else": ("led.duty(5)", "AttributeError"),
    "a method that does not exist": ("led.blink()", "AttributeError"),
    "a method of a text on a number": ("n = 5\nprint(n.upper())", "AttributeError"),
    "something of a module that it does not have": ("time.wait(1)", "AttributeError"),
    "a text and a number added": ('print("speed " + 5)', "TypeError"),
    "a number and a text added": ('n = 5\nprint(n + "1")', "TypeError"),
    "a text compared with a number": ('print("5" < 6)', "TypeError"),
    "a number that is iterated over": ("for i in 5:\n    print(i)", "TypeError"),
    "a number that is called": ("n = 5\nn()", "TypeError"),
    "a number with an index": ("n = 5\nprint(n[0])", "TypeError"),
    "a list with a text as index": ('a = [1, 2]\nprint(a["0"])', "TypeError"),
    "a text that is changed in place": ('a = "abc"\na[0] = "x"', "TypeError"),
    "a range of a fraction": ("for i in range(3 / 2):\n    print(i)", "TypeError"),
    "sorted by a thing that is no switch": ('print(sorted("ab", reverse=tuple("")))', "TypeError"),
    "a list sorted by a word": ('x = [3, 1]\nx.sort(reverse="a")', "TypeError"),
    "bytes that are formatted": ('print(b"x".format(1))', "AttributeError"),
    "a number whose source became a fraction round a loop": (
        "a = [1, 2, 3]\nn = 1\nfor i in range(2):\n    m = n\n    print(a[m])\n    n = 1.5", "TypeError"),
    "the length of a number": ("print(len(5))", "TypeError"),
    "a sum of texts": ('print(sum(["a", "b"]))', "TypeError"),
    "the largest of a text and a number": ('print(max(1, "a"))', "TypeError"),
    "bits of a fraction": ("x = 2.5\nprint(x & 1)", "TypeError"),
    "a function with too few arguments": ("def f(a, b):\n    return a + b\n\nprint(f(1))", "TypeError"),
    "a function whose body cannot do it": ('def f(a):\n    return a + 1\n\nprint(f("x"))', "TypeError"),
    "a function that calls such a one": ('def g(a):\n    return a * 2 - 1\n\ndef f(b):\n    return g(b)\n\n'
                                         'print(f("x"))', "TypeError"),
    "a result that is nothing": ("def f():\n    led.on()\n\nprint(f() + 1)", "TypeError"),
    "a text that is formatted with too much": ('print("%d" % (1, 2))', "TypeError"),
    "a number that is a text in a format": ('print("%d" % "a")', "TypeError"),
    "a list in a format with digits": ('a = [1]\nprint(f"{a:.1f}")', "TypeError"),
    "a list as a key": ("d = {}\nd[[1]] = 2", "TypeError"),
    "numbers that are joined": ('print(", ".join([1, 2]))', "TypeError"),
    "a number that became a fraction round a loop": (
        "n = 8\nfor i in range(3):\n    for j in range(n):\n        pass\n    n = n / 2", "TypeError"),
    "a list that got a text round a loop": (
        'a = [1]\nfor i in range(3):\n    print(a[-1] + 1)\n    a.append("x")', "TypeError"),
    "a callback with too few parameters": (
        "def f():\n    led.on()\n\nTimer(0).init(period=5, callback=f)\ntime.sleep(1)", "TypeError"),
    "nothing read from a serial port": ("uart = UART(1, 9600)\nprint(uart.readline().decode())",
                                        "AttributeError"),
}  # fmt: skip


@pytest.mark.parametrize("what", RAISES)
def test_what_would_raise_is_not_possible(what: str) -> None:
    program, error = RAISES[what]
    trace = simulate(f"{HEAD}{program}\n", World(), 3.0)
    assert error in str(trace.error), "the simulator raises nothing: no reason to refuse it"
    assert refused(f"{HEAD}{program}\n")


POSSIBLE = {
    "a variable of both branches": "if pot.read() > 5:\n    x = 1\nelse:\n    x = 2\nprint(x + 1)",
    "a variable of a loop that runs": "for i in range(3):\n    y = i\nprint(y + i)",
    "a variable that an endless loop leaves with": "while True:\n    v = pot.read()\n    if v >= 0:\n        break\nprint(v)",
    "a branch that ends": "if pot.read() > 5000:\n    deep = 1\nelse:\n    deep = 0\nled.value(deep)",
    "a function for numbers and for texts": 'def twice(a):\n    return a + a\n\nprint(twice(2) - 1, twice("a").upper())',
    "a default": "def f(a, b=2):\n    return a * b\n\nprint(f(3) + f(3, 4) + f(3, b=5))",
    "a global that is shared": "n = 0\n\ndef f():\n    global n\n    n += 1\n\nf()\nprint(n)",
    "a number that becomes a fraction": "total = 0\nfor i in range(3):\n    total = total + pot.read() / 2\nprint(total)",
    "pins in a list": "pins = [Pin(n, Pin.OUT) for n in (4, 5, 16)]\nfor p in pins:\n    p.on()",
    "pairs taken apart": 'for note, ms in ((262, 200), (330, 400)):\n    print(note + ms)',
    "a dictionary": 'notes = {"C4": 262, "D4": 294}\nfor name in notes:\n    print(name.lower(), notes[name] + 1)',
    "a list that grows": "found = []\nfor i in range(4):\n    found.append(pot.read())\nprint(sum(found) // len(found), max(found))",
    "a list that a function fills": "found = []\n\ndef keep(x):\n    found.append(x)\n\nkeep(3)\nprint(found)",
    "a callback that starts itself again": "t = Timer(0)\n\ndef f(x):\n    t.init(period=5, mode=Timer.ONE_SHOT, callback=f)\n\nf(t)",
    "a lambda": "t = Timer(0)\nt.init(period=5, callback=lambda x: led.toggle())\ntime.sleep_ms(50)",
    "a choice": 'print("on" if led.value() == 1 else "off")',
    "times in a format": 'now = time.localtime()\nprint("%02d:%02d" % (now[3], now[4]))',
    "an f-string": 'x = pot.read()\nprint(f"{x} is {x / 4095 * 100:.1f} %")',
    "reading what has come": "uart = UART(1, 9600)\nwhile True:\n    if uart.any():\n        print(uart.readline().decode().strip())\n    time.sleep_ms(50)",
    "text from a file": 'with_text = "a,b".split(",")\nprint(with_text[0] + with_text[-1])',
    "an exception": 'try:\n    n = int("x")\nexcept ValueError as e:\n    n = 0\n    print(e)\nprint(n + 1)',
    "nothing that becomes something": "last = None\nfor i in range(3):\n    if last != i:\n        print(i)\n    last = i",
}  # fmt: skip


@pytest.mark.parametrize("what", POSSIBLE)
def test_what_runs_is_possible(what: str) -> None:
    program = f"{HEAD}{POSSIBLE[what]}\n"
    assert simulate(program, World(), 3.0).error is None
    assert refused(program) is None


def test_a_word_is_refused_at_its_first_impossible_letter() -> None:
    follower = machine().start()
    follower.accept(HEAD)
    assert follower.allows("led.va") and not follower.allows("led.vx")
    assert follower.allows("print(po") and not follower.allows("print(px")
    assert follower.allows("led.value(not led.v") and not follower.allows("led.value(not led.on")
    assert not follower.allows("led.value(time.sl")  # it has no result


def test_the_table_is_plain_data() -> None:
    table = machine().table
    again = from_json(to_json(table))
    assert again == table
    follower = Machine(again).start()
    follower.accept(HEAD)
    assert follower.allows("led.on()\n") and not follower.allows("led.duty(5)\n")
    with pytest.raises(ValueError, match="no table"):
        from_json('{"modules": {}}')


def test_looking_at_whole_lines_gives_the_program_that_looking_at_each_token_does(model) -> None:
    pytest.importorskip("llama_cpp")
    written: dict[bool, list[str]] = {}
    gone_back = 0
    for eager in (True, False):
        with Generator(model) as generator:
            if eager:
                generator._grammar = generator._own_grammar("esp32", eager=True)
            else:
                rewind = generator.engine.rewind

                def counted(n: int, rewind=rewind) -> None:
                    nonlocal gone_back
                    gone_back += 1
                    rewind(n)

                generator.engine.rewind = counted
            asked = [f"blink the lamp {n} times" for n in range(12)]
            written[eager] = [generator.generate(p, max_tokens=120).code for p in asked]
    assert written[True] == written[False]
    assert any(written[True])
    assert gone_back > 0


@pytest.mark.parametrize(
    "line", ["x = " + "(" * 400, "x = " + "[" * 30 + "1" + " for i in range(2)]" * 30 + "\n"]
)
def test_what_is_nested_too_deep_is_refused_at_once(line: str) -> None:
    follower = machine().start()
    assert not follower.allows(line)
    assert follower.allows("x = [[i for i in range(3)] for j in range(3)]\n")
