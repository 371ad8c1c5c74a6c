"""Parts of the kit where the pins say more than the built-in kit records."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from robo_runtime.paths import firmware_dir
from robo_runtime.simulate import Trace, World, simulate
from robo_runtime.simulate.firmware import load_firmware
from robo_runtime.simulate.remote import CODES

PINS = load_firmware().settings["PINS"]
A, B = PINS["button"]["A"], PINS["button"]["B"]


def run(code: str, until: float = 10.0, **world: Any) -> Trace:
    """The record of a program on the kit's sources; it must not fail."""
    trace = simulate(code, World.model_validate(world), until, firmware=firmware_dir())
    assert trace.error is None, trace.error
    return trace


def error(code: str, until: float = 10.0, **world: Any) -> str:
    """How a program on the kit's sources fails."""
    trace = simulate(code, World.model_validate(world), until, firmware=firmware_dir())
    assert trace.error is not None
    return trace.error


def test_a_blinking_led_toggles_its_pin() -> None:
    trace = run("from robokit import led\nled.blink(3, times=2, on_ms=100, off_ms=200)")
    pin = PINS["led"][2]
    assert [(round(e.t, 1), e.value) for e in trace.of("pin", pin)] == [(0, 1), (0.1, 0), (0.3, 1), (0.4, 0)]


def test_only_a_dimmed_led_takes_a_pwm_channel() -> None:
    trace = run(
        "from robokit import led\nled.on()\nled.brightness(1, 25)\nled.brightness(1, 0)\nled.toggle()"
    )
    assert [e.value for e in trace.of("pwm", PINS["led"][0])] == [
        (1000, pytest.approx(0.25, abs=1e-4)),
        (0, 0.0),
    ]
    assert [e.value for e in trace.of("pin", PINS["led"][0])] == [1, 0, 1]


def test_a_servo_gets_the_pulses_of_its_angle() -> None:
    trace = run("from robokit import servo\nservo.angle(1, 0)\nservo.angle(1, 90)\nservo.angle(1, 180)")
    assert [e.value for e in trace.of("pulse", PINS["servo"][0])] == pytest.approx([500, 1500, 2500], abs=1)


def test_the_wheels_are_driven_by_two_inputs_each() -> None:
    trace = run("from robokit import robot\nrobot.set_motors(50, -100)\nrobot.brake()")
    duties = [[round(e.value[1], 2) for e in trace.of("pwm", pin)] for pin in PINS["motor"]]
    assert duties == [[0, 0.5, 0, 1], [0, 1], [0, 1], [0, 1, 0, 1]]


def test_encoders_bring_the_robot_where_geometry_says() -> None:
    trace = run(
        "from robokit import robot\nrobot.forward_distance(50.0)\nrobot.turn_left_angle(90)\n"
        "robot.forward_distance(20.0, speed=100)\nrobot.backward_distance(5.0)\nprint(robot.distance_travelled())\n"
        "robot.reset_encoders()\nrobot.forward_for(1.0, speed=40)\nprint(robot.distance_travelled())"
    )
    x, y, heading = list(trace.of("pose", "robot"))[-1].value
    assert (x, y, heading) == pytest.approx((50, 15 + 12, 90), abs=1.5)
    assert [float(line) for line in trace.output] == pytest.approx([65, 12], abs=1)


def test_a_wheel_that_does_not_turn_stops_the_robot_and_says_so() -> None:
    stuck = World.model_validate({"buttons": {PINS["encoder"][1]: 1}})
    trace = simulate(
        "from robokit import robot\nrobot.forward_distance(50.0)", stuck, firmware=firmware_dir()
    )
    assert trace.error is not None
    assert trace.error.startswith(
        "line 2: OSError: the right wheel does not turn: blocked, or no encoder on pin 15"
    )
    assert list(trace.of("motors"))[-1].value == (0, 0)


def test_parts_on_one_pin_are_told_apart() -> None:
    said = error("from robokit import relay, robot\nrelay.on()\nrobot.move_forward()")
    assert said == "line 3: ValueError: pin 26: relay 1 and the wheels share it; use one of them"


def test_one_encoder_is_enough_when_a_sensor_has_the_pin_of_the_other() -> None:
    code = "from robokit import robot, sensor\nrobot.move_forward()\nprint(sensor.motion())\nrobot.forward_distance(30.0)\n"
    trace = run(code + "print(sensor.motion())", buttons={"motion": [[0, 0], [1, 1]]})
    assert trace.output == ["False", "True"]
    assert list(trace.of("pose"))[-1].value[0] == pytest.approx(30, abs=1)


def test_without_encoders_a_way_cannot_be_measured() -> None:
    code = "from robokit import robot, sensor\nsensor.motion()\nsensor.touch(2)\nrobot.forward_distance(30.0)"
    assert "pin 39: the motion sensor and the left encoder share it" in error(code)


def test_ways_are_measured_in_callbacks_too() -> None:
    code = """
from robokit import robot, timer, wait
robot.reset_encoders()
timer.after(500, lambda: robot.forward_distance(20.0))
wait(4)
print(robot.distance_travelled())
"""
    trace = run(code)
    assert list(trace.of("pose"))[-1].value[0] == pytest.approx(20, abs=0.5)
    assert float(trace.output[0]) == pytest.approx(20, abs=0.5)


