"""Configuration is read strictly: what is wrong is named with file, key and expectation."""

from pathlib import Path

import pytest
from robo_runtime.errors import RoboError
from robo_train.config import load_model_config, load_train_config


def recipe(tmp_path: Path, text: str) -> str:
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


GOOD = "name: x\nmodel: toy\ntokenizer: toy\ncorpus: {samples: 10}\nmax_steps: 5\n"


@pytest.mark.parametrize("tier", ["nano", "tiny", "small", "medium", "toy"])
def test_every_recipe_in_the_repository_loads(tier: str) -> None:
    assert load_train_config(tier).model == tier


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD + "learning_rte: 1\n", ["recipe.yaml", "learning_rte", "unknown key"]),
        (GOOD + "batch_tokens: many\n", ["recipe.yaml", "batch_tokens", "'many'"]),
        (GOOD + "pretrain: 1.5\n", ["recipe.yaml", "pretrain", "less than or equal to 1"]),
        (GOOD + "budget: soon\n", ["recipe.yaml", "budget", "90s"]),
        (GOOD.replace("max_steps: 5", ""), ["recipe.yaml", "nothing ends this run"]),
        (GOOD.replace("model: toy", "model: nano"), ["vocab_size", "8192", "1024"]),
        (GOOD.replace("corpus: {samples: 10}", "corpus: {sample: 10}"), ["corpus.samples", "missing"]),
        ("just a text", ["recipe.yaml"]),
        ("a: [1", ["recipe.yaml"]),
    ],
)
def test_a_mistake_is_named_with_its_file_and_key(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(RoboError) as e:
        load_train_config(recipe(tmp_path, text))
    assert all(word in str(e.value) for word in words), str(e.value)


def test_a_missing_config_lists_those_there_are() -> None:
    with pytest.raises(RoboError, match="medium, nano, small, tiny"):
        load_model_config("gigantic")


def test_a_budget_may_be_given_in_minutes() -> None:
    assert load_train_config("nano", budget="1.5m").budget == 90
