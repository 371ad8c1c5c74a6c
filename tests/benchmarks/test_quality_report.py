"""A whole run with answerers that need no model: figures, files and the page."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from robo_runtime.errors import RoboError
from robo_train.corpus.records import to_line

from benchmarks.quality import answers
from benchmarks.quality.__main__ import _named, evaluate
from benchmarks.quality.cases import load_cases
from benchmarks.quality.causes import CAUSES
from benchmarks.quality.page import LARGEST, page
from benchmarks.quality.results import (
    Failure,
    Results,
    read_failures,
    read_results,
    write_failures,
    write_results,
)
from benchmarks.quality.run import Plan, run
from tests.benchmarks.fakes import BLINK, BLINK_CASE, CAMERA_CASE, SORRY, Fake, case

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> & “quoted” रोशनी \u202eevil 16"
CASES = [BLINK_CASE, CAMERA_CASE, case(HOSTILE, family="<i>family</i>", split="depth")]
WRONG = {c.prompt: BLINK.replace("16", "18") for c in CASES}


@pytest.fixture(scope="module")
def outcome() -> tuple[Results, list[Failure]]:
    plan = Plan(CASES, seed=0, robustness=5, workers=1, command="test")
    return run(plan, [lambda: Fake("right"), lambda: Fake("wrong <b>", WRONG)])


def row(results: Results, answerer: str, axis: str, value: str):
    return next(r for r in results.rows if (r.answerer, r.axis, r.value) == (answerer, axis, value))


def test_figures_count_what_was_answered(outcome: tuple[Results, list[Failure]]) -> None:
    results, failures = outcome
    assert results.passes == {"right": "111", "wrong <b>": "000"}
    everything = row(results, "wrong <b>", "all", "all").measures
    assert (everything["pass@1"].hits, everything["pass@1"].n) == (0, 3)
    assert (everything["syntax"].hits, everything["runs"].hits) == (3, 3)
    assert (everything["refusal recall"].hits, everything["refusal recall"].n) == (0, 1)
    assert everything["refusal precision"].n == 0  # it never refused
    assert row(results, "right", "all", "all").measures["refusal recall"].rate == 1.0
    assert row(results, "right", "split", "depth").n == 1
    assert row(results, "right", "depth", "depth 1").n == 2
    assert row(results, "right", "tier", "tier 1").n == 3
    assert {f.cause for f in failures} <= set(CAUSES)
    assert {f.cause for f in failures if f.answerer == "wrong <b>" and not f.perturbation} == {
        "number copied wrong", "should have refused",
    }  # fmt: skip


def test_comparisons_and_robustness_are_paired(outcome: tuple[Results, list[Failure]]) -> None:
    results, _ = outcome
    overall = next(c for c in results.comparisons if c.axis == "all")
    assert (overall.points, overall.only_first, overall.only_second, overall.p) == (-100.0, 3, 0, 0.25)
    steady = [r for r in results.robustness if r.answerer == "right"]
    assert {r.perturbation for r in steady} == {"typos", "lower", "upper", "units", "paraphrase"}
    assert all(r.points == 0 for r in steady)
    # "wrong" knows the prompts as they were written only, and answers others rightly
    assert all(r.points == 100 for r in results.robustness if r.answerer == "wrong <b>")


def test_files_read_back_as_they_were_written(outcome: tuple[Results, list[Failure]], tmp_path: Path) -> None:
    results, failures = outcome
    write_results(tmp_path / "q.json", results)
    write_failures(tmp_path / "q.failures.jsonl", failures)
    assert read_results(tmp_path / "q.json") == results
    assert read_failures(tmp_path / "q.failures.jsonl") == failures
    json.loads((tmp_path / "q.json").read_text(encoding="utf-8"))


def test_a_file_of_another_version_is_refused(outcome: tuple[Results, list[Failure]], tmp_path: Path) -> None:
    write_results(tmp_path / "q.json", outcome[0])
    text = (tmp_path / "q.json").read_text(encoding="utf-8").replace('"version": 1', '"version": 2', 1)
    (tmp_path / "q.json").write_text(text, encoding="utf-8")
    with pytest.raises(RoboError, match="version"):
        read_results(tmp_path / "q.json")


class Tags(HTMLParser):
    """The elements and the text of each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        if tag == "script":
            self.scripts.append("")
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        if self.names and self.names[-1] == "script":
            self.scripts[-1] += data


