"""What becomes of turns in a file of results, from turns made by hand."""

import pytest

from benchmarks.matrix.schema import Model
from benchmarks.peers.cells import decode_cells, program_cells
from benchmarks.peers.registry import Entry
from benchmarks.peers.turns import Group, Record
from benchmarks.peers.weights import Weights

KEY = "gguf", "q4_0"
DECODE, PROGRAM = (Group(kind, 1, 10, 1, 30.0) for kind in ("decode", "program"))


@pytest.fixture
def weights(tmp_path) -> Weights:
    return Weights("nano", {KEY: tmp_path}, {KEY: Model(file="m.gguf", bytes=1)}, {}, tmp_path)


def record(name: str, *samples: dict, **fields) -> Record:
    entry = Entry(
        name=name, library="toy", format="gguf", precision="q4_0", does=["decode"], ours=name == "us"
    )
    numbered = [(f"prompt {n}", 0, sample) for n, sample in enumerate(samples)]
    return Record(entry, samples=numbered, **fields)


def decoded(seconds: float, ids: tuple = (7,) * 10) -> dict:
    return {
        "prefill_s": 0.5, "prefill_cpu_s": 0.25, "decode_s": 4 * seconds, "decode_cpu_s": seconds, "ids": ids,
    }  # fmt: skip


def written(seconds: float, tokens: int = 50, ended: bool = True) -> dict:
    """A program of which the processor spent 1 s on the prompt, 2 s on the check, and so many on decoding."""
    return {
        "program_s": 30 + seconds, "cpu_s": 3 + seconds, "prefill": (10, 1), "check": (20, 2),
        "tokens": tokens, "ended": ended, "text": "x",
    }  # fmt: skip


def test_decoding_twice_as_slowly_is_half_as_fast_on_both_clocks(weights):
    cells = decode_cells(
        DECODE, [record("loop", decoded(1.0)), record("peer", decoded(2.0))], weights, "loop"
    )
    metrics = cells[1].metrics
    assert metrics["decode_to_llama_loop_cpu"].median == 0.5
    assert metrics["decode_to_llama_loop_wall"].median == 0.5
    assert metrics["token_cpu_s"].median == 0.2
    assert metrics["decode_tokens_per_s"].median == 10 / 8


def test_tokens_count_as_the_same_up_to_the_first_that_is_another(weights):
    other = (7, 7, 7, 8, 7, 7, 7, 7, 7, 7)
    records = [record("loop", decoded(1.0)), record("peer", decoded(1.0, other))]
    assert decode_cells(DECODE, records, weights, "loop")[1].metrics["same_tokens"].median == 3


def test_a_program_is_scaled_to_a_hundred_tokens_but_for_prompt_and_check(weights):
    (cell,) = program_cells(PROGRAM, [record("us", written(4.0))], weights, "us", lambda s: True, None)
    assert cell.metrics["tokens_100_cpu_s"].median == 1 + 2 + 2 * 4
    assert cell.metrics["tokens_100_s"].median == 10 + 20 + 2 * 4
    assert cell.metrics["check_s"].median == 20


def test_our_decoding_under_the_grammar_is_compared_token_by_token_with_the_raw_loop(weights):
    loop = record("loop", decoded(1.0))
    (cell,) = program_cells(PROGRAM, [record("us", written(4.0))], weights, "us", lambda s: True, loop)
    assert cell.metrics["constrained_decode_to_llama_loop_cpu"].median == pytest.approx((1 / 10) / (4 / 50))


def test_time_is_compared_where_both_programs_are_finished_and_legal(weights):
    ours = record("us", written(4.0), written(4.0), written(4.0))
    peer = record("peer", written(9.0), written(1.0, ended=False), written(20.0))
    cells = program_cells(PROGRAM, [ours, peer], weights, "us", lambda s: s["ended"], None)
    ratio = cells[1].metrics["program_time_to_ours_cpu"]
    assert ratio.values == [pytest.approx(21 / 11), pytest.approx(43 / 11)]
    assert cells[1].settings["legal"] == 2
    assert cells[1].settings["turns"] == 3


def test_a_peer_whose_programs_are_all_wrong_has_no_time(weights):
    records = [record("us", written(4.0)), record("peer", written(0.1))]
    wrong = records[1].samples[0][2]
    cells = program_cells(PROGRAM, records, weights, "us", lambda s: s is not wrong, None)
    assert "program_time_to_ours_cpu" not in cells[1].metrics
    assert cells[1].settings["legal"] == 0


def test_a_peer_that_stopped_half_way_is_measured_and_says_why(weights):
    (cell,) = decode_cells(DECODE, [record("loop", decoded(1.0), failure="no memory")], weights, "loop")
    assert cell.status == "measured"
    assert "stopped: no memory" in cell.reason


def test_a_peer_without_a_turn_is_a_row_that_failed(weights):
    (cell,) = decode_cells(DECODE, [record("loop", failure="its process ended by SIGSEGV")], weights, "loop")
    assert (cell.status, cell.reason) == ("failed", "its process ended by SIGSEGV")
    assert not cell.metrics
