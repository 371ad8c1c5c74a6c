"""Programs run as MicroPython would run them, and none gets out, hangs or fills the memory."""

import ast
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from robo_runtime.simulate import Limits, simulate
from robo_runtime.simulate.guard import compile_program
from robo_runtime.simulate.printing import float_text

from tests.runtime.simulated import error, run

FEATURES = '''
total = 0
for i in range(3):
    for j in (1, 2):
        if j == 2 and i != 1:
            continue
        total += i * j
    else:
        total += 100
while total > 250:
    total -= 1
    if total == 260:
        break
else:
    total = -1

def outer(a, b=2, *rest, c=3, **more):
    """Text."""
    count = 0

    def inner():
        nonlocal count
        count += a
        return count

    inner()
    return inner() + b + c + len(rest) + len(more)

class Counter:
    made = 0

    def __init__(self, start):
        self._n = start
        Counter.made += 1

    def __getitem__(self, i):
        return self._n + i

class Double(Counter):
    def __init__(self, start):
        super().__init__(start * 2)

def numbers():
    for n in (x * x for x in range(4) if x != 2):
        got = yield n
    return got

def last():
    global state
    try:
        state = [][0]
    except (IndexError, KeyError) as e:
        state = "caught"
    finally:
        state += "!"

last()
a, *b = [1, 2, 3]
x = y = 5
x <<= 2
x **= 2
s = "ab" * 2
s *= 2
d = {k: v for k, v in zip("ab", (1, 2))}
print(total, outer(1), outer(1, 2, 3, c=4, z=5), Double(4)[1], Counter.made, list(numbers()), state)
print(a, b, x, y, s, d, {1, 2} & {2}, [i for i in b if i > 2], "%d-%s" % (3, "x"), "{}|{:>4}".format(1, "r"))
print(f"{total:05d} {2.5:.2f} {s!r}", 7 // 2, -7 % 3, 2 ** -1, 1 if x else 2, not y, (lambda q: q + 1)(1))
assert (n := 4) == 4
del d["a"]
print(d, n, sorted([3, 1, 2], key=lambda v: -v), sum(range(5)), max([1, 5]), isinstance(s, str), type(1) == int)
'''


def test_instrumented_programs_do_what_they_did(capsys: pytest.CaptureFixture[str]) -> None:
    exec(FEATURES, {"__name__": "__main__"})  # noqa: S102 - the reference is CPython itself
    assert run(FEATURES).output == capsys.readouterr().out.splitlines()


def test_errors_name_the_line() -> None:
    trace = simulate("import time\n\ndef f():\n    return 1 / 0\n\nf()\n")
    assert trace.error == "line 4: ZeroDivisionError: divide by zero"
    assert simulate("x = (").error == "line 1: SyntaxError: '(' was never closed"
    assert simulate("import nothing").error == "line 1: ImportError: no module named 'nothing'"
    assert simulate("from machine import Led").error == "line 1: ImportError: can't import name Led"


@pytest.mark.parametrize(
    "line",
    [
        "().__class__.__bases__",
        "print.__self__",
        "(lambda: 0).__globals__",
        "__builtins__",
        "__import__('os')",
        "getattr(1, '__class__')",
        "getattr('{}', 'format')",
        "'{0.__class__}'.format(1)",
        "'{0[0]}'.format([1])",
        "(x for x in [1]).gi_frame",
        "time.__dict__",
        "from os import system",
        "import subprocess",
        "eval('1')",
        "exec('1')",
        "compile('1', '', 'exec')",
        "globals()",
        "vars()",
        "breakpoint()",
        "memoryview(b'').obj.__class__",
        "type('X', (), {})",
        "class A(metaclass=type):\n    pass",
        "_sim_tick()",
        "Pin(2)._line",
        "Pin(2)._board.stop(1)",
        "def f(self):\n    return self.__class__",
        "self = Pin(2)\nself._line",
        "class A:\n    def f(self):\n        return self._line\nA.f(Pin(2))",
        "getattr(Pin(2), '_line')",
        "str.format('{0.__class__}', 1)",
        "class S(str):\n    def f(self):\n        return super().format(1)\nS('{0.__class__}').f()",
        "f = ''.format\nf.__self__",
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    e.__traceback__.tb_frame",
        "match 1:\n    case object(__class__=c):\n        pass",
        "import time as __builtins__",
        "def __import__(*a):\n    pass\n__import__()",
    ],
)
def test_there_is_no_way_out(line: str) -> None:
    assert simulate(f"from machine import Pin\nimport time\n{line}\n").error


