"""The kit's module is what the registry says, checked and acted out."""

import math
import shutil
from pathlib import Path
from typing import Any

import pytest
from robo_runtime.paths import configs_dir
from robo_runtime.registry import load_registry
from robo_runtime.simulate import COLORS, Trace, World, simulate

from tests.runtime.simulated import points, values

REGISTRY = load_registry()


def run(code: str, until: float = 10.0, **world: Any) -> Trace:
    names = sorted({name.split(".")[0] for name in REGISTRY.functions})
    return simulate(f"from robokit import {', '.join(names)}\n{code}", World.model_validate(world), until)


NEEDS_CONNECTION = {"web.get", "web.post", "mqtt.publish", "mqtt.on_message"}


@pytest.mark.parametrize("name", sorted(REGISTRY.functions.keys() - NEEDS_CONNECTION - {"map_range"}))
def test_every_example_of_the_registry_runs_and_is_recorded(name: str) -> None:
    trace = simulate(REGISTRY.functions[name].program, World.model_validate({"buttons": {"A": 1}}), until=60)
    assert trace.error is None
    assert list(trace.of("call", name)) or name.startswith("system.")


def test_a_call_is_recorded_with_its_arguments_and_defaults() -> None:
    assert values(run("led.blink(2, on_ms=100)"), "call", "led.blink") == [
        {"n": 2, "times": 1, "on_ms": 100, "off_ms": 500}
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("robot.move_forward(101)", "ValueError: robot.move_forward: speed must be from 0 to 100 %"),
        ("robot.move_forward(50.0)", "TypeError: robot.move_forward: speed must be int"),
        (
            "robot.move_forward(power=5)",
            "TypeError: robot.move_forward() got an unexpected keyword argument 'power'",
        ),
        (
            "robot.move_forward(1, 2)",
            "TypeError: robot.move_forward() takes 1 positional arguments but 2 were given",
        ),
        ("wait()", "TypeError: wait() missing required argument 'seconds'"),
        ("pixels.fill('beige')", "ValueError: pixels.fill: color must be one of"),
        ("timer.every(100, 5)", "TypeError: timer.every: callback must be a function"),
        ("robot.fly()", "AttributeError: module 'robot' has no attribute 'fly'"),
    ],
)
def test_wrong_calls_fail(line: str, message: str) -> None:
    assert message in str(run(line).error)


def test_leds_blink_and_fade() -> None:
    trace = run(
        "led.on()\nwait(0.5)\nled.off()\nled.blink(2, times=2, on_ms=100, off_ms=200)\nled.fade(3, 0, 100, ms=1000)"
    )
    assert points(trace, "led", 1) == [(0, 1), (0.5, 0)]
    assert points(trace, "led", 2) == [(0.5, 1), (0.6, 0), (0.8, 1), (0.9, 0)]
    fade = values(trace, "led", 3)
    assert fade == sorted(fade) and fade[0] == 0 and fade[-1] == 1 and len(fade) == 51


def test_pixels_have_named_colours_and_brightness() -> None:
    trace = run(
        "pixels.fill('red')\npixels.brightness(50)\npixels.clear()\npixels.set(2, 'blue')",
        sensors={"pixels.count": 3},
    )
    off = COLORS["off"]
    assert values(trace, "pixels", "kit") == [
        (COLORS["red"],) * 3, ((127, 0, 0),) * 3, (off,) * 3, (off, off, (0, 0, 127)),
    ]  # fmt: skip


def test_sounds_have_pitch_and_length() -> None:
    trace = run(
        "sound.tone(440, ms=300)\nsound.note('A4', beats=2.0)\nsound.tempo(60)\nsound.note('A5')\nsound.start(100)"
    )
    assert points(trace, "tone", "speaker") == [
        (0, 440), (0.3, 0), (0.3, 440.0), (1.3, 0), (1.3, 880.0), (2.3, 0), (2.3, 100),
    ]  # fmt: skip


def test_servos_move_at_once_or_slowly() -> None:
    trace = run("servo.angle(1, 30)\nservo.move(1, 90, ms=600)\nprint(servo.read(1))\nservo.release(1)")
    angles = points(trace, "servo", 1)
    assert angles[0] == (0, 30) and angles[-2] == (0.6, 90) and angles[-1] == (0.6, None)
    assert len(angles) == 32 and trace.output == ["90"]


def test_the_robot_drives_where_geometry_says() -> None:
    trace = run("robot.forward_distance(50.0)\nrobot.turn_left_angle(90)\nrobot.forward_distance(20.0, speed=100)\n"
                "robot.turn_right_angle(45)\nrobot.backward_distance(10.0)\nprint(robot.distance_travelled())")  # fmt: skip
    x, y, heading = values(trace, "pose", "robot")[-1]
    away = 10 / math.sqrt(2)
    assert (x, y, heading) == pytest.approx((50 - away, 20 - away, 45), abs=0.1)
    assert trace.output == ["60.0"] and values(trace, "motors")[-1] == (0, 0)


def test_an_arc_ends_where_its_circle_does() -> None:
    trace = run("robot.drive_arc(30.0, 180, speed=40)", until=30)
    assert values(trace, "pose")[-1] == pytest.approx((0, 60, 180), abs=0.2)


