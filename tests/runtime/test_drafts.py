"""Guesses change how fast a program is written and never which one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from robo_runtime.decode import Budget, decode
from robo_runtime.drafts import CONTEXT_KEY, KEY, Drafts
from robo_runtime.engine import Engine, EngineError, load_engine
from robo_runtime.engine.gguf import read_header
from robo_runtime.prompt import Part, render

from tests.runtime.conftest import PROGRAM, draft_rows
from tests.runtime.small import SMALL_GBNF

pytestmark = pytest.mark.llama
pytest.importorskip("llama_cpp")

NONE = Drafts({}, 1)


@pytest.fixture
def engine(model: Path) -> Iterator[Engine]:
    with_model = load_engine(model)
    yield with_model
    with_model.close()


def scores(engine: Engine, ids: list[int]) -> np.ndarray:
    """After tokens fed one by one. Keys and values are kept as F16: batches differ by some thousandths."""
    engine.reset()
    for token in ids:
        engine.feed([token])
    return np.array(engine.logits())


def test_the_table_comes_with_the_model(model: Path, engine: Engine, tokenizer: bytes) -> None:
    rows = draft_rows(tokenizer)
    header = read_header(model)
    assert header.metadata[CONTEXT_KEY] == 3
    assert header.metadata[KEY] == tuple(token for row in rows for token in row)
    assert len(engine.drafts) == len(rows) > 50
    assert engine.drafts.after(rows[0][:3], 1) == [rows[0][3]]


def test_confirmed_guesses_have_the_scores_of_tokens_fed_one_by_one(engine: Engine) -> None:
    ids = engine.encode([Part(PROGRAM.format(pin=5, ms=150), False)])
    expected = [scores(engine, ids[: n + 1]) for n in range(8, 12)]
    engine.reset()
    engine.feed(ids[:8])
    engine.feed_ahead(ids[8], ids[9:12])
    for n in range(8, 12):
        assert n == 8 or engine.confirm(ids[n])
        assert np.allclose(np.array(engine.logits()), expected[n - 8], atol=5e-3)
    assert engine.last(3) == ids[9:12]
    assert engine.room() == engine.n_ctx - 12


def test_a_wrong_guess_leaves_no_trace(engine: Engine) -> None:
    ids = engine.encode([Part(PROGRAM.format(pin=5, ms=150), False)])
    expected = scores(engine, ids[:12])
    engine.reset()
    engine.feed(ids[:8])
    engine.feed_ahead(ids[8], [ids[9], ids[0], ids[1]])
    assert engine.confirm(ids[9])
    assert not engine.confirm(ids[10])
    engine.feed(ids[10:12])
    assert np.allclose(np.array(engine.logits()), expected, atol=5e-3)
    assert not engine.confirm(ids[0])


def test_one_can_go_back_past_guesses(engine: Engine) -> None:
    ids = engine.encode([Part(PROGRAM.format(pin=5, ms=150), False)])
    expected = scores(engine, ids[:7])
    engine.reset()
    engine.feed(ids[:8])
    engine.feed_ahead(ids[8], ids[9:11])
    engine.confirm(ids[9])
    engine.rewind(3)
    assert np.allclose(np.array(engine.logits()), expected, atol=5e-3)
    assert engine.last(99) == ids[:7]


def test_guesses_stay_within_the_context(model: Path) -> None:
    engine = load_engine(model, context=12)
    engine.feed([300] * 10)
    engine.feed_ahead(300, [301, 302, 303])
    assert engine.confirm(301)
    assert engine.room() == 0
    with pytest.raises(EngineError, match="do not fit"):
        engine.feed_ahead(302, [303])
    engine.close()


def write(engine: Engine, temperature: float, seed: int, drafts: Drafts) -> tuple[str, list[int]]:
    """A text and its tokens."""
    engine.drafts = drafts
    engine.reset()
    engine.feed(engine.encode(render(f"blink pin {seed}")))
    picker = engine.picker(temperature, 40, seed)
    code = decode(engine, picker, engine.grammar(SMALL_GBNF), Budget.of(60)).code
    return code, engine.last(60)


def test_the_best_text_is_the_same_with_and_without(engine: Engine) -> None:
    feed_ahead, guessed, confirmed = engine.feed_ahead, [], []
    engine.confirm = lambda token, confirm=engine.confirm: confirmed.append(confirm(token)) or confirmed[-1]
    engine.feed_ahead = lambda token, guesses: guessed.append(len(guesses)) or feed_ahead(token, guesses)
    for seed in range(8):
        alone, ids = write(engine, 0.0, seed, NONE)
        assert write(engine, 0.0, seed, Drafts({(a,): b for a, b in pairwise(ids)}, 1))[0] == alone
    assert sum(guessed) > 100
    assert 0 < sum(confirmed) < sum(guessed)


def test_a_drawn_text_is_the_same_for_the_same_seed(engine: Engine) -> None:
    for seed in range(4):
        _, ids = write(engine, 0.8, seed, NONE)
        drafts = Drafts({(a,): b for a, b in pairwise(ids)}, 1)
        assert write(engine, 0.8, seed, drafts) == write(engine, 0.8, seed, drafts)


@pytest.mark.parametrize(
    "broken", [{KEY: (1, 2, 3)}, {KEY: "x", CONTEXT_KEY: 1}, {KEY: (), CONTEXT_KEY: 0}, {}, {CONTEXT_KEY: 3}]
)
def test_a_table_that_cannot_be_read_is_none(broken: dict[str, object]) -> None:
    assert len(Drafts.of(broken)) == 0
    assert Drafts.of(broken).after([1, 2, 3]) == []


def test_rows_of_tokens_that_do_not_exist_are_left_out() -> None:
    found = Drafts.of({KEY: (1, 2, 3, 9), CONTEXT_KEY: 1, "tokenizer.ggml.tokens": (b"",) * 5})
    assert (len(found), found.after([1])) == (1, [2])
