"""The phrase grammar: strict to read, says every slot once, broad enough, holds templates back."""

from __future__ import annotations

import itertools
import re
from random import Random

import pytest
from robo_runtime.errors import RoboError
from robo_train.compose import families
from robo_train.compose.breadth import surface_forms
from robo_train.compose.draw import ACTIONS
from robo_train.compose.expect import Expect
from robo_train.compose.families.digital import PARTS
from robo_train.compose.families.led import Dim
from robo_train.compose.families.messages import Clocktime
from robo_train.compose.numbers import Quantity, Time, draw_time, words
from robo_train.compose.phrases import Grammar, PhraseFile, Voice, grammar, tidy
from robo_train.compose.sampler import draw_task
from robo_train.compose.speak import prompt
from robo_train.compose.spec import Device

families.load()


def small(rules: dict[str, list[str]], **more: list[str]) -> Grammar:
    fields = {"about": "", "slots": ["pin", "time"], "flags": ["it"], "rules": rules, **more}
    return Grammar([("test.yaml", PhraseFile(**fields))])


def said(g: Grammar, rule: str, slots: dict[str, str], flags: tuple[str, ...] = (), n: int = 60) -> set[str]:
    rng = Random(1)
    return {g.say(rule, slots, Voice(rng, "all"), flags) for _ in range(n)}


def test_every_slot_given_is_said_once_and_no_other() -> None:
    g = small({"a": ["x <b> <b>", "y {pin}"], "b": ["{pin}", "{time}", "~"]})
    assert said(g, "a", {"pin": "P", "time": "T"}) == {"x P T", "x T P"}
    assert said(g, "a", {"pin": "P"}) == {"x P", "y P"}
    assert said(g, "a", {}) == {"x"}


def test_flags_choices_options_echoes_and_escapes_work() -> None:
    g = small({"a": ["(one|two) [maybe] {pin} ?it", "\\<{time}\\> and {=time} ?!it"]})
    assert said(g, "a", {"pin": "P"}, ("it",)) == {"one P", "two P", "one maybe P", "two maybe P"}
    assert said(g, "a", {"time": "T"}) == {"<T> and T"}


def test_spaces_are_tidy_around_marks_and_brackets() -> None:
    assert tidy("on , ( the LED ) : x ,: y") == "on, (the LED): x: y"


def test_what_cannot_be_said_is_an_error_naming_rule_and_slots() -> None:
    with pytest.raises(RoboError, match=r"test\.yaml: rules\.a: no alternative says exactly \['pin'\]"):
        small({"a": ["{time}"]}).say("a", {"pin": "P"}, Voice(Random(1)))


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"a": ["<b>"]}, "unknown rule <b>"),
        ({"a": ["{volume}"]}, "unknown slot {volume}"),
        ({"a": ["x ?quick"]}, "unknown flag quick"),
        ({"a": ["x <b>"], "b": ["<a>"]}, "calls itself"),
        ({"a": ["(x"]}, "not closed"),
        ({"a": ["x", "x"]}, "written twice"),
        ({"a": []}, "no alternatives"),
        ({"a": ["x\\ny"]}, "would be said as 'n'"),
    ],
)
def test_a_faulty_grammar_is_refused_naming_file_and_rule(rules: dict[str, list[str]], message: str) -> None:
    with pytest.raises(RoboError, match=re.escape(message)) as error:
        small(rules)
    assert "test.yaml: rules." in str(error.value)


def test_a_fifth_of_the_alternatives_never_appears_in_training() -> None:
    g = small({"a": [f"way {i}" for i in range(10)]})
    rng = Random(3)
    train = {g.say("a", {}, Voice(rng, "train")) for _ in range(400)}
    assert len(train) == 8
    held = {f"way {i}" for i in range(10)} - train
    voice = Voice(rng, "template")
    assert {g.say("a", {}, voice) for _ in range(400)} >= held
    assert voice.held > 0


def test_the_counted_derivations_are_those_that_sampling_finds() -> None:
    g = small({"a": ["(p|q|r) [s] <b>", "{pin} t"], "b": ["{pin}", "{pin} u"]})
    assert g.count("a", {"pin"}) == len(said(g, "a", {"pin": "P"}, n=2000)) == 13


def test_every_rule_can_be_said_in_at_least_500_ways_before_numbers() -> None:
    """Actions, conditions, triggers and combinators; what is thinner is listed."""
    forms = surface_forms()
    assert {rule: n for rule, n in forms.items() if n < 500} == {}
    assert {"led_on", "servo_angle", "both_and", "analog_map_led", "press", "until", "nth"} <= set(forms)
    assert {f"{part}_active" for part in PARTS} <= set(forms)
    assert len(forms) > 0.8 * len([k for k, m in ACTIONS.items() if m.api == "plain"])


