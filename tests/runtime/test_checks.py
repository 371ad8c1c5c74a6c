"""Each check passes what it should pass, and says in a sentence why it does not."""

from typing import Any

import pytest
from pydantic import ValidationError
from robo_runtime.checks import check_list, dump_checks, evaluate
from robo_runtime.errors import RoboError
from robo_runtime.simulate import Event, Trace, simulate

from tests.runtime.simulated import run

BLINK = """
led = Pin(2, Pin.OUT)
while True:
    led.on()
    time.sleep(0.5)
    led.off()
    time.sleep(0.5)
"""
SERVO = """
servo = PWM(Pin(13), freq=50)
servo.duty_ns(500000 + {} * 2000000 // 180)
"""
FADE = """
led = PWM(Pin(2), freq=1000, duty_u16=0)
for p in range(0, 101):
    led.duty_u16(p * 65535 // 100)
    time.sleep_ms(10)
for p in range(100, -1, -2):
    led.duty_u16(p * 65535 // 100)
    time.sleep_ms(10)
"""
LIGHTS = """
pins = [Pin(n, Pin.OUT) for n in (25, 26, 27)]
while True:
    for lit, seconds in ((0, 2), (1, 1), (2, 2)):
        for i in range(3):
            pins[i].value(i == lit)
        time.sleep(seconds)
"""
PRINTS = """
for i in range(4):
    print("Temperature:", 20 + i / 2, "C")
    time.sleep(2)
print("done")
"""
KIT = """
from robokit import led, pixels, display, servo, robot, sound, wait
while True:
    led.toggle(2)
    wait(1.0)
    pixels.set(1, "red")
    servo.angle(1, 45)
    display.print("Hello World")
    sound.tone(440, ms=200)
    robot.forward_distance(15.0)
    wait(2.0)
"""
BUZZER = """
buzzer = PWM(Pin(25), freq=1000, duty_u16=0)
time.sleep(1)
buzzer.freq(440)
buzzer.duty_u16(32768)
time.sleep(1)
buzzer.duty_u16(0)
"""

PASS: list[tuple[str, dict[str, Any]]] = [
    (BLINK, {"op": "periodic", "sig": ["pin", 2], "period": 1.0, "duty": 0.5}),
    (BLINK, {"op": "count", "sig": ["pin", 2], "eq": 10}),
    (BLINK, {"op": "count", "sig": ["pin", 2], "edge": "falling", "min": 5, "to": 6}),
    (BLINK, {"op": "hold", "sig": ["pin", 2], "eq": 1, "from": 0.1, "to": 0.5}),
    (BLINK, {"op": "hold", "sig": ["pin", 2], "eq": 0, "when": "sometime", "lasting": 0.5}),
    (BLINK, {"op": "range", "sig": ["pin", 2], "min": 0, "max": 1}),
    (BLINK, {"op": "sequence", "sig": ["pin", 2], "states": [1, 0], "durations": [0.5, 0.5], "loop": True}),
    (BLINK, {"op": "sequence", "sig": ["pin", 2], "states": [0, 1, 0], "durations": [None, 0.5, None]}),
    (BLINK, {"op": "running"}),
    (SERVO.format(90), {"op": "hold", "sig": ["angle", 13], "eq": 90, "tol": 8, "from": 1.5}),
    (SERVO.format(90), {"op": "angle", "key": 13, "deg": 90}),
    (SERVO.format(90), {"op": "ended", "max": 0.1}),
    (FADE, {"op": "fade", "sig": ["pwm", 2], "duration": 1.0}),
    (FADE, {"op": "fade", "sig": ["pwm", 2], "direction": "both", "steps": 20}),
    (FADE, {"op": "hold", "sig": ["pin", 2], "eq": 0, "from": 1.6}),
    (LIGHTS, {"op": "sequence", "sigs": [["pin", 25], ["pin", 26], ["pin", 27]], "loop": True,
              "states": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "durations": [2, 1, 2]}),
    (PRINTS, {"op": "print", "contains": "Temperature", "eq": 4, "every": 2.0, "to": 7.9}),
    (PRINTS, {"op": "print", "text": "done", "at": 8.0}),
    (PRINTS, {"op": "print", "regex": r"^Temperature: \d+\.\d+ C$", "min": 4}),
    (PRINTS, {"op": "print", "number": 21.5, "eq": 1}),
    (PRINTS, {"op": "every", "kind": "print", "name": "Temp", "period": 2.0, "to": 7}),
    (KIT, {"op": "event", "name": "led.toggle", "args": {"n": 2}, "min": 2}),
    (KIT, {"op": "event", "name": "sound.tone", "at": 1.0}),
    (KIT, {"op": "pixels", "key": "kit", "index": 1, "color": [255, 0, 0], "from": 1.1}),
    (KIT, {"op": "pixels", "key": "kit", "index": "any", "when": "sometime"}),
    (KIT, {"op": "display", "contains": "hello"}),
    (KIT, {"op": "display", "contains": "World", "when": "always", "from": 1.1}),
    (KIT, {"op": "angle", "key": 1, "deg": 45, "kit": True, "from": 1.1}),
    (KIT, {"op": "tone", "key": "speaker", "hz": 440, "when": "sometime", "lasting": 0.2}),
    (KIT, {"op": "range", "sig": ["x"], "min": 0, "max": 46, "from": 1.1}),
    (KIT, {"op": "count", "sig": ["led", 2], "edge": "both", "min": 2}),
    (BUZZER, {"op": "tone", "key": 25, "hz": 440, "from": 1.1, "to": 2}),
    (BUZZER, {"op": "tone", "key": 25, "hz": 0, "from": 2.1}),
    (BUZZER, {"op": "sequence", "sig": ["tone", 25], "states": [0, 440, 0], "durations": [1, 1, None]}),
    (BUZZER, {"op": "hold", "sig": ["freq", 25], "eq": 440, "from": 1.1}),
    (KIT, {"op": "pose", "at": 3.0, "x": 15, "y": 0, "heading": 0}),
    (BLINK, {"op": "not", "check": {"op": "ended"}}),
    (BLINK, {"op": "any_of", "checks": [{"op": "ended"}, {"op": "running"}]}),
    (BLINK, {"op": "all_of", "checks": [{"op": "running"}, {"op": "count", "sig": ["pin", 2], "min": 3}]}),
]  # fmt: skip

