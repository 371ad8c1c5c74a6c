"""The decoding loop on random weights: whatever the model wants, the program is legal and whole."""

from __future__ import annotations

import ast
import json
import threading
import time

import pytest
from robo_runtime.decode import Budget, decode
from robo_runtime.engine import load_engine
from robo_runtime.prompt import Part, render

from .small import JSON_GBNF, SMALL_GBNF

pytestmark = pytest.mark.llama
pytest.importorskip("llama_cpp")


@pytest.fixture(scope="module")
def engine(model):
    loaded = load_engine(model)
    yield loaded
    loaded.close()


@pytest.fixture(scope="module")
def grammar(engine):
    return engine.grammar(SMALL_GBNF)


def run(engine, grammar, *, prompt="blink", temperature=0.0, seed=0, budget=None, **options):
    engine.reset()
    engine.feed(engine.encode(render(prompt)))
    picker = engine.picker(temperature, 40, seed)
    return decode(engine, picker, grammar and grammar.fresh(), budget or Budget.of(120), **options)


def accepted(engine, grammar, code):
    """Whether the grammar takes `code` as a whole program, token by token."""
    follower = grammar.fresh()
    for token in engine.encode([Part(code, False)]):
        if not follower.allows(token):
            return False
        follower.accept(token)
    return follower.allows(engine.ends[0])


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_every_program_parses_and_is_accepted_by_the_grammar(engine, grammar, temperature):
    for seed in range(25):
        done = run(engine, grammar, prompt=f"task {seed}", temperature=temperature, seed=seed)
        ast.parse(done.code)
        assert done.code.endswith("\n")
        assert accepted(engine, grammar, done.code), done.code


@pytest.mark.parametrize("hard", [1, 2, 5, 9, 14, 33, 60])
def test_a_tight_budget_leaves_whole_statements_or_nothing(engine, grammar, hard):
    for seed in range(10):
        done = run(engine, grammar, temperature=1.0, seed=seed, budget=Budget.of(hard))
        assert done.tokens <= hard
        ast.parse(done.code)
        assert done.code == "" or accepted(engine, grammar, done.code)


def test_the_soft_budget_ends_the_program_at_the_next_legal_line(engine, grammar):
    stops = set()
    for seed in range(20):
        done = run(engine, grammar, temperature=1.0, seed=seed, budget=Budget(5, 200))
        stops.add(done.stopped)
        if done.stopped == "soft_budget":
            lines = done.code.splitlines()
            shorter = "\n".join(lines[:-1]) + "\n"
            tokens_before = len(engine.encode([Part(shorter, False)])) if len(lines) > 1 else 0
            assert tokens_before < 5 or shorter.rstrip().endswith(":")
    assert "soft_budget" in stops


def test_a_statement_that_never_closes_is_closed(engine):
    greedy_string = engine.grammar('root ::= "print(\\"" [^"\\n]+ "\\")\\n"')
    done = run(engine, greedy_string, budget=Budget(20, 40))
    ast.parse(done.code)
    assert done.code.startswith('print("')


def test_streamed_text_is_the_program_and_legal_at_every_mark(engine, grammar):
    for seed in range(10):
        pieces, marks = [], []
        done = run(
            engine,
            grammar,
            temperature=1.0,
            seed=seed,
            budget=Budget.of(60),
            on_text=pieces.append,
            on_legal=lambda pieces=pieces, marks=marks: marks.append("".join(pieces)),
        )
        assert "".join(pieces).startswith(done.code)
        for mark in marks:
            ast.parse(mark)
            assert done.code.startswith(mark)
        if done.stopped != "end":
            assert (marks[-1:] or [""]) == [done.code]


def test_only_whole_characters_are_streamed(engine):
    three_bytes = engine.grammar('root ::= "\\"" [\\u0900-\\u0909]{3} "\\"\\n"')  # byte tokens, mostly
    pieces = []
    done = run(engine, three_bytes, on_text=pieces.append, temperature=1.0)
    assert "�" not in "".join(pieces)
    assert all(piece.encode().decode() == piece for piece in pieces)
    assert len(done.code) == 6


