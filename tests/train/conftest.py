"""A small corpus in the shape of the real one, made here so that these tests need no composer."""

import random
from pathlib import Path

import pytest
from robo_runtime.files import write_json
from robo_train.config import TokenizerConfig, TrainConfig, load_train_config
from robo_train.corpus.records import Record
from robo_train.tokenise import Metadata, tokenise
from robo_train.tokenizer import Tokenizer, train_tokenizer, training_lines

VOCABULARY = 480


def make_records(n: int, seed: int = 0) -> list[Record]:
    rng = random.Random(seed)
    records = []
    for _ in range(n):
        pin, ms = rng.choice([2, 4, 5, 12, 13, 18, 21, 33]), rng.randrange(50, 2000, 50)
        prompt = rng.choice(
            ["blink the led on pin {} every {} ms", "please flash gpio {} with {} milliseconds"]
        )
        code = (
            f"from machine import Pin\nimport time\n\nled = Pin({pin}, Pin.OUT)\n\nwhile True:\n"
            f"    led.on()\n    time.sleep_ms({ms})\n    led.off()\n    time.sleep_ms({ms})\n"
        )
        records.append(
            Record(type="instruction", grade=1, prompt=prompt.format(pin, ms), code=code, hardware=["LED"],
                   api_functions=["machine.Pin"], lang="en")
        )  # fmt: skip
    records.append(
        Record(type="doc", grade=1, prompt="", code="# Pins\nA pin is a foot of the chip.", hardware=[],
               api_functions=[], lang="en")
    )  # fmt: skip
    return records


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    records = make_records(400)
    lines = training_lines([r.prompt for r in records], [r.code for r in records])
    return Tokenizer(train_tokenizer(lines, TokenizerConfig(name="t", vocab_size=VOCABULARY)))


@pytest.fixture(scope="session")
def token_folder(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokens")
    (folder / "tokenizer.model").write_bytes(tokenizer.serialised)
    splits = {
        "train": tokenise(make_records(300), tokenizer, folder, "train", 256),
        "val": tokenise(make_records(40, seed=9), tokenizer, folder, "val", 256),
    }
    metadata = Metadata(
        tokenizer_sha256=tokenizer.sha256, vocab_size=len(tokenizer), max_length=256, splits=splits
    )
    write_json(folder / "metadata.json", metadata.model_dump())
    return folder


def make_recipe(tmp_path: Path) -> TrainConfig:
    """A recipe of 24 steps with a model of some 60 thousand weights."""
    (tmp_path / "model.yaml").write_text(
        f"name: t\nvocab_size: {VOCABULARY}\nhidden_size: 32\nintermediate_size: 64\nlayers: 2\nheads: 2\n"
        "kv_heads: 1\ncontext: 256\n"
    )
    (tmp_path / "tokenizer.yaml").write_text(f"name: t\nvocab_size: {VOCABULARY}\n")
    (tmp_path / "recipe.yaml").write_text(
        f"name: t\nmodel: {tmp_path}/model.yaml\ntokenizer: {tmp_path}/tokenizer.yaml\n"
        "corpus: {samples: 1}\nmax_steps: 24\nbatch_tokens: 512\nmax_length: 256\nlearning_rate: 0.01\n"
        "precision: 32-true\nqat_start: 0.5\nsave_every: 0\n"
    )
    return load_train_config(str(tmp_path / "recipe.yaml"))


@pytest.fixture
def recipe(tmp_path: Path) -> TrainConfig:
    return make_recipe(tmp_path)