def test_all_that_can_be_drawn_can_be_said_in_every_mode() -> None:
    g, rng = grammar(), Random(11)
    for _ in range(400):
        spec = draw_task(rng)
        for mode in ("train", "template", "all"):
            assert prompt(spec, g, Voice(rng, mode)).text


def test_number_words_are_english() -> None:
    assert [words(n) for n in (0, 13, 40, 57, 100, 105, 2500)] == [
        "zero",
        "thirteen",
        "forty",
        "fifty seven",
        "one hundred",
        "one hundred and five",
        "two thousand five hundred",
    ]


def test_a_time_is_spoken_in_the_unit_that_its_code_uses() -> None:
    g, rng = grammar(), Random(2)
    for _ in range(300):
        time = draw_time(rng, hz=True)
        text = time.spoken(g, "", Voice(rng, "all")).replace("\x01", "").replace("\x02", "")
        unit = {"ms": "m", "s": "s", "min": "min", "bpm": "m", "period": "s", "period_ms": "m"}.get(
            time.unit, ""
        )
        assert unit in text.lower(), (time, text)
        assert time.value in time.sleep()


def test_times_cost_what_they_say() -> None:
    assert Time(unit="hz", value="2").sleep() == "time.sleep(1 / 2 / 2)"
    assert Time(unit="hz", value="2").seconds == 0.25
    assert Time(unit="ms", value="500").sleep() == "time.sleep_ms(500)"
    assert Time(unit="min", value="2").seconds == 120


@pytest.mark.parametrize("unit", ["s", "ms", "min", "hz", "bpm", "period", "period_ms"])
def test_the_pause_of_every_unit_is_what_its_code_sleeps(unit: str) -> None:
    time = Time(unit=unit, value="90")  # type: ignore[arg-type]
    call, _, argument = time.sleep().removesuffix(")").partition("(")
    slept = eval(argument) / (1000 if call.endswith("_ms") else 1)  # noqa: S307 - the code is ours
    assert slept == pytest.approx(time.seconds)
    assert time.slot == ("time" if unit in {"s", "ms", "min"} else "rate")


def test_a_brightness_on_a_scale_of_255_1023_or_65535_shines_as_bright_as_in_percent() -> None:
    device = Device(type="led", pin=5)
    for unit, value in (("u8", "51"), ("u10", "205"), ("u16", "13107")):
        dim = Dim(device=device, percent=Quantity(kind="duty", unit=unit, value=value))
        expected = Expect(1.0, {device})
        dim.expect(expected)
        assert expected.value(("duty", 5)) == pytest.approx(20, abs=0.1)


def test_a_lamp_that_is_called_after_its_use_keeps_that_name() -> None:
    g = small({"a": ["<n> and <n>"], "n": ["porch light", "candle", "beacon"]}, fixed=["n"])
    assert said(g, "a", {}) == {f"{n} and {n}" for n in ("porch light", "candle", "beacon")}


def test_a_time_of_day_names_its_hour_and_minute_on_either_clock() -> None:
    g, rng = grammar(), Random(6)
    for hour, minute in itertools.product(range(24), (0, 7, 15, 30, 45)):
        for _ in range(12):
            text = Clocktime(hour=str(hour), minute=str(minute)).spoken(g, "", Voice(rng))
            text = text.replace("\x01", "").replace("\x02", "")
            assert _clock(text) == (hour, minute), text


def _clock(text: str) -> tuple[int, int]:
    """Read a time of day back, by rules of our own."""
    if text in ("noon", "midnight"):
        return {"noon": 12, "midnight": 0}[text], 0
    if m := re.fullmatch(r"(half|quarter) past (\w+)", text):
        names = [words(n) for n in range(13)]
        return int(m[2]) if m[2].isdigit() else names.index(m[2]), 30 if m[1] == "half" else 15
    m = re.fullmatch(r"(\d{1,2}?)(?:(?:[:.]| h )?(\d\d))?( ?[ap]m| hrs| o'clock.*| in the evening|)", text)
    assert m, text
    hour, half = int(m[1]), m[3].strip()
    if half in ("am", "pm"):
        hour = hour % 12 + 12 * (half == "pm") if not m[2] or hour <= 12 else hour
    return hour + 12 * (half == "in the evening"), int(m[2] or 0)


def test_a_corrected_number_still_ends_on_the_right_one() -> None:
    g, rng = grammar(), Random(4)
    seen = 0
    for _ in range(60):
        voice = Voice(rng)
        voice.slip = True
        text = Quantity(kind="pin", value="17").spoken(g, "", voice)
        assert "17" in text or "seventeen" in text
        seen += not voice.slip
    assert seen > 10
