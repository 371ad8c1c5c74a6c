"""The second English set, whose author had not seen the phrase grammars, nor more than four records of the first."""

from __future__ import annotations

from functools import cache

import pytest
import yaml
from robo_runtime.check import check_program
from robo_runtime.checks.tasks import is_refusal
from robo_runtime.paths import workspace
from robo_runtime.registry import load_registry
from robo_train.corpus.augment.confirm import failures
from robo_train.corpus.build import evaluation_records
from robo_train.corpus.hygiene import NearCopies
from robo_train.corpus.records import Record, read_records

from benchmarks.quality.cases import default_sets, load_cases

EVAL = workspace() / "data" / "eval"
PROGRAMS = workspace() / "tests" / "data" / "fresh_programs.yaml"
BUSY = (
    'print("ok")',
    "from machine import Pin\n\nled = Pin(2, Pin.OUT)\n\nled.on()",
    "import robokit\n\nrobokit.led.on()",
)


@cache
def fresh() -> tuple[Record, ...]:
    return tuple(read_records(EVAL / "fresh_en.jsonl"))


@cache
def programs() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = yaml.safe_load(PROGRAMS.read_text(encoding="utf-8"))
    return found


def asked() -> list[Record]:
    """The prompts that ask for a program the kit can run."""
    return [r for r in fresh() if r.family != "fresh/refuse"]


def test_there_are_200_different_prompts_and_half_of_them_are_short() -> None:
    assert [r.id for r in fresh()] == [f"fresh-{n:03d}" for n in range(1, 201)]
    assert {(r.type, r.lang, r.split, r.source) for r in fresh()} == {
        ("instruction", "en", "fresh", "authored")
    }
    assert len({r.prompt for r in fresh()}) == 200 and all(r.checks for r in fresh())
    assert 90 <= sum(len(r.prompt.split()) < 12 for r in fresh()) <= 110


def test_no_prompt_nearly_copies_one_of_the_first_set() -> None:
    near = NearCopies(r.prompt for path in EVAL.glob("wild_*.jsonl") for r in read_records(path))
    assert not [r.prompt for r in fresh() if near.find(r.prompt)]


def test_every_reference_program_is_legal_and_passes() -> None:
    registry = load_registry()
    for r in fresh():
        assert list(check_program(r.code, registry, "esp32")) == [], r.prompt
        assert failures(r.code, r) == [], r.prompt


def test_doing_nothing_fails() -> None:
    for r in asked():
        assert failures("pass", r), r.prompt
        assert failures("while True:\n    pass", r), r.prompt


def test_two_wrong_programs_of_each_prompt_fail() -> None:
    for r in asked():
        wrong = programs()[r.id]["wrong"]
        assert len(wrong) >= 2, r.prompt
        for old, new in wrong:
            assert old in r.code and failures(r.code.replace(old, new), r), f"{r.prompt}: {old} -> {new}"


def test_programs_written_in_another_way_pass() -> None:
    records = {r.id: r for r in fresh()}
    others = [(records[i], code) for i, found in programs().items() for code in found.get("right", ())]
    assert len(others) > 80
    for r, code in others:
        assert failures(code, r) == [], f"{r.prompt}: {code}"


def test_what_cannot_be_done_is_not_met_by_doing_something() -> None:
    refused = [r for r in fresh() if r.family == "fresh/refuse"]
    assert len(refused) == 10
    assert all(r.code.startswith("# Sorry: ") == is_refusal(r.code) == (r in refused) for r in fresh())
    for r in refused:
        assert all(failures(code, r) for code in BUSY), r.prompt


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_benchmark_asks_them_in_english_as_a_split_of_their_own(lang: str) -> None:
    splits = [c.record.split for c in load_cases(default_sets(None, (lang,)))]
    assert splits.count("fresh") == (200 if lang == "en" else 0) and "wild" in splits


def test_training_keeps_away_from_them() -> None:
    kept_out = {r.prompt for r in evaluation_records()}
    assert all(r.prompt in kept_out for r in fresh())
