"""The API check on right and wrong programs; what is syntax is decided by CPython."""

import ast
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from robo_runtime.check import api_functions, check_program
from robo_runtime.errors import RoboError
from robo_runtime.registry import load_registry

REGISTRY = load_registry()
SYLLABUS = Path(__file__).resolve().parents[2] / "data" / "syllabus"
M = "from machine import Pin, PWM, ADC, Timer, I2C\nimport time\n"

WRONG = [
    # pins
    (M + "led = Pin(34, Pin.OUT)", "pin", 3),
    (M + "led = Pin(39, mode=Pin.OUT)", "pin", 3),
    (M + "led = Pin(6, Pin.OUT)", "pin", 3),
    (M + "led = Pin(24, Pin.IN)", "pin", 3),
    (M + "led = Pin(99)", "pin", 3),
    (M + "b = Pin(35, Pin.IN, Pin.PULL_UP)", "pin", 3),
    (M + "a = ADC(Pin(5))", "pin", 3),
    (M + "a = ADC(18)", "pin", 3),
    (M + "p = Pin(19)\na = ADC(p)", "pin", 4),
    (M + "s = PWM(Pin(36), freq=50)", "pin", 3),
    ("from neopixel import NeoPixel\nfrom machine import Pin\nn = NeoPixel(Pin(34), 8)", "pin", 3),
    ("from machine import TouchPad, Pin\nt = TouchPad(Pin(5))", "pin", 2),
    ("from machine import DAC, Pin\nd = DAC(Pin(4))", "pin", 2),
    ("from hcsr04 import HCSR04\nh = HCSR04(34, 18)", "pin", 2),
    # values
    (M + "s = PWM(Pin(13), freq=50)\ns.duty(1024)", "range", 4),
    (M + "s = PWM(Pin(13), freq=50)\ns.duty(0.5)", "range", 4),
    (M + "s = PWM(Pin(13), freq=50)\ns.duty_u16(65536)", "range", 4),
    (M + "s = PWM(Pin(13), freq=0)", "range", 3),
    (M + "s = PWM(Pin(13), duty=2000)", "range", 3),
    (M + "s = PWM(Pin(13))\ns.duty(512 * 2)", "range", 4),
    (M + "led = Pin(2, Pin.OUT)\nled.value(2)", "range", 4),
    (M + "time.sleep_ms(-5)", "range", 3),
    (M + "time.sleep_ms(0.5)", "range", 3),
    ("from robokit import robot\nrobot.move_forward(101)", "range", 2),
    ("from robokit import robot\nrobot.move_forward(speed=-1)", "range", 2),
    ("from robokit import pixels\npixels.fill('scarlet')", "range", 2),
    ("from robokit import servo\nservo.angle(1, 200)", "range", 2),
    ("from robokit import led\nled.on('one')", "range", 2),
    # calls
    (M + "led = Pin()", "api", 3),
    (M + "led = Pin(2, Pin.OUT)\nled.on(1)", "api", 4),
    (M + "led = Pin(2, Pin.OUT)\nled.blink()", "api", 4),
    (M + "led = Pin(2, Pin.OUTPUT)", "api", 3),
    (M + "led = Pin(2, Pin.OUT)\nled.high()", "api", 4),
    (M + "led = Pin(2, direction=Pin.OUT)", "api", 3),
    (M + "time.sleep()", "api", 3),
    (M + "time.sleep(1, 2)", "api", 3),
    (M + "time.delay(1)", "api", 3),
    (M + "time.sleep_ms('5')", "api", 3),
    (M + "s = PWM(Pin(13), frequency=50)", "api", 3),
    (M + "s = PWM(Pin(13))\ns.set_angle(90)", "api", 4),
    (M + "s = PWM(Pin(13))\ns.freq(50, 60)", "api", 4),
    (M + "a = ADC(Pin(34))\na.value()", "api", 4),
    (M + "a = ADC(Pin(34), atten=ADC.ATTN_12DB)", "api", 3),
    (M + "Timer(0).start()", "api", 3),
    (M + "i = I2C(0)\ni.search()", "api", 4),
    (M + "a, b = Pin(2), Pin(4)\nb.glow()", "api", 4),
    (M + "for led in [Pin(2, Pin.OUT), Pin(4, Pin.OUT)]:\n    led.flash()", "api", 4),
    ("from robokit import robot\nrobot.fly()", "api", 2),
    ("from robokit import robot\nrobot.move_forward(50, 60)", "api", 2),
    ("from robokit import robot\nrobot.move_forward(pace=50)", "api", 2),
    ("from robokit import robot\nrobot()", "api", 2),
    ("from robokit import servo\nservo.angle()", "api", 2),
    ("import dht\nfrom machine import Pin\nd = dht.DHT11(Pin(4))\nd.read()", "api", 4),
    ("import network\nw = network.WLAN(network.STA_IF)\nw.join('a', 'b')", "api", 3),
    # imports
    ("import RPi.GPIO", "api", 1),
    ("import numpy", "api", 1),
    ("from machine import LED", "api", 1),
    ("from time import delay", "api", 1),
    ("from robokit import rocket", "api", 1),
    ("from .machine import Pin", "api", 1),
    # names
    ("led.on()", "name", 1),
    ("x = Pin(2)", "name", 1),
    (M + "print(total)", "name", 3),
    (M + "print(x)\nx = 1", "name", 3),
    (M + "def f():\n    return unknown\nf()", "name", 4),
    # syntax
    ("while True\n    pass", "syntax", 1),
    ("x = (1", "syntax", 1),
    ("break", "syntax", 1),
    ("if True:\n    continue", "syntax", 2),
    ("return 5", "syntax", 1),
    ("  x = 1", "syntax", 1),
    ("x = 'abc", "syntax", 1),
    ("x = \x00", "syntax", 1),
]

