"""Near misses: lines that must be refused, each beside the same line mended, which must be accepted.

Both are put into the same frame, so that nothing but the fault makes the difference.
"""

import pytest

PLAIN = """from machine import Pin, PWM, ADC, I2C, Timer
from neopixel import NeoPixel
import time
import random
import math

{line}
"""

KIT = """from robokit import led, robot, servo, pixels, sound, display, sensor, button, timer, wait, say, web
import time

{line}
"""

IMPORTS = "{line}\n\nprint(1)\n"

BARE = "{line}\n"

PLAIN_PAIRS = {
    "pin 34 cannot switch": ("led = Pin(34, Pin.OUT)", "led = Pin(33, Pin.OUT)"),
    "pin 36 has no pull-up": ("b = Pin(36, Pin.IN, Pin.PULL_UP)", "b = Pin(36, Pin.IN)"),
    "pin 6 belongs to the flash": ("led = Pin(6, Pin.OUT)", "led = Pin(16, Pin.OUT)"),
    "there is no pin 20": ("x = Pin(20)", "x = Pin(21)"),
    "there is no pin 40": ("x = Pin(40)", "x = Pin(4)"),
    "pin with a leading zero": ("x = Pin(04)", "x = Pin(4)"),
    "pin 35 has no PWM": ("m = PWM(Pin(35), freq=50)", "m = PWM(Pin(32), freq=50)"),
    "pin 5 cannot measure": ("a = ADC(Pin(5))", "a = ADC(Pin(34))"),
    "adc number 21": ("a = ADC(21)", "a = ADC(32)"),
    "strips need an output": ("np = NeoPixel(Pin(39), 8)", "np = NeoPixel(Pin(5), 8)"),
    "pin without its class": ("np = NeoPixel(5, 8)", "np = NeoPixel(Pin(5), 8)"),
    "mode of another library": ("led = Pin(2, OUTPUT)", "led = Pin(2, Pin.OUT)"),
    "unknown constant": ("led = Pin(2, Pin.OUTPUT)", "led = Pin(2, Pin.OUT)"),
    "pull as a mode": ("b = Pin(4, Pin.PULL_UP)", "b = Pin(4, Pin.IN, Pin.PULL_UP)"),
    "pull of an output": ("b = Pin(4, Pin.OUT, Pin.PULL_UP)", "b = Pin(4, Pin.OUT, value=1)"),
    "start value 2": ("led = Pin(2, Pin.OUT, value=2)", "led = Pin(2, Pin.OUT, value=1)"),
    "pin is needed": ("led = Pin()", "led = Pin(2)"),
    "size is needed": ("np = NeoPixel(Pin(5))", "np = NeoPixel(Pin(5), 8)"),
    "no pixels": ("np = NeoPixel(Pin(5), 0)", "np = NeoPixel(Pin(5), 1)"),
    "colour 256": ("np.fill((256, 0, 0))", "np.fill((255, 0, 0))"),
    "negative colour": ("np.fill((0, -1, 0))", "np.fill((0, 1, 0))"),
    "colour as text": ('np.fill("red")', "np.fill((255, 0, 0))"),
    "duty above 16 bits": ("m.duty_u16(65536)", "m.duty_u16(65535)"),
    "duty above 10 bits": ("m.duty(1024)", "m.duty(1023)"),
    "duty as a fraction": ("m.duty_u16(0.5)", "m.duty_u16(32768)"),
    "duty twice": ("m = PWM(Pin(2), duty=1, duty_u16=1)", "m = PWM(Pin(2), freq=1, duty_u16=1)"),
    "frequency 0": ("m.freq(0)", "m.freq(1)"),
    "unknown keyword": ("m = PWM(Pin(2), frequency=50)", "m = PWM(Pin(2), freq=50)"),
    "keyword twice": ("m = PWM(Pin(2), freq=50, freq=60)", "m = PWM(Pin(2), freq=50, duty_u16=0)"),
    "position after keyword": ("m = PWM(freq=50, Pin(2))", "m = PWM(Pin(2), freq=50)"),
    "attenuation in decibels": ("a = ADC(Pin(34), atten=11)", "a = ADC(Pin(34), atten=ADC.ATTN_11DB)"),
    "unknown attenuation": ("a.atten(ADC.ATTN_12DB)", "a.atten(ADC.ATTN_11DB)"),
    "bus 2": ("i = I2C(2, scl=Pin(22), sda=Pin(21))", "i = I2C(1, scl=Pin(22), sda=Pin(21))"),
    "bus on an input": ("i = I2C(0, scl=Pin(34), sda=Pin(21))", "i = I2C(0, scl=Pin(22), sda=Pin(21))"),
    "address 128": ("i.writeto(128, b'')".replace("'", '"'), 'i.writeto(127, b"")'),
    "address 0x80": ('i.writeto(0x80, b"")', 'i.writeto(0x7F, b"")'),
    "timer 9": ("t = Timer(9)", "t = Timer(3)"),
    "period as text": ('t.init(period="1")', "t.init(period=1)"),
    "a call in place of a callback": ("t.init(callback=tick())", "t.init(callback=tick)"),
    "mode by number": ("t.init(mode=5)", "t.init(mode=Timer.PERIODIC)"),
    "unknown method": ("led.blink()", "led.toggle()"),
    "method of another library": ("led.write(HIGH, 1)", "led.value(1)"),
    "method without brackets": ("led.on", "led.on()"),
    "argument too many": ("led.on(1)", "led.value(1)"),
    "level 2": ("led.value(2)", "led.value(1)"),
    "unknown function of a module": ("time.delay(1)", "time.sleep(1)"),
    "capital function": ("time.Sleep(1)", "time.sleep(1)"),
    "module called": ("time(1)", "time.sleep(1)"),
    "function without brackets": ("time.sleep", "time.sleep(1)"),
    "no time given": ("time.sleep()", "time.sleep(1)"),
    "two times given": ("time.sleep(1, 2)", "time.sleep(1)"),
    "milliseconds as a fraction": ("time.sleep_ms(0.5)", "time.sleep(0.5)"),
    "negative milliseconds": ("time.sleep_ms(-5)", "time.sleep_ms(5)"),
    "time as text": ('time.sleep("1")', "time.sleep(1)"),
    "keyword of a built-in": ("time.sleep(seconds=1)", "time.sleep(1)"),
    "one bound": ("x = random.randint(6)", "x = random.randint(1, 6)"),
    "unknown module function": ("x = math.square(2)", "x = math.sqrt(2)"),
    "unknown module constant": ("x = math.PI", "x = math.pi"),
    "module as a variable": ("time = 5", "times = 5"),
    "class as a variable": ("Pin = 5", "PIN = 5"),
    "built-in as a variable": ("print = 5", "printed = 5"),
    "built-in with too much": ("x = len(a, b)", "x = len(a)"),
    "built-in with too little": ("x = abs()", "x = abs(1)"),
    "range of nothing": ("for i in range():\n    print(i)", "for i in range(9):\n    print(i)"),
    "forbidden built-in": ('x = eval("1")', 'x = int("1")'),
    "class not in the registry": ("x = Servo(13)", "x = PWM(Pin(13))"),
    "unknown escape": ('print("\\q")', 'print("\\n")'),
}

