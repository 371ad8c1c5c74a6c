"""The native core writes what the Python runtime writes, byte by byte, and says what is wrong otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from robo_runtime.generate import Generator
from robo_runtime.prompt import render

from tests.native import binding
from tests.native.binding import Native, NativeError

pytestmark = pytest.mark.llama

PROMPTS = [
    ("Blink an LED on pin 2 every 500 ms", None),
    ("पिन 4 पर सर्वो को 90 डिग्री घुमाओ", "hi"),
    ("Read the DHT22 on pin 15 and print the temperature every 2 seconds", "en"),
    ("ध्वनि 😀 e\u0301 ﷺ\r\n가\u1100\u1161 \u2581x", None),
]


@pytest.mark.parametrize(("prompt", "lang"), PROMPTS)
def test_a_prompt_becomes_the_same_tokens(
    native: Native, python: Generator, prompt: str, lang: str | None
) -> None:
    for given in ({}, {"system": "  Be brief.\n"}, {"hardware": "LED on pin 4, servo", "system": "क़"}):
        expected = python.engine.encode(render(prompt, lang=lang, **given))
        assert native.encode(prompt, lang=lang, **given) == expected


def test_text_is_cleaned_as_the_corpus_was(native: Native, python: Generator) -> None:
    """Every script, and what normal form C changes: marks in any order, Hangul, exclusions."""
    marks = "".join(chr(c) for c in range(0x300, 0x346))
    texts = [
        f"a{marks[::-1]}",
        "\u0958\u0915\u093c",
        "\ufb1d\u05d9\u05b4",
        "\u2126\u212b\u1e9b\u0323",
        "\x00\x07 x \x85",
    ]
    texts += [
        "".join(chr(c) for c in range(low, low + 0x80))
        for low in (0xA0, 0x900, 0x1100, 0xAC00, 0x1F00, 0xFB00)
    ]
    for text in texts:
        assert native.encode("x" + text.replace("\0", "")) == python.engine.encode(
            render("x" + text.replace("\0", ""))
        )


@pytest.mark.parametrize(("prompt", "lang"), PROMPTS)
def test_a_program_is_the_same(native: Native, python: Generator, prompt: str, lang: str | None) -> None:
    code, stopped, stats = native.generate(prompt, lang=lang)
    result = python.generate(prompt, lang=lang)
    assert (code, stopped) == (result.code, result.stopped)
    assert (stats.tokens, stats.refused) == (result.timings.tokens, result.timings.refused)
    assert stats.prompt_tokens == result.timings.prompt_tokens


@pytest.mark.parametrize("tokens", [1, 7, 20, 40])
def test_a_small_budget_cuts_at_the_same_place(native: Native, python: Generator, tokens: int) -> None:
    prompt = "Print the numbers from 1 to 5, then blink the LED on pin 2"
    code, stopped, _ = native.generate(prompt, max_tokens=tokens)
    result = python.generate(prompt, max_tokens=tokens)
    assert (code, stopped) == (result.code, result.stopped)


def test_a_drawn_program_is_the_same_for_the_same_seed(native: Native, python: Generator) -> None:
    for seed in range(3):
        code, *_ = native.generate("Play a melody", temperature=1.5, top_k=40, seed=seed)
        assert code == python.generate("Play a melody", temperature=1.5, top_k=40, seed=seed).code


def test_without_a_grammar_the_program_is_the_same(native: Native, shipped: Path) -> None:
    with Generator(shipped, constrained=False) as free:
        for prompt, _ in PROMPTS[:2]:
            assert native.generate(prompt, unconstrained=1)[0] == free.generate(prompt).code


def test_text_comes_in_whole_lines_that_make_the_program(native: Native) -> None:
    seen: list[bytes] = []
    code, *_ = native.generate("Blink an LED on pin 2", on_text=seen.append)
    assert b"".join(seen).decode() == code
    assert all(part.endswith(b"\n") for part in seen)


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"prompt": " \n\x07"}, binding.ARGUMENT, "the prompt is empty"),
        ({"prompt": "x", "lang": "xx"}, binding.ARGUMENT, "unknown language"),
        ({"prompt": "x", "temperature": -1.0}, binding.ARGUMENT, "temperature"),
        ({"prompt": "x", "max_tokens": -1}, binding.ARGUMENT, "max_tokens"),
        ({"prompt": "word " * 4000}, binding.TOO_LONG, "tokens long"),
    ],
)
def test_what_cannot_be_done_is_an_error_with_a_remedy(
    native: Native, fields: dict[str, Any], status: int, words: str
) -> None:
    with pytest.raises(NativeError) as caught:
        native.generate(**fields)
    assert caught.value.status == status
    assert words in caught.value.message


def test_missing_files_are_named(library: Any, shipped: Path, data: Path, tmp_path: Path) -> None:
    for model, other in ((tmp_path / "none.gguf", data), (shipped, tmp_path / "none.robo")):
        with pytest.raises(NativeError) as caught:
            Native(model, other, library)
        assert caught.value.status == binding.FILE
        assert "none." in caught.value.message
