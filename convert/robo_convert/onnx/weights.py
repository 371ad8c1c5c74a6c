"""How the weights lie in an ONNX file, and back.

INT4 holds exactly what a GGUF of Q4_0 holds, block for block, so a checkpoint trained for Q4_0 loses nothing;
embedding and head are one table, stored once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import HEAD, Shape, expected_tensors

from robo_convert.quants import BLOCK, by_block, by_row
from robo_convert.reference import Array

if TYPE_CHECKING:
    from onnx import ModelProto

EMBEDDING = "model.embed_tokens.weight"
PRECISIONS = {
    "f32": ("F32", "F32"), "int8": ("Q8_0", "Q8_0"), "int8_dynamic": ("INT8", "INT8"),
    "int4": ("Q4_0", "Q8_0"),
}  # fmt: skip
"""Type of the matrices, and of the table that is embedding and head. Q4_0 and Q8_0 are ggml's, with a scale
for each 32 weights of a row, and need ONNX Runtime's own MatMulNBits; INT8 has a scale for each row, rounds
what goes in as a whole, and needs standard operators alone."""
ZERO = {"INT8": 128, "Q8_0": 128, "Q4_0": 8}
"""What is stored for a weight of nought."""

Stored = dict[str, NDArray[Any]]


def kind_of(name: str, quant: str) -> str:
    """The type that a tensor gets, by its Hugging Face name."""
    matrices, table = PRECISIONS[quant]
    if "norm" in name:
        return "F32"
    return table if name in (EMBEDDING, HEAD) else matrices


def store(name: str, weight: Array, kind: str) -> Stored:
    """The arrays that hold a tensor.

    F32 matrices lie as (in, out). Q4_0 has (out, blocks, 16) bytes, the first weight of a block in the low
    half of the first byte; INT8 and Q8_0 a byte for each weight, INT8 matrices as (in, out). Scales of blocks
    are float16, (out, blocks); those of rows float32, (out,).
    """
    matrix = weight.ndim == 2 and name != EMBEDDING
    if kind == "F32":
        return {name: np.ascontiguousarray(weight.T) if matrix else weight}
    q: NDArray[Any]
    if kind == "INT8":
        levels, scale = by_row(weight, 127)
        rows = (levels + np.int16(ZERO[kind])).astype(np.uint8)
        return {f"{name}.q": np.ascontiguousarray(rows.T) if matrix else rows, f"{name}.scale": scale}
    if weight.shape[1] % BLOCK:
        raise RoboError(
            f"{name}: row length {weight.shape[1]} is not a multiple of {BLOCK}: {kind} is impossible; use"
            " int8_dynamic"
        )
    levels, scales = by_block(weight, kind, name)
    q = (levels + np.int16(ZERO[kind])).astype(np.uint8)
    if kind == "Q4_0":
        q = q.reshape(*scales.shape, BLOCK)
        q = q[..., ::2] | q[..., 1::2] << 4  # neighbours share a byte
    return {f"{name}.q": q, f"{name}.scale": scales}


def read(model: ModelProto, shape: Shape, quant: str) -> dict[str, Array]:
    """The weights that a file holds, by Hugging Face names, as float32.

    Raises:
        RoboError: a tensor is missing or misshapen.
    """
    from onnx import numpy_helper

    found = {tensor.name: tensor for tensor in model.graph.initializer}
    weights = {}
    for name, size in expected_tensors(shape).items():
        kind = kind_of(name, quant)
        names = [name] if kind == "F32" else [f"{name}.q", f"{name}.scale"]
        if missing := [n for n in names if n not in found]:
            raise RoboError(f"tensor {missing[0]} is missing from the file")
        stored = {n: numpy_helper.to_array(found[n]) for n in names}
        weights[name] = restore(name, stored, kind)
        if weights[name].shape != size:
            raise RoboError(f"tensor {name} is {weights[name].shape}, expected {size}")
    return weights


def restore(name: str, stored: Mapping[str, NDArray[Any]], kind: str) -> Array:
    """Inverse of `store`."""
    if kind == "F32":
        weight = stored[name]
        matrix = weight.ndim == 2 and name != EMBEDDING
        return np.ascontiguousarray(weight.T if matrix else weight, dtype=np.float32)
    q, scale = stored[f"{name}.q"], stored[f"{name}.scale"].astype(np.float32)
    if kind == "INT8":
        rows = q if name == EMBEDDING else q.T
        return (rows.astype(np.float32) - ZERO[kind]) * scale[:, None]
    if kind == "Q4_0":
        levels = np.stack([q & 15, q >> 4], axis=-1).reshape(*scale.shape, BLOCK)
    else:
        levels = q.reshape(*scale.shape, BLOCK)
    weight = (levels.astype(np.float32) - ZERO[kind]) * scale[..., None]
    return weight.reshape(len(q), -1)
