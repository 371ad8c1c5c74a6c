"""The prompts typed by people: their reference programs pass, and training never sees them."""

from __future__ import annotations

import ast
from pathlib import Path

from robo_runtime.checks import check_list, evaluate
from robo_runtime.paths import workspace
from robo_runtime.simulate import World, simulate
from robo_train.compose import samples
from robo_train.compose.verify import observed
from robo_train.corpus.records import Record, read_records

WILD: Path = workspace() / "data" / "eval" / "wild_en.jsonl"


def wild() -> list[Record]:
    return list(read_records(WILD))


def test_there_are_as_many_different_prompts_with_checks_as_published() -> None:
    found = wild()
    assert len({r.prompt for r in found}) == len(found) == 300
    assert all(r.checks and r.split == "wild" for r in found)


def test_every_reference_program_passes_its_checks() -> None:
    for r in wild():
        ast.parse(r.code)
        trace = simulate(r.code, World(**r.world), observed(r.checks))
        assert evaluate(trace, check_list(r.checks)) == [], r.prompt


def test_an_empty_program_passes_none_of_them() -> None:
    for r in wild():
        if not r.code.startswith("# Sorry"):
            trace = simulate("pass", World(**r.world), observed(r.checks))
            assert evaluate(trace, check_list(r.checks)), r.prompt


def test_the_composer_does_not_write_them() -> None:
    def plain(text: str) -> str:
        return " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())

    known = {plain(r.prompt) for r in wild()}
    assert not [s.prompt for s in samples(31, 120, "full") if plain(s.prompt) in known]
