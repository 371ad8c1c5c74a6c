"""The model as a TFLite file, written operator by operator.

Signatures: `decode` takes one token, `prefill` a batch of `PREFILL`; both take `position`, that of the first
token, and the caches `keys_N`, `values_N`, of which they read what lies before it, and give the new rows
`new_keys_N`, `new_values_N`, which the caller writes there. `decode` also gives `logits`; `prefill` does not,
as only those of a prompt's last token are wanted. A batch may be filled up with any tokens: no position sees
a later one. Unwritten rows of a cache must be finite numbers.

Written, not traced: that takes neither torch nor minutes, and puts a checkpoint's Q4_0 blocks in unchanged,
which no recipe of LiteRT's quantiser does.

Shapes: T tokens, S positions of the cache, D hidden size, H heads of size P, K key and value heads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from robo_runtime.engine.litert import DECODE, PREFILL
from robo_runtime.gguf_file import HEAD, Shape

from robo_convert.litert.flatbuffer import Constant, File
from robo_convert.litert.layers import EMBEDDED
from robo_convert.litert.ops import Ops
from robo_convert.litert.weights import EMBEDDING, joined, kind_of, store
from robo_convert.quants import BLOCK
from robo_convert.reference import Array, Weights

LENGTHS = {DECODE: 1, PREFILL: 128}
"""Tokens that a signature takes."""
MASKED = -1e9


def build(
    weights: Weights,
    shape: Shape,
    quant: str,
    metadata: Mapping[str, str],
    writer: type[Writer] | None = None,
) -> bytes:
    """The file of a checkpoint in a precision of `weights.PRECISIONS`.

    Args:
        writer: of the signatures; those above when None.
    """
    kind = writer or Writer
    file = File("robo-convert", metadata)
    held = {name: store(name, weight, kind_of(name, quant)) for name, weight in joined(weights).items()}
    half = np.arange(0, shape.head_dim, 2, dtype=np.float64) / shape.head_dim
    angles = np.outer(np.arange(shape.context, dtype=np.float64), shape.rope_theta**-half)
    turns = {"cos": np.cos(angles).astype(np.float32), "sin": np.sin(angles).astype(np.float32)}
    for name, length in kind.lengths.items():
        kind(Ops(file, name), shape, held, turns, length).write()
    return file.content()


class Writer:
    """Writes one signature."""

    lengths: ClassVar[Mapping[str, int]] = LENGTHS

    def __init__(
        self, ops: Ops, shape: Shape, held: dict[str, list[Constant]], turns: dict[str, Array], length: int
    ) -> None:
        self.ops, self.shape, self.held, self.turns, self.length = ops, shape, held, turns, length

    def inputs(self) -> int:
        """The tokens (1, T); sets `position` (1,), and `caches` by part and layer."""
        s, o = self.shape, self.ops
        tokens, self.position = (
            o.input("tokens", (1, self.length), "int32"),
            o.input("position", (1,), "int32"),
        )
        names = [f"{part}_{n}" for n in range(s.layers) for part in ("keys", "values")]
        self.caches = {name: o.input(name, self.cache) for name in names}
        return tokens

    def kept(self, part: str, n: int, new: int) -> tuple[str, int]:
        """The output, by its name, from which a caller fills a cache; `new` are the rows of the tokens."""
        return f"new_{part}_{n}", new

    @property
    def cache(self) -> tuple[int, ...]:
        """Size of a cache."""
        return 1, self.shape.kv_heads, self.shape.context, self.shape.head_dim

    def write(self) -> None:
        """Put the signature into the file."""
        s, o, t = self.shape, self.ops, self.length
        tokens = self.inputs()
        x = o.lookup(o.reshape(tokens, (t,)), o.constant(self.held[EMBEDDING][0]))
        o.rename(x, EMBEDDED)
        self.prepare()
        outputs: dict[str, int] = {}
        for n in range(s.layers):
            prefix = f"model.layers.{n}."
            attended, new = self.attend(self.norm(x, f"{prefix}input_layernorm"), n)
            outputs |= dict(self.kept(part, n, number) for part, number in new.items())
            if t > 1 and n == s.layers - 1:
                break  # what follows is for logits alone
            x = o.add(x, self.linear(attended, f"{prefix}self_attn.o_proj"))
            h = self.norm(x, f"{prefix}post_attention_layernorm")
            gate, up = o.halves(self.linear(h, f"{prefix}mlp.gate_up_proj"))
            inner = o.mul(o.mul(gate, o.sigmoid(gate)), up)
            x = o.add(x, self.linear(inner, f"{prefix}mlp.down_proj"))
            o.rename(x, f"layer_{n}")
        if t == 1:
            head = EMBEDDING if s.tied else HEAD
            logits = self.linear(self.norm(x, "model.norm"), head.removesuffix(".weight"))
            outputs = {"logits": o.reshape(logits, (1, 1, s.vocab_size)), **outputs}
        o.finish(outputs)

    def prepare(self) -> None:
        """What all layers share: angles of the positions, who may not see whom."""
        s, o, t = self.shape, self.ops, self.length
        at = o.add(self.position, o.array(f"places_{t}", np.arange(t, dtype=np.int32)))
        # a batch may reach beyond the end of the cache where it is only filled up
        at = o.minimum(at, o.ints([s.context - 1]))
        self.cos, self.sin = (
            o.reshape(o.gather(o.array(name, table), at), (t, 1, s.head_dim // 2))
            for name, table in self.turns.items()
        )
        # what is at the first token's place or after it gets a large negative bias, the rest 0
        halfway = o.array("past", np.arange(s.context, dtype=np.float32)[None] + np.float32(0.5))
        before = o.mul(o.sub(o.to_float(self.position), halfway), o.scalar(-2 * MASKED))
        past = o.minimum(before, o.scalar(0.0))
        if t > 1:
            past = o.add(past, o.array(f"zeros_{t}", np.zeros((t, 1), np.float32)))
        new = o.array(f"later_{t}", np.triu(np.full((t, t), MASKED, np.float32), 1))
        self.bias = o.concat([past, new], 1)

    def attend(self, h: int, n: int) -> tuple[int, dict[str, int]]:
        """Attention of h (T, D) to cache and new rows: (T, H * P), and the new rows, (1, K, T, P)."""
        s, o, t, size = self.shape, self.ops, self.length, self.shape.head_dim
        groups, turning = s.heads // s.kv_heads, s.heads + s.kv_heads
        qkv = self.linear(h, f"model.layers.{n}.self_attn.qkv_proj")
        qkv = o.reshape(qkv, (t, turning + s.kv_heads, size))
        turned = self.rotated(o.slice(qkv, 1, 0, turning))
        q = o.mul(o.slice(turned, 1, 0, s.heads), o.scalar(size**-0.5))
        # the queries of a group are rows over the same keys, so keys and values need not be repeated
        q = o.transpose(o.reshape(q, (t, s.kv_heads, groups, size)), (1, 2, 0, 3))
        q = o.reshape(q, (1, s.kv_heads, groups * t, size))
        rows = (o.slice(turned, 1, s.heads, s.kv_heads), o.slice(qkv, 1, turning, s.kv_heads))
        k, v = (o.reshape(o.transpose(x, (1, 0, 2)), (1, s.kv_heads, t, size)) for x in rows)
        keys, values = self.caches[f"keys_{n}"], self.caches[f"values_{n}"]
        # cache and new rows are multiplied apart, and the small scores put together, not the caches copied
        scores = o.concat([o.matmul(q, keys, turn=True), o.matmul(q, k, turn=True)], 3)
        scores = o.add(o.reshape(scores, (s.kv_heads, groups, t, s.context + t)), self.bias)
        shares = o.reshape(o.softmax(scores), (1, s.kv_heads, groups * t, s.context + t))
        past, new = o.slice(shares, 3, 0, s.context), o.slice(shares, 3, s.context, t)
        y = o.reshape(o.add(o.matmul(past, values), o.matmul(new, v)), (s.heads, t, size))
        return o.reshape(o.transpose(y, (1, 0, 2)), (t, s.q_dim)), {"keys": k, "values": v}

    def rotated(self, x: int) -> int:
        """x (T, heads, P), its halves turned by the angles of the positions."""
        o = self.ops
        a, b = o.halves(x)
        real = o.sub(o.mul(a, self.cos), o.mul(b, self.sin))
        imaginary = o.add(o.mul(b, self.cos), o.mul(a, self.sin))
        return o.concat([real, imaginary], 2)

    def norm(self, x: int, name: str) -> int:
        """RMSNorm."""
        o = self.ops
        root = o.inverse_root(o.add(o.mean(o.mul(x, x)), o.scalar(self.shape.norm_eps)))
        return o.mul(o.mul(x, root), o.constant(self.held[f"{name}.weight"][0]))

    def linear(self, x: int, name: str) -> int:
        """x (T, in) times a matrix (out, in); see `weights` for what is added to one of 4 bits."""
        o = self.ops
        matrix, *steps = self.held[f"{name}.weight"]
        y = o.linear(x, o.constant(matrix))
        if not steps:
            return y
        sums = o.sum(o.reshape(x, (self.length, matrix.shape[1] // BLOCK, BLOCK)))
        return o.add(y, o.linear(sums, o.dequantise(o.constant(steps[0]))))
