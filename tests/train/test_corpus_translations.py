"""Human translations come before a provider's; what loses numbers is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from robo_runtime.errors import RoboError
from robo_train.corpus import translations
from robo_train.corpus.records import Record
from robo_train.corpus.translations import human_translations, load_provider, translated_records

PROMPTS = ["blink the LED on pin 5", "beep 3 times"]
RECORDS = [
    Record(
        type="instruction", grade=3, prompt=p, code="pass", hardware=[], api_functions=[], lang="en", id=f"p-{i}"
    )
    for i, p in enumerate(PROMPTS)
]  # fmt: skip


class Echo:
    """A provider as a user would write one."""

    name = "echo"

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        return [f"[{source} {target}] {t}" if "LED" in t else "beep" for t in texts]


def write(folder: Path, *lines: object) -> Path:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    (folder / "hi.jsonl").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data" / "translations").mkdir(parents=True)
    monkeypatch.setattr(translations, "workspace", lambda: tmp_path)
    return tmp_path / "data" / "translations"


def test_nothing_is_translated_unless_asked_for(folder: Path) -> None:
    assert list(translated_records(RECORDS, ["en", "hi", "es"], None, [])) == []


def test_a_human_translation_takes_precedence_and_says_who_made_it(folder: Path) -> None:
    line = {
        "prompt": PROMPTS[0],
        "translation": "पिन ५ की LED टिमटिमाओ",
        "translator": "A. Rao",
        "reviewed_by": "B. Devi",
    }
    write(folder, line)
    refused: list[str] = []
    found = list(translated_records(RECORDS, ["hi", "es"], Echo(), refused))
    assert [(r.lang, r.prompt) for r in found] == [
        ("hi", "पिन ५ की LED टिमटिमाओ"),
        ("es", "[en es] blink the LED on pin 5"),
    ]
    human, provided = found
    assert human.translation is not None
    assert provided.translation is not None
    assert (human.translation.method, human.translation.reviewed_by) == ("human: A. Rao", "B. Devi")
    assert (provided.translation.method, provided.translation.reviewed_by) == ("echo", "")
    assert [r for r in refused if "numbers differ: 3 became none" in r]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 1: not JSON"),
        ({"prompt": "a"}, "line 1: translation: this key is missing"),
        ({"prompt": "pin 4", "translation": "पिन"}, "line 1: translation: numbers differ: 4 became none"),
        ({"prompt": "a", "translation": " "}, "line 1: translation: is empty"),
        ({"prompt": "a", "translation": "\u0928\u093c" + "e\u0301"}, "NFC"),
    ],
)
def test_a_wrong_line_is_refused_with_file_and_reason_and_the_rest_goes_on(
    folder: Path, line: object, reason: str
) -> None:
    write(folder, line)
    with pytest.raises(RoboError, match=r"hi\.jsonl"):
        human_translations("hi", folder)
    refused: list[str] = []
    assert list(translated_records(RECORDS, ["hi"], None, refused)) == []
    assert reason in refused[0]


def test_a_provider_is_named_by_module_and_class() -> None:
    assert load_provider(f"{__name__}:Echo").name == "echo"
    for wrong in ("nowhere.module:X", f"{__name__}:Nothing", f"{__name__}:Path", "json"):
        with pytest.raises(RoboError, match=r"corpus\.translation"):
            load_provider(wrong)
