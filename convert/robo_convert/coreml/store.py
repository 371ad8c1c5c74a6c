"""How a precision stores a weight, and the step of the converter that stores it so.

int4 is GGUF's Q4_0 in Core ML's words: 16 levels in blocks of 32 with a float16 scale, the embedding Q8_0. A
model trained for Q4_0 keeps its weights exactly, but for the rounding to float16 that every weight gets here.
`int4_all` is the same with the embedding in Q4_0 too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import HEAD

from robo_convert.quants import BLOCK
from robo_convert.reference import Array, Weights

EMBEDDING = "model.embed_tokens.weight"
TABLES = (EMBEDDING, HEAD)
"""What `int4` and `pal4` store in 8 bits."""
GROUP = 16
"""Rows that share a palette."""
PALETTE = 16
"""Its entries."""


def kind_of(name: str, weight: Array, quant: str) -> str:
    """The type a weight gets, a key of `quants.largest_error`."""
    if weight.ndim == 1 or quant == "f16":
        return "float16"
    if quant == "int8":
        return "int8 row"
    if name in TABLES and quant != "int4_all":
        return "int8 block 32"
    return "palette 16" if quant == "pal4" else "int4 block 32"


def bits_of(kind: str, weight: Array) -> float:
    """Bits of all of a weight's data."""
    per_weight = {
        "float16": 16.0,
        "int8 row": 8 + 16 / weight.shape[-1],
        "int8 block 32": 8.5,
        "int4 block 32": 4.5,
    }
    if kind == "palette 16":
        per_weight[kind] = 4 + 16 * PALETTE / (GROUP * weight.shape[-1])
    return per_weight[kind] * weight.size


def check_shapes(weights: Weights, quant: str) -> None:
    """Raise naming the first weight that cannot be cut into blocks or groups."""
    for name, weight in weights.items():
        kind = kind_of(name, weight, quant)
        if kind in ("int4 block 32", "int8 block 32") and weight.shape[1] % BLOCK:
            raise RoboError(
                f"{name}: row length {weight.shape[1]} is not a multiple of {BLOCK}: {quant} is impossible;"
                " use int8 or f16"
            )
        if kind == "palette 16" and weight.shape[0] % GROUP:
            raise RoboError(
                f"{name}: {weight.shape[0]} rows are no multiple of {GROUP}: {quant} is impossible; use int4"
            )


def in_half(weight: Array) -> Array:
    """What becomes of every weight, whatever its type: float16, here held as float32."""
    return weight.astype(np.float16).astype(np.float32)


def scaled(weight: Array, kind: str) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Levels (rows, columns) and scales (rows, blocks) of a matrix; ggml's rounding for Q4_0 and Q8_0."""
    x = weight.reshape(len(weight), -1, weight.shape[1] if kind == "int8 row" else BLOCK)
    if kind == "int4 block 32":
        at = np.abs(x).argmax(-1, keepdims=True)
        scale = np.take_along_axis(x, at, -1) / np.float32(-8)
        levels = np.clip(np.trunc(x * _inverse(scale) + np.float32(8.5)), 0, 15) - 8
    else:
        scale = np.abs(x).max(-1, keepdims=True) / np.float32(127)
        y = x * _inverse(scale)
        levels = np.sign(y) * np.floor(np.abs(y) + np.float32(0.5))
    return levels.astype(np.int8).reshape(weight.shape), scale[..., 0].astype(np.float16)


def _inverse(scale: NDArray[Any]) -> NDArray[Any]:
    return np.divide(np.float32(1), scale, out=np.zeros_like(scale), where=scale != 0)


def palettes(weight: Array, rounds: int = 30) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    """Indices (rows, columns) and palettes (groups, 16), by k-means (Lloyd 1982) from evenly filled bins."""
    groups = weight.reshape(-1, GROUP * weight.shape[1])
    indices, tables = np.empty(groups.shape, np.uint8), np.empty((len(groups), PALETTE), np.float16)
    for n, group in enumerate(groups):
        x = np.sort(group)
        sums = np.concatenate([[0.0], np.cumsum(x, dtype=np.float64)])
        table = np.array([part.mean() for part in np.array_split(x, PALETTE)], np.float64)
        for _ in range(rounds):
            edges = np.searchsorted(x, (table[1:] + table[:-1]) / 2)
            ends = np.concatenate([[0], edges, [len(x)]])
            counts = np.diff(ends)
            table = np.where(counts > 0, np.diff(sums[ends]) / np.maximum(counts, 1), table)
        tables[n] = table
        rounded = tables[n].astype(np.float32)
        indices[n] = np.searchsorted((rounded[1:] + rounded[:-1]) / 2, group)
    return indices.reshape(weight.shape), tables


def store_pass(weights: Weights, quant: str) -> Callable[[Any], None]:
    """A pass over a converted program that puts the weights in as the precision stores them.

    Args:
        weights: by the names their constants have in the program (`model.parameter_name`).
    """
    from coremltools.converters.mil import Builder as mb
    from coremltools.converters.mil.mil import types

    def store(op: Any, name: str, weight: Array) -> Any:
        table = next((t for t in TABLES if t.replace(".", "_") == name), name)
        kind = kind_of(table, weight, quant)
        if kind == "palette 16":
            indices, tables = palettes(weight)
            return mb.constexpr_lut_to_dense(
                indices=indices.astype(types.np_uint4_dtype), lut=tables[:, None, :, None], before_op=op,
                name=f"{name}_stored",
            )  # fmt: skip
        levels, scale = scaled(weight, kind)
        if kind == "int4 block 32":
            levels = levels.astype(types.np_int4_dtype)
        return mb.constexpr_blockwise_shift_scale(
            data=levels, scale=scale, before_op=op, name=f"{name}_stored"
        )

    def apply(block: Any) -> None:
        for op in list(block.operations):
            name = constant_of(op.name)
            if op.op_type != "const" or name not in weights or weights[name].ndim != 2:
                continue
            new = store(op, name, weights[name])
            block.replace_uses_of_var_after_op(
                anchor_op=op, old_var=op.outputs[0], new_var=new, force_replace=True
            )
            block.remove_ops([op])

    return apply


def constant_of(name: str) -> str:
    """The parameter behind a constant's name in the program: "p_x_to_fp16", "p_x_stored" are "x"."""
    return name.removeprefix("p_").removesuffix("_to_fp16").removesuffix("_stored")