def test_the_page_shows_hostile_text_and_does_nothing_with_it(outcome: tuple[Results, list[Failure]]) -> None:
    results, failures = outcome
    found = Tags(page(results, failures))
    assert len(found.scripts) == 2
    assert not {"img", "b", "i", "iframe", "link"} & set(found.names) - {"i"}
    data = json.loads(found.scripts[0])
    assert HOSTILE in {f["prompt"] for f in data}
    assert len(data) == len(failures)
    assert "innerHTML" not in found.scripts[1]


def test_the_page_needs_no_network(outcome: tuple[Results, list[Failure]]) -> None:
    text = page(*outcome)
    assert "default-src 'none'" in text
    assert "http://" not in text and "https://" not in text


def test_a_page_of_very_many_failures_stays_small_and_says_so(outcome: tuple[Results, list[Failure]]) -> None:
    results, failures = outcome
    many = [failures[0].model_copy(update={"code": "x = 1\n" * 2000})] * 1000
    text = page(results, many)
    assert len(text.encode()) < LARGEST
    assert "more are in the file of failures" in text


def test_an_answerer_is_closed_when_it_has_answered() -> None:
    fake = Fake("right", {CAMERA_CASE.prompt: SORRY})
    run(Plan([CAMERA_CASE], workers=1), [lambda: fake])
    assert fake.closed


def test_without_the_grammar_other_words_are_not_asked() -> None:
    free = Fake("free")
    free.about = {"kind": "fake", "constrained": False}
    results, _ = run(Plan([BLINK_CASE], robustness=1, workers=1), [lambda: Fake("bound"), lambda: free])
    assert {r.answerer for r in results.robustness} == {"bound"}
    assert results.passes == {"bound": "1", "free": "1"}


def test_cases_come_from_records_once_each_and_in_the_languages_asked_for(tmp_path: Path) -> None:
    spanish = case("enciende el led del pin 16", lang="es")
    lines = [to_line(c.record) for c in (BLINK_CASE, BLINK_CASE, CAMERA_CASE, spanish)]
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert [c.key for c in load_cases([path])] == [BLINK_CASE.key, CAMERA_CASE.key, spanish.key]
    assert [c.record.lang for c in load_cases([path], frozenset({"es"}))] == ["es"]
    with pytest.raises(RoboError, match="no cases"):
        load_cases([path], frozenset({"fr"}))


def test_the_command_writes_figures_failures_and_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(to_line(c.record) for c in CASES), encoding="utf-8")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "metadata.json").write_text('{"splits": {"train": {"languages": ["en"]}}}', encoding="utf-8")
    monkeypatch.setattr("benchmarks.quality.__main__.retrieval", lambda folder: Fake(folder.name))
    evaluate(
        no_model=True, baseline="retrieval", sets=[path], corpus=corpus, robustness=0, workers=1,
        output=tmp_path / "q.json",
    )  # fmt: skip
    assert read_results(tmp_path / "q.json").passes == {"corpus": "111"}
    assert (tmp_path / "q.html").exists()
    assert read_failures(tmp_path / "q.failures.jsonl") == []
    assert "100.0%" in capsys.readouterr().out


def test_a_missing_baseline_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(answers, "import_module", missing)
    with pytest.raises(RoboError, match=r"retrieval\.py.*leave --baseline out"):
        answers.RetrievalAnswerer([])


def test_nobody_to_ask_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(to_line(BLINK_CASE.record), encoding="utf-8")
    with pytest.raises(RoboError, match="--baseline"):
        evaluate(no_model=True, sets=[path])


def test_models_have_names_of_their_own(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "m-q4_0.gguf").write_bytes(b"")
    first, second = tmp_path / "a" / "m-q4_0.gguf", tmp_path / "b" / "m-q4_0.gguf"
    assert _named([first]) == [(first, "m-q4_0")]
    assert [name for _, name in _named([first, second])] == ["a/m-q4_0", "b/m-q4_0"]
    with pytest.raises(RoboError, match="no such model"):
        _named([tmp_path / "c.gguf"])
    with pytest.raises(RoboError, match="twice"):
        _named([first, first])
