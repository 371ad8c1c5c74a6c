"""The model as an ONNX graph, written node by node.

Inputs and outputs carry the names of Hugging Face's exports (`input_ids`, `past_key_values.0.key`,
`present.0.key`, `logits`), so other runtimes know what they are. Positions follow from the length of the
cache. A graph that is written, not traced, needs no torch and has the checkpoint's names in it; the tied
table is stored once.

Shapes: T tokens, P tokens before them, S = P + T, D hidden size, H heads, K key and value heads, G = H / K.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper
from robo_runtime.gguf_file import HEAD, Shape

from robo_convert.onnx.weights import EMBEDDING, ZERO, kind_of, store
from robo_convert.quants import BLOCK
from robo_convert.reference import Weights

OPSET, IR_VERSION = 21, 10
"""Read by ONNX Runtime from 1.19 (September 2024) on."""
MASKED = -1e9
_CONTRIB = "com.microsoft"
_ACCURACY = 4
"""MatMulNBits: activations are rounded to 8 bits by block, as llama.cpp does; 0 would compute in float32."""


def build(weights: Weights, shape: Shape, quant: str, metadata: dict[str, str]) -> ModelProto:
    """The graph of a checkpoint in a precision of `weights.PRECISIONS`, checked by ONNX's own checker."""
    model = _Writer(weights, shape, quant).model()
    helper.set_model_props(model, metadata)
    checker.check_model(model)
    return model