def test_sensors_answer_from_the_world() -> None:
    code = """
print(sensor.distance(), sensor.temperature(), sensor.light(), sensor.line("left"), sensor.line("right"), sensor.color())
wait(2.0)
print(sensor.distance(), knob.read(), knob.raw(), remote.key(), sensor.motion(), sensor.touch(2))
"""
    trace = run(
        code, distance=[[0, 25], [1, 500]], temperature=19.5, touch={2: 1}, buttons={"motion": [[1, 1]]},
        sensors={"sensor.light": 70, "sensor.line:left": True, "sensor.color": "blue", "knob.read": 50, "remote.key": "OK"},
    )  # fmt: skip
    assert trace.output == ["25.0 19.5 70 True False blue", "-1.0 50 2048 OK True True"]


def test_a_polled_sensor_is_recorded_when_its_answer_changes() -> None:
    code = "while True:\n    if sensor.distance() < 20:\n        robot.stop()\n    else:\n        robot.move_forward(40)\n"
    trace = run(code, distance=[[0, 100], [3, 10], [6, 100]])
    assert [v["->"] for v in values(trace, "call", "sensor.distance")] == [100.0, 10.0, 100.0]
    assert points(trace, "motors", digits=1) == [(0, (40, 40)), (3, (0, 0)), (6, (40, 40))]
    assert [e.key for e in trace.of("call") if e.key != "sensor.distance"] == [
        "robot.move_forward", "robot.stop", "robot.move_forward",
    ]  # fmt: skip


def test_buttons_count_and_call_back() -> None:
    code = """
button.on_press("A", lambda: print("A!"))
button.wait("A")
print(button.is_pressed(), button.count(), button.was_pressed(), button.was_pressed())
wait(3.0)
print(button.count())
"""
    trace = run(code, buttons={"A": [[1, 1], [1.5, 0], [3, 1]]})
    assert trace.output == ["A!", "True 1 True False", "A!", "2"]


def test_timers_and_numbers() -> None:
    code = """
timer.every(1000, lambda: print("tick", timer.seconds()))
timer.after(2500, lambda: print("once"))
print(map_range(5, 0, 10, 0, 100), limit(12, 0, 10), 1 <= random_number(1, 6) <= 6)
clock.set(23, 59, 58)
wait(3.0)
print(clock.time())
"""
    assert run(code, until=3.6).output == [
        "50.0 10 True",
        "tick 1.0",
        "tick 2.0",
        "once",
        "tick 3.0",
        "00:00:01",
    ]


def test_the_display_replaces_lines() -> None:
    trace = run(
        "display.print('one')\ndisplay.print('two', line=1)\ndisplay.print('three')\ndisplay.number(21.5, line=2, label='T:')"
    )
    assert values(trace, "display", "kit") == [
        ("one",),
        ("one", "two"),
        ("three", "two"),
        ("three", "two", "T: 21.5"),
    ]


def test_messages_go_out_and_come_in() -> None:
    code = """
print(wifi.connect("home", "secret"), wifi.ip(), web.get("http://a.test"))
mqtt.connect("broker")
mqtt.on_message("lamp", lambda text: print("mqtt", text))
radio.send("hi")
wait(3.0)
print(radio.receive(), radio.receive() == "")
"""
    trace = run(
        code, pages={"http://a.test": {"text": "hello"}},
        messages=[{"t": 3, "channel": "mqtt", "topic": "lamp", "text": "on"}, {"t": 4, "channel": "espnow", "text": "yo"}],
    )  # fmt: skip
    assert trace.output == ["True 192.168.1.50 hello", "mqtt on", "yo True"]


def test_a_new_function_of_the_registry_works_without_code(tmp_path: Path) -> None:
    for name in ("firmware", "micropython", "boards"):
        shutil.copytree(configs_dir() / name, tmp_path / name)
    led = tmp_path / "firmware" / "led.yaml"
    led.write_text(led.read_text() + "\n  led.sparkle:\n    description: Sparkle.\n    parameters:\n"
                   "      n: {type: int, range: [1, 4]}\n    returns: {type: int}\n    grade_min: 1\n    example: value = led.sparkle(1)\n")  # fmt: skip
    code = "from robokit import led\nprint(led.sparkle(3))\n"
    assert simulate(code).error is not None
    trace = simulate(
        code, World.model_validate({"sensors": {"led.sparkle": 7}}), registry=load_registry(tmp_path)
    )
    assert trace.output == ["7"] and values(trace, "call", "led.sparkle") == [{"n": 3, "->": 7}]


def test_everything_the_registry_lists_of_micropython_can_be_imported() -> None:
    missing = []
    for name, module in REGISTRY.modules.items():
        wanted = [*module.functions, *module.classes, *module.constants]
        wanted += [f"{c}.{m}" for c, k in module.classes.items() for m in (*k.methods, *k.constants)]
        lines = [f"import {name}"] + [f"{name}.{w}" for w in wanted]
        for line in lines:
            if (trace := simulate(f"import {name}\n{line}")).error:
                missing.append((line, trace.error))
    assert missing == []
