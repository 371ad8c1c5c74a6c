"""Batches: what is skipped, what is named, and that a second run continues the first."""

from __future__ import annotations

import json

import pytest
from robo_runtime.batch import BatchError, answered, read_requests, run_batch
from robo_runtime.errors import RoboError
from robo_runtime.generate import Result, Timings

TIMINGS = Timings(
    load=0.1, prompt_tokens=3, prefill=0.1, first_token=0.1, decode=0.1, tokens=5, tokens_per_second=50.0,
    refused=0, check=0.0,
)  # fmt: skip


def answer(request):
    if "endless" in request.prompt:
        raise RoboError("the prompt is 9999 tokens long")
    return Result(f"# {request.prompt}\n", True, [], TIMINGS, "end")


def write(path, *lines):
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return path


def run(source, output, *, strict=False, answer=answer):
    bad = []
    requests = read_requests(source, strict=strict, on_bad=bad.append)
    results = run_batch(requests, output, answer, where=str(source), strict=strict, on_bad=bad.append)
    return list(results), bad


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_request_gets_the_line_of_the_contract(tmp_path):
    source = write(
        tmp_path / "in.jsonl",
        {"id": "a", "prompt": "blink"},
        {"id": 2, "prompt": "पलक झपकाओ", "lang": "hi", "hardware": "LED"},
    )
    run(source, tmp_path / "out.jsonl")
    assert [set(line) for line in lines(tmp_path / "out.jsonl")] == [{"id", "code", "valid", "timings"}] * 2
    assert [(line["id"], line["code"]) for line in lines(tmp_path / "out.jsonl")] == [
        ("a", "# blink\n"),
        (2, "# पलक झपकाओ\n"),
    ]


BAD_LINES = [
    ("{not json\n", "not a line of JSON"),
    ("[1, 2]\n", "expected an object"),
    ('{"id": 7}\n', "prompt: this key is missing"),
    ('{"id": 7, "prompt": ""}\n', "prompt"),
    ('{"id": 7, "prompt": "x", "lnag": "hi"}\n', "lnag: unknown key"),
    ('{"id": 7, "prompt": "x", "lang": "xx"}\n', "unknown language 'xx'"),
    ('{"id": 1, "prompt": "again"}\n', "id 1 was used in line 1"),
    ('{"id": true, "prompt": "x"}\n', "input should be a valid"),
]


@pytest.mark.parametrize(("line", "message"), BAD_LINES)
def test_a_bad_line_is_named_by_its_number_and_skipped(tmp_path, line, message):
    source = write(tmp_path / "in.jsonl", {"id": 1, "prompt": "a"}, "\n", line, {"id": 3, "prompt": "b"})
    _, bad = run(source, tmp_path / "out.jsonl")
    assert len(bad) == 1
    assert "in.jsonl:3: " in bad[0]
    assert message in bad[0]
    assert [entry["id"] for entry in lines(tmp_path / "out.jsonl")] == [1, 3]


@pytest.mark.parametrize(("line", "message"), BAD_LINES)
def test_strict_stops_at_a_bad_line_before_any_answer(tmp_path, line, message):
    source = write(tmp_path / "in.jsonl", {"id": 1, "prompt": "a"}, line)
    with pytest.raises(RoboError, match=r"in\.jsonl:2: ") as error:
        run(source, tmp_path / "out.jsonl", strict=True)
    assert message in str(error.value)
    assert not (tmp_path / "out.jsonl").exists()


def test_a_request_the_model_cannot_take_is_named_and_the_rest_answered(tmp_path):
    source = write(tmp_path / "in.jsonl", {"id": 1, "prompt": "endless"}, {"id": 2, "prompt": "b"})
    results, bad = run(source, tmp_path / "out.jsonl")
    assert results[0] is None
    assert "in.jsonl:1: the prompt is 9999" in bad[0]
    assert [entry["id"] for entry in lines(tmp_path / "out.jsonl")] == [2]
    with pytest.raises(RoboError, match=r"in\.jsonl:1: the prompt"):
        run(source, tmp_path / "other.jsonl", strict=True)


def test_a_second_run_answers_only_what_is_missing(tmp_path):
    source = write(tmp_path / "in.jsonl", *({"id": i, "prompt": str(i)} for i in range(5)))
    asked = []

    def failing(request):
        asked.append(request.id)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return answer(request)

    with pytest.raises(KeyboardInterrupt):
        run(source, tmp_path / "out.jsonl", answer=failing)
    assert [entry["id"] for entry in lines(tmp_path / "out.jsonl")] == [0, 1]
    run(source, tmp_path / "out.jsonl")
    assert [entry["id"] for entry in lines(tmp_path / "out.jsonl")] == [0, 1, 2, 3, 4]


def test_a_line_cut_by_a_crash_is_removed_and_answered_again(tmp_path):
    source = write(tmp_path / "in.jsonl", {"id": 1, "prompt": "a"}, {"id": 2, "prompt": "b"})
    run(source, tmp_path / "out.jsonl")
    whole = (tmp_path / "out.jsonl").read_bytes()
    (tmp_path / "out.jsonl").write_bytes(whole[:-7])
    assert answered(tmp_path / "out.jsonl") == {1}
    run(source, tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == whole


def test_an_output_that_is_no_batch_output_is_left_alone(tmp_path):
    source = write(tmp_path / "in.jsonl", {"id": 1, "prompt": "a"})
    output = write(tmp_path / "notes.txt", "dear diary\n")
    with pytest.raises(BatchError, match=r"notes\.txt:1: not an answer"):
        run(source, output)
    assert output.read_text() == "dear diary\n"


def test_a_missing_input_is_named(tmp_path):
    with pytest.raises(BatchError, match=r"none\.jsonl: cannot be read: No such file"):
        run(tmp_path / "none.jsonl", tmp_path / "out.jsonl")


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path):
    (tmp_path / "in.jsonl").write_bytes(
        b'\xef\xbb\xbf{"id": 1, "prompt": "a"}\r\n{"id": 2, "prompt": "b"}\r\n'
    )
    run(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert [entry["id"] for entry in lines(tmp_path / "out.jsonl")] == [1, 2]
