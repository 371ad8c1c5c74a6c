"""Contract 1: a checkpoint is a Hugging Face Llama folder that transformers loads with the same logits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from robo_runtime.drafts import FILE
from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_folder, write_json
from safetensors.torch import load_file, save_file
from torch import Tensor

from robo_train.config import ModelConfig
from robo_train.model import Llama
from robo_train.qat import fake_quantise
from robo_train.tokenizer import Tokenizer


def hub_config(config: ModelConfig) -> dict[str, Any]:
    """`config.json` of `LlamaForCausalLM`. Both spellings of the rotary base: readers differ."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "intermediate_size": config.intermediate_size,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_dim,
        "max_position_embeddings": config.context,
        "rope_theta": config.rope_theta,
        "rope_parameters": {"rope_type": "default", "rope_theta": config.rope_theta},
        "rms_norm_eps": config.norm_eps,
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "attention_dropout": 0.0,
        "tie_word_embeddings": True,
        "pad_token_id": 0,
        "eos_token_id": 1,
        "bos_token_id": 2,
        "dtype": "float32",
        "torch_dtype": "float32",
    }


def save_checkpoint(
    folder: Path,
    model: Llama,
    tokenizer: Tokenizer,
    training: dict[str, Any],
    qat: str = "none",
    drafts: list[list[int]] | None = None,
) -> None:
    """Write the folder, atomically; with `qat` the weights are those an INT4 file stores exactly.

    Args:
        training: what goes into `training.json` (configs, data hashes, commit, figures).
        drafts: what mostly follows in programs (`robo_train.drafts`), for runtimes.
    """
    tensors: dict[str, Tensor] = {}
    for name, parameter in model.state_dict().items():
        weight = parameter.detach().float().cpu()
        tensors[name] = (fake_quantise(name, weight) if qat == "q4_0" else weight).contiguous()
    end_code = tokenizer.control["[/CODE]"]
    with atomic_folder(folder) as temporary:
        save_file(tensors, temporary / "model.safetensors", metadata={"format": "pt"})
        write_json(temporary / "config.json", hub_config(model.config))
        write_json(
            temporary / "generation_config.json",
            {"bos_token_id": 2, "eos_token_id": [1, end_code], "pad_token_id": 0, "do_sample": False},
        )
        tokenizer.save(temporary)
        write_json(temporary / FILE, drafts or [])
        write_json(temporary / "training.json", training)


def load_checkpoint(folder: Path) -> tuple[Llama, Tokenizer, dict[str, Any]]:
    """Model (evaluation mode), tokenizer and `training.json` of a checkpoint folder.

    Raises:
        RoboError: a file is missing or cut short, or tensors do not fit the config (names the first).
    """
    for name in ("config.json", "model.safetensors", "tokenizer.model", "training.json"):
        if not (folder / name).exists():
            raise RoboError(f"{folder}: no {name}; a checkpoint has one (`just train nano` makes one)")
    raw = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config = ModelConfig(
        name=folder.name, vocab_size=raw["vocab_size"], hidden_size=raw["hidden_size"],
        intermediate_size=raw["intermediate_size"], layers=raw["num_hidden_layers"],
        heads=raw["num_attention_heads"], kv_heads=raw["num_key_value_heads"],
        context=raw["max_position_embeddings"], rope_theta=raw["rope_theta"], norm_eps=raw["rms_norm_eps"],
    )  # fmt: skip
    tokenizer = Tokenizer.load(folder / "tokenizer.model")
    if len(tokenizer) != config.vocab_size:
        raise RoboError(
            f"{folder}: tokenizer.model has {len(tokenizer)} pieces, config.json vocab_size"
            f" {config.vocab_size}; they do not belong together"
        )
    try:
        tensors = load_file(folder / "model.safetensors")
    except Exception as e:
        raise RoboError(f"{folder / 'model.safetensors'}: cannot be read, it may be cut short: {e}") from None
    model = Llama(config)
    for name, parameter in model.state_dict().items():
        found = tuple(tensors[name].shape) if name in tensors else None
        if found != tuple(parameter.shape):
            raise RoboError(f"{folder}: tensor {name} is {found}, config.json says {tuple(parameter.shape)}")
    with torch.no_grad():
        model.load_state_dict(tensors)
    training = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    return model.eval(), tokenizer, training
