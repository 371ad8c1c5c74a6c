"""What beginners ask beyond single parts: measured times, games, exercises, reports, clocks, zones."""

from __future__ import annotations

from random import Random

import pytest
from robo_runtime.simulate import World, simulate
from robo_train.compose import families
from robo_train.compose.draw import ACTIONS, RULES, Draw, Unfit
from robo_train.compose.families.ramps import MORSE
from robo_train.compose.rules import Start
from robo_train.compose.sample import Program, Programs
from robo_train.compose.sampler import _sound
from robo_train.compose.spec import TaskSpec

families.load()
KINDS = (
    "adjust_led adjust_servo held_for stopwatch presses_in reaction quiz lock nth_once print_choice blink_faster"
    " blink_slower morse morse_loop dim_steps candle crossfade pwm_signal report_fahrenheit report_safe"
    " report_level report_volts log_temperature publish_temperature fizzbuzz stars_up stars_down stars_box"
    " degrees_table greet ask_two ask_blink file_blink piano line_follower pulses print_clock"
    " print_clock_minutes clock_span zones say_temperature say_humidity say_distance say_raw say_percent"
    " count_events overdue blink_mode alternate_n together_n chaser_n metronome"
).split()


def drawn(kind: str, seed: int = 2) -> Program:
    """A program of this kind; the first that is kept."""
    rng, programs = Random(seed), Programs()
    for _ in range(40):
        d = Draw(rng)
        try:
            rule = RULES[kind][0](d, kind) if kind in RULES else Start(body=ACTIONS[kind].make(d, kind))
        except Unfit:
            continue
        if _sound((rule,)):
            found = programs.get(TaskSpec(family=kind, rules=(rule,)))
            if not found.verdict.reason:
                return found
    raise AssertionError(f"{kind}: nothing is kept: {found.verdict}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_of_every_kind_passes_its_checks_and_wrong_programs_do_not(kind: str) -> None:
    found = drawn(kind)
    assert found.checks
    assert found.verdict.killed >= 2


def test_morse_code_is_that_of_the_alphabet() -> None:
    assert [MORSE[letter] for letter in "SOSETQ"] == ["...", "---", "...", ".", "-", "--.-"]
    assert len(MORSE) == len(set(MORSE.values())) == 26


def test_fizzbuzz_prints_what_everybody_knows() -> None:
    code = drawn("fizzbuzz").code
    lines = [str(e.value).strip() for e in simulate(code, World(), 1.0).events if e.kind == "print"]
    assert " ".join(lines).split()[:15] == (
        "1 2 Fizz 4 Buzz Fizz 7 8 Fizz Buzz 11 Fizz 13 14 FizzBuzz".split()
    )


def test_a_robust_report_goes_on_after_a_failed_measurement() -> None:
    found = drawn("report_safe")
    assert "except OSError" in found.code
    assert found.world["faults"]["dht"]
