"""Questions and answers follow the registry: change a function and its answers change."""

from __future__ import annotations

import ast

from robo_runtime.check import check_program
from robo_runtime.registry import load_registry
from robo_train.corpus.questions import question_records

REGISTRY = load_registry()
RECORDS = list(question_records(REGISTRY, 1))


def about(source: str) -> list[str]:
    return [r.code for r in RECORDS if r.source == source]


def test_every_function_of_the_kit_is_asked_about_at_least_three_times() -> None:
    for name in REGISTRY.functions:
        assert len(about(f"registry/{name}")) >= 3, name


def test_ranges_and_defaults_are_those_of_the_registry() -> None:
    texts = about("registry/robot.move_forward")
    assert any(t.endswith("A: 0 to 100 %") for t in texts)
    assert any("50" in t and "speed" in t for t in texts)


def test_examples_are_programs_that_pass_the_check() -> None:
    programs = [
        r.code.split("A: ", 1)[1] for r in RECORDS if r.code.split("A: ", 1)[1].startswith("from robokit")
    ]
    assert len(programs) == len(REGISTRY.functions)
    for program in programs:
        ast.parse(program)
        assert check_program(program, REGISTRY) == []


def test_what_quotes_the_stubs_says_so() -> None:
    quoted = [r for r in RECORDS if r.source.startswith("stubs/")]
    assert len(quoted) > 150
    assert all(r.type == "doc" for r in RECORDS)


def test_the_same_seed_asks_the_same() -> None:
    assert [r.code for r in question_records(REGISTRY, 1)] == [r.code for r in RECORDS]
    assert [r.code for r in question_records(REGISTRY, 2)] != [r.code for r in RECORDS]
