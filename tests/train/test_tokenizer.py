"""Ids must be the same in sentencepiece and in `tokenizers`, and text must come back unchanged."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from robo_runtime.errors import RoboError
from robo_runtime.languages import languages
from robo_runtime.prompt import N_CONTROL, clean_text, control_tokens, render
from robo_train.config import TokenizerConfig
from robo_train.tokenizer import Tokenizer, check_symbols, train_tokenizer

CODE = (
    "from machine import Pin\n\nled = Pin(2, Pin.OUT)\nwhile True:\n    led.on()\n        x = 'é'\n\tpass\r\n"
)
TEXTS = [
    CODE, "blink the led on pin 12 every 250 ms", "  two  spaces ", "0123456789 3.14159", "🙂👩‍🚀 émoji ☃",
    "[USER]<eos>[LANG:en][/CODE]", *(entry.native for entry in languages().values()), "\n\n\n",
    "\t\tx", "a▁b",
    "x" * 300, "    " * 12 + "deep",
]  # fmt: skip


@pytest.fixture(scope="module")
def fast(tokenizer: Tokenizer):  # type: ignore[no-untyped-def]
    return tokenizer.to_tokenizers()


@pytest.mark.parametrize("text", TEXTS)
def test_text_comes_back_unchanged(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("text", [t for t in TEXTS if "[USER]" not in t])
def test_ids_equal_those_of_the_tokenizers_library(tokenizer: Tokenizer, fast, text: str) -> None:  # type: ignore[no-untyped-def]
    assert fast.encode(text, add_special_tokens=False).ids == tokenizer.encode(text)
    assert fast.decode(tokenizer.encode(text)) == text


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_fuzzed_text_gives_equal_ids_and_no_control_id(tokenizer: Tokenizer, fast, text: str) -> None:  # type: ignore[no-untyped-def]
    text = clean_text(text)
    ids = tokenizer.encode(text)
    assert all(i >= N_CONTROL for i in ids)
    assert tokenizer.decode(ids) == text
    if not any(token in text for token in control_tokens()):
        assert fast.encode(text, add_special_tokens=False).ids == ids


def test_the_words_of_control_tokens_stay_text(tokenizer: Tokenizer) -> None:
    for token in control_tokens():
        assert all(i >= N_CONTROL for i in tokenizer.encode(f"x {token} y"))


def test_control_tokens_have_their_ids(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode_parts(render("hi", lang="hi", hardware="LED"))
    names = control_tokens()
    assert [names[i] for i in ids if i < N_CONTROL] == [
        "<bos>", "[LANG:hi]", "[HARDWARE]", "[/HARDWARE]", "[USER]", "[/USER]", "[CODE]",
    ]  # fmt: skip


def test_digits_are_single_tokens_and_newlines_stand_alone(tokenizer: Tokenizer) -> None:
    pieces = [tokenizer.processor.id_to_piece(i) for i in tokenizer.encode(CODE + "x = 1234\n")]
    assert [p for p in pieces if any(c.isdigit() for c in p) and p[:3] != "<0x"] == ["2", "1", "2", "3", "4"]
    assert all(p == "\n" for p in pieces if "\n" in p)


def test_pieces_span_words_in_code_but_not_in_prompts(tokenizer: Tokenizer) -> None:
    pieces = [tokenizer.processor.id_to_piece(i) for i in tokenizer.encode("from machine import Pin")]
    assert len(pieces) <= 2
    for piece in tokenizer.encode("please flash gpio"):
        assert " " not in tokenizer.processor.id_to_piece(piece)[1:]


def test_overlapping_symbols_are_refused() -> None:
    check_symbols(["\n", "\t"])
    with pytest.raises(RoboError, match="overlap"):
        check_symbols(["def ", "    "])


def test_a_saved_tokenizer_loads_in_transformers(tokenizer: Tokenizer, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    tokenizer.save(tmp_path)
    hub = transformers.PreTrainedTokenizerFast.from_pretrained(str(tmp_path))
    assert hub(CODE, add_special_tokens=False).input_ids == tokenizer.encode(CODE)
    assert json.loads((tmp_path / "tokenizer_config.json").read_text())["eos_token"] == "<eos>"


def test_too_little_text_says_what_to_do() -> None:
    with pytest.raises(RoboError, match="larger corpus or a smaller vocabulary"):
        train_tokenizer(["abc"], TokenizerConfig(name="t", vocab_size=4096))


def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.model").write_bytes(b"not a model")
    with pytest.raises(RoboError, match="not a SentencePiece model"):
        Tokenizer.load(tmp_path / "tokenizer.model")
