"""Bad checkpoints are refused with a reason and a remedy, before anything is written."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from robo_convert.checkpoint import FILES, find_checkpoint, load_checkpoint, newest_checkpoint
from robo_convert.gguf_export import export_gguf
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import expected_tensors


def test_a_checkpoint_of_transformers_loads_with_its_shape(source):
    assert (source.shape.hidden_size, source.shape.heads, source.shape.kv_heads) == (64, 4, 2)
    assert source.shape.rope_theta == 10000.0
    assert {k: v.shape for k, v in source.weights.items()} == expected_tensors(source.shape)


def test_the_parameter_count_is_transformers(source, checkpoint):
    pytest.importorskip("torch")
    from transformers import LlamaForCausalLM

    assert source.parameters == LlamaForCausalLM.from_pretrained(checkpoint).num_parameters()


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(altered, tmp_path, name):
    folder = altered()
    (folder / name).unlink()
    with pytest.raises(RoboError, match=f"not a complete checkpoint, it lacks {name}"):
        export_gguf(folder, tmp_path / "x" / "out")
    assert not (tmp_path / "x").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RoboError, match="no such checkpoint folder"):
        load_checkpoint(tmp_path / "none")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architectures": ["MistralForCausalLM"]}, "architectures"),
        ({"tie_word_embeddings": False}, "tie_word_embeddings"),
        ({"attention_bias": True}, "attention_bias"),
        ({"hidden_act": "gelu"}, "hidden_act"),
        ({"num_key_value_heads": 3}, "num_attention_heads 4, and that by num_key_value_heads 3"),
        (
            {"rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0}},
            "rope_type 'yarn' is not exported",
        ),
        ({"rope_parameters": None, "rope_theta": None}, "rope_theta: this key is missing"),
        ({"rms_norm_eps": 0}, "rms_norm_eps"),
        (
            {"vocab_size": 900},
            r"model\.embed_tokens\.weight is \(1024, 64\), config\.json makes it \(900, 64\)",
        ),
        ({"num_hidden_layers": 3}, r"model\.layers\.2\.input_layernorm\.weight is missing"),
        ({"num_hidden_layers": 1}, r"model\.layers\.1\.\S+ is not a tensor of"),
    ],
)
def test_a_config_that_says_something_else_is_refused(altered, changes, message):
    with pytest.raises(RoboError, match=message):
        load_checkpoint(altered(config=changes))


def test_rope_theta_is_read_from_the_older_key_too(altered):
    folder = altered(config={"rope_parameters": None, "rope_theta": 5000.0})
    assert load_checkpoint(folder).shape.rope_theta == 5000.0


def test_rows_that_blocks_of_32_do_not_fit_are_refused(altered, tmp_path):
    layers = ("model.layers.0.mlp", "model.layers.1.mlp")
    tensors = {
        f"{n}.{k}_proj.weight": np.zeros((200, 64), np.float32) for n in layers for k in ("gate", "up")
    }
    tensors |= {f"{n}.down_proj.weight": np.zeros((64, 200), np.float32) for n in layers}
    folder = altered(tensors=tensors, config={"intermediate_size": 200})
    with pytest.raises(RoboError, match=r"blk\.0\.ffn_down\.weight: row length 200 is not a multiple of 32"):
        export_gguf(folder, tmp_path / "x", ["q8_0"])
    assert not (tmp_path / "x").exists()
    assert export_gguf(folder, tmp_path / "x", ["f16"]).files


@pytest.mark.parametrize("keep", [0, 7, 300, 100_000])
def test_cut_weights_are_refused(altered, keep):
    path = altered() / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RoboError, match=r"model\.safetensors: damaged or cut short"):
        load_checkpoint(path.parent)


def test_weights_that_are_not_numbers_are_refused(altered):
    weight = np.zeros((64, 64), np.float32)
    weight[3, 4] = np.nan
    with pytest.raises(RoboError, match=r"layers\.0\.self_attn\.q_proj\.weight holds NaN or infinity"):
        load_checkpoint(altered(tensors={"model.layers.0.self_attn.q_proj.weight": weight}))


def test_an_unknown_tensor_is_named(altered):
    with pytest.raises(RoboError, match=r"lm_head\.weight is not a tensor of a tied Llama"):
        load_checkpoint(altered(tensors={"lm_head.weight": np.zeros((1024, 64), np.float32)}))


def test_bfloat16_weights_are_refused_with_the_remedy(altered):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file

    path = altered() / "model.safetensors"
    save_file({k: v.to(torch.bfloat16) for k, v in load_file(path).items()}, path)
    with pytest.raises(RoboError, match="save the weights as float32"):
        load_checkpoint(path.parent)


def test_half_precision_weights_are_taken(altered, checkpoint):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file

    path = altered() / "model.safetensors"
    save_file({k: v.to(torch.float16) for k, v in load_file(path).items()}, path)
    assert all(w.dtype == np.float32 for w in load_checkpoint(path.parent).weights.values())


def test_training_json_may_hold_anything_else_but_no_unknown_qat(altered):
    assert load_checkpoint(altered(training={"loss": [1, 2], "figures": {}})).training.qat == "none"


def test_an_unknown_qat_is_refused(altered):
    with pytest.raises(RoboError, match=r"training\.json: qat"):
        load_checkpoint(altered(training={"qat": "int3"}))


def test_the_complete_checkpoint_trained_last_is_found(checkpoint, tmp_path):
    for name, day in (("new", 3), ("oldest", 1), ("old", 2)):
        shutil.copytree(checkpoint, tmp_path / name)
        (tmp_path / name / "training.json").write_text(json.dumps({"time": f"2026-01-0{day}T08:00:00Z"}))
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "training.json").write_text(json.dumps({}))
    assert newest_checkpoint(tmp_path) == tmp_path / "new"


def test_a_checkpoint_of_the_trainer_comes_back_exactly(tokenizer_model, tmp_path):
    torch = pytest.importorskip("torch")
    from robo_train.checkpoint import save_checkpoint
    from robo_train.config import ModelConfig
    from robo_train.model import Llama
    from robo_train.tokenizer import Tokenizer

    torch.manual_seed(2)
    config = ModelConfig(
        name="x", vocab_size=1024, hidden_size=96, intermediate_size=256, layers=1, heads=6, kv_heads=2,
        context=256,
    )  # fmt: skip
    training = {"qat": "q4_0", "git": {"commit": "", "dirty": False}, "time": "2026-01-01T00:00:00Z"}
    save_checkpoint(tmp_path / "robo-x", Llama(config), Tokenizer(tokenizer_model), training, qat="q4_0")
    manifest = export_gguf(tmp_path / "robo-x", tmp_path / "out")
    model = manifest.files["robo-x-q4_0.gguf"].model
    assert model.tensors.exact == model.tensors.tensors == 11
    assert model.parity.top1 == 1.0


def test_without_a_checkpoint_the_remedy_is_named(tmp_path):
    with pytest.raises(RoboError, match="no checkpoint here; train one"):
        newest_checkpoint(tmp_path / "none")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "training.json").write_text("{}")
    with pytest.raises(RoboError, match="half is not complete"):
        newest_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[1, 2], [3]]", "the same length"),
        ("[[1, 2, 99999]]", "another tokenizer"),
        ("{}x", "rows of token ids expected"),
        ("[[1, null]]", "rows of token ids expected"),
    ],
)
def test_drafts_that_do_not_fit_are_refused(altered, text, message):
    folder = altered()
    (folder / "drafts.json").write_text(text)
    with pytest.raises(RoboError, match=message):
        load_checkpoint(folder)


def test_a_checkpoint_may_have_no_drafts(source):
    assert source.drafts == ()


def test_a_tier_is_the_name_of_a_checkpoint(tmp_path, monkeypatch):
    (tmp_path / "robo-nano").mkdir()
    assert find_checkpoint(Path("nano"), tmp_path) == tmp_path / "robo-nano"
    assert find_checkpoint(Path("tiny"), tmp_path) == Path("tiny")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nano").mkdir()
    assert find_checkpoint(Path("nano"), tmp_path) == Path("nano")
