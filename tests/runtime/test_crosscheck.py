"""The simulator does what a real MicroPython does; skipped without Node.js and the interpreter's package."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from robo_runtime.crosscheck import Program, crosscheck, difference, interpreter
from robo_runtime.crosscheck.check import unfit
from robo_runtime.crosscheck.compare import plain
from robo_runtime.crosscheck.instrument import instrument
from robo_runtime.errors import RoboError
from robo_runtime.simulate import Event, Trace, World, simulate

try:
    found, missing = str(interpreter()), ""
except RoboError as e:
    found, missing = "", str(e)
real = pytest.mark.skipif(bool(missing), reason=missing)

EXPRESSIONS = r"""
round(0.15, 1), round(2.675, 2), round(2.5), round(-3.5), round(1234, -2), round(3.14159, 3)
7 // 2, -7 // 2, -7 % 3, 7.5 // 2, -7.5 % 2, divmod(7, -2), 2 ** -1, 2 ** 70, 1 << 40, -1 >> 1, ~5
"%d %5.2f|%-5d|%05d %x %+d %e %g %c %i%%" % (3.7, 3.14159, 42, 42, 255, 5, 12345.678, 0.0001, "a", 5)
"{:.2f}|{:5d}|{:<5}|{:>5}|{:^5}|{:,}|{:b}|{:#x}|{:+d}|{:.0%}|{:*^7}".format(2.345, 1, 2, 3, 4, 1234567, 10, 255, 3, 0.5, "ab")
f"{3.14159:.2f} {42:5d}| {3:02d}:{7:02d} {255:08b} {None} {[1, 2]} {'x'!r} {0.25:.1f} {2.5:.0f} {0.125:.2f}"
"%.1f %.0f %.2f" % (0.25, 2.5, 0.125), "{:.1f}".format(-0.75), "%.1f" % 0.35
str([1.5, "a", None, True]), str((1,)), str({"a": 1}), repr("it's"), repr("a\n\tä€"), str(b"a\x00"), str(set())
"ä".upper(), "aB".lower(), "a,b".split(","), " a b ".split(), "a-b".partition("-"), "abc".find("c"), "x".center(5)
"abc".replace("b", "xx"), "12".isdigit(), "ab".isalpha(), "abc"[::-1][0] if False else "abc"[-1], "b" in "abc"
[1, 2, 3][::2], [3, 1, 2].index(1), sorted([3, 1, 2], reverse=True), max(1, 5, key=lambda x: -x), min([], default=0)
list(map(lambda x: x * 2, [1, 2])), list(zip([1, 2], "ab")), list(enumerate("ab", 1)), list(range(5, 0, -2))
isinstance(True, int), isinstance(True, bool), isinstance(1, (int, str)), type(1), type(None), 1 == True
1 / 3, 0.1 + 0.2, 1e20, 1e-7, 100000.0 * 3, float("3.5"), int("0x1f", 16), int(-2.7), -0.0, float("inf")
{i: i * i for i in range(3)}, [i for i in range(5) if i % 2], (lambda a, b=2: a + b)(1), 3 and 5, 0 or 7, 1 < 2 < 3
(5).to_bytes(2, "big"), int.from_bytes(b"\x01\x02", "little"), bytes([1, 2]), bytearray(2), b"\xff".hex()
""".strip().splitlines()

STATEMENTS = {
    "errors": """
for f in (lambda: 1 / 0, lambda: 1 % 0, lambda: 1.0 / 0, lambda: {}["x"], lambda: nope, lambda: int("x")):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e, repr(e))
for e in (ValueError("a", 1), OSError(2), KeyError("k"), RuntimeError()):
    print(e, repr(e))
""",
    "files": """
with open("log.txt", "w") as f:
    print(f.write("one\\ntwo\\n"))
with open("log.txt", "a") as f:
    f.write("three")
for line in open("log.txt"):
    print(line.strip())