class _Writer:
    def __init__(self, weights: Weights, shape: Shape, quant: str) -> None:
        self.weights, self.shape, self.quant = weights, shape, quant
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.count = 0

    def op(
        self, kind: str, *inputs: str, out: str = "", outputs: int = 1, domain: str = "", **attributes: Any
    ) -> Any:
        """Append a node; the name of its output, or the names of several."""
        self.count += 1
        names = (
            [out]
            if out
            else [f"{kind}_{self.count}" + (f"_{i}" if outputs > 1 else "") for i in range(outputs)]
        )
        node = helper.make_node(kind, inputs, names, name=f"{kind}_{self.count}", domain=domain, **attributes)
        self.nodes.append(node)
        return names[0] if outputs == 1 else names

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """An initializer; the same name means the same value."""
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def ints(self, *values: int) -> str:
        """A constant vector."""
        return self.constant("ints_" + "_".join(map(str, values)), np.array(values, dtype=np.int64))

    def scalar(self, value: float) -> str:
        """A constant float."""
        return self.constant(f"float_{value:g}", np.array(value, dtype=np.float32))

    def model(self) -> ModelProto:
        s = self.shape
        tokens = self.op("Reshape", "input_ids", self.ints(-1))
        x = self.embed(tokens)
        self.prepare(tokens)
        for n in range(s.layers):
            x = self.layer(x, n)
        logits = self.head(self.norm(x, "model.norm.weight"))
        self.op("Unsqueeze", logits, self.ints(0), out="logits")
        caches = [f"{n}.{part}" for n in range(s.layers) for part in ("key", "value")]
        past: list[int | str] = [1, s.kv_heads, "past", s.head_dim]
        present: list[int | str] = [1, s.kv_heads, "past + tokens", s.head_dim]
        inputs = [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"]),
            *_floats([f"past_key_values.{name}" for name in caches], past),
        ]
        outputs = [
            *_floats(["logits"], [1, "tokens", s.vocab_size]),
            *_floats([f"present.{name}" for name in caches], present),
        ]
        graph = helper.make_graph(self.nodes, "robolm", inputs, outputs, list(self.constants.values()))
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="robo-convert"
        )

    def prepare(self, tokens: str) -> None:
        """What all layers share: lengths, angles of the positions, who may not see whom."""
        s = self.shape
        n_tokens = self.op("Shape", tokens, start=0, end=1)
        n_past = self.op("Shape", "past_key_values.0.key", start=2, end=3)
        total = self.op("Add", n_past, n_tokens)
        zero, one = (self.constant(f"int_{i}", np.array(i, dtype=np.int64)) for i in (0, 1))
        first, end = self.op("Squeeze", n_past), self.op("Squeeze", total)
        positions = self.op("Range", first, end, one)
        half = np.arange(0, s.head_dim, 2, dtype=np.float64) / s.head_dim
        angles = np.outer(np.arange(s.context, dtype=np.float64), s.rope_theta**-half)[:, None]  # over heads
        self.cos = self.op("Gather", self.constant("cos", np.cos(angles).astype(np.float32)), positions)
        self.sin = self.op("Gather", self.constant("sin", np.sin(angles).astype(np.float32)), positions)
        later = self.op(
            "Greater", self.op("Range", zero, end, one), self.op("Unsqueeze", positions, self.ints(1))
        )
        self.bias = self.op("Where", later, self.scalar(MASKED), self.scalar(0.0))
        groups = s.heads // s.kv_heads
        self.by_head = self.op("Concat", self.ints(1, s.kv_heads, groups), n_tokens, total, axis=0)
        self.by_group = self.op("Concat", self.ints(1, s.kv_heads, -1), total, axis=0)

    def layer(self, x: str, n: int) -> str:
        """Attention, then feed-forward, each added to what came in: (T, D)."""
        s, prefix = self.shape, f"model.layers.{n}."
        h = self.norm(x, f"{prefix}input_layernorm.weight")
        q = self.op(
            "Mul", self.rotated(h, f"{prefix}self_attn.q_proj.weight", s.heads), self.scalar(s.head_dim**-0.5)
        )
        k = self.rotated(h, f"{prefix}self_attn.k_proj.weight", s.kv_heads)
        v = self.heads(self.linear(h, f"{prefix}self_attn.v_proj.weight"), s.kv_heads)
        k, v = (self.cached(new, f"{n}.{part}") for new, part in ((k, "key"), (v, "value")))
        # the queries of a group are rows over the same keys, so keys and values need not be repeated
        q = self.op(
            "Reshape", self.op("Transpose", q, perm=[1, 0, 2]), self.ints(1, s.kv_heads, -1, s.head_dim)
        )
        scores = self.op("MatMul", q, self.op("Transpose", k, perm=[0, 1, 3, 2]))
        scores = self.op("Add", self.op("Reshape", scores, self.by_head), self.bias)
        shares = self.op("Reshape", self.op("Softmax", scores, axis=-1), self.by_group)
        y = self.op("Reshape", self.op("MatMul", shares, v), self.ints(s.heads, -1, s.head_dim))
        y = self.op("Reshape", self.op("Transpose", y, perm=[1, 0, 2]), self.ints(-1, s.q_dim))
        x = self.op("Add", x, self.linear(y, f"{prefix}self_attn.o_proj.weight"))
        h = self.norm(x, f"{prefix}post_attention_layernorm.weight")
        gate = self.linear(h, f"{prefix}mlp.gate_proj.weight")
        gate = self.op("Mul", gate, self.op("Sigmoid", gate))
        up = self.op("Mul", gate, self.linear(h, f"{prefix}mlp.up_proj.weight"))
        return str(self.op("Add", x, self.linear(up, f"{prefix}mlp.down_proj.weight")))

    def norm(self, x: str, name: str) -> str:
        """RMSNorm, in the pattern that ONNX Runtime fuses."""
        mean = self.op("ReduceMean", self.op("Pow", x, self.scalar(2.0)), self.ints(-1), keepdims=1)
        root = self.op("Sqrt", self.op("Add", mean, self.scalar(self.shape.norm_eps)))
        return str(self.op("Mul", self.op("Div", x, root), self.constant(name, self.weights[name])))

    def heads(self, x: str, heads: int) -> str:
        """(T, heads * head_dim) to (T, heads, head_dim)."""
        return str(self.op("Reshape", x, self.ints(-1, heads, self.shape.head_dim)))

    def rotated(self, x: str, name: str, heads: int) -> str:
        """Queries or keys (T, heads, head_dim), their halves turned by the angles of the positions."""
        a, b = self.op("Split", self.heads(self.linear(x, name), heads), axis=-1, outputs=2, num_outputs=2)
        real = self.op("Sub", self.op("Mul", a, self.cos), self.op("Mul", b, self.sin))
        imaginary = self.op("Add", self.op("Mul", b, self.cos), self.op("Mul", a, self.sin))
        return str(self.op("Concat", real, imaginary, axis=-1))

    def cached(self, new: str, name: str) -> str:
        """Keys or values (T, K, head_dim) behind those of the cache: (1, K, S, head_dim)."""
        s = self.shape
        rows = self.op(
            "Reshape", self.op("Transpose", new, perm=[1, 0, 2]), self.ints(1, s.kv_heads, -1, s.head_dim)
        )
        return str(self.op("Concat", f"past_key_values.{name}", rows, axis=2, out=f"present.{name}"))

    def stored(self, name: str) -> tuple[str, list[str]]:
        """The type of a tensor, and the names of what holds it; scales as float32."""
        kind = kind_of(name, self.quant)
        arrays = store(name, self.weights[name], kind)
        names = [self.constant(key, value) for key, value in arrays.items()]
        if kind.startswith("Q"):
            names[1] = self.op("Cast", names[1], to=TensorProto.FLOAT)
        return kind, names

    def linear(self, x: str, name: str) -> str:
        """x (T, in) times a matrix of the checkpoint (out, in): (T, out)."""
        kind, held = self.stored(name)
        if kind == "F32":
            return str(self.op("MatMul", x, held[0]))
        if kind == "INT8":
            return self.dynamic(x, held[0], held[1])
        return self.blocks(x, held[0], held[1], self.weights[name].shape, kind)

    def embed(self, tokens: str) -> str:
        """Rows of the table: (T, D)."""
        kind, self.table = self.stored(EMBEDDING)
        rows = self.op("Gather", self.table[0], tokens)
        if kind == "F32":
            return str(rows)
        width = self.shape.hidden_size if kind == "INT8" else BLOCK
        levels = self.op("Sub", self.op("Cast", rows, to=TensorProto.FLOAT), self.scalar(float(ZERO[kind])))
        scale = self.op("Unsqueeze", self.op("Gather", self.table[1], tokens), self.ints(-1))
        if kind == "INT8":
            return str(self.op("Mul", levels, scale))
        levels = self.op("Reshape", levels, self.ints(0, -1, width))
        return str(self.op("Reshape", self.op("Mul", levels, scale), self.ints(-1, self.shape.hidden_size)))

    def head(self, x: str) -> str:
        """x (T, D) times the table that is also the embedding, or the head's own: (T, vocabulary)."""
        if not self.shape.tied:
            return self.linear(x, HEAD)
        kind, table = kind_of(EMBEDDING, self.quant), self.table
        if kind == "F32":
            return str(self.op("MatMul", x, self.op("Transpose", table[0], perm=[1, 0])))
        if kind == "INT8":
            return self.dynamic(x, self.op("Transpose", table[0], perm=[1, 0]), table[1])
        return self.blocks(x, table[0], table[1], self.weights[EMBEDDING].shape, kind)

    def dynamic(self, x: str, q: str, scale: str) -> str:
        """x, rounded to 8 bits as a whole, times a matrix of bytes (in, out)."""
        zero = self.constant("zero_uint8", np.array(ZERO["INT8"], dtype=np.uint8))
        levels, size, nought = self.op("DynamicQuantizeLinear", x, outputs=3)
        product = self.op("Cast", self.op("MatMulInteger", levels, q, nought, zero), to=TensorProto.FLOAT)
        return str(self.op("Mul", product, self.op("Mul", size, scale)))

    def blocks(self, x: str, q: str, scale: str, size: Sequence[int], kind: str) -> str:
        """x times a matrix (out, in) in blocks of 32."""
        if kind == "Q8_0":
            q = self.op("Reshape", q, self.ints(size[0], size[1] // BLOCK, BLOCK))
        bits = 8 if kind == "Q8_0" else 4
        flat = self.op("Reshape", scale, self.ints(-1))
        return str(
            self.op("MatMulNBits", x, q, flat, domain=_CONTRIB, N=size[0], K=size[1], bits=bits,
                    block_size=BLOCK, accuracy_level=_ACCURACY)
        )  # fmt: skip


def _floats(names: Sequence[str], size: Sequence[int | str]) -> list[Any]:
    return [helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name in names]
