"""What a client sees while a program is written is never taken back, and ends before a stop sequence."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from robo_runtime.decode import Decoded
from robo_runtime.serve.output import Output


def write(pieces, *, lines=False, stops=(), calls=False, stopped="end"):
    """The pieces handed on, the final text, and whether the decoder was told to stop."""
    heard, stop, text = [], threading.Event(), ""
    output = Output(lines=lines, stops=stops, calls=calls, emit=heard.append, stop=stop)
    for piece in pieces:
        text += piece
        output.add(piece)
        if lines and text.endswith("\n"):
            output.legal()
        if stop.is_set():
            break
    code = text if stopped == "end" else text[: text.rfind("\n") + 1]
    final = output.finish(Decoded(code, "cancelled" if stop.is_set() else stopped, len(pieces), 0, 0.0))
    return heard, final, stop.is_set()


_pieces = st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=12)
_stops = st.lists(st.text("ab\n", min_size=1, max_size=3), max_size=3)


@settings(deadline=None, max_examples=200)
@given(_pieces, _stops)
def test_text_ends_before_the_first_stop_sequence_however_it_is_cut_into_pieces(pieces, stops):
    whole = "".join(pieces)
    ends = [at for stop in stops if (at := whole.find(stop)) >= 0]
    heard, final, stopped = write(pieces, stops=tuple(stops))
    seen = "".join(pieces[: len(pieces)])
    assert stopped == bool(ends)
    assert "".join(heard) == final
    if not ends:
        assert final == seen
    else:
        # a later piece may complete an earlier beginning, but decoding had stopped by then
        assert whole.startswith(final)
        assert not any(stop in final for stop in stops)
        assert any(whole[len(final) :].startswith(stop) for stop in stops)


@settings(deadline=None, max_examples=200)
@given(_pieces, _stops)
def test_of_a_program_only_whole_lines_are_seen_and_all_of_the_answer(pieces, stops):
    heard, final, stopped = write(pieces, lines=True, stops=tuple(stops), stopped="hard_budget")
    assert "".join(heard) == final
    whole = "".join(pieces)
    assert whole.startswith(final)
    assert not any(stop in final for stop in stops)
    if not stopped:
        assert final == whole[: whole.rfind("\n") + 1]
    rest = whole[len(final) :]
    assert final == "" or final.endswith("\n") or rest.startswith("\n")


def test_a_blank_line_can_end_a_program():
    heard, final, stopped = write(["a\n", "b", "\n", "\nc"], lines=True, stops=("\n\n",))
    assert (final, stopped) == ("a\nb", True)
    assert heard == ["a", "\nb"]


def test_tool_calls_are_handed_on_by_no_one_and_stop_sequences_are_text_in_them():
    heard, final, stopped = write(['[{"na', 'me": "x"}]'], calls=True, lines=True, stops=("me",))
    assert (heard, final, stopped) == ([], '[{"name": "x"}]', False)


@pytest.mark.parametrize("lines", [True, False])
def test_without_tools_a_bracket_is_text_like_any_other(lines):
    heard, final, _ = write(["[1]\n"], lines=lines)
    assert ("".join(heard), final) == ("[1]\n", "[1]\n")