KIT_PAIRS = {
    "speed 101": ("robot.move_forward(101)", "robot.move_forward(100)"),
    "negative speed": ("robot.move_forward(-1)", "robot.move_forward(1)"),
    "speed below -100": ("robot.set_motors(-101, 0)", "robot.set_motors(-100, 0)"),
    "speed as a fraction": ("robot.move_forward(0.5)", "robot.move_forward(50)"),
    "speed as text": ('robot.move_forward("50")', "robot.move_forward(50)"),
    "speed as None": ("robot.move_forward(None)", "robot.move_forward()"),
    "speed as a list": ("robot.move_forward([50])", "robot.move_forward(50)"),
    "speed 101 as one branch": (
        "robot.move_forward(50 if x else 101)",
        "robot.move_forward(50 if x else 100)",
    ),
    "unknown keyword": ("robot.move_forward(velocity=50)", "robot.move_forward(speed=50)"),
    "unknown function": ("robot.forward(50)", "robot.move_forward(50)"),
    "function of another object": ("robot.on()", "led.on()"),
    "pin style in a kit program": ("led.value(1)", "led.on(1)"),
    "argument too many": ("robot.stop(1)", "robot.stop()"),
    "side is needed": ("robot.set_motor(50)", 'robot.set_motor("left", 50)'),
    "unknown side": ('robot.set_motor("middle", 50)', 'robot.set_motor("right", 50)'),
    "angle 181": ("servo.angle(1, 181)", "servo.angle(1, 180)"),
    "servo 0": ("servo.angle(0, 90)", "servo.angle(1, 90)"),
    "servo 5": ("servo.angle(5, 90)", "servo.angle(4, 90)"),
    "angle is needed": ("servo.angle(1)", "servo.angle(1, 90)"),
    "angle by the wrong name": ("servo.angle(1, degrees=90)", "servo.angle(1, angle=90)"),
    "unknown colour": ('pixels.fill("gold")', 'pixels.fill("yellow")'),
    "colour without quotes": ("pixels.fill((1, 2, 3), 4)", 'pixels.fill("red")'),
    "colour 256": ("pixels.fill_rgb(0, 256, 0)", "pixels.fill_rgb(0, 255, 0)"),
    "pixel 64": ('pixels.set(64, "red")', 'pixels.set(63, "red")'),
    "unknown note": ('sound.note("H4")', 'sound.note("B4")'),
    "note out of reach": ('sound.note("C7")', 'sound.note("C6")'),
    "beats below an eighth": ('sound.note("C4", 0.1)', 'sound.note("C4", 0.125)'),
    "frequency 19": ("sound.tone(19)", "sound.tone(20)"),
    "frequency 10001": ("sound.tone(10001)", "sound.tone(10000)"),
    "waiting for more than an hour": ("wait(3600.5)", "wait(3600.0)"),
    "waiting backwards": ("wait(-1)", "wait(1)"),
    "waiting for text": ('wait("1")', "wait(1)"),
    "object called": ("led(1)", "led.on(1)"),
    "function of an object without it": ("move_forward = robot.move_forward", "x = sensor.distance()"),
    "text as a number": ("say(5)", "say(str(5))"),
    "column 128": ('display.text("a", 128, 0)', 'display.text("a", 127, 0)'),
    "truth as text": ('display.invert("True")', "display.invert(True)"),
    "data as text": ('web.post("http://a", "b")', 'web.post("http://a", {"b": 1})'),
    "callback called": ('button.on_press("A", f())', 'button.on_press("A", f)'),
    "unknown button": ('button.is_pressed("C")', 'button.is_pressed("B")'),
    "axis as a number": ("x = sensor.gyro(1)", 'x = sensor.gyro("x")'),
    "value of no value in a text": ('print(f"{robot.stop()}")', 'print(f"{sensor.light()}")'),
    "period 0": ("timer.every(0, f)", "timer.every(1, f)"),
}

