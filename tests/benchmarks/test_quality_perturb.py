"""Perturbations change how a request is said and never what it says."""

import re
from collections import Counter
from fractions import Fraction

import pytest

from benchmarks.quality.perturb import PERTURBATIONS, perturb, seconds_said
from tests.benchmarks.fakes import BLINK, case

PROMPTS = [
    "Blink the LED on GPIO16: on for 300 ms, then off for 0.7 s, please",
    "When the button on D4 is pressed, turn servo 18 to 90° and wait 2 seconds",
    "Repeat 5 times: pin 2 high for 1/2 second, low for 1-2 s, then wait 1.5s",
    "Connect the display (scl 22, sda 21) at 0x3C and show the temperature every 30 s",
    "sound the buzzer on pin 25 with 440 Hz at 50% for 250 milliseconds every 2 min",
]
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def with_digits(prompt: str) -> list[str]:
    """Its words that have digits, without the stop of a sentence."""
    return [w.rstrip(".") for w in prompt.split() if re.search(r"\d", w)]


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("name", ["typos", "lower", "upper", "paraphrase"])
def test_numbers_and_what_sticks_to_them_stay_as_they_are(prompt: str, name: str) -> None:
    for seed in range(20):
        changed = perturb(case(prompt), name, seed)
        assert changed is not None
        assert NUMBER.findall(changed.prompt) == NUMBER.findall(prompt)
        assert with_digits(changed.prompt) == with_digits(prompt)


@pytest.mark.parametrize("prompt", [PROMPTS[0], PROMPTS[1], PROMPTS[3], PROMPTS[4]])
def test_times_in_another_unit_are_the_same_times_and_other_numbers_the_same_numbers(prompt: str) -> None:
    for seed in range(20):
        changed = perturb(case(prompt), "units", seed)
        assert changed is not None
        assert seconds_said(changed.prompt) == seconds_said(prompt)
        times = {str(float(t)) for t in seconds_said(prompt)}
        for number in ("16", "18", "90", "4", "22", "440", "50"):
            assert Counter(NUMBER.findall(prompt))[number] == Counter(NUMBER.findall(changed.prompt))[
                number
            ] or (number in times)


def test_fractions_and_ranges_keep_their_units() -> None:
    for seed in range(20):
        changed = perturb(case(PROMPTS[2]), "units", seed)
        assert changed is not None
        assert "1/2 second" in changed.prompt
        assert "1-2 s" in changed.prompt
        assert seconds_said(changed.prompt) == [Fraction(3, 2)]


def test_half_a_second_is_said_in_english_only() -> None:
    prompt = "blink every 500 ms"
    assert any("half a second" in perturb(case(prompt), "units", s).prompt for s in range(20))  # type: ignore[union-attr]
    spanish = case("parpadea cada 500 ms", lang="es")
    assert {perturb(spanish, "units", s).prompt for s in range(20)} == {"parpadea cada 0.5 s"}  # type: ignore[union-attr]


def test_what_the_program_must_print_is_not_touched() -> None:
    asked = case("print hello world on the screen whenever somebody knocks", 'print("hello world")', [])
    for name in ("typos", "upper"):
        for seed in range(20):
            changed = perturb(asked, name, seed)
            assert changed is not None
            assert "hello world" in changed.prompt


def test_the_same_seed_gives_the_same_words_and_another_seed_others() -> None:
    asked = case(PROMPTS[0])
    for name in PERTURBATIONS:
        assert perturb(asked, name, 1) == perturb(asked, name, 1)
    assert len({perturb(asked, "typos", s).prompt for s in range(10)}) > 3  # type: ignore[union-attr]


def test_a_perturbed_case_is_still_the_same_case() -> None:
    asked = case(PROMPTS[0])
    changed = perturb(asked, "paraphrase")
    assert changed is not None
    assert (changed.key, changed.record, changed.perturbation) == (asked.key, asked.record, "paraphrase")
    assert "300 ms, then off for 0.7 s, please" in changed.prompt


@pytest.mark.parametrize(
    ("prompt", "lang", "same"),
    [
        ("一秒闪烁五次", "zh", ("typos", "lower", "upper", "units")),
        ("पिन 2 की एलईडी जलाओ", "hi", ("typos", "lower", "upper", "units")),
        ("led 2 on", "en", ("typos", "lower", "units")),
    ],
)
def test_what_a_perturbation_cannot_change_is_left_out(prompt: str, lang: str, same: tuple[str, ...]) -> None:
    asked = case(prompt, BLINK, lang=lang)
    for name in same:
        assert perturb(asked, name) is None