FAIL: list[tuple[str, dict[str, Any], str]] = [
    (BLINK, {"op": "periodic", "sig": ["pin", 2], "period": 2.0},
     "pin 2: expected a period of 2.0 s ± 5%, got 1.0 s between t=0.0 and t=9.0"),
    (BLINK, {"op": "periodic", "sig": ["pin", 4], "period": 1.0},
     "pin 4: expected a period of 1.0 s ± 5%, but it never went on between t=0 and t=10"),
    (BLINK, {"op": "periodic", "sig": ["pin", 2], "period": 1.0, "duty": 0.2},
     "pin 2: expected on for 20% of each period, got 50% at t=0.0"),
    (BLINK, {"op": "count", "sig": ["pin", 2], "eq": 3, "to": 5},
     "pin 2: expected 3 rising edges between t=0 and t=5, got 5"),
    (BLINK, {"op": "count", "sig": ["pin", 2], "edge": "both", "min": 30},
     "pin 2: expected at least 30 changes between t=0 and t=10, got 20"),
    (BLINK, {"op": "hold", "sig": ["pin", 2], "eq": 1, "to": 2},
     "pin 2: expected 1 all the time between t=0 and t=2, got 0 from t=0.5 to t=1.0"),
    (BLINK, {"op": "range", "sig": ["pwm", 2], "max": 0.5},
     "duty of pin 2: expected at most 0.5 all the time between t=0 and t=10, got nothing from t=0.0 to t=10.0"),
    (BLINK, {"op": "sequence", "sig": ["pin", 2], "states": [1, 0], "durations": [0.5, 0.2], "loop": True},
     "pin 2: expected 1 for 0.5 s, 0 for 0.2 s again and again between t=0 and t=10; 0 at t=0.5 lasts 0.5 s"),
    (LIGHTS, {"op": "sequence", "sigs": [["pin", 25], ["pin", 26]], "states": [[1, 0], [1, 1]]},
     "pin 25 + pin 26: expected (1, 0), (1, 1) between t=0 and t=10; at t=2.0 got (0, 1) instead of (1, 1)"),
    (BLINK, {"op": "ended"}, "the program should end by itself, but still runs at t=10"),
    (SERVO.format(30), {"op": "running"}, "the program should keep running, but ended at t=0.0"),
    (SERVO.format(30), {"op": "hold", "sig": ["angle", 13], "eq": 90, "tol": 8, "from": 1},
     "servo on pin 13: expected 90 all the time between t=1 and t=10, got 30 from t=1.0 to t=10.0"),
    (FADE, {"op": "fade", "sig": ["pwm", 2], "duration": 3.0},
     "duty of pin 2: expected a fade up between 0.1 and 0.9 in 3.0 s ± 20%, got 1.01 s"),
    (BUZZER, {"op": "fade", "sig": ["pwm", 25], "direction": "down"},
     "duty of pin 25: expected a fade down between 0.1 and 0.9 in at least 5 steps between t=0 and t=10, "
     "got 1 step(s) from 0.5 to 0"),
    (PRINTS, {"op": "print", "text": "finished"},
     "line 'finished': expected at least 1 between t=0 and t=10, got 0; printed: 'Temperature: 20.0 C', "
     "'Temperature: 20.5 C', 'Temperature: 21.0 C'…"),
    (PRINTS, {"op": "print", "contains": "Temp", "every": 1.0},
     "a line with 'Temp': expected every 1 s ± 5%, got 2.0 s between t=0.0 and t=2.0"),
    (PRINTS, {"op": "print", "text": "done", "at": 3},
     "line 'done': expected at t=3 ± 0.1 s, got it at t=8.0"),
    (KIT, {"op": "event", "name": "led.toggle", "args": {"n": 1}},
     "call led.toggle(n=1): expected at least 1 between t=0 and t=10, got 0; led.toggle came with (n=2), (n=2)"),
    (KIT, {"op": "pixels", "key": "kit", "color": [0, 255, 0], "when": "sometime"},
     "pixels on kit: expected all in (0, 255, 0) at some time between t=0 and t=10, got "),
    (KIT, {"op": "display", "contains": "Bye"},
     "display: expected the text 'Bye' at some time between t=0 and t=10, got ('Hello World')"),
    (BUZZER, {"op": "tone", "key": 25, "hz": 0},
     "tone on 25: expected silence all the time between t=0 and t=10, got 440 from t=1.0 to t=2.0"),
    (KIT, {"op": "pose", "at": 3.0, "x": 30}, "robot: expected x=30 cm ± 3 at t=3, got x=15.0 y=0.0 cm"),
    (BLINK, {"op": "not", "check": {"op": "running"}}, "this should not hold: {'op': 'running'}"),
    (BLINK, {"op": "any_of", "checks": [{"op": "ended"}, {"op": "count", "sig": ["pin", 2], "eq": 1}]},
     "none of these holds: the program should end by itself, but still runs at t=10; or pin 2: expected 1 rising"),
    (BLINK, {"op": "every", "name": "led.on", "period": 1.0},
     "call led.on: expected at least 1 between t=0 and t=10, got 0"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "check"), PASS)
