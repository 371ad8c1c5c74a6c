"""Which precisions are offered, and what each does to a tensor.

Norms stay at F32. Q4_0 files keep the embedding, which is also the head, at Q8_0: in a small model it is a
third of the weights and the part that suffers most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from robo_runtime.errors import RoboError

from robo_convert.reference import Array

BLOCK = 32
"""Weights that share a scale in Q4_0 and Q8_0."""


@dataclass(frozen=True)
class Quant:
    """One precision of an export."""

    name: str
    matrices: str
    """ggml type of the matrices inside the layers."""
    embedding: str
    """ggml type of the embedding, which is also the head."""
    file_type: int
    """`general.file_type` (llama.cpp, enum llama_ftype)."""

    def type_of(self, tensor: str, dimensions: int) -> str:
        """ggml type of a tensor, by its GGUF name."""
        if dimensions == 1:
            return "F32"
        return self.embedding if tensor == "token_embd.weight" else self.matrices


QUANTS = {
    q.name: q
    for q in (
        Quant("f32", "F32", "F32", 0),
        Quant("f16", "F16", "F16", 1),
        Quant("q8_0", "Q8_0", "Q8_0", 7),
        Quant("q4_0", "Q4_0", "Q8_0", 2),
    )
}


def parse_quants(names: Sequence[str]) -> list[Quant]:
    """The precisions called `names`, each once, in the order given."""
    if not names:
        raise RoboError(f"no precision given; known: {', '.join(QUANTS)}")
    return list({name.lower(): _quant(name) for name in names}.values())


def _quant(name: str) -> Quant:
    if quant := QUANTS.get(name.lower()):
        return quant
    if "_k" in name.lower():
        raise RoboError(
            f"{name}: K-quants are not offered: they need rows that are multiples of 256, rows of 384 or 640"
            " would become another type in silence, and training prepares weights for q4_0; use q4_0 or q8_0"
        )
    raise RoboError(f"{name}: unknown precision; known: {', '.join(QUANTS)}")


def check_rows(tensors: dict[str, Array], quant: Quant) -> None:
    """Raise naming the first tensor whose rows cannot be cut into blocks of 32."""
    for name, tensor in tensors.items():
        kind = quant.type_of(name, tensor.ndim)
        if kind.startswith("Q") and tensor.shape[-1] % BLOCK:
            raise RoboError(
                f"{name}: row length {tensor.shape[-1]} is not a multiple of {BLOCK}: {kind} is impossible;"
                " use f16"
            )


def quantise(tensor: Array, kind: str, name: str) -> NDArray[np.generic]:
    """The tensor as GGUF stores it: float32, float16, or rows of bytes for a block type."""
    from gguf import GGMLQuantizationType
    from gguf.quants import quantize

    with np.errstate(over="ignore"):
        data: NDArray[np.generic] = quantize(tensor, GGMLQuantizationType[kind])
    if kind == "F16" and not np.isfinite(data).all():
        raise RoboError(f"{name}: holds {np.abs(tensor).max():.3g}, F16 ends at 65504; use f32 or q8_0")
    return data


def largest_error(tensor: Array, kind: str) -> Array:
    """What the type may lose at most, for each weight, given the weights themselves.

    F16 rounds to 11 bits. Q8_0 is off by half a step of max/127, Q4_0 by one step of max/8 (levels are -8
    to 7, so the far end of the short side loses a whole one); both scales are themselves rounded to 11 bits.
    INT8 is like Q8_0 with a whole row for a block. Core ML's types have names of several words and round the
    product of scale and level to 11 bits as well; a palette keeps the range, and promises no more.
    """
    share = _LARGEST_ERRORS[kind]
    if kind == "F32":
        return np.zeros_like(tensor)
    largest = np.abs(tensor)
    if kind.startswith("Q") or kind.endswith("block 32"):
        blocks = largest.reshape(-1, BLOCK)
        largest = np.repeat(blocks.max(axis=1), BLOCK).reshape(tensor.shape)
    elif kind in ("INT8", "int8 row"):
        largest = np.broadcast_to(largest.max(axis=-1, keepdims=True), tensor.shape)
    elif kind == "palette 16":
        largest = np.full_like(largest, largest.max())
    return (largest * np.float32(share) + np.float32(5e-6)).astype(np.float32)  # 5e-6: subnormal scales


_LARGEST_ERRORS = {
    "F32": 0.0, "F16": 2.0**-11, "Q8_0": 0.0045, "INT8": 0.0045, "Q4_0": 0.126,
    "float16": 2.0**-11, "int8 row": 0.005, "int8 block 32": 0.005, "int4 block 32": 0.127, "palette 16": 1.0,
}  # fmt: skip
"""As shares of the weight, or of the largest of those that share its scale."""
