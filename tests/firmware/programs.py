"""Programs for the kit, and the worlds they run in: richer than the registry's examples."""

from __future__ import annotations

from typing import Any, NamedTuple


class Case(NamedTuple):
    """A program that both kits must act out alike."""

    name: str
    code: str
    until: float = 10.0
    world: dict[str, Any] = {}
    late: float = 0.06
    """Seconds by which a real part answers later than the built-in kit does."""


def _imports(code: str) -> str:
    things = [
        "led", "pixels", "sound", "servo", "gripper", "stepper", "relay", "robot", "display", "button", "knob",
        "joystick", "remote", "sensor", "timer", "log", "clock", "system", "wifi", "web", "mqtt", "ble", "radio",
    ]  # fmt: skip
    plain = ["wait", "wait_ms", "random_number", "map_range", "limit", "say"]
    used = [t for t in things if f"{t}." in code] + [p for p in plain if f"{p}(" in code]
    return f"from robokit import {', '.join(used)}\n{code.strip()}\n"


_CASES = [
    Case("leds", """
led.on()
wait(0.5)
led.off()
led.blink(2, times=3, on_ms=100, off_ms=200)
led.toggle(3)
wait_ms(100)
led.toggle(3)
led.set(4, True)
print(led.is_on(4), led.is_on(3))
led.all_on()
wait(0.2)
led.all_off()
"""),
    Case("dimming", """
led.brightness(1, 50)
wait(0.5)
led.fade(1, 0, 100, ms=1000)
wait(0.1)
led.fade(1, 100, 0, ms=500)
led.brightness(1, 30)
wait(0.1)
led.on(1)
wait(0.1)
led.brightness(1, 100)
led.brightness(2, 0)
"""),
    Case("pixels", """
pixels.fill("red")
wait(0.2)
pixels.brightness(50)
wait(0.2)
pixels.set(2, "blue")
wait(0.2)
pixels.set(40, "green")
pixels.set_rgb(0, 1, 2, 3)
wait(0.2)
pixels.fill_rgb(9, 8, 7)
wait(0.2)
pixels.bar(60, "purple")
print(pixels.count())
wait(0.2)
pixels.clear()
"""),
    Case("moving pixels", 'pixels.rainbow(ms=1000)\npixels.chase("orange", ms=50)\n'),
    Case("sounds", """
sound.tone(440, ms=300)
wait(0.1)
sound.note("A4", beats=2.0)
sound.tempo(60)
wait(0.1)
sound.note("C#5")
sound.start(100)
wait(0.5)
sound.stop()
"""),
    Case("tunes", 'sound.beep(3)\nsound.melody("birthday")\nsound.melody("alarm")\nsound.siren(1.5)\n', 20),
    Case("servos", """
servo.angle(1, 30)
wait(0.5)
servo.move(1, 90, ms=600)
print(servo.read(1), servo.read(2))
servo.release(1)
servo.sweep(2, start=10, end=170, ms=800)
servo.continuous(3, -40)
wait(0.5)
gripper.open()
wait(0.5)
gripper.close()
"""),
    Case("stepper", "stepper.steps(100)\nwait(0.2)\nstepper.angle(-90, rpm=15)\n"),
    Case("relays", "relay.on()\nwait(1)\nrelay.on(2)\nwait(1)\nrelay.off(1)\nrelay.off(2)\n"),
    Case("wheels", """
robot.forward_for(1.0, speed=60)
wait(0.2)
robot.turn_left()
wait(0.5)
robot.set_motors(40, -20)
print(robot.is_moving())
wait(0.5)
robot.set_motor("left", 0)
wait(0.5)
robot.brake()
print(robot.is_moving())
robot.set_default_speed(80)
robot.right_for(0.5)
robot.move_backward()
wait(0.3)
robot.stop()
"""),
    Case("measured ways", """
robot.forward_distance(50.0)
robot.turn_left_angle(90)
robot.backward_distance(20.0, speed=100)
robot.turn_right_angle(angle=45, speed=30)
robot.drive_arc(30.0, 90)
robot.drive_arc(20.0, -60, speed=40)
""", 30, {}, 0.2),
    Case("text on the display", """
display.print("Hello", line=2)
display.number(21.5, line=1, label="T")
display.number(7)
wait(0.2)
display.text("abc", x=10, y=40)
display.show()
wait(0.2)
display.clear()
"""),
    Case("drawing", """
display.rect(10, 10, 40, 20)
display.circle(64, 32, 10, fill=True)
display.line(0, 0, 127, 63)
display.pixel(5, 5)
display.show()
wait(0.3)
display.pixel(5, 5, False)
display.show()
display.invert()
wait(0.3)
display.invert(False)
display.contrast(80)
"""),
    Case("buttons", """
def pressed():
    print("A!")

button.on_press("A", pressed)
print(button.is_pressed("A"), button.count("B"))
button.wait("A")
led.on()
wait(3)
print(button.count("A"), button.was_pressed("A"), button.was_pressed("A"), button.count("B"))
""", 10, {"buttons": {"A": [[0, 0], [1, 1], [1.5, 0], [2, 1], [2.2, 0]], "B": [[3, 1], [3.1, 0]]}}),
    Case("presses before the first question", """
wait(3)
print(button.count(), button.was_pressed(), button.count("B"))
""", 5, {"buttons": {"A": [[0, 0], [1, 1], [1.5, 0], [2, 1], [2.2, 0]], "B": [[3.5, 1]]}}),
    Case("a key held from the start", """
wait(0.5)
while remote.key() == "left":
    led.toggle(4)
    wait(0.5)
led.off(4)
""", 6, {"sensors": {"remote.key": [[0, "left"], [2.2, ""]]}}),
    Case("a light switched by a button", """
while True:
    if button.is_pressed("A"):
        led.on()
    else:
        led.off()
    wait(0.01)
""", 6, {"buttons": {"A": [[0, 0], [1, 1], [2.5, 0], [4, 1]]}}),
    Case("a light toggled by a button", """
while True:
    if button.was_pressed():
        led.toggle()
""", 6, {"buttons": {"A": [[0, 0], [1, 1], [1.5, 0], [4, 1]]}}),
    Case("knob", """
while True:
    led.brightness(1, knob.read())
    wait(0.1)
""", 5, {"sensors": {"knob.read": [[0, 10], [2, 55], [3, 100], [4, 0]]}}),
    Case("raw knob", "print(knob.raw(), knob.read())", 1, {"sensors": {"knob.raw": 2048, "knob.read": 50}}),
    Case("joystick", """
print(joystick.x(), joystick.y())
wait(2)
print(joystick.x(), joystick.y())
""", 5, {"sensors": {"joystick.x": [[0, 0], [1, -80]], "joystick.y": [[0, 100], [1, 40]]}}),
    Case("remote control", """
while True:
    key = remote.key()
    if key == "up":
        robot.move_forward(60)
    elif key == "ok":
        robot.stop()
    wait(0.05)
""", 8, {"sensors": {"remote.key": [[0, ""], [1, "up"], [1.5, ""], [4, "ok"], [4.3, ""]]}}, 0.15),
    Case("distance", """
while True:
    if sensor.distance() < 20:
        robot.stop()
    else:
        robot.move_forward(40)
    wait(0.05)
""", 10, {"distance": [[0, 100], [3, 10], [6, 100]]}),
    Case("out of range", "print(sensor.distance())\nwait(1)\nprint(sensor.distance())", 3, {"distance": [[0, 25.5], [0.5, 500]]}),
    Case("air", """
for i in range(3):
    print(sensor.temperature(), sensor.humidity())
    wait(3)
""", 10, {"temperature": [[0, 19.5], [2, 30.0]], "humidity": [[0, 40], [5, 71.5]]}),
    Case("probe", "print(sensor.probe_temperature())", 3, {"probe": 12.5}, 0.8),
    Case("light and motion", """
while True:
    if sensor.light() < 30 and sensor.motion():
        led.on()
    else:
        led.off()
    wait(0.1)
""", 8, {"sensors": {"sensor.light": [[0, 80], [2, 10], [6, 90]]}, "buttons": {"motion": [[0, 0], [3, 1], [5, 0]]}}),
    Case("soil and relay", """
while True:
    if sensor.soil() < 40:
        relay.on()
    else:
        relay.off()
    wait(0.1)
""", 6, {"sensors": {"sensor.soil": [[0, 60], [2, 20], [4, 70]]}}),
    Case("sound level", "print(sensor.sound())", 1, {"sensors": {"sensor.sound": 33}}),
    Case("gas", "print(sensor.gas())", 1, {"sensors": {"sensor.gas": 71}}),
    Case("rain", "print(sensor.rain())", 1, {"sensors": {"sensor.rain": 88}}),
    Case("dry", "print(sensor.rain())", 1),
    Case("battery", "print(sensor.battery())", 1, {"sensors": {"sensor.battery": 64}}),
    Case("obstacles", 'print(sensor.obstacle(), sensor.obstacle("left"), sensor.obstacle("right"))', 1,
         {"sensors": {"sensor.obstacle:front": True, "sensor.obstacle:right": True}}),
    Case("line", 'print(sensor.line("left"), sensor.line("center"), sensor.line("right"))', 1,
         {"sensors": {"sensor.line:left": True, "sensor.line:center": False}}),
    Case("raw line", 'print(sensor.line_value("left"), sensor.line_value("right"))', 1,
         {"sensors": {"sensor.line_value:left": 3000, "sensor.line_value:right": 120}}),
    Case("line follower", """
while True:
    error = sensor.line_position()
    robot.set_motors(limit(50 + error, 0, 100), limit(50 - error, 0, 100))
    wait(0.05)
""", 6, {"sensors": {"sensor.line_position": [[0, 0], [1, 40], [2, -60], [3, 0]]}}),
    Case("touch", "print(sensor.touch(), sensor.touch(2))\nwait(2)\nprint(sensor.touch(1), sensor.touch(2))", 4,
         {"touch": {"1": [[0, 0], [1, 1]], "2": [[0, 1]]}}),
    Case("colours", "print(sensor.color())\nwait(1)\nprint(sensor.color())\nwait(1)\nprint(sensor.color())", 4,
         {"sensors": {"sensor.color": [[0, "pink"], [0.5, "blue"], [1.5, "off"]]}}),
    Case("colour reading", "print(sensor.color_rgb())", 1, {"sensors": {"sensor.color_rgb": [12, 200, 77]}}),
    Case("acceleration", 'print(sensor.acceleration("x"), sensor.acceleration("z"), sensor.gyro("y"))', 1,
         {"sensors": {"sensor.acceleration:x": 0.5, "sensor.gyro:y": -100.0}}),
    Case("tilt", 'print(sensor.tilt("left"), sensor.tilt("right"), sensor.tilt("forward"), sensor.tilt("backward"))', 1,
         {"sensors": {"sensor.tilt:forward": True}}),
    Case("compass", "print(sensor.heading())", 1, {"sensors": {"sensor.heading": 217}}),
    Case("pressure", "print(sensor.pressure())", 1, {"sensors": {"sensor.pressure": 987.6}}),
    Case("timers", """
def tick():
    led.toggle(1)

def late():
    print("late")

def tock():
    led.toggle(2)

timer.every(500, tick)
timer.every(300, tock)
timer.after(2000, late)
""", 5),
    Case("stopwatch", "wait(1.5)\nprint(round(timer.seconds(), 1))\ntimer.reset()\nwait(0.7)\nprint(round(timer.seconds(), 1))"),
    Case("numbers", """
print(map_range(50.0, 0.0, 100.0, 0.0, 180.0), limit(120.0, 0.0, 100.0), limit(5, 0, 10))
say("hello")
for i in range(5):
    print(random_number(1, 6))
"""),
    Case("clock", "clock.set(7, 30)\nwait(2)\nprint(clock.time())\nclock.set(23, 59, second=59)\nwait(1.5)\nprint(clock.time())"),
    Case("diary", 'log.write("robot", "started")\nlog.write("robot", "done")\nprint(open("robot").read())'),
    Case("many timers", """
for ms in range(100, 1300, 100):
    timer.after(ms, led.toggle)
""", 3),
    Case("deep sleep", "led.blink(1)\nsystem.sleep(2)", 10),
    Case("restart", "led.on()\nwait(1)\nled.off()\nsystem.restart()", 5),
    Case("network", """
print(wifi.connect("home", "secret12"), wifi.is_connected(), wifi.ip())
print(web.get("http://x.org/a"), web.post("http://x.org/b", {"value": 1}))
wifi.disconnect()
print(wifi.is_connected(), wifi.scan())
""", 10, {"wifi": {"home": "secret12"}, "pages": {"http://x.org/a": {"text": "hi"}, "http://x.org/b": {"status": 201}}}),
    Case("wrong password", 'print(wifi.connect("home", "wrong", timeout=3))', 10, {"wifi": {"home": "secret12"}}),
    Case("mqtt", """
def heard(text):
    print(text)
    if text == "on":
        led.on()
    else:
        led.off()

wifi.connect("home", "secret12")
print(mqtt.connect("192.168.1.10"))
mqtt.on_message("lamp/+", heard)
mqtt.publish("state", "ready")
""", 8, {"messages": [{"t": 4, "channel": "mqtt", "topic": "lamp/1", "text": "on"},
                      {"t": 6, "channel": "mqtt", "topic": "lamp/2", "text": "off"},
                      {"t": 5, "channel": "mqtt", "topic": "other", "text": "x"}]}),
    Case("no broker", 'print(mqtt.connect("192.168.1.10"))'),
    Case("bluetooth", """
ble.start("Lamp")
while True:
    text = ble.receive()
    if text == "on":
        led.on()
        ble.send("ok")
    elif text == "off":
        led.off()
    wait(0.1)
""", 6, {"messages": [{"t": 1, "channel": "ble", "text": "on"}, {"t": 3, "channel": "ble", "text": "off"}]}),
    Case("radio", """
radio.send("hello")
while True:
    text = radio.receive()
    if text:
        print(text)
    wait(0.1)
""", 4, {"messages": [{"t": 1, "channel": "espnow", "text": "ring"}]}),
]  # fmt: skip

CASES = [case._replace(code=_imports(case.code)) for case in _CASES] + [
    Case(
        "the package alone", "import robokit\n\nrobokit.led.on()\nrobokit.wait(0.5)\nrobokit.sound.beep()\n"
    ),
    Case(
        "names of one's own",
        "from robokit import led as lamp, wait_ms as pause\nlamp.on()\npause(100)\nlamp.off()\n",
    ),
]