def test_a_check_passes(code: str, check: dict[str, Any]) -> None:
    assert evaluate(run(code), check_list([check])) == []


@pytest.mark.parametrize(("code", "check", "message"), FAIL)
def test_a_check_fails_with_a_reason(code: str, check: dict[str, Any], message: str) -> None:
    failures = evaluate(run(code), check_list([check]))
    assert len(failures) == 1 and failures[0].startswith(message), failures


def test_every_op_is_tested_both_ways() -> None:
    from robo_runtime.checks.union import Check

    union = Check.__args__[0]  # type: ignore[attr-defined]
    ops = {model.model_fields["op"].annotation.__args__[0] for model in union.__args__}
    assert {check["op"] for _, check in PASS} == ops
    assert {check["op"] for _, check, _ in FAIL} >= ops - {"angle", "all_of"}


def test_a_pin_may_be_driven_by_pwm_instead() -> None:
    code = """
        led = PWM(Pin(2), freq=1000, duty_u16=0)
        while True:
            led.duty(1023)
            time.sleep_ms(500)
            led.duty(0)
            time.sleep_ms(500)
    """
    checks = [
        {"op": "periodic", "sig": ["pin", 2], "period": 1.0},
        {"op": "hold", "sig": ["pin", 2], "eq": 1, "from": 0.1, "to": 0.5},
    ]
    assert evaluate(run(code), check_list(checks)) == []


@pytest.mark.parametrize(
    ("line", "angle"),
    [
        ("duty_ns(1000000)", 0),  # 1-2 ms
        ("duty_ns(1000000)", 45),  # 0.5-2.5 ms
        ("duty_u16(int(65536 * 2 / 20))", 180),
        ("duty(77)", 90),
        ("duty(40)", 0),
        ("duty(115)", 180),
        ("duty(26)", 0),
        ("duty(123)", 175),
    ],
)
def test_servo_angles_are_judged_under_every_convention(line: str, angle: float) -> None:
    trace = run(f"servo = PWM(Pin(13), freq=50)\nservo.{line}")
    assert evaluate(trace, check_list([{"op": "angle", "key": 13, "deg": angle, "from": 0.1}])) == []


