"""Models that others made: written by transformers, imported, exported, and run beside transformers."""

from __future__ import annotations

import json
import shutil
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hub import (
    VOCAB,
    sentencepiece_model,
    write_byte_level,
    write_json_tokenizer,
    write_weights,
)
from robo_convert.checkpoint import Checkpoint, load_checkpoint
from robo_convert.gguf_export import export_gguf
from robo_convert.imports.folder import import_model
from robo_convert.llama_parity import llama_logits, open_model
from robo_convert.manifest import read_manifest
from robo_convert.reference import logits
from robo_convert.verify import verify_export
from robo_runtime.engine import ModelError, load_engine
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import read_gguf
from safetensors.numpy import load_file, save_file

pytest.importorskip("transformers")
KINDS = ("sentencepiece", "json", "bytes")
TEXTS = [
    "Blink the LED on pin 2", "x", "", "two  spaces\tand\n\nlines", "def f(x):\n    return x + 1\n",
    "1234567890", "e\u0301 🤖 ½ ﬁ", "don't, WE'LL",
]  # fmt: skip


@pytest.fixture(scope="module")
def lines(sentences, gate):
    return [*sentences.values()] * 3 + [line for case in gate.cases for line in case.code.split("\n")] * 3


@pytest.fixture(scope="module")
def hub(tmp_path_factory, lines) -> Path:
    """Folders of three makers."""
    root = tmp_path_factory.mktemp("hub")
    theirs = {"rope_type": "default", "rope_theta": 500000.0}
    model = sentencepiece_model(lines)
    write_weights(
        root / "sentencepiece", VOCAB["sentencepiece"], dtype="bfloat16", shard="100KB",
        rope_parameters=theirs, num_key_value_heads=1, tie_word_embeddings=True, rms_norm_eps=1e-5,
    )  # fmt: skip
    (root / "sentencepiece" / "tokenizer.model").write_bytes(model)
    settings = {
        "tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "add_bos_token": True,
    }  # fmt: skip
    (root / "sentencepiece" / "tokenizer_config.json").write_text(json.dumps(settings))
    assert len(list((root / "sentencepiece").glob("*.safetensors"))) > 1
    write_weights(root / "json", VOCAB["json"], tie_word_embeddings=False, num_key_value_heads=4)
    write_json_tokenizer(root / "json", model)
    write_weights(
        root / "bytes", VOCAB["bytes"] + 4, dtype="float16", head_dim=24, tie_word_embeddings=False,
        bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    write_byte_level(root / "bytes", lines)
    return root


@pytest.fixture(scope="module", params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def imported(hub, kind, tmp_path_factory) -> Checkpoint:
    return import_model(hub / kind, tmp_path_factory.mktemp("checkpoints") / kind)


@pytest.fixture(scope="module")
def gguf(imported, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("exports") / imported.name
    export_gguf(imported.path, out, ["f32", "q8_0"])
    return out / f"{imported.name}-f32.gguf"


@pytest.fixture(scope="module")
def theirs(hub, kind) -> tuple[Any, Any]:
    """Model and tokenizer, by transformers from the maker's own folder."""
    import torch
    from transformers import AutoTokenizer, LlamaForCausalLM

    model = LlamaForCausalLM.from_pretrained(hub / kind, dtype=torch.float32).eval()
    return model, AutoTokenizer.from_pretrained(hub / kind)


def _expected(model, ids) -> np.ndarray:
    import torch

    with torch.no_grad():
        return model(torch.tensor([list(ids)])).logits[0].numpy()


def test_every_parameter_arrives(imported, theirs):
    assert imported.parameters == theirs[0].num_parameters()
    assert all(w.dtype == np.float32 for w in imported.weights.values())


def test_transformers_reads_the_checkpoint_and_gives_the_same_logits(imported, theirs):
    import torch
    from transformers import LlamaForCausalLM

    again = LlamaForCausalLM.from_pretrained(imported.path, dtype=torch.float32).eval()
    ids = range(5, 60)
    np.testing.assert_array_equal(_expected(again, ids), _expected(theirs[0], ids))


@pytest.mark.llama
def test_logits_in_llama_cpp_are_those_of_transformers(gguf, theirs):
    pytest.importorskip("llama_cpp")
    ids = [int(i) for i in np.random.default_rng(1).integers(3, 690, 120)]
    with open_model(gguf, 512) as model:
        np.testing.assert_allclose(llama_logits(model, ids), _expected(theirs[0], ids), atol=1e-4)


@pytest.mark.llama
def test_greedy_text_of_llama_cpp_is_that_of_transformers(gguf, theirs):
    pytest.importorskip("llama_cpp")
    import torch

    model, tokenizer = theirs
    with open_model(gguf, 512) as llama:
        for text in ("Blink the LED", "from machine import Pin\n", "पिन 2"):
            batch = tokenizer(text, return_tensors="pt")
            prompt = llama.tokenize(text.encode(), special=True)  # with <bos> where the model wants one
            assert prompt == batch["input_ids"][0].tolist()
            with torch.no_grad():
                whole = model.generate(
                    batch["input_ids"], attention_mask=batch["attention_mask"], max_new_tokens=24,
                    do_sample=False, pad_token_id=0,
                )[0].tolist()  # fmt: skip
            expected = [i for i in whole[len(prompt) :] if i != model.config.eos_token_id]
            found = list(islice(llama.generate(prompt, temp=0.0), len(expected)))
            assert found == expected
            text = llama.detokenize(found, prev_tokens=prompt).decode(errors="replace")
            both = tokenizer.decode(prompt), tokenizer.decode([*prompt, *found])
            assert both[1] == both[0] + text or "\ufffd" in text


@pytest.mark.llama
def test_texts_have_the_same_ids_in_all_libraries(gguf, imported, theirs, sentences):
    pytest.importorskip("llama_cpp")
    from tokenizers import Tokenizer

    ours = Tokenizer.from_file(str(imported.path / "tokenizer.json"))
    with open_model(gguf, 512) as llama:
        for text in [*sentences.values(), *TEXTS]:
            ids = llama.tokenize(text.encode(), add_bos=False)
            assert ids == theirs[1](text, add_special_tokens=False)["input_ids"], text
            assert ids == ours.encode(text, add_special_tokens=False).ids, text


@pytest.mark.llama
def test_verify_repeats_the_proof_in_llama_cpp(gguf):
    pytest.importorskip("llama_cpp")
    found = verify_export(gguf.parent)
    assert all(v.texts for v in found)
    assert found[0].llama_cpp is not None and found[0].llama_cpp.max_difference < 1e-3


def test_logits_in_onnx_runtime_are_those_of_transformers(imported, theirs, tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from robo_convert.heavy import export_heavy
    from robo_runtime.engine.onnx import OnnxEngine

    out = tmp_path / "x"
    manifest = export_heavy("onnx", imported.path, out, ["f32", "int8"])
    assert {f.role for f in manifest.files.values()} >= {"model", "tokenizer"}
    ids = [int(i) for i in np.random.default_rng(2).integers(3, 690, 120)]
    found = OnnxEngine(out / f"{imported.name}-f32.onnx", ends=()).feed_all(ids)
    np.testing.assert_allclose(found, _expected(theirs[0], ids), atol=1e-4)
    assert len(verify_export(out)) == 2
    with pytest.raises(ModelError, match=r"others made .*robo cannot ask it"):
        load_engine(out / f"{imported.name}-f32.onnx")


@pytest.mark.slow
def test_a_head_of_its_own_and_any_head_size_go_into_core_ml(hub, tmp_path):
    pytest.importorskip("coremltools", reason="robo-convert[coreml] is not installed")
    from robo_convert.coreml.export import file_logits
    from robo_convert.heavy import export_heavy
    from robo_convert.parity import Encoded

    source = import_model(hub / "bytes", tmp_path / "bytes")
    manifest = export_heavy("coreml", source.path, tmp_path / "x", ["f16", "int8"])
    types = manifest.files["bytes-int8.mlpackage"].model.types
    assert types["lm_head.weight"] == types["model.embed_tokens.weight"] == "int8 row"
    ids = [int(i) for i in np.random.default_rng(3).integers(3, 690, 60)]
    (found,) = file_logits(tmp_path / "x" / "bytes-f16.mlpackage", [Encoded(parts=[("", False, ids)])])
    np.testing.assert_allclose(found, logits(source.weights, source.shape, ids), atol=0.1)


def test_robo_says_why_it_cannot_ask_such_a_model(gguf):
    with pytest.raises(ModelError, match=r"others|llama\.cpp itself"):
        load_engine(gguf)


def test_the_manifest_says_whose_model_it_is(gguf, imported):
    manifest = read_manifest(gguf.parent)
    assert manifest.imported
    assert (manifest.licence, manifest.languages) == ("unknown", ())
    assert imported.training.imported.source == imported.name
    assert "TEMPLATE" not in (gguf.parent / "Modelfile").read_text()


@pytest.fixture
def copy(hub, tmp_path):
    """A folder of one of the makers, with changes."""

    def make(kind: str = "json", tensors: dict[str, Any] | None = None, **files: dict[str, Any]) -> Path:
        folder = tmp_path / "theirs"
        shutil.copytree(hub / kind, folder)
        for name, changes in files.items():
            path = folder / f"{name}.json"
            old = json.loads(path.read_text()) if path.exists() else {}
            merged = {k: v for k, v in (old | changes).items() if v is not ...}
            path.write_text(json.dumps(merged))
        if tensors:
            path = folder / "model.safetensors"
            merged = load_file(path) | {k: np.asarray(v) for k, v in tensors.items() if v is not None}
            save_file({k: v for k, v in merged.items() if tensors.get(k, v) is not None}, path)
        return folder

    return make


BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
SPLIT = {"type": "Split", "behavior": "Isolated", "invert": False}
WORDS = (  # of Llama 3 and Qwen 2, as their tokenizer.json has it
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
Q = "model.layers.0.self_attn.q_proj.weight"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"architectures": ["MistralForCausalLM"]}, "architectures"),
        ({"rope_parameters": {"rope_type": "llama3", "factor": 8.0}}, r"rope_type 'llama3' is not exported"),
        ({"rope_parameters": ..., "rope_scaling": {"type": "linear", "factor": 2.0}}, "rope_scaling: rope_type 'linear'"),
        ({"partial_rotary_factor": 0.5}, "partial_rotary_factor is not exported"),
        ({"attention_bias": True}, "attention_bias"),
        ({"hidden_act": "gelu"}, "hidden_act"),
        ({"quantization_config": {"bits": 4}}, "quantised already"),
        ({"hidden_size": 8192, "head_dim": None}, r"M parameters; this toolkit is for small models"),
        ({"num_hidden_layers": 3}, r"tensor model\.layers\.2\.input_layernorm\.weight is missing"),
        ({"num_key_value_heads": 2}, r"k_proj\.weight is \(64, 64\), config\.json makes it \(32, 64\)"),
        ({"vocab_size": 1100}, "has 900 tokens, config.json has vocab_size 1100"),
        ({"vocab_size": 899}, "has 900 tokens, config.json has vocab_size 899"),
        ({"tie_word_embeddings": True}, r"lm_head\.weight is not the embedding"),
    ],
)  # fmt: skip
def test_a_configuration_that_cannot_be_carried_is_refused(copy, tmp_path, config, message):
    with pytest.raises(RoboError, match=message):
        import_model(copy(config=config), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({Q: None}, f"tensor {Q} is missing"),
        ({Q: np.zeros((32, 64), np.float32)}, r"is \(32, 64\), config\.json makes it \(64, 64\)"),
        ({Q: np.full((64, 64), np.nan, np.float32)}, "holds NaN or infinity"),
        ({Q: np.zeros((64, 64), np.int8)}, "is I8; weights of F64, F32, F16, BF16 are read"),
        ({"model.layers.0.self_attn.q_proj.bias": np.zeros(64, np.float32)}, "without biases"),
    ],
)
def test_weights_that_cannot_be_carried_are_refused(copy, tmp_path, tensors, message):
    with pytest.raises(RoboError, match=message):
        import_model(copy(tensors=tensors), tmp_path / "out")


