"""Models that others made: written by transformers, imported, exported, and run beside transformers."""

from __future__ import annotations

from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import require
from hub import hub_logits
from robo_convert.checkpoint import Checkpoint
from robo_convert.formats import FORMATS
from robo_convert.gguf_export import export_gguf
from robo_convert.heavy import export_heavy
from robo_convert.imports.folder import import_model
from robo_convert.llama_parity import llama_logits, open_model
from robo_convert.manifest import read_manifest
from robo_convert.parity import Encoded
from robo_convert.verify import verify_export
from robo_runtime.engine import ModelError, load_engine

pytest.importorskip("transformers")
KINDS = ("sentencepiece", "json", "bytes")
TEXTS = [
    "Blink the LED on pin 2", "x", "", "two  spaces\tand\n\nlines", "def f(x):\n    return x + 1\n",
    "1234567890", "e\u0301 🤖 ½ ﬁ", "don't, WE'LL",
]  # fmt: skip


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


@pytest.mark.parametrize("form", ["onnx", "litert"])
def test_logits_in_other_engines_are_those_of_transformers(form, imported, theirs, tmp_path):
    require(form)
    out = tmp_path / "x"
    manifest = export_heavy(form, imported.path, out, ["f32", "int8"])
    assert {f.role for f in manifest.files.values()} >= {"model", "tokenizer"}
    model = out / next(iter(manifest.models()))
    ids = [int(i) for i in np.random.default_rng(2).integers(3, 690, 120)]
    (found,) = import_module(FORMATS[form].module).file_logits(model, [_text(ids)])
    np.testing.assert_allclose(found, _expected(theirs[0], ids), atol=1e-4)
    assert len(verify_export(out)) == 2
    with pytest.raises(ModelError, match=r"others made .*robo cannot ask it"):
        load_engine(model)


@pytest.mark.slow
@pytest.mark.parametrize("maker", ["sentencepiece", "bytes"])
def test_tied_and_own_heads_and_any_sizes_go_into_core_ml(hub, maker, tmp_path):
    require("coreml")
    source = import_model(hub / maker, tmp_path / maker)
    manifest = export_heavy("coreml", source.path, tmp_path / "x", ["f16", "int8"])
    types = manifest.files[f"{maker}-int8.mlpackage"].model.types
    tables = ["model.embed_tokens.weight", *([] if source.shape.tied else ["lm_head.weight"])]
    assert {types.get(name) for name in tables} == {"int8 row"}
    assert ("lm_head.weight" in types) == (not source.shape.tied)
    ids = [int(i) for i in np.random.default_rng(3).integers(3, 690, 60)]
    module = import_module(FORMATS["coreml"].module)
    (found,) = module.file_logits(tmp_path / "x" / f"{maker}-f16.mlpackage", [_text(ids)])
    np.testing.assert_allclose(found, hub_logits(hub / maker, ids), atol=0.1)


def _text(ids) -> Encoded:
    return Encoded(parts=[("", False, ids)])


def test_robo_says_why_it_cannot_ask_such_a_model(gguf):
    with pytest.raises(ModelError, match=r"others|llama\.cpp itself"):
        load_engine(gguf)


def test_the_manifest_says_whose_model_it_is(gguf, imported):
    manifest = read_manifest(gguf.parent)
    assert manifest.imported
    assert (manifest.licence, manifest.languages) == ("unknown", ())
    assert imported.training.imported.source == imported.name
    assert "TEMPLATE" not in (gguf.parent / "Modelfile").read_text()
