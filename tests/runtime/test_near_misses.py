"""Programs with one mistake each, refused by the grammar or found by the check; mended, they pass both.

Three engines that did not write the grammar judge it: llama.cpp, llguidance and xgrammar. llama.cpp takes
some 20 ms a program, so it is asked about a part of them here; `python -m benchmarks.grammar` asks it all.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest
from robo_runtime.cache import configured_registry, grammar_text
from robo_runtime.check import check_program
from robo_runtime.engine import GrammarError
from robo_runtime.grammar.lark import lark

from benchmarks.grammar.corpus import examples, near_misses, projects
from benchmarks.grammar.engines import ENGINES, engine, missing
from tests.runtime.composed import composed

REFUSED, FOUND = near_misses("grammar"), near_misses("check")
EVERY = {"llama.cpp": 15, "llguidance": 1, "xgrammar": 1}


@pytest.fixture(
    scope="module", params=[pytest.param(n, marks=[pytest.mark.llama] * (n == "llama.cpp")) for n in ENGINES]
)
def named(request: pytest.FixtureRequest) -> str:
    if why := missing(request.param):
        pytest.skip(why)
    return str(request.param)


@pytest.fixture(scope="module")
def accepts(named: str) -> Callable[[str], bool]:
    return engine(named, grammar_text("esp32"))


def test_there_are_hundreds_of_them_and_no_program_twice() -> None:
    assert len(REFUSED) >= 300
    assert len(FOUND) >= 100
    assert len({miss.wrong for miss in REFUSED + FOUND}) == len(REFUSED + FOUND)


def test_the_grammar_refuses_every_near_miss(accepts: Callable[[str], bool], named: str) -> None:
    assert [m.what for m in REFUSED[:: EVERY[named]] if accepts(m.wrong)] == []


def test_the_grammar_accepts_every_one_mended(accepts: Callable[[str], bool], named: str) -> None:
    assert [m.what for m in (REFUSED + FOUND)[:: EVERY[named]] if not accepts(m.right)] == []


def test_what_is_left_to_the_check_the_grammar_cannot_see(accepts: Callable[[str], bool], named: str) -> None:
    assert [m.what for m in FOUND[:: EVERY[named]] if not accepts(m.wrong)] == []


def test_projects_examples_and_composed_programs_are_accepted(
    accepts: Callable[[str], bool], named: str
) -> None:
    right = [program.code for program in (*projects(), *examples())] + list(composed())
    assert len(right) > 500
    few = right if named != "llama.cpp" else right[::50]  # test_grammar.py asks it about the projects
    assert [code for code in few if not accepts(code)] == []


def test_the_check_finds_what_the_grammar_cannot_see_on_its_line() -> None:
    registry = configured_registry()
    for miss in FOUND:
        problems = check_program(miss.wrong, registry)
        assert problems, miss.what
        assert miss.line <= problems[0].line <= miss.last, (miss.what, problems)


def test_the_mended_programs_have_no_problem() -> None:
    registry = configured_registry()
    for miss in REFUSED + FOUND:
        ast.parse(miss.right)
        assert check_program(miss.right, registry) == [], miss.what


def test_a_literal_that_begins_like_another_does_not_hide_it() -> None:
    """llguidance's own converter reads `a` and `ab` as words, of which its lexer takes the longer."""
    if why := missing("llguidance"):
        pytest.skip(why)
    accepts = engine("llguidance", 'root ::= "a" ("b" "x")? | "ab" "y" | [^\\x00-\\x1f"/]{2} "\\""\n')
    assert [text for text in ("a", "ab", "abx", "aby", "ax", 'é"', 'éé"', '//"') if accepts(text)] == [
        "a", "abx", "aby", 'éé"',
    ]  # fmt: skip


def test_a_line_that_is_no_rule_is_named() -> None:
    with pytest.raises(GrammarError, match="no GBNF rule: 'root = a'"):
        lark("root = a\n")