def test_what_transformers_once_stored_beside_the_weights_is_passed_over(copy, tmp_path):
    extra = {"model.layers.0.self_attn.rotary_emb.inv_freq": np.zeros(8, np.float32)}
    assert import_model(copy(tensors=extra), tmp_path / "out").parameters


def test_keys_that_are_left_out_have_transformers_defaults(copy, tmp_path):
    folder = copy(
        config={"rope_parameters": ..., "num_key_value_heads": ..., "rms_norm_eps": ..., "head_dim": None}
    )
    shape = import_model(folder, tmp_path / "out").shape
    assert (shape.rope_theta, shape.kv_heads, shape.norm_eps, shape.head_dim) == (10000.0, 4, 1e-6, 16)


def test_pickled_weights_are_not_read(copy, tmp_path):
    folder = copy()
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(RoboError, match=r"pytorch_model\.bin is a pickle, which can run any code"):
        import_model(folder, tmp_path / "out")


def test_a_missing_shard_is_named(copy, tmp_path):
    folder = copy("sentencepiece")
    gone = sorted(folder.glob("*.safetensors"))[1]
    gone.unlink()
    with pytest.raises(RoboError, match=f"names {gone.name}, which is not in the folder"):
        import_model(folder, tmp_path / "out")


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


def test_an_embedding_with_a_few_rows_more_is_taken(copy, tmp_path):
    big = np.zeros((960, 64), np.float32)
    folder = copy(
        tensors={"model.embed_tokens.weight": big, "lm_head.weight": big}, config={"vocab_size": 960}
    )
    found = import_model(folder, tmp_path / "out")
    assert found.shape.vocab_size == 960
    assert export_gguf(found.path, tmp_path / "gguf", ["f32"]).files


def test_a_model_without_an_end_token_is_refused(copy, tmp_path):
    folder = copy(config={"eos_token_id": None}, generation_config={"eos_token_id": ...},
                  tokenizer_config={"eos_token": None})  # fmt: skip
    with pytest.raises(RoboError, match="without an end token"):
        import_model(folder, tmp_path / "out")


def test_an_import_is_replaced_and_nothing_else_is(copy, tmp_path, checkpoint):
    folder, out = copy(), tmp_path / "out"
    import_model(folder, out)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# A model\n")
    assert import_model(folder, out).training.licence == "mit"
    assert load_checkpoint(out).training.imported
    own = tmp_path / "own"
    shutil.copytree(checkpoint, own)
    with pytest.raises(RoboError, match="is no earlier import"):
        import_model(folder, own)


def test_a_folder_that_was_not_imported_names_the_command(hub):
    with pytest.raises(RoboError, match="robo-convert import FOLDER"):
        load_checkpoint(hub / "json")