def test_a_full_context_cuts_back_instead_of_overflowing(engine, grammar):
    engine.reset()
    engine.feed([engine.encode([Part("a", False)])[0]] * (engine.n_ctx - 30))
    done = decode(engine, engine.picker(1.0, 40, 3), grammar.fresh(), Budget(10**6, 10**6))
    assert done.tokens <= 30
    ast.parse(done.code)


def test_cancel_leaves_a_legal_program(engine, grammar):
    cancel = threading.Event()
    seen = []

    def after_some(text):
        seen.append(text)
        if len(seen) == 30:
            cancel.set()

    done = run(engine, grammar, temperature=1.0, seed=1, on_text=after_some, cancel=cancel)
    assert done.stopped in ("cancelled", "end")
    assert done.tokens <= 30
    ast.parse(done.code)


def test_without_a_grammar_the_model_may_write_anything_but_a_cut_stays_whole(engine):
    done = run(engine, None, temperature=1.0, budget=Budget.of(50))
    assert done.stopped in ("end", "hard_budget", "soft_budget")
    if done.stopped != "end":
        ast.parse(done.code)


def test_the_first_token_is_timed_between_start_and_end(engine, grammar):
    start = time.perf_counter()
    done = run(engine, grammar)
    assert start < done.first_token_at < time.perf_counter()


def test_json_is_closed_before_the_budget_is_gone(engine):
    grammar = engine.grammar(JSON_GBNF)
    stopped = set()
    for seed in range(30):
        done = run(engine, grammar, temperature=1.0, seed=seed, budget=Budget(40, 100), form="json")
        json.loads(done.code)
        stopped.add(done.tokens >= 40)
    assert True in stopped  # some had to be closed


def test_text_under_a_grammar_of_its_own_just_stops(engine):
    grammar = engine.grammar("root ::= [^a-z]*")
    heard = []
    done = run(engine, grammar, temperature=1.0, budget=Budget.of(50), form="text", on_text=heard.append)
    assert (done.stopped, done.tokens) == ("hard_budget", 50)
    assert done.code == "".join(heard)


def test_bytes_that_are_no_character_are_never_written(engine):
    """llama.cpp's grammar takes surrogates and overlong forms for characters; readers of UTF-8 do not."""
    grammar = engine.grammar("root ::= [\\U00000080-\\U0010FFFF]*")
    for seed in range(6):
        done = run(engine, grammar, temperature=1.0, seed=seed, budget=Budget.of(90), form="text")
        assert done.code
        assert "\ufffd" not in done.code


def test_what_a_judge_finds_wrong_is_written_in_another_way(engine, grammar):
    first = run(engine, grammar, temperature=1.0, seed=3, budget=Budget.of(400)).code
    at = len(first) // 2
    asked = []

    def judge(code):
        asked.append(code)
        return at if code == first else None

    again = run(engine, grammar, temperature=1.0, seed=3, budget=Budget.of(400), judge=judge).code
    assert asked[0] == first != again
    assert again[: at - 20] == first[: at - 20]  # tokens before the place are kept


def test_what_cannot_be_mended_is_left_out(engine, grammar):
    first = run(engine, grammar, temperature=1.0, seed=3, budget=Budget.of(400)).code
    second = first.splitlines(keepends=True)[0]
    judge = lambda code: 0 if len(code) > len(second) else None  # noqa: E731
    done = run(engine, grammar, temperature=1.0, seed=3, budget=Budget.of(400), judge=judge)
    assert len(done.code) <= len(second)


def test_what_was_seen_is_not_taken_back(engine, grammar):
    seen = []
    done = run(engine, grammar, temperature=1.0, seed=3, on_text=seen.append, judge=lambda code: 0)
    assert "".join(seen).startswith(done.code)
