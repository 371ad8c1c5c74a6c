"""One text, one row of ids: sentencepiece, llama.cpp and `tokenizers`, in every language of the phrases."""

from __future__ import annotations

import pytest
from robo_convert.llama_parity import open_vocabulary
from robo_runtime.paths import workspace
from sentencepiece import SentencePieceProcessor

from benchmarks.tokenizer_ids import by_genai, by_tokenizers, texts_of

MODEL = workspace() / "models" / "robo-nano-q4_0.gguf"
LANGUAGES = sorted(p.name for p in (workspace() / "data" / "phrases").iterdir() if p.is_dir())


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The tokenizer of the model that ships, as a checkpoint has it."""
    if not MODEL.is_file():
        pytest.skip("no model ships")
    from robo_train.tokenizer import Tokenizer
    from robo_train.vocabulary import tokenizer_at

    folder = tmp_path_factory.mktemp("tokenizer")
    Tokenizer(tokenizer_at(MODEL).serialised).save(folder)
    return folder


@pytest.fixture(scope="module")
def sentencepiece(files):
    return SentencePieceProcessor(model_file=str(files / "tokenizer.model"))


@pytest.fixture(scope="module")
def fast(files):
    return by_tokenizers(files / "tokenizer.json")


@pytest.fixture(scope="module")
def llama():
    pytest.importorskip("llama_cpp")
    with open_vocabulary(MODEL) as model:
        yield model


def test_the_phrases_are_in_all_languages():
    from robo_runtime.languages import languages

    assert set(LANGUAGES) == set(languages())
    assert all(len(texts_of(language, 50)) == 50 for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tokenizer_json_gives_the_ids_of_tokenizer_model(sentencepiece, fast, language):
    for text in texts_of(language, 50):
        assert fast(text) == sentencepiece.encode(text)


@pytest.mark.llama
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_that_ships_gives_the_ids_of_tokenizer_model(sentencepiece, llama, language):
    for text in texts_of(language, 50):
        assert llama.tokenize(text.encode(), False, False) == sentencepiece.encode(text)


def test_genais_own_tokenizer_is_still_not_ours(files, sentencepiece, tmp_path):
    """docs/exports.md says to give it ids; when this fails it may have learned to cut texts as we do."""
    pytest.importorskip("onnxruntime_genai", reason="onnxruntime-genai is not installed")
    export = workspace() / "exports" / "robo-nano-onnx"
    if not export.is_dir():
        pytest.skip("no ONNX export of the model that ships")
    for escaped in (False, True):
        cut = by_genai(export, files, tmp_path, escaped=escaped)
        texts = [text for language in LANGUAGES for text in texts_of(language, 20)]
        assert any(cut(text) != sentencepiece.encode(text) for text in texts)
