"""What onnxruntime-genai needs to run the smallest model of an export folder.

It takes token ids (`Generator.append_tokens`) and gives ids. Its own tokenizer is not offered: it cuts texts
differently (0.18), and takes a control token's name in a user's text for the token.
"""

from __future__ import annotations

from typing import Any

from robo_runtime.prompt import BOS, PAD, control_tokens

from robo_convert.checkpoint import Checkpoint

GENAI = "genai_config.json"


def genai_config(source: Checkpoint, file: str) -> dict[str, Any]:
    """The content of `genai_config.json` for one model file."""
    shape, imported = source.shape, source.training.imported
    bos = imported.bos if imported else control_tokens().index(BOS)
    pad = imported.pad if imported else control_tokens().index(PAD)
    caches = {f"{part}_names": f"{{}}.%d.{part}" for part in ("key", "value")}
    return {
        "model": {
            "type": "llama",
            "vocab_size": shape.vocab_size,
            "context_length": shape.context,
            "bos_token_id": source.ends[0] if bos is None else bos,
            "eos_token_id": list(source.ends),
            "pad_token_id": source.ends[0] if pad is None else pad,
            "decoder": {
                "filename": file,
                "session_options": {"log_id": "onnxruntime-genai", "provider_options": []},
                "head_size": shape.head_dim,
                "hidden_size": shape.hidden_size,
                "num_attention_heads": shape.heads,
                "num_hidden_layers": shape.layers,
                "num_key_value_heads": shape.kv_heads,
                "inputs": {
                    "input_ids": "input_ids",
                    **{f"past_{key}": name.format("past_key_values") for key, name in caches.items()},
                },
                "outputs": {
                    "logits": "logits",
                    **{f"present_{key}": name.format("present") for key, name in caches.items()},
                },
            },
        },
        # The graph makes new caches, a token longer each, and does not write into the old ones.
        "search": {"do_sample": False, "max_length": shape.context, "past_present_share_buffer": False},
    }