RIGHT = [
    M + "led = Pin(2, Pin.OUT)\nwhile True:\n    led.value(not led.value())\n    time.sleep(0.5)\n",
    M + "led = Pin(2, Pin.OUT, value=1)\nled.off()\n",
    M + "s = PWM(Pin(13), freq=50)\ns.duty_ns(500000 + 90 * 2000000 // 180)\n",
    M + "a = ADC(Pin(34), atten=ADC.ATTN_11DB)\nprint(a.read_u16(), a.read_uv())\n",
    M + "a = ADC(Pin(34))\na.atten(ADC.ATTN_11DB)\na.width(ADC.WIDTH_12BIT)\nx = a.read()\n",
    M + "n = 34\nled = Pin(n)\n",
    M + "t = Timer(0)\nt.init(mode=Timer.PERIODIC, period=500, callback=lambda t: print(1))\n",
    M + "def tick(t):\n    global n\n    n += 1\nn = 0\nTimer(1).init(period=10, callback=tick)\n",
    M + "b = Pin(14, Pin.IN, Pin.PULL_UP)\nb.irq(handler=lambda p: print(p), trigger=Pin.IRQ_FALLING)\n",
    M + "leds = [Pin(p, Pin.OUT) for p in (2, 4, 5)]\nfor led in leds:\n    led.on()\n",
    M + "def f():\n    return later\nlater = 3\nprint(f())\n",
    M + "try:\n    print(1)\nexcept OSError as e:\n    print(e)\n",
    M + "now = time.ticks_ms()\nprint(time.ticks_diff(time.ticks_ms(), now))\n",
    "import machine\nled = machine.Pin(2, machine.Pin.OUT)\nled.on()\nmachine.deepsleep(1000)\n",
    "from machine import Pin\nfrom neopixel import NeoPixel\nnp = NeoPixel(Pin(5), 8)\nnp[0] = (255, 0, 0)\nnp.write()\n",
    "from machine import Pin\nfrom dht import DHT22\nd = DHT22(Pin(4))\nd.measure()\nprint(d.temperature())\n",
    "import network\nw = network.WLAN(network.STA_IF)\nw.active(True)\nw.connect('a', 'b')\nprint(w.isconnected())\n",
    "from umqtt.simple import MQTTClient\nc = MQTTClient('a', 'b')\nc.connect()\nc.publish('t', 'm')\n",
    "from robokit import robot, wait\nrobot.move_forward(50)\nwait(1.5)\nrobot.stop()\n",
    "from robokit import button, led\nwhile True:\n    if button.is_pressed('A'):\n        led.on(1)\n",
    "# Sorry: pin 34 can only read, it cannot switch an LED.\n",
    "",
]


@pytest.mark.parametrize(("code", "kind", "line"), WRONG)
def test_a_wrong_program_is_named_with_its_line(code: str, kind: str, line: int) -> None:
    problems = check_program(code, REGISTRY)
    assert [(p.kind, p.line) for p in problems][:1] == [(kind, line)], problems
    assert problems[0].message[0] in "`TPI" or problems[0].message.startswith("There")


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
