"""Tokenizers of others that llama.cpp can carry, and those that are refused with the reason."""

from __future__ import annotations

import json

import pytest
from hub import sentencepiece_model
from robo_convert.gguf_export import export_gguf
from robo_convert.imports.folder import import_model
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import read_gguf

pytest.importorskip("transformers")
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
SPLIT = {"type": "Split", "behavior": "Isolated", "invert": False}
WORDS = (  # of Llama 3 and Qwen 2, as their tokenizer.json has it
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model_type": "unigram", "vocab_size": 700}, "model_type must be bpe"),
        ({"normalization_rule_name": "nmt_nfkc"}, "precompiled_charsmap is True"),
        ({"remove_extra_whitespaces": True}, "remove_extra_whitespaces is True"),
        ({"byte_fallback": False}, "byte_fallback is False"),
        ({"vocab_size": 700}, "has 700 tokens, config.json has vocab_size 900"),
    ],
)
def test_a_sentencepiece_model_that_llama_cpp_reads_differently_is_refused(
    copy, tmp_path, lines, options, message
):
    folder = copy("sentencepiece")
    (folder / "tokenizer.model").write_bytes(sentencepiece_model(lines, **options))
    with pytest.raises(RoboError, match=message):
        import_model(folder, tmp_path / "out")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"normalizer": {"type": "NFC"}}, "normalizer NFC"),
        (
            {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True}},
            "with a space put before",
        ),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "neither SentencePiece's nor byte-level"),
        ({"model": {"type": "Unigram", "vocab": []}}, "a Unigram tokenizer"),
        ({"model": {"merges": []}}, r"not as their libraries write them \(KeyError: 'vocab'\)"),
    ],
)
def test_a_tokenizer_json_that_llama_cpp_has_no_word_for_is_refused(copy, tmp_path, changes, message):
    folder = copy("bytes", tokenizer=changes)
    with pytest.raises(RoboError, match=message):
        import_model(folder, tmp_path / "out")


@pytest.mark.llama
@pytest.mark.parametrize(
    ("steps", "name"),
    [
        ([{"type": "Digits", "individual_digits": True}, BYTES | {"use_regex": True}], "smollm"),
        ([SPLIT | {"pattern": {"Regex": WORDS.format("{1,3}")}}, BYTES], "llama-bpe"),
        ([SPLIT | {"pattern": {"Regex": WORDS.format("")}}, BYTES], "qwen2"),
    ],
)
def test_ways_to_split_texts_have_llama_cpps_names(copy, tmp_path, steps, name):
    """Whether they split alike is proved on import, by llama.cpp itself."""
    pytest.importorskip("llama_cpp")
    folder = copy("bytes", tokenizer={"pre_tokenizer": {"type": "Sequence", "pretokenizers": steps}})
    path = folder / "tokenizer.json"
    data = json.loads(path.read_text())
    data["model"]["ignore_merges"] = name == "llama-bpe"
    path.write_text(json.dumps(data))
    found = import_model(folder, tmp_path / "out")
    assert found.training.imported.pre == name
    export_gguf(found.path, tmp_path / "gguf", ["f32"])
    assert read_gguf(tmp_path / "gguf" / "out-f32.gguf").metadata["tokenizer.ggml.pre"] == name


def test_merges_that_scores_cannot_express_are_refused(copy, tmp_path):
    folder = copy()
    path = folder / "tokenizer.json"
    data = json.loads(path.read_text())
    rules = data["model"]["merges"]
    three = next(r for r in rules if sum("".join(r) == "".join(s) for s in rules) > 1)
    rules.remove(three)
    path.write_text(json.dumps(data))
    with pytest.raises(RoboError, match=f"do not merge into {''.join(three)!r}"):
        import_model(folder, tmp_path / "out")


def test_tokens_added_later_have_their_ids(copy, tmp_path):
    added = {"added_tokens_decoder": {"899": {"content": "<|user|>", "special": True}}}
    folder = copy("sentencepiece", tokenizer_config=added)
    with pytest.raises(
        RoboError, match=r"an added token makes it '<\|user\|>'; the files belong to different"
    ):
        import_model(folder, tmp_path / "out")


def test_a_model_without_an_end_token_is_refused(copy, tmp_path):
    folder = copy(config={"eos_token_id": None}, generation_config={"eos_token_id": ...},
                  tokenizer_config={"eos_token": None})  # fmt: skip
    with pytest.raises(RoboError, match="without an end token"):
        import_model(folder, tmp_path / "out")
