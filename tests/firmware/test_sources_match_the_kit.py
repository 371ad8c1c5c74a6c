"""The kit's MicroPython sources do on their pins what the built-in kit records."""

from __future__ import annotations

import pytest
from robo_runtime.paths import firmware_dir
from robo_runtime.registry import load_registry
from robo_runtime.simulate import Trace, World, simulate

from tests.firmware.kit_view import difference, states
from tests.firmware.programs import CASES, Case

REGISTRY = load_registry()
FIRST = {
    "web": 'wifi.connect("home", "secret12")\n',
    "mqtt": 'wifi.connect("home", "secret12")\nmqtt.connect("192.168.1.10")\n',
    "ble": 'ble.start("robot")\n',
}
"""What an example takes for granted."""
MEASURED = {"robot.distance_travelled", "robot.reset_encoders"}
"""Tested by the robot's own tests, since encoders count in steps."""
SILENT = {"ble", "radio", "web", "wifi", "mqtt", "sensor", "button", "joystick", "knob", "remote"}
ENDLESS = {"button.wait"}


def both(code: str, world: World, until: float) -> tuple[Trace, Trace]:
    """The record of the built-in kit and of its sources."""
    return simulate(code, world, until), simulate(code, world, until, firmware=firmware_dir())


def example(name: str) -> str:
    """The registry's example as a program."""
    thing = name.split(".")[0]
    first = FIRST.get(thing, "")
    names = [thing, *(["wifi"] if "wifi." in first else [])]
    return f"from robokit import {', '.join(names)}\n\n{first}{REGISTRY.functions[name].example}\n"


@pytest.mark.parametrize("name", REGISTRY.functions)
def test_every_example_runs_on_the_sources_as_on_the_kit(name: str) -> None:
    native, source = both(example(name), World(), 30.0)
    assert source.error is None and native.error is None
    assert source.ended == native.ended or name in ENDLESS
    assert difference(native, source) is None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_programs_have_the_same_effects(case: Case) -> None:
    native, source = both(case.code, World.model_validate(case.world), case.until)
    assert native.error is None and source.error is None
    assert difference(native, source, case.late) is None
    assert states(source), "a program without effects compares nothing"


def test_the_programs_use_every_function_that_can_be_seen() -> None:
    text = "\n".join(case.code for case in CASES)
    seen = [name for name in REGISTRY.functions if name.split(".")[0] not in SILENT and name not in MEASURED]
    unused = [name for name in seen if f"{name}(" not in text]
    by_example = {name for name in seen if states(simulate(example(name), World(), 30.0))}
    assert [name for name in unused if name not in by_example] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("led.on()", "led.on(2)"), ("led.brightness(1, 50)", "led.brightness(1, 55)"),
        ("servo.angle(1, 90)", "servo.angle(1, 95)"), ("sound.tone(440)", "sound.tone(450)"),
        ("robot.forward_for(1.0)", "robot.backward_for(1.0)"), ("stepper.steps(8)", "stepper.steps(9)"),
        ("relay.on(1)", "relay.on(2)"), ('pixels.fill("red")', 'pixels.fill("blue")'),
        ('display.print("a")', 'display.print("b")'), ('display.print("a")', 'display.print("a", line=1)\ndisplay.print("c")'),
        ("led.blink(1, times=2)", "led.blink(1, times=3)"), ("led.blink(1)", "led.blink(1, on_ms=700)"),
    ],
)  # fmt: skip
def test_the_comparison_tells_other_programs_apart(one: str, other: str) -> None:
    head = "from robokit import display, led, pixels, relay, robot, servo, sound, stepper\n"
    native, _ = both(head + one, World(), 10.0)
    _, source = both(head + other, World(), 10.0)
    assert source.error is None and difference(native, source) is not None
