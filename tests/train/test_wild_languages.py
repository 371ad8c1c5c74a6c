"""Prompts typed by people in the other tier-1 languages: fair checks, strong checks, no copies."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import pytest
import yaml
from robo_runtime.check import check_program
from robo_runtime.checks import check_list, evaluate
from robo_runtime.languages import languages
from robo_runtime.paths import workspace
from robo_runtime.registry import load_registry
from robo_runtime.simulate import World, simulate
from robo_train.compose.verify import observed
from robo_train.corpus.hygiene import NearCopies
from robo_train.corpus.records import Record, read_records

EVAL = workspace() / "data" / "eval"
OTHER_PROGRAMS = workspace() / "tests" / "data" / "wild_other_programs.yaml"
CODES = ("hi", "bn", "zh", "es", "fr", "ar", "pt", "ja", "hi-Latn")
_SCRIPTS = {
    "hi": "DEVANAGARI", "bn": "BENGALI", "zh": "CJK", "ar": "ARABIC", "ja": "HIRAGANA",
}  # fmt: skip
OTHER_PIN = {
    2: 18, 4: 19, 5: 21, 12: 22, 13: 23, 14: 25, 15: 26, 16: 27, 17: 32, 18: 33, 19: 2, 21: 4, 22: 5, 23: 12,
    25: 13, 26: 14, 27: 15, 32: 16, 33: 17, 34: 36, 35: 39, 36: 34, 39: 35,
}  # fmt: skip

each_language = pytest.mark.parametrize("code", CODES)


@cache
def wild(code: str) -> tuple[Record, ...]:
    return tuple(read_records(EVAL / f"wild_{code}.jsonl"))


def asked(code: str) -> list[Record]:
    """Those that can be done."""
    return [r for r in wild(code) if r.family != "wild/refuse"]


def failures(r: Record, code: str) -> list[str]:
    return evaluate(simulate(code, World(**r.world), observed(r.checks)), check_list(r.checks))


@each_language
def test_there_are_25_prompts_of_the_language(code: str) -> None:
    found = wild(code)
    assert [r.id for r in found] == [f"wild-{code}-{i:03d}" for i in range(1, 26)]
    assert code in languages()
    assert {(r.lang, r.split, r.source, r.type) for r in found} == {(code, "wild", "authored", "instruction")}
    for r in found:
        assert r.family.startswith("wild/") and not r.spec_hash
        assert r.translation and r.translation.method == "authored in the language"
        assert (r.translation.tier, r.translation.reviewed_by) == (1, "")


@each_language
def test_they_are_written_in_its_script(code: str) -> None:
    for r in wild(code):
        assert unicodedata.normalize("NFC", r.prompt + r.code) == r.prompt + r.code
    if script := _SCRIPTS.get(code):
        native = [r for r in wild(code) if any(script in unicodedata.name(c, "") for c in r.prompt)]
        assert len(native) >= 23  # some people type their language in Latin letters, or in kanji alone


@each_language
def test_there_is_a_request_for_the_kit_and_one_that_cannot_be_done(code: str) -> None:
    found = wild(code)
    assert any(r.hardware == ["robokit"] for r in found)
    assert 1 <= sum(r.family == "wild/refuse" for r in found) <= 2
    assert all(r.code.startswith("# Sorry: ") == (r.family == "wild/refuse") for r in found)


@each_language
def test_every_reference_program_is_legal_and_passes(code: str) -> None:
    registry = load_registry()
    for r in wild(code):
        assert list(check_program(r.code, registry, "esp32")) == [], r.prompt
        assert failures(r, r.code) == [], r.prompt


@each_language
def test_an_empty_program_fails(code: str) -> None:
    for r in asked(code):
        assert failures(r, "pass"), r.prompt
        assert failures(r, "while True:\n    pass"), r.prompt


@each_language
def test_a_program_on_other_pins_fails(code: str) -> None:
    for r in asked(code):
        wrong = re.sub(r"(Pin\(|_pin=)(\d+)", lambda m: m[1] + str(OTHER_PIN[int(m[2])]), r.code)
        # a simulated DHT or display answers on any pin, so these alone cannot tell
        if wrong != r.code and re.search(r"Pin\.(OUT|PULL_UP|IN)\b|PWM|ADC|NeoPixel|HCSR04", wrong):
            assert failures(r, wrong), r.prompt


@each_language
def test_a_request_that_cannot_be_done_is_not_met_by_doing_something(code: str) -> None:
    for r in wild(code):
        if r.family == "wild/refuse":
            for wrong in ("from machine import Pin\n\nled = Pin(2, Pin.OUT)\n\nled.on()", 'print("ok")'):
                assert failures(r, wrong), r.prompt


def test_other_sensible_programs_pass() -> None:
    records = {r.id: r for code in CODES for r in wild(code)}
    for other in yaml.safe_load(OTHER_PROGRAMS.read_text(encoding="utf-8")):
        r = records[other["id"]]
        assert failures(r, other["program"]) == [], r.prompt


def test_no_prompt_nearly_copies_another() -> None:
    known = [r.prompt for r in read_records(EVAL / "wild_en.jsonl")]
    for code in CODES:
        for r in wild(code):
            assert NearCopies(known).find(r.prompt) is None, r.prompt
            known.append(r.prompt)
