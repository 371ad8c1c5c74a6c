"""Other versions of authored records: what changes, changes everywhere, and the simulator agrees."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from robo_runtime.check import check_program
from robo_runtime.checks import check_list, evaluate
from robo_runtime.registry import load_registry
from robo_runtime.simulate import World, simulate
from robo_train.config import Augmentation
from robo_train.corpus.augment.layout import comments, functions, hardware, style
from robo_train.corpus.augment.numbers_in import exchange_in_text, exchange_pins_in_data
from robo_train.corpus.augment.parameters import parameters
from robo_train.corpus.augment.pins import pins
from robo_train.corpus.augment.run import AUGMENTERS, augmented
from robo_train.corpus.augment.words import paraphrase
from robo_train.corpus.records import Record

CODE = """\
from machine import Pin
import time

led = Pin(4, Pin.OUT)
button = Pin(14, Pin.IN, Pin.PULL_UP)

while True:
    if button.value() == 0:
        for _ in range(3):
            led.on()
            time.sleep(0.2)
            led.off()
            time.sleep(0.2)
    time.sleep_ms(10)"""
BASE: dict[str, Any] = {
    "type": "instruction", "grade": 4, "prompt": "LED on D4, button at pin 14: a press makes 3 flashes of 0.2 s",
    "code": CODE, "hardware": ["LED on pin 4", "button on pin 14"], "api_functions": [], "lang": "en",
    "source": "syllabus", "until": 5.0, "world": {"buttons": {"14": [[0, 1], [1, 0], [1.3, 1]]}},
    "checks": [{"op": "count", "sig": ["pin", 4], "edge": "rising", "eq": 3, "to": 5.0}],
}  # fmt: skip
RECORD = Record.model_validate(BASE)


def works(record: Record) -> bool:
    trace = simulate(record.code, World(**record.world), record.until)
    return not evaluate(trace, check_list(record.checks)) and not check_program(record.code, load_registry())


def test_pins_change_in_program_prompt_parts_checks_and_world() -> None:
    for seed in range(5):
        (found,) = pins(RECORD, Random(seed))
        led = int(found.code.split("led = Pin(")[1].split(",")[0])
        button = int(found.code.split("button = Pin(")[1].split(",")[0])
        assert {led, button}.isdisjoint({4, 14})
        assert found.prompt == f"LED on D{led}, button at pin {button}: a press makes 3 flashes of 0.2 s"
        assert found.hardware == [f"LED on pin {led}", f"button on pin {button}"]
        assert found.checks[0]["sig"] == ["pin", led]
        assert list(found.world["buttons"]) == [str(button)]
        assert load_registry().boards["esp32"].can(led, "output")
        assert works(found)


def test_a_pin_whose_number_means_something_else_too_is_left_alone() -> None:
    twice = RECORD.model_copy(update={"code": CODE.replace("range(3)", "range(4)")})
    assert pins(twice, Random(1)) == []


def test_a_parameter_changes_in_program_prompt_and_checks_alike() -> None:
    found = [r for seed in range(20) for r in parameters(RECORD, Random(seed))]
    assert found
    for r in found:
        (n,) = {r.code.split("range(")[1].split(")")[0]} - {"3"}
        assert f"makes {n} flashes" in r.prompt
        assert r.checks[0]["eq"] == int(n)
        assert works(r)
        assert not works(r.model_copy(update={"code": CODE}))


def test_what_checks_say_only_indirectly_is_not_changed() -> None:
    timed = [{"op": "periodic", "sig": ["pin", 4], "period": 0.4, "from": 1.0, "to": 2.0}]
    assert all(
        "0.2 s" in r.prompt
        for seed in range(20)
        for r in parameters(RECORD.model_copy(update={"checks": timed}), Random(seed))
    )


def test_a_paraphrase_keeps_program_and_numbers() -> None:
    for seed in range(30):
        for r in paraphrase(RECORD, Random(seed)):
            assert r.code == CODE
            assert all(number in r.prompt for number in ("4", "14", "3", "0.2"))


@pytest.mark.parametrize("change", [comments, functions, style])
def test_another_layout_is_for_programs_alone_and_does_the_same(change: Any) -> None:
    assert change(RECORD, Random(1)) == []
    found = [r for seed in range(5) for r in change(RECORD.model_copy(update={"type": "code"}), Random(seed))]
    assert found
    assert all(r.code != CODE and works(r) for r in found)


def test_comments_are_taken_out_where_there_are_some() -> None:
    with_comment = CODE.replace("while True:", "# for ever\nwhile True:")
    (found,) = comments(RECORD.model_copy(update={"type": "code", "code": with_comment}), Random(1))
    assert found.code == CODE


def test_a_relay_may_stand_in_for_an_led() -> None:
    (found,) = hardware(RECORD, Random(1))
    assert "relay = Pin(4" in found.code
    assert "led" not in found.code
    assert found.hardware[0] == "relay on pin 4"
    assert works(found)


def test_each_augmentation_can_be_switched_off() -> None:
    assert set(AUGMENTERS) == set(Augmentation.model_fields)
    off = Augmentation.model_validate(dict.fromkeys(AUGMENTERS, 0))
    assert augmented([RECORD], off, 1) == ([], {})


def test_workers_change_nothing() -> None:
    records = [RECORD.model_copy(update={"prompt": f"{RECORD.prompt} please {'!' * n}"}) for n in range(60)]
    alone, counts = augmented(records, Augmentation(), 1)
    assert augmented(records, Augmentation(), 1, workers=2) == (alone, counts)
    assert counts["pins"]["kept"] > 60
    assert {r.source for r in alone} == {"syllabus/paraphrase", "syllabus/pins", "syllabus/parameters"}


def test_numbers_are_exchanged_whole_and_all_at_once() -> None:
    new = {"4": "14", "14": "4"}
    assert exchange_in_text("4, 14, 4.5, 40 and x4", new) == "14, 4, 4.5, 40 and x4"
    assert exchange_in_text("D4 GPIO14 pin4 P14", new, pins=True) == "D14 GPIO4 pin14 P4"
    data = {"sig": ["pin", 4], "eq": 4, "to": 4, "key": 14}
    assert exchange_pins_in_data(data, {4: 14, 14: 4}) == {"sig": ["pin", 14], "eq": 4, "to": 4, "key": 4}
