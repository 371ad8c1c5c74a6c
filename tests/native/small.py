"""A random model of two layers with a vocabulary of bytes, and adapters for it: loaded in milliseconds.

python -m tests.native.small MODEL.gguf [ADAPTER.gguf]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from robo_runtime.prompt import BOS, EOS, UNK, control_tokens

Array = npt.NDArray[np.float32]
WIDTH, FEED_FORWARD, LAYERS, HEADS, KV_HEADS, CONTEXT = 64, 96, 2, 4, 2, 256
RANK = 4
WORDS = ("import", "print", "Pin", "time", "while", "True", "    ", " = ", "\n", "led", "()", "from", "sleep")
_UNKNOWN, _CONTROL, _NORMAL, _BYTE = 2, 3, 1, 6


def vocabulary() -> tuple[list[str], list[int]]:
    """Texts and types of the tokens: control tokens, bytes, printable characters, some words."""
    controls = control_tokens()
    pieces = [text.replace(" ", "\u2581") for text in (*map(chr, range(32, 127)), *WORDS)]
    texts = [*controls, *(f"<0x{b:02X}>" for b in range(256)), *pieces]
    types = [_UNKNOWN if t == UNK else _CONTROL for t in controls]
    types += [_BYTE] * 256
    return texts, types + [_NORMAL] * (len(texts) - len(types))


def shapes() -> dict[str, tuple[int, int]]:
    """Of the matrices that an adapter can change: outputs, inputs."""
    kv = WIDTH // HEADS * KV_HEADS
    block = {"attn_q": (WIDTH, WIDTH), "attn_k": (kv, WIDTH), "attn_v": (kv, WIDTH), "attn_output": (WIDTH, WIDTH),
             "ffn_gate": (FEED_FORWARD, WIDTH), "ffn_up": (FEED_FORWARD, WIDTH), "ffn_down": (WIDTH, FEED_FORWARD)}  # fmt: skip
    return {f"blk.{n}.{name}.weight": shape for n in range(LAYERS) for name, shape in block.items()}


def random_pairs(seed: int, rank: int = RANK) -> dict[str, tuple[Array, Array]]:
    """A and B of an adapter for every matrix."""
    rng = np.random.default_rng(seed)
    drawn = lambda *shape: rng.normal(0, 0.3, shape).astype(np.float32)  # noqa: E731
    return {name: (drawn(rank, into), drawn(out, rank)) for name, (out, into) in shapes().items()}


def write_model(path: Path, seed: int = 0, merged: dict[str, tuple[Array, Array]] | None = None) -> Path:
    """A model in float32, with an adapter's pairs added to its weights."""
    from gguf import GGUFWriter

    rng = np.random.default_rng(seed)
    texts, types = vocabulary()
    writer = GGUFWriter(path, "llama")
    writer.add_type("model")
    writer.add_vocab_size(len(texts))
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(texts)
    writer.add_token_scores([-float(i) for i in range(len(texts))])
    writer.add_token_types(types)
    writer.add_bos_token_id(texts.index(BOS))
    writer.add_eos_token_id(texts.index(EOS))
    writer.add_unk_token_id(texts.index(UNK))
    writer.add_eot_token_id(texts.index("[/CODE]"))
    writer.add_add_space_prefix(False)
    drawn = lambda *shape: rng.normal(0, 0.1, shape).astype(np.float32)  # noqa: E731
    writer.add_tensor("token_embd.weight", drawn(len(texts), WIDTH))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    for n in range(LAYERS):
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{n}.{norm}.weight", np.ones(WIDTH, np.float32))
    for name, shape in shapes().items():
        weight = drawn(*shape)
        a, b = (merged or {}).get(name, (None, None))
        writer.add_tensor(name, weight if a is None or b is None else weight + b @ a)
    return _finish(writer, path)


def write_adapter(
    path: Path, pairs: dict[str, tuple[Array, Array]], alpha: float = RANK, **texts: str
) -> Path:
    """Pairs as `robo-convert adapter` writes them; `texts` replaces `general.type` or `adapter.type`."""
    from gguf import GGUFWriter

    writer = GGUFWriter(path, texts.pop("architecture", "llama"))
    writer.add_type(texts.pop("type", "adapter"))
    writer.add_string("adapter.type", texts.pop("adapter", "lora"))
    assert not texts
    writer.add_float32("adapter.lora.alpha", alpha)
    for name, (a, b) in pairs.items():
        writer.add_tensor(f"{name}.lora_a", np.ascontiguousarray(a))
        writer.add_tensor(f"{name}.lora_b", np.ascontiguousarray(b))
    return _finish(writer, path)


def _finish(writer: object, path: Path) -> Path:
    for step in ("write_header_to_file", "write_kv_data_to_file", "write_tensors_to_file", "close"):
        getattr(writer, step)()
    return path


if __name__ == "__main__":
    write_model(Path(sys.argv[1]))
    for adapter in sys.argv[2:]:
        write_adapter(Path(adapter), random_pairs(1))
