"""A corpus with every kind of mistake in it: each is found, with file, line and reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from robo_runtime.errors import RoboError
from robo_train.corpus.audit import audit
from robo_train.corpus.check_sources import evaluation_problems, language_problems
from robo_train.corpus.figures import figures
from robo_train.corpus.records import Record
from robo_train.corpus.reverify import verify_samples

CODE = "from machine import Pin\n\nled = Pin(2, Pin.OUT)\n\nled.on()"
GOOD: dict[str, Any] = {
    "type": "instruction", "grade": 3, "prompt": "turn on the led on pin 2", "code": CODE, "hardware": [],
    "api_functions": ["machine.Pin", "machine.Pin.on"], "lang": "en", "split": "train", "source": "composer",
    "spec_hash": "a", "checks": [{"op": "hold", "sig": ["pin", 2], "eq": 1, "from": 0.1, "to": 1.0}],
}  # fmt: skip


def corpus(folder: Path, train: list[Any], val: list[Any] = ()) -> Path:  # type: ignore[assignment]
    for name, records in (("train", train), ("val", val)):
        lines = [r if isinstance(r, str) else json.dumps(r) for r in records]
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


def quiet(*_: object) -> None:
    pass


def test_a_good_corpus_is_clean(tmp_path: Path) -> None:
    other = GOOD | {"prompt": "led 4 on", "spec_hash": "b", "split": "iid"}
    found = audit(corpus(tmp_path, [GOOD], [other]), [], quiet)
    assert found.clean
    assert found.records == 2


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"code": "led.on("}, "program", ["not Python", "line 1"]),
        ({"code": CODE.replace("2", "34")}, "program", ["34"]),
        ({"code": CODE.replace("on()", "shine()")}, "program", ["shine"]),
        ({"lang": "tlh"}, "language", ["'tlh'", "known: en"]),
        ({"lang": "hi"}, "provenance", ["translation"]),
        ({"split": "trial"}, "split", ["'trial'"]),
        ({"prompt": "ene\u0301rgie"}, "normal form", ["NFC"]),
        ({"prompt": "led\x07 on"}, "encoding", ["control character"]),
        ({"prompt": " "}, "empty", ["prompt"]),
        ({"grade": "three"}, "unreadable", ["grade", "integer"]),
        ({"colour": "red"}, "unreadable", ["colour", "unknown key"]),
    ],
)
def test_a_wrong_record_is_named_with_file_line_and_reason(
    tmp_path: Path, changes: dict[str, Any], kind: str, words: list[str]
) -> None:
    found = audit(corpus(tmp_path, [GOOD, GOOD | {"prompt": "another"} | changes]), [], quiet)
    assert found.wrong[kind] >= 1
    assert any(
        all(w in text for w in [f"{tmp_path / 'train'}.jsonl, line 2", *words]) for text in found.findings
    )


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    found = audit(corpus(tmp_path, [GOOD, "{oops"]), [], quiet)
    assert found.wrong["unreadable"] == 1


def test_a_prompt_given_twice_and_leaks_between_splits_are_found(tmp_path: Path) -> None:
    twice = GOOD | {"prompt": "Turn on the LED on pin 2!"}
    leaked = GOOD | {"split": "iid", "prompt": "turn on the  led on pin 2"}
    found = audit(corpus(tmp_path, [GOOD, twice], [leaked]), [], quiet)
    assert found.wrong["duplicate"] == 1
    assert found.overlaps["specs: iid and train"] == 1
    assert found.overlaps["prompts: val and train"] == 1
    assert not found.clean


def test_a_training_prompt_that_nearly_copies_an_evaluation_prompt_is_found(tmp_path: Path) -> None:
    written = Record.model_validate(GOOD | {"prompt": "turn on the led on pin 21", "split": "wild"})
    found = audit(corpus(tmp_path, [GOOD]), [written], quiet)
    assert found.overlaps["near copies of evaluation prompts in train"] == 1


def test_no_corpus_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(RoboError, match="data build"):
        audit(tmp_path, [], quiet)


def test_figures_count_every_axis_and_what_is_distinct(tmp_path: Path) -> None:
    more = [
        GOOD | {"prompt": f"led {n} on", "spec_hash": str(n), "code": CODE.replace("2", str(n))}
        for n in (4, 5)
    ]
    found = figures(corpus(tmp_path, [GOOD, *more]), points=1)
    assert found.axes["lang"] == {"en": 3}
    last = found.growth[-1]
    assert (last.samples, last.specs, last.programs, last.prompts, last.templates) == (3, 3, 1, 3, 2)
    assert found.modules["machine.Pin.on"] == 3
    assert "led.on" in found.rare()


def test_running_samples_again_finds_the_one_that_fails(tmp_path: Path) -> None:
    wrong = GOOD | {"prompt": "x", "code": CODE.replace("on()", "off()")}
    done, failed = verify_samples(corpus(tmp_path, [GOOD, wrong]), 10, 0, 1, quiet)
    assert done == 2
    assert len(failed) == 1
    assert "line 2: pin 2" in failed[0]


def test_folders_of_unknown_languages_and_text_in_a_wrong_form_are_refused(tmp_path: Path) -> None:
    phrases, docs = tmp_path / "phrases", tmp_path / "docs"
    for folder in (phrases / "xx", docs / "es"):
        folder.mkdir(parents=True)
    (docs / "es" / "topics.yaml").write_text("a: pa\u0301gina\nb: \u202babc\n", encoding="utf-8")
    found = "\n".join(language_problems(phrases, docs))
    assert "unknown language 'xx'" in found
    assert "line 1: must be in Unicode NFC" in found
    assert "line 2: direction control U+202B" in found


def test_evaluation_prompts_need_a_reference_that_passes_and_checks_that_ask_for_something(
    tmp_path: Path,
) -> None:
    path = tmp_path / "wild.jsonl"
    lines = [
        GOOD,
        GOOD | {"code": "pass"},
        GOOD | {"checks": [{"op": "print", "eq": 0, "to": 1.0}]},
    ]
    path.write_text("".join(json.dumps(r) + "\n" for r in lines), encoding="utf-8")
    found = evaluation_problems(path)
    assert len(found) == 2
    assert "line 2: the reference program fails" in found[0]
    assert "line 3: an empty program passes" in found[1]