def test_a_bouncing_button_counts_once() -> None:
    bounces = [[0, 0], [1, 1], [1.002, 0], [1.004, 1], [2, 0], [2.003, 1], [2.006, 0], [3, 1], [3.5, 0]]
    trace = run(
        "from robokit import button, wait\nbutton.count()\nwait(5)\nprint(button.count())",
        buttons={"A": bounces},
    )
    assert trace.output == ["2"]


@pytest.mark.parametrize("key", CODES)
def test_every_key_of_the_remote_control_is_understood(key: str) -> None:
    trace = run(
        "from robokit import remote, wait\nremote.key()\nwait(1.2)\nprint(remote.key())\nwait(0.5)\nprint(remote.key() or '-')",
        sensors={"remote.key": [[0, ""], [1, key], [1.25, ""]]},
    )
    assert trace.output == [key, "-"]


def test_a_held_key_goes_on() -> None:
    trace = run(
        "from robokit import remote, wait\nfor _ in range(6):\n    print(remote.key() or '-')\n    wait(0.5)",
        sensors={"remote.key": [[0, ""], [0.4, "up"], [1.9, ""]]},
    )
    assert trace.output == ["-", "up", "up", "up", "-", "-"]


def test_the_thermometer_is_asked_again_and_keeps_its_last_answer() -> None:
    code = (
        "from robokit import sensor, wait\nfor _ in range(3):\n    print(sensor.temperature())\n    wait(3)"
    )
    assert run(code, temperature=[[0, 20], [5, 25]], faults={"dht": [[2, 4]]}).output == [
        "20.0",
        "20.0",
        "25.0",
    ]
    assert "the thermometer on pin 4 does not answer" in error(code, faults={"dht": [[0, 9]]})
    assert run(code, faults={"dht": [[0, 0.05]]}).output == ["22.0"] * 3


def test_the_pressure_is_the_one_of_the_data_sheets_example() -> None:
    """BMP280 data sheet, section 3.12: 25.08 degrees and 100653.27 Pa."""
    trim = struct.pack(
        "<HhhHhhhhhhhh", 27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000
    )
    raw, heat = 415148, 519888
    data = [raw >> 12, raw >> 4 & 255, (raw & 15) << 4, heat >> 12, heat >> 4 & 255, (heat & 15) << 4]
    trace = run(
        "from robokit import sensor\nprint(sensor.pressure())", i2c={0x76: {0x88: list(trim), 0xF7: data}}
    )
    assert trace.output == ["1006.5"]


def test_chips_that_do_not_answer_are_named() -> None:
    code = "from robokit import sensor\nsensor.acceleration('x')"
    assert "the accelerometer does not answer at I2C address 0x68" in error(code, faults={"i2c": [[0, 10]]})
    code = "from robokit import display"
    assert "no display answers at I2C address 0x3c" in error(code, faults={"i2c": [[0, 10]]})


def test_an_error_of_a_callback_stops_no_other() -> None:
    code = """
from robokit import led, timer

def bad():
    print(1 // 0)

timer.every(400, led.toggle)
timer.after(500, bad)
"""
    trace = simulate(code, until=3.1, firmware=firmware_dir())
    assert trace.error is not None and "ZeroDivisionError" in trace.error
    assert [round(e.t, 1) for e in trace.of("pin", PINS["led"][0])] == [0.4, 0.8, 1.2, 1.6, 2.0, 2.4, 2.8]


def test_timers_do_not_drift() -> None:
    trace = run("from robokit import led, timer\ntimer.every(7, led.toggle)", until=7)
    times = [e.t for e in trace.of("pin", PINS["led"][0])]
    assert len(times) == pytest.approx(1000, abs=1)
    assert times[-1] - times[0] == pytest.approx((len(times) - 1) * 0.007, abs=0.002)


def test_callbacks_of_mqtt_take_what_they_want() -> None:
    code = """
from robokit import mqtt, wifi
wifi.connect("home", "secret12")
mqtt.connect("192.168.1.10")
mqtt.on_message("a", lambda: print("nothing"))
mqtt.on_message("b", lambda text: print(text))
mqtt.on_message("#", lambda text, topic: print(topic, text))
"""
    messages = [
        {"t": 4, "channel": "mqtt", "topic": "a", "text": "1"},
        {"t": 5, "channel": "mqtt", "topic": "b", "text": "2"},
    ]
    assert run(code, messages=messages).output == ["nothing", "a 1", "2", "b 2"]


def test_a_short_password_of_a_hotspot_is_refused() -> None:
    assert "8 characters" in error('from robokit import wifi\nwifi.hotspot("x", password="short")')
    trace = run('from robokit import wifi\nwifi.hotspot("x", password="long enough")')
    assert next(trace.of("net", "hotspot")).value == {"ssid": "x"}


def test_a_program_pays_only_for_what_it_imports() -> None:
    code = (
        "from robokit import led\nimport sys\nfrom robokit.board import owners\nled.on()\nprint(list(owners))"
    )
    assert run(code).output == [f"[{PINS['led'][0]}]"]
