"""Verdicts on answers, and the causes of failures."""

import pytest
from robo_runtime.checks.tasks import is_refusal
from robo_runtime.said import among, said_numbers

from benchmarks.quality.answers import Answer
from benchmarks.quality.cases import Case
from benchmarks.quality.causes import cause
from benchmarks.quality.judge import Verdict, judge
from tests.benchmarks.fakes import BLINK, BLINK_CASE, CAMERA_CASE, SORRY, case

TWO = case(
    "turn on the led on pin 4 and, after 2 s, the relay on pin 5",
    """from machine import Pin
import time

led = Pin(4, Pin.OUT)
relay = Pin(5, Pin.OUT)

led.on()
time.sleep(2)
relay.on()""",
    [
        {"op": "hold", "sig": ["pin", 4], "eq": 1, "from": 0.1, "to": 4.0},
        {"op": "hold", "sig": ["pin", 5], "eq": 1, "from": 2.1, "to": 4.0},
        {"op": "hold", "sig": ["pin", 5], "eq": 1, "when": "sometime", "to": 4.0},
    ],
)


def judged(asked: Case, code: str) -> tuple[Answer, Verdict]:
    answer = Answer(code, 0.0, is_refusal(code))
    return answer, judge([asked], [answer], workers=1, legality=False)[0]


def test_the_reference_passes_in_every_respect() -> None:
    for asked in (BLINK_CASE, CAMERA_CASE, TWO):
        verdict = judged(asked, asked.record.code)[1]
        assert verdict.passed and verdict.syntax and verdict.api and verdict.clean and verdict.runs
        assert not verdict.why and not verdict.trace


def test_a_failure_says_why_and_shows_the_trace() -> None:
    verdict = judged(BLINK_CASE, BLINK.replace("300", "500"))[1]
    assert not verdict.passed
    assert "period" in verdict.why[0]
    assert "pin 16" in verdict.trace[0]


@pytest.mark.llama
def test_the_grammar_derives_a_program_of_the_kit_and_not_one_of_another_library() -> None:
    answers = [Answer(BLINK, 0.0, False), Answer("import numpy\n\nprint(numpy.pi)", 0.0, False)]
    verdicts = judge([BLINK_CASE, BLINK_CASE], answers, workers=1)
    assert [v.legal for v in verdicts] == [True, False]
    assert [v.api for v in verdicts] == [True, False]
    assert all(v.syntax for v in verdicts)


@pytest.mark.parametrize(
    ("asked", "code", "wanted"),
    [
        (BLINK_CASE, "# Sorry: this kit cannot do that.", "refused wrongly"),
        (BLINK_CASE, "", "no program"),
        (CAMERA_CASE, BLINK, "should have refused"),
        (BLINK_CASE, BLINK + "\nwhile", "syntax"),
        (BLINK_CASE, BLINK.replace("led.on()", "led.shine()"), "API"),
        (BLINK_CASE, BLINK.replace("led.on()", "led.value(int(str(led)))"), "runtime error"),
        (BLINK_CASE, BLINK.replace("16", "18"), "number copied wrong"),
        (BLINK_CASE, BLINK.replace("16", "34"), "number copied wrong"),
        (BLINK_CASE, BLINK.replace("300", "700"), "number copied wrong"),
        (BLINK_CASE, BLINK.replace("300", "x").replace("700", "300").replace("x", "700"), "number in a wrong role"),
        (TWO, TWO.record.code.replace("relay.on", "relay.off"), "wrong polarity or verb"),
        (TWO, TWO.record.code.replace("relay = Pin(5, Pin.OUT)\n", "").replace("\nrelay.on()", ""), "missing part"),
        (TWO, TWO.record.code.replace("\nrelay.on()", ""), "missing part"),
    ],
)  # fmt: skip
def test_causes(asked: Case, code: str, wanted: str) -> None:
    answer, verdict = judged(asked, code)
    assert not verdict.passed
    assert cause(asked, answer, verdict) == wanted


def test_a_program_that_does_nothing_is_no_refusal() -> None:
    _, verdict = judged(CAMERA_CASE, "pass")
    assert not verdict.passed
    assert judged(CAMERA_CASE, SORRY)[1].passed


def test_numbers_are_understood_in_digits_of_any_script_and_in_words() -> None:
    assert {5.0, 0.25} <= said_numbers("5 times .25 s")
    assert {18.0, 1.5} <= said_numbers("पिन १८, 1,5 s")
    assert {25.0, 200.0, 0.5} <= said_numbers("twenty five or two hundred, half a second")


def test_a_time_may_change_its_unit_and_a_pin_may_not() -> None:
    assert among(500, {0.5}, "sleep_ms#0")
    assert among(0.25, {2.0}, "sleep#0")  # half a period of 2 Hz
    assert not among(500, {0.5}, "Pin#0")
    assert not among(4, {2.0}, "Pin#0")
    assert not among(16, {18.0}, "range#0")
