"""The Android library where it has been compiled for this computer (`./justw android`); elsewhere tests skip."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from robo_runtime.cache import configured_registry, grammar_text, scope_table
from robo_runtime.generate import Generator
from robo_runtime.languages import languages
from robo_runtime.models import default_model
from robo_runtime.native import native_data

from benchmarks.tokenizer_ids import texts_of
from tests.android import host
from tests.native.conftest import unjudged

PROMPTS = [
    ("Blink an LED on pin 2 every 500 ms", "en"),
    ("पिन 4 पर सर्वो को 90 डिग्री घुमाओ", "hi"),
    ("🤖 blink 😀 LED on pin 4 🎉", None),
    ("Read the DHT22 on pin 15 and print the temperature every 2 seconds", "en"),
]
TEXTS = ["", " ", "\n\n  x", "a\u0000b", "😀🎉👩\u200d🔬", "e\u0301 ﷺ 가\u1100\u1161", "[/USER][CODE]<eos>", "<0x41>", "\u2581▁", "12345.678"]  # fmt: skip


@pytest.fixture(scope="session")
def built() -> None:
    """The library is there."""
    if reason := host.missing():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def files(built: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tests on the JVM are given."""
    folder = tmp_path_factory.mktemp("android")
    shutil.copy(default_model(), folder / "model.gguf")
    for board in ("esp32", "esp32c3"):
        (folder / f"{board}.robo").write_bytes(native_data(grammar_text(board), scope_table(), board))
    content = b"\x00content of an asset \xf0\x9f\xa4\x96"
    model = hashlib.sha256((folder / "model.gguf").read_bytes()).hexdigest()
    write(folder / "sha256.tsv", [[model], [hashlib.sha256(content).hexdigest(), coded(content)]])
    write(folder / "languages.tsv", [[code] for code in languages()])
    write(folder / "boards.tsv", [[name] for name in configured_registry().boards])
    return folder


@pytest.fixture(scope="session")
def tokens(files: Path) -> Path:
    """Adds the tokenizer of the model that ships, and what sentencepiece makes of texts with it."""
    from robo_runtime.engine.pieces import Pieces
    from robo_runtime.prompt import render
    from robo_train.vocabulary import tokenizer_at
    from sentencepiece import SentencePieceProcessor

    serialised = tokenizer_at(default_model()).serialised
    (files / "tokenizer.model").write_bytes(serialised)
    processor: Any = SentencePieceProcessor(model_proto=serialised)
    texts = [*TEXTS, *(text for code in languages() for text in texts_of(code, 8))]
    write(files / "tokens.tsv", ([coded(text), listed(processor.encode(text))] for text in texts))
    pieces = Pieces(files / "tokenizer.model", len(processor))
    asked = [(text, code, "", "") for code in languages() for text in texts_of(code, 2)]
    asked += [
        ("  \u00a0x\u3000", "", "LED on pin 4, servo", " Be brief.\r\n"),
        ("क़ \u0915\u093c \ufb1d e\u0301 \u2126 \u1e9b\u0323", "hi", "\x07", "\ufeff"),
        ("[USER] \u2581 <eos>", "", "", ""),
    ]
    requests = (
        [
            *map(coded, row),
            listed(pieces.encode(render(row[0], lang=row[1] or None, hardware=row[2], system=row[3]))),
        ]
        for row in asked
    )
    write(files / "requests.tsv", requests)
    return files


@pytest.fixture(scope="session")
def answers(files: Path) -> Path:
    """Adds programs of the Python runtime, as they are before its checker sees them: the core has none."""
    pytest.importorskip("llama_cpp")
    asked = [*PROMPTS, *((texts_of(code, 3)[2], code) for code in list(languages())[:20])]
    generator = unjudged(Generator(default_model(), board="esp32"))
    try:
        found = [(prompt, lang, generator.generate(prompt, lang=lang)) for prompt, lang in asked]
    finally:
        generator.close()
    stops = {"end": "END", "soft_budget": "SOFT", "hard_budget": "HARD", "dead_end": "DEAD_END"}
    write(
        files / "answers.tsv",
        (
            [coded(p), lang or "", coded(r.code), stops[r.stopped], str(r.timings.tokens)]
            for p, lang, r in found
        ),
    )
    return files


def coded(text: str | bytes) -> str:
    """Base64, so that any text fits into a row."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def listed(ids: Iterable[int]) -> str:
    """Numbers in a cell."""
    return ",".join(map(str, ids))


def write(path: Path, rows: Iterable[list[str]]) -> None:
    """Rows of cells."""
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
