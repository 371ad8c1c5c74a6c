"""Every language says verified tasks, in its own script, with its numbers whole."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from random import Random

import pytest
import yaml
from robo_runtime.languages import languages
from robo_runtime.paths import workspace
from robo_train.compose import Sample, samples
from robo_train.compose.coverage import coverage
from robo_train.compose.noise_world import noisy_in, without_accents
from robo_train.compose.numbers import Text, Time
from robo_train.compose.phrases import Voice, grammar
from robo_train.compose.splits import held_language

OTHERS = [code for code in languages() if code != "en"]
LEAST = {1: 0.8, 2: 0.75, 3: 0.45}
"""Share of all tasks, the kit's and the newest families included, that a language of a tier must say."""
SCRIPTS = {
    "hi": "DEVANAGARI", "bn": "BENGALI", "ta": "TAMIL", "te": "TELUGU", "mr": "DEVANAGARI", "gu": "GUJARATI",
    "kn": "KANNADA", "ml": "MALAYALAM", "pa": "GURMUKHI", "or": "ORIYA", "as": "BENGALI", "mai": "DEVANAGARI",
    "sa": "DEVANAGARI", "ur": "ARABIC", "sd": "ARABIC", "ks": "ARABIC", "ne": "DEVANAGARI",
    "kok": "DEVANAGARI", "zh": "CJK", "es": "LATIN", "fr": "LATIN", "ar": "ARABIC", "pt": "LATIN",
    "ja": "HIRAGANA", "hi-Latn": "LATIN",
}  # fmt: skip


@pytest.fixture(scope="module")
def made() -> dict[str, list[Sample]]:
    return {lang: list(samples(3, 15, lang=lang)) for lang in OTHERS}


def test_all_25_languages_besides_english_have_a_grammar() -> None:
    assert len(OTHERS) == 25
    assert all(grammar(lang).lang == lang for lang in OTHERS)


@pytest.mark.parametrize("lang", OTHERS)
def test_a_language_says_the_share_of_tasks_that_its_tier_promises(lang: str) -> None:
    found = coverage(lang, 300)
    assert found.said / found.tasks >= LEAST[languages()[lang].tier], found.gaps[:5]


@pytest.mark.parametrize("lang", OTHERS)
def test_prompts_are_in_the_language_s_script_and_programs_are_not(
    lang: str, made: dict[str, list[Sample]]
) -> None:
    words = Counter(
        script
        for s in made[lang]
        for c in s.prompt
        if c.isalpha()
        for script in [unicodedata.name(c, "?").split()[0].split("-")[0]]
    )
    assert words[SCRIPTS[lang]] > 0.2 * words.total(), words
    for s in made[lang]:
        outside = re.sub(r'"[^"\n]*"', "", s.code)  # texts that are printed may be in any script
        assert outside.isascii(), s.code


@pytest.mark.parametrize("lang", OTHERS)
def test_records_say_how_their_words_came_about_and_claim_no_reader(
    lang: str, made: dict[str, list[Sample]]
) -> None:
    for s in made[lang]:
        assert s.lang == lang
        assert unicodedata.normalize("NFC", s.prompt) == s.prompt
        assert s.translation is not None
        assert s.translation.reviewed_by == ""
        assert s.translation.tier == languages()[lang].tier


def test_no_prompt_turns_the_direction_of_text_by_control_characters(made: dict[str, list[Sample]]) -> None:
    bad = {"LRE", "RLE", "PDF", "LRO", "RLO"}
    assert not [
        s.prompt
        for found in made.values()
        for s in found
        for c in s.prompt
        if unicodedata.bidirectional(c) in bad
    ]


def test_a_language_keeps_some_families_out_of_its_training() -> None:
    families = [
        f"start/{kind}" for kind in ("on", "off", "blink", "dim", "angle", "tone", "print", "beep", "seq")
    ]
    held = {lang: [f for f in families if held_language(f, lang)] for lang in OTHERS}
    assert 3 < sum(map(len, held.values())) < 0.2 * len(families) * len(OTHERS)
    assert not any(held_language(f, "en") for f in families)


def test_noise_keeps_numbers_and_chinese_signs_whole() -> None:
    for seed in range(200):
        rng = Random(seed)
        assert "12" in noisy_in("पिन \x0112\x02 की बत्ती जलाओ", rng, "hi")
        assert "半秒" in noisy_in("每半秒闪烁引脚\x015\x02的白色灯", rng, "zh")
    assert without_accents("señal áéü ç") == "senal aeu c"


def test_the_hundred_topics_are_told_in_every_language() -> None:
    for lang in OTHERS:
        path = workspace() / "data" / "docs" / lang / "topics.yaml"
        topics = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert sorted(topics["topics"]) == [f"{n:03}" for n in range(1, 101)], lang
        assert topics["translation"]["reviewed_by"] == "", lang


@pytest.mark.parametrize(
    ("lang", "red", "green"), [("zh", "红", "绿"), ("ja", "赤", "緑"), ("ar", "أحمر", "أخضر")]
)
def test_colours_are_said_in_the_language_but_words_that_a_program_compares_stay(
    lang: str, red: str, green: str
) -> None:
    voice, words = Voice(Random(1)), grammar(lang)
    one = words.say("kit_pixels_imp", {"color": Text(text="red")}, voice)
    assert red in one and "red" not in one
    time = Time(value="2")
    two = words.say("kit_colours_imp", {"colours": Text(text="red and green"), "time": time}, voice)
    assert red in two and green in two and "red" not in two
    command = words.say("kit_command", {"word": Text(text="red"), "act": "-"}, voice)
    assert "red" in command and red not in command
