"""Folders of others that are imported or refused: configuration, weights, what lies beside them."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from robo_convert.checkpoint import load_checkpoint
from robo_convert.gguf_export import export_gguf
from robo_convert.imports.folder import import_model
from robo_runtime.errors import RoboError

pytest.importorskip("transformers")
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


def test_an_embedding_with_a_few_rows_more_is_taken(copy, tmp_path):
    big = np.zeros((960, 64), np.float32)
    folder = copy(
        tensors={"model.embed_tokens.weight": big, "lm_head.weight": big}, config={"vocab_size": 960}
    )
    found = import_model(folder, tmp_path / "out")
    assert found.shape.vocab_size == 960
    assert export_gguf(found.path, tmp_path / "gguf", ["f32"]).files


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
