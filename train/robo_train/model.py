"""The model: a Llama in plain torch, small enough to read in ten minutes.

Parameter names are those of Hugging Face's `LlamaForCausalLM`, so a state dict is a checkpoint.

Shapes: B sequences, T tokens, D hidden_size, H heads, K kv_heads, P head_dim.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from robo_train.config import ModelConfig


class RMSNorm(nn.Module):
    """y = x / rms(x) * weight, the rms in float32 (Zhang and Sennrich 2019)."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.eps)


def rope_tables(config: ModelConfig) -> tuple[Tensor, Tensor]:
    """Cosines and sines (context, P) of the rotary embedding (Su et al. 2021), rotate-half layout.

    Frequencies are computed in float64: in float32 they drift at far positions.
    """
    half = torch.arange(0, config.head_dim, 2, dtype=torch.float64) / config.head_dim
    angles = torch.outer(torch.arange(config.context, dtype=torch.float64), config.rope_theta**-half)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos().float(), angles.sin().float()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate the two halves of each head, (B, H, T, P), by its position's angles (T, P) or (B, 1, T, P)."""
    a, b = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-b, a], dim=-1) * sin


def same_sample(positions: Tensor) -> Tensor:
    """Who may see whom, (B, 1, T, T), where a row has several samples, each from position 0 on: causally."""
    sample = (positions == 0).cumsum(-1)
    return (sample[:, None, :, None] == sample[:, None, None, :]).tril()


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Attention of q (B, H, T, P) over k and v (B, K, T, P): causal, or as the mask says."""
    causal, grouped = mask is None, k.shape[1] != q.shape[1]
    if q.device.type == "cpu":  # its bfloat16 kernel takes twice as long as its float32 one at these lengths
        with torch.autocast("cpu", enabled=False):
            q, k, v = q.float(), k.float(), v.float()
            return F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal, enable_gqa=grouped)
    return F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal, enable_gqa=grouped)


class Attention(nn.Module):
    """Causal self-attention whose key and value heads are shared by groups of query heads."""

    def __init__(self, c: ModelConfig) -> None:
        super().__init__()
        self.config = c
        self.q_proj = nn.Linear(c.hidden_size, c.hidden_size, bias=False)
        self.k_proj = nn.Linear(c.hidden_size, c.kv_dim, bias=False)
        self.v_proj = nn.Linear(c.hidden_size, c.kv_dim, bias=False)
        self.o_proj = nn.Linear(c.hidden_size, c.hidden_size, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None = None) -> Tensor:
        c, (b, t, d) = self.config, x.shape
        q = self.q_proj(x).view(b, t, c.heads, c.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(b, t, c.kv_heads, c.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(b, t, c.kv_heads, c.head_dim).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        y = attend(q, k, v, mask)
        return self.o_proj(y.transpose(1, 2).reshape(b, t, d))


class SwiGLU(nn.Module):
    """down(silu(gate(x)) * up(x)) (Shazeer 2020)."""

    def __init__(self, c: ModelConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(c.hidden_size, c.intermediate_size, bias=False)
        self.up_proj = nn.Linear(c.hidden_size, c.intermediate_size, bias=False)
        self.down_proj = nn.Linear(c.intermediate_size, c.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    """Attention, then feed-forward, each added to what came in."""

    def __init__(self, c: ModelConfig) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(c.hidden_size, c.norm_eps)
        self.self_attn = Attention(c)
        self.post_attention_layernorm = RMSNorm(c.hidden_size, c.norm_eps)
        self.mlp = SwiGLU(c)
        self.dropout = nn.Dropout(c.dropout)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None = None) -> Tensor:
        x = x + self.dropout(self.self_attn(self.input_layernorm(x), cos, sin, mask))
        return x + self.dropout(self.mlp(self.post_attention_layernorm(x)))


class Decoder(nn.Module):
    """Embedding, layers, final norm."""

    def __init__(self, c: ModelConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(c.vocab_size, c.hidden_size)
        self.layers = nn.ModuleList(Layer(c) for _ in range(c.layers))
        self.norm = RMSNorm(c.hidden_size, c.norm_eps)


class Llama(nn.Module):
    """The language model; the output head is the transposed embedding."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.model = Decoder(config)
        cos, sin = rope_tables(config)
        self.checkpointing = False
        """Keep each layer's input alone for the backward pass and compute the rest again: less memory."""
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.cos: Tensor
        self.sin: Tensor
        self._initialise()

    def _initialise(self) -> None:
        """Normal weights of 0.02; what writes into the residual stream is scaled by its depth (GPT-2)."""
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                into_stream = name.endswith(("o_proj.weight", "down_proj.weight"))
                std = 0.02 / math.sqrt(2 * self.config.layers) if into_stream else 0.02
                nn.init.normal_(parameter, std=std)

    def hidden(self, tokens: Tensor, positions: Tensor | None = None) -> Tensor:
        """Final hidden states (B, T, D) of token ids (B, T), T at most `context`.

        Args:
            positions: (B, T), in rows that hold several samples, each from 0 on; one sample a row when None.
        """
        x = self.model.embed_tokens(tokens)
        if positions is None:
            cos, sin, mask = self.cos[: tokens.shape[1]], self.sin[: tokens.shape[1]], None
        else:
            cos, sin = self.cos[positions].unsqueeze(1), self.sin[positions].unsqueeze(1)
            mask = same_sample(positions)
        cos, sin = cos.to(x.dtype), sin.to(x.dtype)
        for layer in self.model.layers:
            if self.checkpointing and self.training:
                x = checkpoint(layer, x, cos, sin, mask, use_reentrant=False)
            else:
                x = layer(x, cos, sin, mask)
        return self.model.norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores over the vocabulary (…, V) of hidden states (…, D)."""
        return F.linear(hidden, self.model.embed_tokens.weight)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (B, T, V) of token ids (B, T)."""
        return self.logits(self.hidden(tokens))

    def loss(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy in nats over the positions whose target is not -100."""
        return self.summed_loss(tokens, targets) / (targets != -100).sum()

    def summed_loss(self, tokens: Tensor, targets: Tensor, positions: Tensor | None = None) -> Tensor:
        """Sum of the cross-entropy in nats over the positions whose target is not -100.

        The head is a third of a small model's arithmetic, so it runs only where a loss is counted; their
        number is rounded up, because CPU kernels are compiled for every new shape.
        """
        counted = (targets != -100).flatten().nonzero()[:, 0]
        spare = -len(counted) % 256
        chosen = F.pad(targets.flatten()[counted], (0, spare), value=-100)
        hidden = self.hidden(tokens, positions).flatten(0, 1)[F.pad(counted, (0, spare))]
        return F.cross_entropy(self.logits(hidden).float(), chosen, reduction="sum")


def count_parameters(config: ModelConfig) -> dict[str, int]:
    """True parameter counts: embedding (shared with the head), layers, norms and their total."""
    c = config
    per_layer = 2 * c.hidden_size * (c.hidden_size + c.kv_dim) + 3 * c.hidden_size * c.intermediate_size
    counts = {
        "embedding": c.vocab_size * c.hidden_size,
        "layers": c.layers * per_layer,
        "norms": (2 * c.layers + 1) * c.hidden_size,
    }
    return {**counts, "total": sum(counts.values())}


def weight_bytes(config: ModelConfig) -> dict[str, int]:
    """Bytes of the weights alone at each precision a GGUF can have; norms stay at 32 bits.

    Q8_0 stores 32 weights in 34 bytes, Q4_0 in 18 (ggml-common.h); Q4_0 files keep the embedding at Q8_0.
    """
    n = count_parameters(config)
    matrices, norms = n["embedding"] + n["layers"], 4 * n["norms"]
    return {
        "F16": 2 * matrices + norms,
        "Q8_0": matrices * 34 // 32 + norms,
        "Q4_0": n["embedding"] * 34 // 32 + n["layers"] * 18 // 32 + norms,
    }