IMPORT_PAIRS = {
    "unknown import": ("import numpy", "import math"),
    "name not in its module": ("from machine import Motor", "from machine import PWM"),
    "class from another module": ("from machine import NeoPixel", "from neopixel import NeoPixel"),
    "unknown kit object": ("from robokit import camera", "from robokit import led"),
    "star import": ("from machine import *", "from machine import Pin"),
    "import with a new name": ("import time as t", "import time"),
    "nothing imported": ("from machine import", "from machine import Pin"),
}

BARE_PAIRS = {
    "break outside a loop": ("if x:\n    break", "while x:\n    break"),
    "break in a function in a loop's place": ("def f():\n    break", "def f():\n    return"),
    "continue outside a loop": ("if x:\n    continue", "for i in x:\n    continue"),
    "return outside a function": ("while x:\n    return", "def f():\n    return"),
    "global outside a function": ("global x", "def f():\n    global x"),
    "no colon after if": ("if x\n    print(x)", "if x:\n    print(x)"),
    "no colon after while": ("while True\n    print(x)", "while True:\n    print(x)"),
    "no colon after def": ("def f()\n    print(x)", "def f():\n    print(x)"),
    "no colon after else": ("if x:\n    f()\nelse\n    g()", "if x:\n    f()\nelse:\n    g()"),
    "indent of two": ("if x:\n  print(x)", "if x:\n    print(x)"),
    "indent of three": ("if x:\n   print(x)", "if x:\n    print(x)"),
    "tab": ("if x:\n\tprint(x)", "if x:\n    print(x)"),
    "indent out of nowhere": ("x = 1\n    y = 2", "x = 1\ny = 2"),
    "indent too deep": ("if x:\n        print(x)", "if x:\n    print(x)"),
    "half a dedent": ("if x:\n    f()\n  g()", "if x:\n    f()\ng()"),
    "no block": ("if x:\nprint(x)", "if x:\n    print(x)"),
    "only a comment as a block": ("if x:\n    # nothing", "if x:\n    pass"),
    "else without if": ("else:\n    print(x)", "if x:\n    f()\nelse:\n    print(x)"),
    "elif after else": (
        "if x:\n    f()\nelse:\n    g()\nelif y:\n    h()",
        "if x:\n    f()\nelif y:\n    h()\nelse:\n    g()",
    ),
    "try alone": ("try:\n    f()\nprint(x)", "try:\n    f()\nexcept OSError:\n    print(x)"),
    "bare except": ("try:\n    f()\nexcept:\n    g()", "try:\n    f()\nexcept OSError:\n    g()"),
    "unknown error": (
        "try:\n    f()\nexcept IOError:\n    g()",
        "try:\n    f()\nexcept OSError:\n    g()",
    ),
    "class statement": ("class Robot:\n    pass", "def robot():\n    pass"),
    "with statement": ('with open("a") as f:\n    f.read()', 'f = open("a")'),
    "decorator": ("@property\ndef f():\n    pass", "def f():\n    pass"),
    "keyword as a name": ("for = 3", "four = 3"),
    "keyword as a value": ("x = while", "x = whiles"),
    "name begins with a digit": ("2x = 1", "x2 = 1"),
    "camel case": ("ledPin = 2", "led_pin = 2"),
    "assignment to a call": ("f() = 1", "x = f()"),
    "assignment to a number": ("1 = x", "x = 1"),
    "assignment as a value": ("if x = 1:\n    f()", "if x == 1:\n    f()"),
    "increment": ("x++", "x += 1"),
    "missing operand": ("x = 1 +", "x = 1 + 2"),
    "two operands": ("x = 1 2", "x = 1 * 2"),
    "spaceless operator": ("x = 1+2", "x = 1 + 2"),
    "spaceless assignment": ("x=1", "x = 1"),
    "operator of C": ("x = a && b", "x = a and b"),
    "negation of C": ("x = !a", "x = not a"),
    "not after an operator": ("x = 1 + not a", "x = 1 + (not a)"),
    "open bracket": ("x = (1 + 2", "x = (1 + 2)"),
    "wrong bracket": ("x = [1, 2)", "x = [1, 2]"),
    "open string": ('x = "abc', 'x = "abc"'),
    "single quotes": ("x = 'abc'", 'x = "abc"'),
    "open brace in an f-string": ('x = f"{a"', 'x = f"{a}"'),
    "empty braces in an f-string": ('x = f"{}"', 'x = f"{a}"'),
    "same quotes inside an f-string": ('x = f"{a["b"]}"', "x = f\"{a['b']}\""),
    "leading zero": ("x = 007", "x = 7"),
    "leading point": ("x = .5", "x = 0.5"),
    "semicolon": ("x = 1; y = 2", "x = 1\ny = 2"),
    "one-line block": ("if x: f()", "if x:\n    f()"),
    "trailing space": ("x = 1 ", "x = 1"),
    "lone value": ("x", "x()"),
    "lone number": ("5", "f(5)"),
    "lone text": ('"text"', 'print("text")'),
    "three blank lines": ("x = 1\n\n\n\ny = 2", "x = 1\n\n\ny = 2"),
    "default before a parameter without": ("def f(a=1, b):\n    pass", "def f(a, b=1):\n    pass"),
    "function in a function": ("def f():\n    def g():\n        pass", "def f():\n    g()"),
    "yield": ("def f():\n    yield 1", "def f():\n    return 1"),
    "argument missing between commas": ("f(1, , 2)", "f(1, 0, 2)"),
    "comprehension without a source": ("x = [i for i]", "x = [i for i in y]"),
    "empty index": ("x = y[]", "x = y[0]"),
    "kit call without its import": ("led.blink(2)", "led.toggle()"),
    "refusal without a reason": ("# Sorry: ", "# Sorry: no camera"),
    "only a comment": ("# assumed: LED on pin 2", "# assumed: LED on pin 2\nx = 1"),
}

_FRAMES = {
    "plain": (PLAIN, PLAIN_PAIRS),
    "kit": (KIT, KIT_PAIRS),
    "imports": (IMPORTS, IMPORT_PAIRS),
    "bare": (BARE, BARE_PAIRS),
}
WRONG = [
    pytest.param(frame, wrong, id=why)
    for frame, pairs in _FRAMES.values()
    for why, (wrong, _) in pairs.items()
]
RIGHT = [
    pytest.param(frame, [right for _, right in pairs.values()], id=name)
    for name, (frame, pairs) in _FRAMES.items()
]
