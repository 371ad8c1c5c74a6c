"""The generator: one model, many prompts, every answer checked."""

from __future__ import annotations

import ast
import json
import threading

import pytest
from robo_runtime.cache import grammar_text
from robo_runtime.engine import EngineError, GrammarError, ModelError
from robo_runtime.errors import RoboError
from robo_runtime.generate import MIN_ROOM, Generator, PromptTooLong
from robo_runtime.grammar import accepts
from robo_runtime.threads import default_threads

from .small import SMALL_GBNF

pytestmark = pytest.mark.llama
pytest.importorskip("llama_cpp")


@pytest.fixture(scope="module")
def generator(model):
    """With the project's own grammar."""
    with Generator(model) as loaded:
        yield loaded


@pytest.fixture(scope="module")
def small(model):
    """With a small grammar, for what does not depend on it."""
    with Generator(model, grammar=SMALL_GBNF) as loaded:
        yield loaded


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_random_weights_write_programs_that_parse_and_that_the_grammar_takes(generator, temperature):
    written = []
    for seed in range(8):
        result = generator.generate(f"make {seed}", temperature=temperature, seed=seed, max_tokens=160)
        ast.parse(result.code)
        written += [result.code] if result.code else []
    assert written  # not all: some open brackets until the budget is gone
    grammar = grammar_text("esp32")
    for code in written:
        assert accepts(grammar, code), code


def test_greedy_answers_repeat_whatever_was_asked_before(small):
    first = small.generate("blink", max_tokens=60).code
    small.generate("turn the servo", max_tokens=60, temperature=1.0, seed=4)
    assert small.generate("blink", max_tokens=60).code == first


def test_a_seed_repeats_a_sampled_program_and_another_gives_another(small):
    def sample(seed):
        return small.generate("blink", max_tokens=80, temperature=1.0, seed=seed).code

    assert sample(3) == sample(3)
    assert len({sample(seed) for seed in range(5)}) > 1


def test_language_hardware_and_system_reach_the_model(small):
    plain = small.generate("blink", max_tokens=1).timings.prompt_tokens
    assert small.generate("blink", lang="hi", max_tokens=1).timings.prompt_tokens == plain + 1
    assert small.generate("blink", hardware=["LED", "servo"], max_tokens=1).timings.prompt_tokens > plain + 2
    assert small.generate("blink", system="be brief", max_tokens=1).timings.prompt_tokens > plain + 2


def test_timings_add_up(small):
    t = small.generate("blink", max_tokens=60).timings
    assert 0 < t.tokens <= 60
    assert 0 < t.prefill <= t.first_token <= t.prefill + t.decode
    assert t.tokens_per_second == pytest.approx(t.tokens / t.decode)
    assert json.loads(json.dumps(t.as_dict()))["tokens"] == t.tokens


def test_valid_means_no_problems(small):
    for seed in range(5):
        result = small.generate("blink", max_tokens=80, temperature=1.0, seed=seed)
        assert result.valid == (result.problems == [])


def test_a_budget_too_small_for_any_statement_is_a_problem_not_half_a_statement(small):
    result = small.generate("blink", max_tokens=1)
    assert (result.code, result.valid, result.stopped) == ("", False, "hard_budget")
    assert "No whole statement" in result.problems[0].message


def test_a_prompt_longer_than_the_context_names_both_lengths(small):
    limit = small.engine.n_ctx - MIN_ROOM
    with pytest.raises(PromptTooLong, match=rf"is \d+ tokens long; this model takes {limit}"):
        small.generate("blink the lamp " * 400)
    assert small.generate("blink", max_tokens=40).code  # and works on


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompt": " \n"}, "prompt is empty"),
        ({"prompt": "x", "lang": "xx"}, "unknown language 'xx'"),
        ({"prompt": "x", "max_tokens": 0}, "max_tokens is 0"),
        ({"prompt": "x", "temperature": -0.5}, "temperature is -0.5"),
    ],
)
def test_bad_requests_are_named(small, options, message):
    with pytest.raises(RoboError, match=message):
        small.generate(**options)


def test_bad_settings_are_named(model, monkeypatch):
    with pytest.raises(EngineError, match="threads is -1"):
        Generator(model, threads=-1, grammar=SMALL_GBNF)
    with pytest.raises(GrammarError, match="does not parse"):
        Generator(model, grammar='root ::= "')
    with pytest.raises(RoboError, match="board"):
        Generator(model, board="no-such-board")
    with pytest.raises(ModelError, match="no such model"):
        Generator(model.with_name("nothing.gguf"))
    monkeypatch.setenv("ROBO_THREADS", "many")
    with pytest.raises(RoboError, match="ROBO_THREADS is 'many'"):
        default_threads()


def test_no_grammar_no_answer(model):
    with pytest.raises(GrammarError, match="empty"):
        Generator(model, grammar="")


def test_unconstrained_is_possible_when_asked_for(model):
    with Generator(model, constrained=False) as free:
        result = free.generate("blink", max_tokens=30, temperature=1.0)
    assert result.timings.tokens <= 30
    assert result.timings.refused == 0


def test_cancel_before_the_start_gives_nothing(small):
    cancel = threading.Event()
    cancel.set()
    result = small.generate("blink", cancel=cancel)
    assert (result.stopped, result.code, result.timings.tokens) == ("cancelled", "", 0)


def test_calls_from_two_threads_take_turns(small):
    expected = [small.generate(p, max_tokens=50).code for p in ("blink", "servo")]
    found = [""] * 2

    def ask(i, prompt):
        found[i] = small.generate(prompt, max_tokens=50).code

    threads = [threading.Thread(target=ask, args=(i, p)) for i, p in enumerate(("blink", "servo"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


def test_two_threads_give_the_same_program_as_one(model, small):
    with Generator(model, grammar=SMALL_GBNF, threads=2) as double:  # threads spin on busy cores
        answers = [g.generate("blink", max_tokens=3) for g in (double, small)]
    assert answers[0].code == answers[1].code


def test_the_first_problem_is_where_python_counts_it():
    from robo_runtime.check import Problem
    from robo_runtime.generate import first_wrong

    code = 'print("a\u2028b\x85é")\nfoo()\n'
    problem = Problem(line=2, column=0, kind="api", message="", fix="")
    assert first_wrong([problem], code) == code.index("foo")
    inside = Problem(line=1, column=len('print("a\u2028b\x85é'.encode()), kind="api", message="", fix="")
    assert code[first_wrong([inside, problem], code) :].startswith('")')
    assert first_wrong([], code) is None
