"""Shares of the languages of a corpus."""

from __future__ import annotations

from pathlib import Path

import pytest
from robo_runtime.errors import RoboError
from robo_runtime.files import read_config
from robo_runtime.languages import languages
from robo_runtime.paths import configs_dir
from robo_train.corpus.mix import Mix, load_mix

MIXES = sorted(p.stem for p in (configs_dir() / "languages" / "mixes").glob("*.yaml"))


def test_the_mixes_of_the_plan_exist() -> None:
    assert {"all-languages", "indian-only", "world-only", "english-only", "custom"} <= set(MIXES)


@pytest.mark.parametrize("name", MIXES)
@pytest.mark.parametrize("samples", [1, 7, 1000, 200_000])
def test_every_sample_belongs_to_a_language(name: str, samples: int) -> None:
    counts = load_mix(name).counts(samples)
    assert sum(counts.values()) == samples
    assert set(counts) <= set(languages())


def test_all_languages_is_half_english_and_equal_for_the_others() -> None:
    counts = load_mix("all-languages").counts(200_000)
    assert counts.pop("en") == 100_000
    assert set(counts.values()) == {4000}
    assert len(counts) == 25


def test_proportional_follows_tiers_weights_and_the_share_of_english() -> None:
    by_tier = Mix(languages=["hi", "ta", "sa"], mixing_strategy="proportional")
    assert by_tier.counts(600) == {"hi": 300, "ta": 200, "sa": 100}
    weighed = Mix(
        languages=["en", "hi", "sa"], mixing_strategy="proportional", english_ratio=0.5, weights={"sa": 9}
    )
    assert weighed.counts(800) == {"en": 400, "hi": 100, "sa": 300}


def test_equal_gives_english_no_more_than_the_others() -> None:
    assert Mix(languages=["en", "es"], mixing_strategy="equal").counts(10) == {"en": 5, "es": 5}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("languages: [en, xx]\nmixing_strategy: equal", ["unknown language 'xx'", "known: en, hi"]),
        ("languages: [en, en]\nmixing_strategy: equal", ["each language once"]),
        ("languages: []\nmixing_strategy: equal", ["at least one"]),
        ("languages: [en]\nmixing_strategy: equal\nenglish_ratio: 0.5", ["english_ratio", "leave it out"]),
        ("languages: [hi]\nmixing_strategy: english_heavy\nenglish_ratio: 0.5", ["English is not among"]),
        ("languages: [en]\nmixing_strategy: some", ["mixing_strategy", "'equal'"]),
        ("languages: [en, hi]\nmixing_strategy: equal\nweights: {hi: 2}", ["only `proportional`"]),
        ("languages: [en, hi]\nmixing_strategy: proportional\nweights: {hi: 0}", ["greater than 0"]),
        ("languages: [en]\nmixing_strategy: equal\nratio: 1", ["ratio", "unknown key"]),
    ],
)
def test_a_wrong_mix_is_refused_with_the_key_and_the_reason(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    path = tmp_path / "mix.yaml"
    path.write_text(text)
    with pytest.raises(RoboError) as e:
        read_config(path, Mix)
    for word in [str(path), *words]:
        assert word in str(e.value)


def test_an_unknown_mix_names_the_known_ones() -> None:
    with pytest.raises(RoboError, match="all-languages"):
        load_mix("nowhere")
