"""Going back: the engine forgets tokens, and a line that led nowhere is begun again."""

from __future__ import annotations

from pathlib import Path

import pytest
from robo_runtime.engine import EngineError
from robo_runtime.lines import Lines, Start

pytest.importorskip("llama_cpp")


@pytest.fixture
def engine(model: Path):
    from robo_runtime.engine import load_engine

    with_model = load_engine(model)
    yield with_model
    with_model.close()


def test_after_going_back_the_scores_are_those_of_the_shorter_text(engine):
    engine.feed([5, 20, 30, 40])
    engine.feed([50])
    engine.feed([60])
    engine.rewind(3)
    again = list(engine.logits())
    assert engine.room() == engine.n_ctx - 3
    engine.feed([41])
    other = list(engine.logits())
    engine.reset()
    engine.feed([5, 20, 30])
    assert list(engine.logits()) == pytest.approx(again, abs=1e-5)
    engine.feed([41])
    assert list(engine.logits()) == pytest.approx(other, abs=1e-5)


def test_what_is_not_there_cannot_be_taken_back(engine):
    engine.feed([5, 20])
    engine.rewind(0)
    with pytest.raises(EngineError, match="cannot be taken back"):
        engine.rewind(2)


def test_a_line_is_begun_with_other_tokens_and_then_the_one_before_it():
    lines, chosen = Lines(), [7, 8, 9]
    lines.note("x = 1\n", 2, 4)  # the third token ends the first line
    for token in (11, 12, 13, 14):
        chosen = [7, 8, 9, token]
        assert lines.back(chosen, shown=0) == Start(3, 10)
    assert lines.banned(3) == {11, 12, 13, 14}
    assert lines.back([7, 8, 9, 15], shown=0) == Start(0, 0)
    assert lines.banned(0) == {7}
    assert lines.banned(3) == frozenset()  # behind another beginning they may do


def test_what_was_shown_is_not_taken_back():
    lines = Lines()
    lines.note("x = 1\n", 2, 4)
    for token in range(4):
        assert lines.back([7, 8, 9, token], shown=10)
    assert lines.back([7, 8, 9, 15], shown=10) is None


def test_a_token_that_ends_a_line_and_begins_the_next_is_taken_back_whole():
    lines = Lines()
    lines.note(":\n    led", 4, 20)
    assert lines.back([1, 2, 3, 4, 5, 6], shown=0) == Start(4, 20)
    assert lines.banned(4) == {5}


def test_trying_ends():
    lines = Lines()
    starts = [lines.back([token, 1], shown=0) for token in range(30)]
    assert sum(start is not None for start in starts) == 4
