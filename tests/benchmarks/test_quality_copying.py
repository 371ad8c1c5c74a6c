"""Numbers that the prompt says must arrive in the program, in whatever unit."""

import pytest

from benchmarks.quality.answers import Answer
from benchmarks.quality.copying import numbers_copied, wanted_numbers
from benchmarks.quality.figures import Judged, rows
from benchmarks.quality.judge import Verdict
from tests.benchmarks.fakes import BLINK, BLINK_CASE, CAMERA_CASE, case


def copied(code: str) -> bool | None:
    return numbers_copied(BLINK_CASE, Answer(code, 0.1, False))


def test_pin_and_times_of_the_prompt_are_wanted_and_what_programs_have_of_themselves_is_not() -> None:
    assert [n for _, n in wanted_numbers(BLINK_CASE)] == [16, 300, 700]
    polled = case("print the button on pin 4", "print(Pin(4, Pin.IN).value() == 0)\nsleep_ms(20)")
    assert [n for _, n in wanted_numbers(polled)] == [4]


@pytest.mark.parametrize(
    ("old", "new", "right"),
    [
        ("16", "16", True),
        ("sleep_ms(300)", "sleep(0.3)", True),
        ("300", "30", False),
        ("16", "61", False),
        ("led.on()", "led.off()", True),  # wrong, but not in its numbers
        ("Pin(16, Pin.OUT)", "Pin(16, Pin.OUT", False),
    ],
)
def test_an_answer_has_them_all_or_not(old: str, new: str, right: bool) -> None:
    assert copied(BLINK.replace(old, new)) is right


def test_a_number_is_wanted_where_it_was_said_in_words_or_another_unit() -> None:
    asked = case("blink the lamp on pin sixteen: on for 0.3 seconds, off for 700 ms")
    assert [n for _, n in wanted_numbers(asked)] == [16, 300, 700]


def test_requests_without_numbers_and_refusals_are_left_out_of_the_share() -> None:
    verdict = Verdict(False, True, True, True, True, True)
    plain = case("say hello", 'print("hello")', [{"op": "print", "contains": "hello"}])
    judged = [
        Judged(BLINK_CASE, Answer(BLINK, 0.1, False), verdict),
        Judged(BLINK_CASE, Answer(BLINK.replace("700", "70"), 0.1, False), verdict),
        Judged(plain, Answer("", 0.1, False), verdict),
        Judged(CAMERA_CASE, Answer("", 0.1, True), verdict),
    ]
    share = next(r for r in rows("m", judged) if r.axis == "all").measures["numbers copied"]
    assert (share.hits, share.n) == (1, 2)