try:
    open("missing.txt")
except OSError as e:
    print("no file", e.errno)
""",
    "random": """
import random
random.seed(3)
print([random.randint(1, 100) for _ in range(8)], random.choice("abc"), random.randrange(5, 50, 5))
print(random.getrandbits(16), random.getrandbits(0), [random.randrange(7) for _ in range(5)])
""",
    "classes and generators": """
class Lamp:
    made = 0
    def __init__(self, pin):
        Lamp.made += 1
        self._pin = pin
    @property
    def pin(self):
        return self._pin
    def __str__(self):
        return "lamp " + str(self._pin)
def count(n):
    while n:
        got = yield n
        n -= 1 if got is None else got
lamp = Lamp(4)
steps = count(5)
print(lamp, lamp.pin, Lamp.made, next(steps), steps.send(2), list(steps))
try:
    raise ValueError("x")
except (TypeError, ValueError) as e:
    print("caught", e)
else:
    print("never")
finally:
    print("done")
""",
    "clock": """
import time
start = time.ticks_ms()
while time.ticks_diff(time.ticks_ms(), start) < 1500:
    pass
print(time.ticks_ms() // 10, time.ticks_add(1, -2), time.localtime(762523200), time.mktime((2024, 2, 29, 12, 0, 0, 0, 0)))
""",
    "hardware": """
from machine import Pin, PWM, ADC, Timer
import neopixel, dht, time
led = Pin(2, Pin.OUT)
button = Pin(14, Pin.IN, Pin.PULL_UP)
servo = PWM(Pin(13), freq=50)
knob = ADC(Pin(34), atten=ADC.ATTN_11DB)
strip = neopixel.NeoPixel(Pin(5), 3)
sensor = dht.DHT22(Pin(15))
def pressed(pin):
    led.toggle()
button.irq(pressed, Pin.IRQ_FALLING)
Timer(0).init(period=700, callback=lambda t: print("tick", t.value() >= 0))
for i in range(20):
    servo.duty_ns(500000 + knob.read_u16() * 2000000 // 65535)
    strip.fill((i, 0, 255 - i))
    strip.write()
    sensor.measure()
    print(sensor.temperature(), sensor.humidity(), knob.read())
    time.sleep(0.1)
""",
    "an endless loop": "n = 0\nwhile True:\n    n += 1\n",
    "the kit": """
from robokit import robot, led, sound, display, button, sensor, timer, wait
timer.every(400, lambda: led.toggle(n=2))
led.fade(n=1, start=0, end=100, ms=200)
robot.forward_for(1, speed=73)
robot.turn_left_angle(90)
robot.set_default_speed(35)
robot.forward_for(0.5)
display.print(str(sensor.color_rgb()), line=2)
sound.beep(times=2)
display.number(21.25, label="T")
while not button.is_pressed("A"):
    wait(0.1)
led.off()
""",
}
WORLD = {
    "buttons": {14: [[0, 1], [0.5, 0], [0.7, 1]], "A": [[0, 0], [5, 1]]},
    "analog": {34: [[0, 0.4], [1, 2.9]]},
    "temperature": [[0, 21.25], [1, -3.5]],
    "sensors": {"sensor.color_rgb": [[0, [200, 90, 30]]]},
}


@pytest.fixture(scope="module", autouse=True)
def _same_interpreter() -> Iterator[None]:
    """The cache folder of tests is their own; the interpreter stays where it was found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROBO_MICROPYTHON", found)
        yield


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[str, str]]:
    """The differences of all programs of this file, by name."""
    world = World.model_validate(WORLD)
    programs = [Program(e, f"print({e})", until=1) for e in EXPRESSIONS]
    programs += [Program(name, code, world, 6.0) for name, code in STATEMENTS.items()]
    yield {o.program.name: o.skipped or o.difference or "" for o in crosscheck(programs)}


@real
@pytest.mark.parametrize("name", [*EXPRESSIONS, *STATEMENTS])
def test_the_simulator_does_what_micropython_does(name: str, outcomes: dict[str, str]) -> None:
    assert outcomes[name] == ""


@real
def test_two_hundredths_of_a_second_are_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison is not blind: a simulator whose sleeps are 2% too long is found out."""
    from robo_runtime.simulate.board import Board

    sleep = Board.sleep
    monkeypatch.setattr(Board, "sleep", lambda self, us: sleep(self, us * 102 // 100))
    code = "import time\nfrom machine import Pin\ntime.sleep(1)\nPin(2, Pin.OUT).on()\n"
    (outcome,) = crosscheck([Program("late", code)])
    assert outcome.difference == "event 0: pin 2 at 1.020100 s in the simulator, 1.000100 s in MicroPython"


@real
def test_the_firmware_drives_the_same_pins_in_both() -> None:
    """The kit's functions from their sources, with encoders that count and a reset that runs them again."""
    from robo_runtime.paths import firmware_dir

    code = """
from robokit import robot, led, servo, sensor, system, wait
led.on(n=2)
servo.angle(1, 120)
robot.forward_distance(12)
print(sensor.distance())
wait(0.5)
system.sleep(2)
"""
    (outcome,) = crosscheck([Program("kit", code, until=6.0)], [firmware_dir()])
    assert outcome.difference is None and outcome.skipped is None
    assert outcome.real is not None
    assert {"pwm", "pin", "input", "motors", "sleep", "reset"} <= {e.kind for e in outcome.real.events}


def test_differences_are_told_in_words() -> None:
    a, b = Trace([Event(1.0, "pin", 2, 1)]), Trace([Event(1.0, "pin", 2, 0)])
    assert (
        difference(a, b) == "event 0: simulator pin 2 = 1 at 1.000000 s, MicroPython pin 2 = 0 at 1.000000 s"
    )
    assert difference(a, Trace()) == (
        "1 events in the simulator, 0 in MicroPython; only in the simulator: pin 2 = 1 at 1.000000 s"
    )
    assert difference(a, a) is None


def test_numbers_are_compared_as_far_as_a_32_bit_float_goes() -> None:
    assert plain("T: 0.3333333") == plain("T: 0.3333333333333333")
    assert plain((1.0, [0.1 + 0.2])) == plain([1, (0.3,)])
    assert plain("2 blinks") != plain("3 blinks") and plain(0.5) != plain(0.50001)


def test_clock_calls_leave_a_program_as_it_was() -> None:
    """Without them the text is what `ast.unparse` makes of the program."""
    import ast

    for code in STATEMENTS.values():
        lines = instrument(code).splitlines()
        kept = [line for line in lines if not line.strip().startswith("_sim_")]
        text = "\n".join(kept).replace(" if _sim_tick() is None", "")
        assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(code))


def test_what_the_host_lacks_is_skipped_with_a_reason() -> None:
    assert unfit("import _thread\n") == "the host has no module _thread"
    assert unfit("async def f():\n    pass\n") == "the host has no asyncio"
    assert unfit("x = (\n") == "not a program: line 1: '(' was never closed"
    assert unfit("from machine import Pin\nimport time\n") is None


def test_a_missing_interpreter_is_an_error_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROBO_CACHE", str(tmp_path))
    monkeypatch.delenv("ROBO_MICROPYTHON", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RoboError, match=r"install Node\.js"):
        interpreter()
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\n")
    node.chmod(0o755)
    with pytest.raises(RoboError, match="robo crosscheck --install"):
        interpreter()


def test_the_same_seed_draws_what_micropython_draws() -> None:
    """Values of MicroPython 1.27: `random.seed(3)`, then five of `randint(1, 100)`."""
    trace = simulate("import random\nrandom.seed(3)\nprint([random.randint(1, 100) for _ in range(5)])")
    assert trace.output == ["[85, 82, 10, 98, 73]"]