@pytest.mark.parametrize(
    "line",
    [
        "x = [0] * 10**9",
        "x = 10 ** 10 ** 10",
        "x = 1 << 10**9",
        "x = 'a' * 10**7 * 10**7",
        "x = '%99999999d' % 1",
        "x = '{:99999999}'.format(1)",
        "x = '{:>{w}}'.format(1, w=10**9)",
        "x = f'{1:{10**8}}'",
        "x = pow(10, 10**9)",
        "s = 'ab'\nfor i in range(40):\n    s *= 2",
        "s = 'ab'\nwhile True:\n    s = s + s",
        "l = [1]\nwhile True:\n    l += l",
        "l = [1]\nwhile True:\n    l.extend(l)",
        "s = 'a' * 1000\nwhile True:\n    s = s.replace('a', s)",
        "s = 'a' * 1000\nwhile True:\n    s = ','.join([s] * 1000)",
        "'a'.center(10**9)",
        "class N(int):\n    def bit_length(self):\n        return 0\nN(10) ** N(10**9)",
        "import struct\nstruct.pack('999999999s', b'')",
    ],
)
def test_nothing_fills_the_memory(line: str) -> None:
    trace = simulate(line)
    assert trace.error is not None and ("MemoryError" in trace.error or "format" in trace.error)


@pytest.mark.parametrize(
    "line", ["sum(range(10**12))", "[0 for i in range(10**12)]", "-1 in map(int, range(10**12))"]
)
def test_long_ranges_cost_time(line: str) -> None:
    trace = simulate(line, until=1)
    assert not trace.ended and trace.duration == 1


def test_deep_and_long_programs_are_only_errors() -> None:
    for code in (
        "(" * 5000,
        "-" * 50_000 + "1",
        "1" + "+1" * 30_000,
        "[" * 90 + "]" * 90,
        "x = " + "x." * 5000 + "x",
        "\x00",
    ):
        trace = simulate(code)
        assert trace.error or trace.ended


def test_text_has_a_limit() -> None:
    code = "import espnow\ne = espnow.ESPNow()\ne.active(True)\nwhile True:\n    e.send('x' * 250)"
    assert simulate(code, until=1e4).error == "stopped: more than 4000000 characters of text"
    code = "f = open('a', 'w')\nwhile True:\n    f.write('x' * 900000)"
    assert str(simulate(code).error).endswith(("ENOSPC", "characters of text"))


def test_private_names_of_a_program_are_its_own() -> None:
    code = """
        class Lamp:
            _made = 0
            __secret = 7

            def __init__(self, pin):
                self._line = Pin(pin, Pin.OUT)
                self.__count = 1
                Lamp._made += 1
                self._flash()

            def _flash(self):
                self._line.on()
                print(self.__count, self._made, self.__secret, hasattr(self, "_line"), getattr(self, "_made"))

        lamp = Lamp(2)
        setattr(lamp, "_line", 5)
        print(lamp._line, lamp._nothing if hasattr(lamp, "_nothing") else "none")
    """
    assert run(code).output == ["1 1 7 True 1", "5 none"]
    assert error("class A:\n    pass\nA()._x") == "AttributeError: 'A' object has no attribute '_x'"


def test_lists_are_extended_in_place() -> None:
    assert run("a = b = [1]\na += [2]\na += (3,)\nprint(b)\nc = d = 'x'\nc += 'y'\nprint(d)").output == [
        "[1, 2, 3]",
        "x",
    ]


def test_long_lists_do_not_fit() -> None:
    assert error("list(range(10**12))").startswith("MemoryError")


def test_a_short_range_is_a_range() -> None:
    assert run("r = range(10)\nprint(len(r), r[3], r[-1], list(reversed(r))[0], 5 in r)").output == [
        "10 3 9 9 True"
    ]


def test_endless_recursion_is_an_error() -> None:
    assert error("def f(n):\n    return f(n + 1)\nf(0)") == "RuntimeError: maximum recursion depth exceeded"


def test_processor_time_has_a_limit() -> None:
    trace = simulate("n = 0\nwhile True:\n    n += 1", until=1e6, limits=Limits(cpu=0.05, steps=10**9))
    assert trace.error == "stopped: more than 0.05 s of processor time"


def test_a_keyboard_interrupt_of_the_program_is_its_own() -> None:
    code = "try:\n    raise KeyboardInterrupt\nexcept KeyboardInterrupt:\n    print('stopped')"
    assert run(code).output == ["stopped"]
    assert error("raise KeyboardInterrupt") == "KeyboardInterrupt"


