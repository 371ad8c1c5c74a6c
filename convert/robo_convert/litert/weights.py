"""How the weights lie in a TFLite file, and back.

`int4` holds exactly what a GGUF of Q4_0 holds. Its blocks are scaled by their number of the largest
magnitude, so half of the scales are negative, which LiteRT's kernels refuse; with the sign turned such a
block has levels from -7 to 8, one more than 4 bits can say. It is stored a level lower, and the step that
this takes from each of its weights is given back as `step * (sum of what the block is multiplied with)`: a
second, small matrix (out, blocks) of steps, `NAME.steps`, nought for the blocks whose scale was positive.
`int4_all` rounds anew, to positive scales, and needs none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import HEAD, Shape, expected_tensors

from robo_convert.litert.flatbuffer import Constant
from robo_convert.quants import BLOCK, by_block, by_row, fitted_blocks, fitted_rows
from robo_convert.reference import Array, Weights

EMBEDDING = "model.embed_tokens.weight"
PRECISIONS = {
    "f32": ("F32", "F32"), "int8": ("int8 row", "int8 row"), "int4": ("Q4_0", "int8 row"),
    "int4_row": ("int4 row", "int8 row"), "int4_all": ("int4 fitted 32", "int4 fitted 32"),
}  # fmt: skip
"""Type of the matrices, and of the table that is embedding and head."""
JOINED = {
    "self_attn.qkv_proj": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "mlp.gate_up_proj": ("mlp.gate_proj", "mlp.up_proj"),
}
"""Matrices with the same input are one, row under row: fewer calls."""
_NO_SCALE = np.float16(2.0**-14)
"""Of a block of noughts: the kernels want a positive number."""


def kind_of(name: str, quant: str) -> str:
    """The type that a tensor gets, by its Hugging Face name."""
    matrices, table = PRECISIONS[quant]
    if "norm" in name:
        return "F32"
    return table if name in (EMBEDDING, HEAD) else matrices


def stored_names(name: str) -> dict[str, tuple[str, int]]:
    """The matrix that holds each joined one, and its place there, by layer prefix and Hugging Face names."""
    for joined, parts in JOINED.items():
        prefix = name.removesuffix(f"{joined}.weight")
        if prefix != name:
            return {f"{prefix}{part}.weight": (name, i) for i, part in enumerate(parts)}
    return {name: (name, 0)}


def joined(weights: Weights) -> dict[str, Array]:
    """The weights as the file holds them."""
    found: dict[str, Array] = {}
    for name, weight in weights.items():
        for whole, parts in JOINED.items():
            prefix = name.removesuffix(f"{parts[0]}.weight")
            if prefix != name:
                found[f"{prefix}{whole}.weight"] = np.concatenate(
                    [weights[f"{prefix}{part}.weight"] for part in parts]
                )
        if not any(name.endswith(f"{part}.weight") for parts in JOINED.values() for part in parts):
            found[name] = weight
    return found


def store(name: str, weight: Array, kind: str) -> list[Constant]:
    """The constants that hold a tensor: the numbers, and for Q4_0 also their steps (see above)."""
    if kind == "F32":
        return [Constant(name, weight.tobytes(), "float32", weight.shape)]
    if kind.endswith(" row"):
        levels, steps = by_row(weight, 127) if kind == "int8 row" else fitted_rows(weight)
        steps = np.where(steps > 0, steps, np.float32(1))
        data = levels.tobytes() if kind == "int8 row" else _halves(levels)
        return [Constant(name, data, kind.split()[0], weight.shape, scales=steps)]
    if weight.shape[1] % BLOCK:
        raise RoboError(
            f"{name}: row length {weight.shape[1]} is not a multiple of {BLOCK}: int4 is impossible; use"
            " int4_row or int8"
        )
    if kind == "int4 fitted 32":
        return [_blocks(name, *fitted_blocks(weight))]
    levels, scale = by_block(weight, kind, name)
    turned = scale < 0
    blocks = levels.reshape(*scale.shape, BLOCK)
    blocks = np.where(turned[..., None], -blocks - 1, blocks)
    given_back = np.where(turned, -scale, np.float16(0))
    return [
        _blocks(name, blocks.reshape(weight.shape), np.abs(scale)),
        Constant(f"{name}.steps", given_back.tobytes(), "float16", given_back.shape),
    ]


def _blocks(name: str, levels: NDArray[np.int8], scale: NDArray[np.float16]) -> Constant:
    """Levels of 4 bits, and their scales (rows, blocks)."""
    size = np.where(scale == 0, _NO_SCALE, scale)
    scales = Constant(f"{name}.scales", size.tobytes(), "float16", (size.size,))
    return Constant(name, _halves(levels), "int4", levels.shape, block_scales=scales, block=BLOCK)


def _halves(levels: NDArray[Any]) -> bytes:
    """Two to a byte, the first in its low half."""
    flat = levels.reshape(-1)
    return ((flat[::2] & 15) | (flat[1::2] & 15) << 4).astype(np.uint8).tobytes()


def read(content: bytes, shape: Shape, quant: str) -> tuple[dict[str, Array], int]:
    """The weights that a file holds, by Hugging Face names, as float32; and the bytes they take there.

    Raises:
        RoboError: a tensor is missing or misshapen.
    """
    tensors, size = _Tensors(content), 0
    expected = expected_tensors(shape)
    weights: dict[str, Array] = {}
    for name in joined({name: np.empty((s[0], 0), np.float32) for name, s in expected.items()}):
        whole, used = tensors.weight(name, kind_of(name, quant))
        size += used
        start = 0
        for part in stored_names(name):
            weights[part] = whole[start : start + expected[part][0]]
            start += expected[part][0]
            if weights[part].shape != expected[part]:
                raise RoboError(f"tensor {part} is {weights[part].shape}, expected {expected[part]}")
    return weights, size


class _Tensors:
    """The constants of a file's first subgraph, by name."""

    def __init__(self, content: bytes) -> None:
        self._model = schema.Model.GetRootAs(content, 0)
        graph = self._model.Subgraphs(0)
        self._graph = graph
        found = (graph.Tensors(i) for i in range(graph.TensorsLength()))
        self._named = {tensor.Name().decode(): tensor for tensor in found}

    def weight(self, name: str, kind: str) -> tuple[Array, int]:
        """Inverse of `store`."""
        if name not in self._named:
            raise RoboError(f"tensor {name} is missing from the file")
        tensor = self._named[name]
        size = tuple(int(n) for n in tensor.ShapeAsNumpy())
        data = self._data(tensor)
        if kind == "F32":
            return data.view(np.float32).reshape(size), len(data)
        details = tensor.Quantization()
        if kind == "int8 row":
            levels = data.view(np.int8).reshape(size)
        else:
            pairs = np.stack([data << 4, data], axis=-1).astype(np.uint8).view(np.int8) >> 4
            levels = pairs.reshape(size)
        if kind.endswith(" row"):
            scale = details.ScaleAsNumpy()
            return levels.astype(np.float32) * scale[:, None], len(data) + 4 * len(scale)
        table = details.Details()
        blockwise = schema.BlockwiseQuantization()
        blockwise.Init(table.Bytes, table.Pos)
        scales = self._data(self._graph.Tensors(blockwise.Scales()))
        by = (size[0], size[1] // blockwise.BlockSize(), 1)
        weight = levels.reshape(*by[:2], -1).astype(np.float32) * _floats(scales, by)
        used = len(data) + len(scales)
        if kind == "Q4_0":
            steps = self._data(self._named[f"{name}.steps"])
            weight, used = weight + _floats(steps, by), used + len(steps)
        return weight.reshape(size), used

    def _data(self, tensor: Any) -> NDArray[np.uint8]:
        found: NDArray[np.uint8] = self._model.Buffers(tensor.Buffer()).DataAsNumpy()
        return found


def _floats(data: NDArray[np.uint8], size: tuple[int, ...]) -> Array:
    return data.view(np.float16).astype(np.float32).reshape(size)
