"""The checkpoint as a torch module Core ML can hold: fixed shapes, caches as states, safe in float16."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from robo_runtime.gguf_file import Shape
from torch import Tensor, nn

from robo_convert.reference import Weights

MASKED = -3e4
"""Added to the score of a position that is not there yet; float16 ends at -65504."""


class Step(nn.Module):
    """T tokens from position `position` on: keys and values go into the caches, logits come out.

    Shapes: T tokens, D hidden size, H heads, K key and value heads, P head size, S positions of the cache.
    """

    cos: Tensor
    sin: Tensor
    places: Tensor
    root_eps: Tensor

    def __init__(self, weights: Weights, shape: Shape, length: int) -> None:
        super().__init__()
        self.shape, self.length = shape, length
        for name, weight in weights.items():
            self.register_parameter(
                parameter_name(name), nn.Parameter(torch.from_numpy(weight), requires_grad=False)
            )
        half = torch.arange(0, shape.head_dim, 2, dtype=torch.float64) / shape.head_dim
        angles = torch.outer(torch.arange(shape.context, dtype=torch.float64), shape.rope_theta**-half)
        angles = torch.cat([angles, angles], dim=-1)
        self.register_buffer("cos", angles.cos().float(), persistent=False)
        self.register_buffer("sin", angles.sin().float(), persistent=False)
        self.register_buffer("places", torch.arange(shape.context, dtype=torch.int32), persistent=False)
        self.register_buffer("root_eps", torch.tensor([math.sqrt(shape.norm_eps)]), persistent=False)
        for name in cache_names(shape):
            self.register_buffer(name, torch.zeros(1, shape.kv_heads, shape.context, shape.head_dim))

    def forward(self, tokens: Tensor, position: Tensor) -> Tensor:
        """Logits (1, T, vocabulary) of tokens (1, T) int32; position (1,) int32 is that of the first."""
        at = position if self.length == 1 else position + self.places[: self.length]
        cos, sin = self.cos[at], self.sin[at]
        visible = self.places[None, :] <= at[:, None]
        mask = (1 - visible.float()) * MASKED  # torch.where would store two tables of T x S numbers
        embedding = self._weight("model.embed_tokens")
        x = F.embedding(tokens, embedding)
        for n in range(self.shape.layers):
            h = self._norm(x, f"model.layers.{n}.input_layernorm")
            x = x + self._attend(h, n, at, cos, sin, mask)
            h = self._norm(x, f"model.layers.{n}.post_attention_layernorm")
            gate = F.silu(self._linear(h, n, "mlp.gate_proj"))
            x = x + self._linear(gate * self._linear(h, n, "mlp.up_proj"), n, "mlp.down_proj")
        head = embedding if self.shape.tied else self._weight("lm_head")
        return F.linear(self._norm(x, "model.norm"), head)

    def _attend(self, h: Tensor, n: int, at: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        s, t = self.shape, self.length
        q = self._linear(h, n, "self_attn.q_proj").view(1, t, s.heads, s.head_dim).transpose(1, 2)
        k = self._linear(h, n, "self_attn.k_proj").view(1, t, s.kv_heads, s.head_dim).transpose(1, 2)
        v = self._linear(h, n, "self_attn.v_proj").view(1, t, s.kv_heads, s.head_dim).transpose(1, 2)
        q, k = _rotate(q, cos, sin) / math.sqrt(s.head_dim), _rotate(k, cos, sin)
        keys, values = self._write(f"keys_{n}", k, at), self._write(f"values_{n}", v, at)
        # The query heads that share keys become rows of one product: the caches are not repeated.
        rows = s.heads // s.kv_heads
        q = q.reshape(1, s.kv_heads, rows * t, s.head_dim)
        scores = (q @ keys.transpose(2, 3)).view(s.kv_heads, rows, t, s.context) + mask
        shares = scores.softmax(-1).view(1, s.kv_heads, rows * t, s.context)
        y = (shares @ values).view(1, s.heads, t, s.head_dim)
        return self._linear(y.transpose(1, 2).reshape(1, t, s.q_dim), n, "self_attn.o_proj")

    def _write(self, name: str, rows: Tensor, at: Tensor) -> Tensor:
        """Put rows (1, K, T, P) into the cache `name` at positions `at`.

        One row is a slice. The converter has no slice of several rows at a place known only at run time; a
        product with zeros and ones moves them there, exactly.
        """
        cache: Tensor = getattr(self, name)
        if self.length == 1:
            cache[:, :, at] = rows
        else:
            places = (self.places[:, None] == at[None, :]).float()
            cache[:] = cache * (1 - places.sum(-1, keepdim=True)) + places @ rows
        return cache

    def _norm(self, x: Tensor, name: str) -> Tensor:
        """RMSNorm of x over its largest magnitude, which changes nothing but keeps squares within float16."""
        largest = x.abs().amax(-1, keepdim=True) + 1e-3
        x, root_eps = x / largest, self.root_eps / largest
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + root_eps * root_eps) * self._weight(name)

    def _linear(self, x: Tensor, n: int, name: str) -> Tensor:
        return F.linear(x, self._weight(f"model.layers.{n}.{name}"))

    def _weight(self, name: str) -> Tensor:
        weight: Tensor = getattr(self, parameter_name(f"{name}.weight"))
        return weight


def parameter_name(name: str) -> str:
    """A Hugging Face name as one identifier, which is also its name in the saved program."""
    return name.replace(".", "_")


def cache_names(shape: Shape) -> list[str]:
    """The states of the program: keys and values of each layer, (1, K, S, P)."""
    return [f"{kind}_{n}" for n in range(shape.layers) for kind in ("keys", "values")]


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    a, b = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-b, a], dim=-1) * sin
