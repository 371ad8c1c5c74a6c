"""A Llama forward pass in numpy: what every export is measured against.

Written from the papers, apart from the training code: RMSNorm (Zhang and Sennrich 2019), RoPE (Su et al.
2021), grouped-query attention (Ainslie et al. 2023), SwiGLU (Shazeer 2020). Agrees with transformers to 1e-4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from robo_runtime.gguf_file import HEAD, Shape

Array = NDArray[np.float32]
Weights = Mapping[str, Array]


class Past(NamedTuple):
    """Keys and values (kv heads, P, head size) of each layer, of P tokens; a step makes new ones."""

    keys: tuple[Array, ...]
    values: tuple[Array, ...]

    @classmethod
    def nothing(cls, shape: Shape) -> Past:
        """Before the first token."""
        empty = np.zeros((shape.kv_heads, 0, shape.head_dim), dtype=np.float32)
        return cls((empty,) * shape.layers, (empty,) * shape.layers)

    def first(self, n: int) -> Past:
        """Of the first `n` tokens alone."""
        return Past(tuple(k[:, :n] for k in self.keys), tuple(v[:, :n] for v in self.values))


def logits(weights: Weights, shape: Shape, tokens: Sequence[int], *, interleaved_rope: bool = False) -> Array:
    """Next-token logits (T, vocab) for a sequence of T token ids that starts at position 0.

    Args:
        weights: Hugging Face names to float32 arrays.
        shape: sizes of the model.
        tokens: at most `shape.context` ids.
        interleaved_rope: RoPE turns neighbours (2i, 2i + 1), as rows are laid out in GGUF, instead of the
            halves (i, i + head_dim / 2), as Hugging Face lays them out.
    """
    return step(weights, shape, tokens, interleaved_rope=interleaved_rope)[0]


def step(
    weights: Weights,
    shape: Shape,
    tokens: Sequence[int],
    past: Past | None = None,
    *,
    interleaved_rope: bool = False,
    states: list[Array] | None = None,
) -> tuple[Array, Past]:
    """`logits` of T more tokens behind a past, and the past they make.

    Args:
        states: is given what comes out of the embedding and of each layer, (T, hidden size) each.
    """
    past = past or Past.nothing(shape)
    cos, sin = _angles(shape, past.keys[0].shape[1], len(tokens))
    embedding = weights["model.embed_tokens.weight"]
    x = embedding[np.asarray(tokens)]
    keys, values = [], []
    for n in range(shape.layers):
        if states is not None:
            states.append(x)
        layer = {k: weights[f"model.layers.{n}.{k}.weight"] for k in _LAYER}
        h = _rms_norm(x, layer["input_layernorm"], shape.norm_eps)
        q = _heads(h @ layer["self_attn.q_proj"].T, shape.heads)
        k = _heads(h @ layer["self_attn.k_proj"].T, shape.kv_heads)
        v = _heads(h @ layer["self_attn.v_proj"].T, shape.kv_heads)
        q, k = _rotate(q, cos, sin, interleaved_rope), _rotate(k, cos, sin, interleaved_rope)
        keys.append(np.concatenate([past.keys[n], k], axis=1))
        values.append(np.concatenate([past.values[n], v], axis=1))
        x = x + _attend(q, keys[-1], values[-1]) @ layer["self_attn.o_proj"].T
        h = _rms_norm(x, layer["post_attention_layernorm"], shape.norm_eps)
        gate = h @ layer["mlp.gate_proj"].T
        gate = gate / (1 + np.exp(-gate))
        x = x + (gate * (h @ layer["mlp.up_proj"].T)) @ layer["mlp.down_proj"].T
    if states is not None:
        states.append(x)
    head = embedding if shape.tied else weights[HEAD]
    rows = _rms_norm(x, weights["model.norm.weight"], shape.norm_eps) @ head.T
    return rows, Past(tuple(keys), tuple(values))


_LAYER = (
    "input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
    "post_attention_layernorm", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
)  # fmt: skip


def _angles(shape: Shape, start: int, length: int) -> tuple[Array, Array]:
    """Cosines and sines (T, head_dim / 2); frequencies in float64, as float32 drifts at far positions."""
    half = np.arange(0, shape.head_dim, 2, dtype=np.float64) / shape.head_dim
    angles = np.outer(np.arange(start, start + length, dtype=np.float64), shape.rope_theta**-half)
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _rms_norm(x: Array, weight: Array, eps: float) -> Array:
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + np.float32(eps)) * weight


def _heads(x: Array, heads: int) -> Array:
    """(T, heads * P) to (heads, T, P)."""
    return x.reshape(len(x), heads, -1).swapaxes(0, 1)


def _rotate(x: Array, cos: Array, sin: Array, interleaved: bool) -> Array:
    half = x.shape[-1] // 2
    a, b = (x[..., ::2], x[..., 1::2]) if interleaved else (x[..., :half], x[..., half:])
    turned = (a * cos - b * sin, b * cos + a * sin)
    return np.stack(turned, -1).reshape(x.shape) if interleaved else np.concatenate(turned, -1)


def _attend(q: Array, k: Array, v: Array) -> Array:
    """Causal attention of the last T positions to all S of the keys; returns (T, q_dim).

    Query head i uses key and value head i // (heads / kv_heads).
    """
    heads, length, head_dim = q.shape
    kv_heads, total, _ = k.shape
    rows = q.reshape(kv_heads, heads // kv_heads, length, head_dim)
    scores = rows @ k[:, None].swapaxes(-1, -2) / np.float32(np.sqrt(head_dim))
    if length > 1:
        later = np.arange(total) > np.arange(total - length, total)[:, None]
        scores[..., later] = -np.inf
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    out = (scores / scores.sum(-1, keepdims=True) @ v[:, None]).reshape(heads, length, head_dim)
    return out.swapaxes(0, 1).reshape(length, -1)
