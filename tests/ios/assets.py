"""What the Swift tests compare with: files to load, and what the Python runtime and sentencepiece make of prompts.

.venv/bin/python -m tests.ios.assets FOLDER
"""

from __future__ import annotations

import hashlib
import json
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from robo_runtime.cache import grammar_text, scope_table
from robo_runtime.files import write_json
from robo_runtime.generate import Generator
from robo_runtime.languages import languages
from robo_runtime.models import default_model
from robo_runtime.native import native_data
from robo_runtime.paths import workspace
from robo_runtime.prompt import N_CONTROL, render

from benchmarks.tokenizer_ids import texts_of
from tests.native.conftest import unjudged

BOARD, OTHER_BOARD = "esp32", "esp32c3"
WRITTEN: list[tuple[str, str | None]] = [
    ("Blink an LED on pin 2 every 500 ms", "en"),
    ("पिन 4 पर सर्वो को 90 डिग्री घुमाओ", "hi"),
    ("ध्वनि 😀 e\u0301 ﷺ\r\n가\u1100\u1161 \u2581x", None),
    ("Blink 💡 on pin 2 👩🏽\u200d🔧 three times", "en"),
]
MOST = 160
"""Tokens of an answer: a small model that does not know a language can go on for long."""
PLAIN = ("", "")
GIVEN = (PLAIN, ("  Be brief.\n", "LED on pin 4, servo"))
"""System and hardware text."""


def prompts() -> list[tuple[str, str | None]]:
    """Written ones and those of the evaluation, Hindi and the other languages among them, with language or none."""
    asked = []
    for name, count in (("fresh_en", 8), ("wild_hi", 5), ("wild_bn", 1), ("wild_ar", 1), ("wild_ja", 1)):
        lines = (workspace() / "data" / "eval" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        asked += [(record["prompt"], record["lang"]) for record in islice(map(json.loads, lines), count)]
    return WRITTEN + [(text, lang if i % 2 else None) for i, (text, lang) in enumerate(asked)]


def answers(model: Path, board: str, asked: list[tuple[str, str | None]]) -> list[dict[str, Any]]:
    """What the Python runtime writes, before it has finished programs checked: the core has no checker."""
    with unjudged(Generator(model, board=board, threads=1)) as python:
        made = [(prompt, lang, python.generate(prompt, lang=lang, max_tokens=MOST)) for prompt, lang in asked]
    return [
        {"prompt": prompt, "lang": lang, "maxTokens": MOST,
         "code": result.code, "tokens": result.timings.tokens}
        for prompt, lang, result in made
    ]  # fmt: skip


def encodings(tokenizer: Path) -> list[dict[str, Any]]:
    """Prompts of all languages as ids, by sentencepiece; none where there is no tokenizer."""
    if not tokenizer.is_file():
        return []
    from sentencepiece import SentencePieceProcessor

    pieces = SentencePieceProcessor(model_file=str(tokenizer))
    asked = [(text, code) for code in languages() for text in texts_of(code, 6)] + prompts()
    found = []
    for i, (prompt, lang) in enumerate(asked):
        system, hardware = GIVEN[i % 5 == 0]
        parts = render(prompt, lang=lang, system=system, hardware=hardware)
        ids = [
            token
            for text, control in parts
            for token in ([pieces.piece_to_id(text)] if control else pieces.encode(text))
        ]
        found.append({"prompt": prompt, "lang": lang, "system": system, "hardware": hardware, "ids": ids})
    return found


def recording(model: Path, prompt: str, scores: Path) -> dict[str, Any]:
    """What llama.cpp writes without a grammar, always the best token; the scores of every step go into a file."""
    with Generator(model, constrained=False, threads=1) as free:
        result = free.generate(prompt)
        engine = free.engine
        ids = engine.encode(render(prompt))
        engine.reset()
        engine.feed(ids)
        rows, written = [np.array(engine.logits(), np.float32)], []
        while (best := int(rows[-1].argmax())) >= N_CONTROL:
            engine.feed([best])
            written.append(best)
            rows.append(np.array(engine.logits(), np.float32))
    scores.write_bytes(np.stack(rows).astype("<f4").tobytes())
    return {"prompt": prompt, "ids": ids, "written": written, "code": result.code, "scores": scores.name}


def main(folder: Path) -> None:
    """Write the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    model = default_model()
    table = scope_table()
    for name, board in (("esp32", BOARD), ("other", OTHER_BOARD)):
        (folder / f"{name}.robo").write_bytes(native_data(grammar_text(board), table, board))
    content = model.read_bytes()
    (folder / "cut.gguf").write_bytes(content[: len(content) // 2])
    tokenizer = workspace() / "checkpoints" / "robo-nano" / "tokenizer.model"
    (other,) = answers(model, OTHER_BOARD, [("Switch on the LED on pin 5, then blink it", "en")])
    write_json(
        folder / "expected.json",
        {
            "model": str(model), "sha256": hashlib.sha256(content).hexdigest(), "tokenizer": str(tokenizer),
            "answers": answers(model, BOARD, prompts()), "otherBoard": other, "encodings": encodings(tokenizer),
            "recording": recording(model, "Blink an LED on pin 2", folder / "scores.f32"),
        },
    )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
