"""A tiny model with random weights, in the real format: all sense in its programs is the grammar's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sentencepiece

VOCABULARY = 768

PROGRAM = """from machine import Pin, PWM
import time

led = Pin({pin}, Pin.OUT)
servo = PWM(Pin(13), freq=50)

while True:
    led.on()
    time.sleep_ms({ms})
    if led.value() == 1:
        led.off()
    for i in range({pin}):
        servo.duty_ns(500000 + {ms} * 2000000 // 180)
"""


def corpus() -> list[str]:
    """Lines to learn merges from: programs of one shape with many numbers, and prompts in four scripts."""
    programs = [PROGRAM.format(pin=pin, ms=pin * 37 % 900) for pin in range(200)]
    prompts = [f"blink the LED on pin {i} {i} times" for i in range(100)]
    prompts += [f"पिन {i} की एलईडी जलाओ" for i in range(50)] + [f"让引脚 {i} 的灯闪烁" for i in range(50)]
    return [line for text in programs + prompts for line in text.split("\n") if line]


@pytest.fixture(scope="session")
def tokenizer() -> bytes:
    """A serialised SentencePiece model of 768 pieces, made by the project's own trainer."""
    from robo_train.config import TokenizerConfig
    from robo_train.tokenizer import train_tokenizer

    return train_tokenizer(corpus(), TokenizerConfig(name="test", vocab_size=VOCABULARY))


@pytest.fixture(scope="session")
def model(tokenizer: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GGUF file of two layers with random F32 weights."""
    path = tmp_path_factory.mktemp("model") / "robo-random-f32.gguf"
    write_model(path, tokenizer, seed=0)
    return path


def write_model(path: Path, tokenizer: bytes, seed: int) -> None:
    """Write a random model with `tokenizer`, through the project's own exporter."""
    from robo_convert.checkpoint import Checkpoint, Training
    from robo_convert.gguf_file import write_gguf
    from robo_convert.quants import QUANTS
    from robo_convert.vocabulary import read_vocabulary
    from robo_runtime.gguf_file import Shape, expected_tensors

    shape = Shape(
        vocab_size=VOCABULARY, hidden_size=64, intermediate_size=128, layers=2,
        heads=4, kv_heads=2, head_dim=16, context=512, rope_theta=10000.0, norm_eps=1e-5,
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    weights = {
        name: (np.ones(size) if len(size) == 1 else rng.normal(0, 1 / 8, size)).astype(np.float32)
        for name, size in expected_tensors(shape).items()
    }
    source = Checkpoint(
        Path("robo-random"), shape, weights, tokenizer, Training(), sha256="", drafts=draft_rows(tokenizer)
    )
    write_gguf(path, source, read_vocabulary(tokenizer, VOCABULARY, "test"), QUANTS["f32"])


def draft_rows(tokenizer: bytes) -> tuple[tuple[int, ...], ...]:
    """What follows three tokens of the programs, the last that was seen."""
    pieces = sentencepiece.SentencePieceProcessor(model_proto=tokenizer)
    rows = {}
    for pin in range(4, 40, 5):
        ids = pieces.encode(PROGRAM.format(pin=pin, ms=pin * 30))
        rows |= {tuple(ids[i : i + 3]): ids[i + 3] for i in range(len(ids) - 3)}
    return tuple((*context, after) for context, after in rows.items())


@pytest.fixture(scope="session")
def server(model: Path) -> Iterator[Any]:
    """A server with the random model and a small grammar, for tests that change nothing about it."""
    pytest.importorskip("llama_cpp")
    pytest.importorskip("fastapi")
    from robo_runtime.simulate import Limits

    from .serving import serving
    from .small import SMALL_GBNF

    limits = Limits(steps=100_000, events=5_000)
    with serving(model, SMALL_GBNF, sandbox=limits) as running:
        yield running
