"""LoRA adapters made by peft: as files for llama.cpp, and merged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from robo_convert.adapters.export import export_adapter, merge_adapter
from robo_convert.adapters.lora import read_adapter
from robo_convert.checkpoint import load_checkpoint
from robo_convert.gguf_export import export_gguf
from robo_convert.llama_parity import llama_logits, open_model
from robo_convert.manifest import read_manifest
from robo_convert.parity import compare_logits
from robo_convert.reference import logits
from robo_convert.verify import verify_export
from robo_runtime.engine import ModelError, load_engine
from robo_runtime.errors import RoboError
from safetensors.numpy import load_file, save_file

peft = pytest.importorskip("peft", reason="peft is not installed")
IDS = [2, 6, *range(300, 360), 7, 8, *range(700, 760)]
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {"target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]},
    "stabilised": {"target_modules": ["q_proj", "down_proj"], "use_rslora": True},
    "mixed": {
        "target_modules": ["q_proj", "k_proj"], "layers_to_transform": [1], "rank_pattern": {"k_proj": 3},
        "alpha_pattern": {"q_proj": 5},
    },
}  # fmt: skip


def _make(base: Path, folder: Path, **options: Any) -> tuple[Path, np.ndarray]:
    """An adapter that changes a lot, and the logits of peft's merged model at IDS."""
    import torch
    from transformers import LlamaForCausalLM

    torch.manual_seed(4)
    model = LlamaForCausalLM.from_pretrained(base, dtype=torch.float32)
    config = peft.LoraConfig(**{"r": 6, "lora_alpha": 12, "task_type": "CAUSAL_LM", **options})
    adapted = peft.get_peft_model(model, config)
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.05)
    adapted.save_pretrained(folder)
    with torch.no_grad():
        return folder, adapted.merge_and_unload()(torch.tensor([IDS])).logits[0].numpy()


@pytest.fixture(scope="module", params=VARIANTS)
def made(request, checkpoint, tmp_path_factory) -> tuple[Path, np.ndarray]:
    folder = tmp_path_factory.mktemp("lora") / request.param
    return _make(checkpoint, folder, **VARIANTS[request.param])


