"""`config.json` of any Llama: what is computed, with transformers' defaults for what is not said."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.files import read_data, validate
from robo_runtime.gguf_file import Shape, expected_tensors

from robo_convert.checkpoint import HubConfig

LARGEST = 400_000_000
"""Parameters of the largest model that is taken: all of it is held as float32, several times."""
_DEFAULTS = {
    "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
    "num_attention_heads": 32, "max_position_embeddings": 2048, "rms_norm_eps": 1e-6,
    "tie_word_embeddings": False, "hidden_act": "silu", "attention_bias": False, "mlp_bias": False,
}  # fmt: skip
"""Of transformers' LlamaConfig, which leaves out keys that have them."""
_THETA = 10000.0


def read_shape(folder: Path) -> tuple[Shape, dict[str, Any]]:
    """The shape, and the file as it was.

    Raises:
        RoboError: not a Llama, or one that computes something the exports do not.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise RoboError(f"{folder}: no config.json, so this is no Hugging Face model folder")
    raw = read_data(path)
    if not isinstance(raw, dict):
        raise RoboError(f"{path}: an object was expected")
    if "quantization_config" in raw:
        raise RoboError(f"{path}: quantization_config: its weights are quantised already; take the original")
    found = {k: v for k, v in raw.items() if v is not None}
    data = {**_DEFAULTS, **{k: found[k] for k in (*HubConfig.model_fields, *_DEFAULTS) if k in found}}
    data["rope_parameters"] = {"rope_type": "default", "rope_theta": _rope(found, path)}
    data.setdefault("num_key_value_heads", data["num_attention_heads"])
    shape = validate(data, HubConfig, str(path)).shape(str(path))
    if (size := sum(math.prod(s) for s in expected_tensors(shape).values())) > LARGEST:
        raise RoboError(
            f"{path}: {size / 1e6:,.0f}M parameters; this toolkit is for small models, up to"
            f" {LARGEST / 1e6:.0f}M. llama.cpp's convert_hf_to_gguf.py takes larger ones"
        )
    return shape, raw


def _rope(config: dict[str, Any], path: Path) -> float:
    """The base of the angles; transformers has written it, and scaling, in two ways."""
    for key in ("rope_parameters", "rope_scaling"):
        rope = config.get(key) or {}
        if not isinstance(rope, dict):
            raise RoboError(f"{path}: {key}: an object was expected")
        kind = rope.get("rope_type", rope.get("type", "default"))
        if kind != "default":
            raise RoboError(
                f"{path}: {key}: rope_type {kind!r} is not exported: positions are scaled there, and only"
                " plain RoPE is proved equal in all formats"
            )
        if rope.get("partial_rotary_factor", 1.0) != 1.0:
            raise RoboError(f"{path}: {key}: partial_rotary_factor is not exported")
    if config.get("partial_rotary_factor", 1.0) != 1.0:
        raise RoboError(f"{path}: partial_rotary_factor is not exported")
    theta = (config.get("rope_parameters") or {}).get("rope_theta", config.get("rope_theta", _THETA))
    if isinstance(theta, bool) or not isinstance(theta, (int, float)) or not theta > 0:
        raise RoboError(f"{path}: rope_theta is {theta!r}, expected a positive number")
    return float(theta)


def hub_config(shape: Shape, bos: int | None, eos: tuple[int, ...], pad: int | None) -> dict[str, Any]:
    """`config.json` of the checkpoint, nothing left to defaults."""
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "dtype": "float32",
        "vocab_size": shape.vocab_size, "hidden_size": shape.hidden_size,
        "intermediate_size": shape.intermediate_size, "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads, "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_dim, "max_position_embeddings": shape.context,
        "rms_norm_eps": shape.norm_eps, "rope_theta": shape.rope_theta,
        "rope_parameters": {"rope_type": "default", "rope_theta": shape.rope_theta},
        "tie_word_embeddings": shape.tied, "hidden_act": "silu", "attention_bias": False, "mlp_bias": False,
        "bos_token_id": bos, "eos_token_id": eos[0] if len(eos) == 1 else list(eos), "pad_token_id": pad,
    }  # fmt: skip