@pytest.mark.parametrize(
    "line",
    [
        "'7'.zfill(3)",
        "'a'.title()",
        "'a'.rjust(3)",
        "(5).bit_length()",
        "def f(a, /):\n    pass",
        "import re",
        "print(1, flush=True)",
        "time.perf_counter()",
        "'abc'[::-1]",
        "(1, 2, 3)[::2]",
        "x = [1, 2]\nx[::2] = [0]",
        "'a b'.split(sep=' ')",
        "int('ff', base=16)",
        "round(2.5, ndigits=1)",
        "{**{}}",
        "(5).real",
    ],
)
def test_what_only_cpython_has_is_an_error(line: str) -> None:
    assert error(line)


def test_what_looks_like_it_but_is_not_works() -> None:
    code = """
        def round(x, ndigits):
            return "mine"

        class Word:
            def split(self, sep):
                return sep

        print(round(1, ndigits=2), Word().split(sep="-"), [1, 2, 3][::-1], list(range(6)[::2]), "abc"[1:])
        print(sorted("ba", reverse=True), max([1, 2], key=lambda v: -v), dict(a=1), list(enumerate("a", start=1)))
        print("{:02d}:{:02d}".format(5, 7), "{a}-{0}".format(1, a=2), "{:>{w}}|".format(1, w=4), "{{}}".format())
    """
    assert run(code).output == [
        "mine - [3, 2, 1] [0, 2, 4] bc", "['b', 'a'] 1 {'a': 1} [(1, 'a')]", "05:07 2-1    1| {}",
    ]  # fmt: skip


def test_methods_of_the_programs_own_classes_may_have_any_name() -> None:
    assert run("class T:\n    def title(self):\n        return 'mine'\nprint(T().title())").output == ["mine"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.1 + 0.2, "0.3"), (1 / 3, "0.3333333"), (23.4, "23.4"), (100.0, "100.0"), (1e10, "1e+10"), (-0.5, "-0.5"),
        (16777216.0, "1.677722e+07"), (1e-7, "1e-07"), (1e39, "inf"), (float("nan"), "nan"),
    ],
)  # fmt: skip
def test_floats_print_with_seven_digits(value: float, shown: str) -> None:
    assert float_text(value) == shown


def test_every_way_to_print_a_float_agrees() -> None:
    code = "x = 0.1 + 0.2\nprint(x, str(x), repr(x), f'{x}', '%s' % x, '{}'.format(x), [x])"
    assert run(code).output == ["0.3 0.3 0.3 0.3 0.3 0.3 [0.3]"]


def test_printing_faster_than_the_cable_takes_time() -> None:
    lines = len(run("while True:\n    print('0123456789')", until=1).output)
    assert 1000 < lines < 1100  # 11 characters at 11,494 a second, and the buffer


def test_print_joins_pieces_of_a_line() -> None:
    assert run("print('a', end='')\nprint('b', 1, sep='-')\nprint('x\\ny')").output == ["ab-1", "x", "y"]


def test_the_clock_is_told_of_every_statement() -> None:
    tree = ast.parse("def f():\n    if 1:\n        a = 1\n    while 0:\n        pass\n    return a\n")
    assert compile_program(ast.unparse(tree)).co_consts  # compiles
    assert run("a = time.ticks_us()\nif a:\n    b = 1\nprint(time.ticks_us() - a)").output == ["75"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=200))
def test_any_text_gives_a_trace(text: str) -> None:
    trace = simulate(text, until=0.1)
    assert trace.error is not None or trace.ended or trace.duration == 0.1


WORDS = st.sampled_from(
    "led . on ( ) Pin 2 , = while True : \n     for i in range 10 if else import time machine from sleep 0.5 print "
    "' [ ] * ** + lambda x def f return PWM freq value not == try except pass irq {} self class with as del".split(
        " "
    )
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(WORDS, max_size=40))
def test_any_jumble_of_words_gives_a_trace(words: list[str]) -> None:
    code = "from machine import Pin, PWM\nimport time\nled = Pin(2, Pin.OUT)\n" + " ".join(words).replace(
        " \n ", "\n"
    )
    trace = simulate(code, until=0.2, limits=Limits(cpu=2, steps=20_000, events=2_000))
    assert trace.error is not None or trace.ended or trace.duration == 0.2


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_printed_floats_are_close_to_their_value(value: float) -> None:
    shown = float_text(value)
    assert shown in ("inf", "-inf") or math.isclose(float(shown), value, rel_tol=1e-6, abs_tol=1e-44)
