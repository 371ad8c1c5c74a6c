"""The prompts typed by people: their reference programs pass, and training never sees them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import yaml
from robo_runtime.checks import check_list, evaluate
from robo_runtime.paths import workspace
from robo_runtime.simulate import World, simulate
from robo_train.compose import samples
from robo_train.compose.verify import observed
from robo_train.corpus.hygiene import NEAR, grams
from robo_train.corpus.records import Record, read_records

WILD: Path = workspace() / "data" / "eval" / "wild_en.jsonl"
FRESH: Path = WILD.with_name("fresh_en.jsonl")
OTHERS = Path(__file__).with_name("wild_alternatives.yaml")


def wild() -> list[Record]:
    return list(read_records(WILD))


def written() -> list[Record]:
    """All English prompts written by hand."""
    return [*wild(), *read_records(FRESH)]


def failures(record: Record, code: str) -> list[str]:
    trace = simulate(code, World(**record.world), observed(record.checks))
    return evaluate(trace, check_list(record.checks))


def numbers_changed(code: str) -> Iterator[str]:
    """The program with one of its numbers half as large again, for each of its numbers."""
    lines = code.splitlines()
    for node in ast.walk(ast.parse(code)):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(node, ast.Constant) and isinstance(value, int | float) and not isinstance(value, bool):
            line = lines[node.lineno - 1]
            new = value * 1.5 if isinstance(value, float) else value + max(1, value // 2)
            changed = f"{line[: node.col_offset]}{new}{line[node.end_col_offset :]}"
            yield "\n".join([*lines[: node.lineno - 1], changed, *lines[node.lineno :]])


def test_there_are_300_different_prompts_with_checks() -> None:
    found = wild()
    assert [r.id for r in found] == [f"wild-{n:03d}" for n in range(1, 301)]
    assert len({r.prompt for r in found}) == len(found) == 300
    assert all(r.checks and r.split == "wild" for r in found)


def test_no_two_prompts_are_near_copies() -> None:
    known = {r.prompt: grams(r.prompt) for r in written()}
    pairs = combinations(known, 2)
    assert not [(p, q) for p, q in pairs if len(known[p] & known[q]) > NEAR * len(known[p] | known[q])]


def test_every_reference_program_passes_its_checks() -> None:
    for r in written():
        ast.parse(r.code)
        assert failures(r, r.code) == [], r.prompt


def test_an_empty_program_passes_none_of_them() -> None:
    for r in written():
        if not r.code.startswith("# Sorry"):
            assert failures(r, "pass"), r.prompt


def test_a_program_with_another_number_fails() -> None:
    for r in written():
        wrong = list(numbers_changed(r.code))
        if wrong and "robokit" not in r.code:  # in many of the kit's programs the only number is a pause
            assert any(failures(r, code) for code in wrong), r.prompt


def test_programs_written_in_another_way_are_accepted_and_wrong_ones_are_not() -> None:
    records = {r.id: r for r in wild()}
    others = yaml.safe_load(OTHERS.read_text(encoding="utf-8"))
    for ident, programs in others.items():
        for code in programs.get("right", []):
            assert failures(records[ident], code) == [], f"{ident}: {code}"
        for code in programs.get("wrong", []):
            assert failures(records[ident], code), f"{ident}: {code}"


def test_the_composer_does_not_write_them() -> None:
    def plain(text: str) -> str:
        return " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())

    known = {plain(r.prompt) for r in written()}
    assert not [s.prompt for s in samples(31, 120, "full") if plain(s.prompt) in known]