def test_a_failed_program_fails_every_list_of_checks() -> None:
    assert evaluate(simulate("1 / 0"), []) == [
        "the program failed: line 1: ZeroDivisionError: divide by zero"
    ]


def test_a_blink_that_stops_is_not_periodic() -> None:
    trace = run("led = Pin(2, Pin.OUT)\nfor _ in range(6):\n    led.toggle()\n    time.sleep(0.5)")
    (failure,) = evaluate(trace, check_list([{"op": "periodic", "sig": ["pin", 2], "period": 1.0}]))
    assert failure == "pin 2: expected a period of 1.0 s ± 5%, but it stops after t=2.0"


def test_one_odd_beat_is_found() -> None:
    times = [0.0, 1.0, 2.0, 3.4, 4.4]
    events = [e for t in times for e in (Event(t, "pin", 2, 1), Event(t + 0.5, "pin", 2, 0))]
    (failure,) = evaluate(
        Trace(events, until=5.0), check_list([{"op": "periodic", "sig": ["pin", 2], "period": 1.0}])
    )
    assert failure == "pin 2: expected a period of 1.0 s ± 5%, got 1.4 s between t=2.0 and t=3.4"


def test_checks_survive_a_round_trip_through_json() -> None:
    checks = check_list([check for _, check in PASS])
    assert check_list(dump_checks(checks)) == checks
    assert dump_checks(check_list([{"op": "hold", "sig": ["pin", 2], "eq": 1, "from": 0.5}])) == [
        {"op": "hold", "sig": ["pin", 2], "eq": 1, "from": 0.5}
    ]


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ({"op": "blink"}, "checks: 0: unknown op 'blink'; known ops: hold, range, periodic, count, sequence"),
        ({"sig": ["pin", 2]}, "checks: 0: the key 'op' is missing; it is one of: hold, range"),
        (
            {"op": "hold", "sig": ["led"], "eq": 1},
            "checks: 0.hold.sig: the signal 'led' takes 1 more value(s), got ['led']",
        ),
        ({"op": "hold", "sig": ["lamp", 1], "eq": 1}, "a signal starts with one of: pin, pwm"),
        (
            {"op": "hold", "sig": ["pin", 2]},
            "checks: 0.hold.eq: this key is missing; the keys of 'hold': from, to, when",
        ),
        ({"op": "count", "sig": ["pin", 1]}, "give eq, min or max"),
        ({"op": "range", "sig": ["pin", 1]}, "give min or max"),
        ({"op": "range", "sig": ["pin", 1], "min": 2, "max": 1}, "min is greater than max"),
        (
            {"op": "periodic", "sig": ["pin", 1], "period": 0},
            "checks: 0.periodic.period: input should be greater than 0, got 0",
        ),
        ({"op": "running", "until": 3}, "checks: 0.running.until: unknown key; the keys of 'running': op"),
        (
            {"op": "any_of", "checks": [{"op": "fade", "sig": ["pwm", 2], "speed": 1}]},
            "checks: 0.any_of.checks.0.fade.speed: unknown key; the keys of 'fade': from, to, op, sig, direction",
        ),
        ({"op": "print", "regex": "("}, "not a regular expression"),
        (
            {"op": "sequence", "sig": ["pin", 1], "states": [1], "durations": [1, 2]},
            "durations and states differ in number",
        ),
        ({"op": "sequence", "states": [1]}, "give either sig or sigs"),
    ],
)
def test_a_wrong_check_is_refused_by_name(check: dict[str, Any], message: str) -> None:
    with pytest.raises(RoboError) as e:
        check_list([check])
    assert message in str(e.value)


def test_a_world_is_read_strictly() -> None:
    from robo_runtime.simulate import World

    assert World.model_validate({"buttons": {"14": 1, "A": [[1, 1]]}}).buttons == {
        14: [(0, 1)],
        "A": [(1, 1)],
    }
    for wrong in (
        {"button": {}},
        {"buttons": {14: [[0, 2]]}},
        {"distance": [[2, 1], [1, 1]]},
        {"i2c": {60: {0: [256]}}},
    ):
        with pytest.raises(ValidationError):
            World.model_validate(wrong)