@pytest.fixture(scope="module")
def written(made, checkpoint, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("adapters") / made[0].name
    export_adapter(made[0], checkpoint, out)
    return out


@pytest.mark.llama
def test_llama_cpp_with_the_adapter_gives_the_logits_of_pefts_merged_model(
    written, made, checkpoint, tmp_path
):
    pytest.importorskip("llama_cpp")
    export_gguf(checkpoint, tmp_path / "base", ["f32"])
    base, adapter = tmp_path / "base" / "robo-plain-f32.gguf", written / f"{made[0].name}.gguf"
    with open_model(base, 512, adapter) as llama:
        found = llama_logits(llama, IDS)
    np.testing.assert_allclose(found, made[1], atol=2e-4)
    with open_model(base, 512) as llama:
        assert np.abs(llama_logits(llama, IDS) - made[1]).max() > 0.05


@pytest.mark.llama
def test_the_file_works_beside_a_q4_0_base(qat_checkpoint, export, tmp_path):
    pytest.importorskip("llama_cpp")
    folder, expected = _make(qat_checkpoint, tmp_path / "lora", target_modules=["q_proj", "up_proj"])
    export_adapter(folder, qat_checkpoint, tmp_path / "adapter")
    with open_model(export / "robo-qat-q4_0.gguf", 512, tmp_path / "adapter" / "lora.gguf") as llama:
        figures = compare_logits([llama_logits(llama, IDS)], [expected], 0.25)
    assert figures.top1_or_tie >= 0.98
    assert figures.kl < 1e-3


def test_a_merged_checkpoint_gives_the_logits_of_pefts_merged_model(
    made, qat_checkpoint, checkpoint, tmp_path
):
    merged = merge_adapter(made[0], checkpoint, tmp_path / "merged")
    np.testing.assert_allclose(logits(merged.weights, merged.shape, IDS), made[1], atol=2e-4)
    assert export_gguf(merged.path, tmp_path / "gguf", ["f32", "q8_0"]).name == "merged"
    again = merge_adapter(made[0], checkpoint, tmp_path / "merged")
    assert again.sha256 == merged.sha256


def test_weights_that_were_trained_for_q4_0_no_longer_are_when_merged(qat_checkpoint, tmp_path):
    folder, _ = _make(qat_checkpoint, tmp_path / "lora", target_modules=["v_proj"])
    merged = merge_adapter(folder, qat_checkpoint, tmp_path / "merged")
    assert merged.training.qat == "none"
    training = json.loads((merged.path / "training.json").read_text())
    assert training["adapter"]["base"] == "robo-qat"
    assert training["languages"] == ["en", "hi"]


def test_the_manifest_names_the_base_and_verify_needs_it(written, made, checkpoint, tmp_path, monkeypatch):
    manifest = read_manifest(written)
    assert (manifest.kind, manifest.checkpoint.name, manifest.name) == ("adapter", "robo-plain", made[0].name)
    assert manifest.parameters == read_adapter(made[0], load_checkpoint(checkpoint)).parameters
    monkeypatch.setattr("robo_convert.verify.workspace", lambda: tmp_path)
    with pytest.raises(RoboError, match="no such checkpoint folder"):
        verify_export(written)
    shutil.copytree(checkpoint, tmp_path / "checkpoints" / "robo-plain")
    (found,) = verify_export(written)
    assert found.checkpoint.top1 == 1.0


def test_robo_says_that_an_adapter_is_no_model(written, made):
    with pytest.raises(ModelError, match="a LoRA adapter, not a model"):
        load_engine(written / f"{made[0].name}.gguf")


@pytest.fixture
def copy(checkpoint, tmp_path):
    """An adapter, with changes."""

    def make(tensors: dict[str, Any] | None = None, **config: Any) -> Path:
        folder, _ = _make(checkpoint, tmp_path / "lora", target_modules=["q_proj", "v_proj"])
        path = folder / "adapter_config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | config))
        if tensors is not None:
            path = folder / "adapter_model.safetensors"
            merged = load_file(path) | {k: np.asarray(v) for k, v in tensors.items() if v is not None}
            save_file({k: v for k, v in merged.items() if tensors.get(k, v) is not None}, path)
        return folder

    return make


A = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"peft_type": "IA3"}, "peft_type"),
        ({"use_dora": True}, "use_dora"),
        ({"bias": "all"}, "bias"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"r": 4}, r"lora_A\.weight is \(6, 64\), the base and adapter_config\.json make it \(4, 64\)"),
    ],
)
def test_an_adapter_that_is_no_plain_lora_is_refused(copy, checkpoint, tmp_path, config, message):
    with pytest.raises(RoboError, match=message):
        export_adapter(copy(**config), checkpoint, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({A: None}, r"q_proj\.lora_A\.weight is missing"),
        ({A: np.full((6, 64), np.inf, np.float32)}, "holds NaN or infinity"),
        ({A: np.zeros((6, 32), np.float32)}, r"\(6, 32\), the base .* make it \(6, 64\)"),
        ({"base_model.model.model.layers.7.mlp.up_proj.lora_A.weight": np.zeros((6, 64), np.float32)}, "is no layer of"),
        ({"base_model.model.model.embed_tokens.lora_embedding_A": np.zeros((6, 9), np.float32)}, "embedding and head"),
        ({"base_model.model.model.norm.weight": np.zeros(64, np.float32)}, "is no half of a LoRA matrix"),
    ],
)  # fmt: skip
def test_tensors_that_do_not_fit_are_refused(copy, checkpoint, tmp_path, tensors, message):
    with pytest.raises(RoboError, match=message):
        export_adapter(copy(tensors), checkpoint, tmp_path / "out")


def test_a_folder_that_is_no_adapter_is_refused(checkpoint, tmp_path):
    with pytest.raises(RoboError, match=r"no adapter_config\.json"):
        export_adapter(checkpoint, checkpoint, tmp_path / "out")


def test_a_checkpoint_is_not_overwritten_by_a_merged_one(copy, checkpoint):
    with pytest.raises(RoboError, match="no adapter was merged there"):
        merge_adapter(copy(), checkpoint, checkpoint)
