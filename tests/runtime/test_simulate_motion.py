"""Where the robot goes, against integration in small steps and the geometry of circles."""

import math
from typing import Any

import pytest
from robo_runtime.checks import check_list, evaluate
from robo_runtime.checks.motion import pose_at
from robo_runtime.errors import RoboError
from robo_runtime.simulate import Trace, World, simulate

WHEELS = {"left": {"forward": 26, "back": 27}, "right": {"forward": 32, "back": 33}}
HEAD = """
from machine import Pin, PWM
import time
lf, lb, rf, rb = [PWM(Pin(p), freq=1000, duty_u16=0) for p in (26, 27, 32, 33)]
def go(left, right, seconds):
    lf.duty_u16(max(left, 0) * 65535 // 100)
    lb.duty_u16(max(-left, 0) * 65535 // 100)
    rf.duty_u16(max(right, 0) * 65535 // 100)
    rb.duty_u16(max(-right, 0) * 65535 // 100)
    time.sleep(seconds)
"""


def drive(code: str, until: float = 20.0, wheels: Any = WHEELS) -> Trace:
    trace = simulate(HEAD + code, World.model_validate({"wheels": wheels}), until)
    assert trace.error is None
    return trace


def stepped(moves: list[tuple[float, float, float]], top: float, track: float) -> tuple[float, float, float]:
    """Euler steps of a tenth of a millisecond."""
    x = y = heading = 0.0
    dt = 1e-4
    for left, right, seconds in moves:
        for _ in range(round(seconds / dt)):
            vl, vr = left / 100 * top, right / 100 * top
            x += (vl + vr) / 2 * math.cos(heading) * dt
            y += (vl + vr) / 2 * math.sin(heading) * dt
            heading += (vr - vl) / track * dt
    return x, y, math.degrees(heading)


@pytest.mark.parametrize("figures", [{}, {"top_speed": 20, "track": 11.5}])
def test_motors_on_plain_pins_take_the_robot_where_small_steps_take_it(figures: dict[str, float]) -> None:
    moves = [(60.0, 60.0, 1.5), (60.0, -60.0, 0.5), (30.0, 80.0, 1.2), (-50.0, -20.0, 0.9)]
    code = "".join(f"go({left:.0f}, {right:.0f}, {s})\n" for left, right, s in moves) + "go(0, 0, 0)\n"
    x, y, heading = pose_at(drive(code, wheels={**WHEELS, **figures}), 20.0)
    wanted = stepped(moves, figures.get("top_speed", 30.0), figures.get("track", 15.0))
    assert (x, y) == pytest.approx(wanted[:2], abs=0.15)
    assert heading == pytest.approx(wanted[2], abs=0.7)


def test_a_square_ends_where_it_began() -> None:
    quarter = 90 * math.pi / 180 * 7.5 / 18
    trace = drive(f"for _ in range(4):\n    go(60, 60, 2)\n    go(60, -60, {quarter})\ngo(0, 0, 0)\n")
    checks = [
        {"op": "pose", "at": 1.0, "x": 18, "y": 0, "heading": 0},
        {"op": "pose", "at": 2.0 + quarter, "x": 36, "y": 0, "heading": -90},
        {"op": "pose", "at": 2.0 + quarter, "heading": 270},
        {"op": "pose", "x": 0, "y": 0, "heading": 0, "tol": 2, "heading_tol": 5},
        {"op": "range", "sig": ["x"], "min": -1, "max": 37},
    ]
    assert evaluate(trace, check_list(checks)) == []


def test_levels_and_an_enable_pin_drive_as_duties_do() -> None:
    code = """
from machine import Pin, PWM
import time
for pin in (26, 32):
    Pin(pin, Pin.OUT, value=1)
for pin in (27, 33):
    Pin(pin, Pin.OUT, value=0)
left, right = PWM(Pin(14), freq=1000, duty_u16=0), PWM(Pin(12), freq=1000, duty_u16=0)
time.sleep(1)
left.duty(512)
right.duty(512)
time.sleep(2)
left.duty(0)
right.duty(0)
"""
    wheels = {
        "left": {"forward": 26, "back": 27, "enable": 14},
        "right": {"forward": 32, "back": 33, "enable": 12},
    }
    trace = simulate(code, World.model_validate({"wheels": wheels}), 5.0)
    assert pose_at(trace, 1.0)[0] == pytest.approx(0, abs=0.1)
    assert pose_at(trace, 2.0)[0] == pytest.approx(15, abs=0.2)
    assert pose_at(trace, 5.0) == pytest.approx((30, 0, 0), abs=0.2)


def test_both_inputs_high_are_a_brake() -> None:
    code = "from machine import Pin\nfor p in (26, 27, 32, 33):\n    Pin(p, Pin.OUT, value=1)\n"
    assert pose_at(simulate(code, World.model_validate({"wheels": WHEELS}), 3.0), 3.0)[0] < 0.1


def test_the_kit_drives_by_the_same_model() -> None:
    code = "from robokit import robot\nrobot.forward_for(2, speed=50)\nrobot.turn_left_angle(90)\nrobot.forward_distance(20)\n"
    assert pose_at(simulate(code, until=20.0), 20.0) == pytest.approx((30, 20, 90), abs=0.1)
    slow = World.model_validate({"wheels": {**WHEELS, "top_speed": 15}})
    assert pose_at(simulate(code, slow, 20.0), 20.0) == pytest.approx((15, 20, 90), abs=0.1)


def test_a_robot_that_drives_at_the_end_is_seen_up_to_the_end() -> None:
    trace = simulate("from robokit import robot\nrobot.move_forward(speed=100)\n", until=2.1)
    assert trace.events[-1].kind == "pose"
    assert pose_at(trace, 2.1)[0] == pytest.approx(63, abs=0.1)


def test_a_reset_stops_the_robot_and_leaves_it_where_it_is() -> None:
    code = """
from robokit import robot, wait, system
if system.restart and robot.distance_travelled() == 0:
    robot.move_forward(speed=50)
    wait(1)
    system.restart()
"""
    trace = simulate(code, until=1.2)
    assert pose_at(trace, 1.2) == pytest.approx((15, 0, 0), abs=0.1)
    assert [e.value for e in trace.of("motors")] == [(50, 50), (0, 0)]


def test_the_failure_says_where_the_robot_is() -> None:
    trace = drive("go(100, 100, 1)\ngo(0, 0, 0)\n", until=3.0)
    (failure,) = evaluate(trace, check_list([{"op": "pose", "at": 2, "x": 60, "y": 0, "heading": 90}]))
    assert failure == (
        "robot: expected x=60 y=0 cm ± 3, looking towards 90° ± 10 at t=2, "
        "got x=30.0 y=0.0 cm, looking towards 0°"
    )


def test_a_pose_needs_something_to_compare() -> None:
    with pytest.raises(RoboError, match="give x, y or heading"):
        check_list([{"op": "pose", "at": 2}])
