"""Which precisions are offered, and what each does to a tensor.

Norms stay at F32. Q4_0 files keep the embedding, which is also the head, at Q8_0: in a small model it is a
third of the weights and the part that suffers most.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from robo_runtime.errors import RoboError

from robo_convert.reference import Array

BLOCK = 32
"""Weights that share a scale in Q4_0 and Q8_0."""
WRITTEN = ("F32", "F16", "BF16", "Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0")
"""ggml types that the `gguf` package makes, each byte as llama.cpp does."""
ENGINE_MADE = ("Q6_K", "Q5_K", "Q4_K", "Q3_K", "IQ4_NL", "IQ4_XS")
"""Those that llama.cpp alone makes (see `llama_quantise`)."""


@dataclass(frozen=True)
class Quant:
    """One precision of an export."""

    name: str
    matrices: str
    """ggml type of the matrices inside the layers."""
    embedding: str
    """ggml type of the embedding, which is also the head, or of both."""
    file_type: int
    """`general.file_type` (llama.cpp, enum llama_ftype)."""
    mixed: bool = False
    """llama.cpp gives some tensors a better type than `matrices`; which, only the file tells."""
    overrides: tuple[tuple[str, str], ...] = ()
    """Regular expressions for tensor names, and the types that these get instead; the first that fits."""

    def type_of(self, tensor: str, dimensions: int) -> str:
        """ggml type of a tensor, by its GGUF name."""
        if dimensions == 1:
            return "F32"
        if (other := self.override(tensor)) is not None:
            return other
        return self.embedding if tensor in ("token_embd.weight", "output.weight") else self.matrices

    def override(self, tensor: str) -> str | None:
        """The type that an override gives a tensor."""
        return next((kind for pattern, kind in self.overrides if re.search(pattern, tensor)), None)


QUANTS = {
    q.name: q
    for q in (
        Quant("f32", "F32", "F32", 0),
        Quant("f16", "F16", "F16", 1),
        Quant("q8_0", "Q8_0", "Q8_0", 7),
        Quant("q4_k_m", "Q4_K", "Q6_K", 15, mixed=True),
        Quant("q4_0", "Q4_0", "Q8_0", 2),
    )
}


def limits_name(quant: Quant) -> str:
    """The precision whose limits hold: the loosest of its own and of what its overrides come nearest to."""
    near = {"F32": "f32", "F16": "f16", "BF16": "q8_0", "Q8_0": "q8_0"}
    names = [quant.name, *(near.get(kind, "q4_0") for _, kind in quant.overrides)]
    return max(names, key=list(QUANTS).index)


def parse_quants(names: Sequence[str]) -> list[Quant]:
    """The precisions called `names`, each once, in the order given."""
    if not names:
        raise RoboError(f"no precision given; known: {', '.join(QUANTS)}")
    return list({name.lower(): _quant(name) for name in names}.values())


def _quant(name: str) -> Quant:
    if quant := QUANTS.get(name.lower()):
        return quant
    more = f"; single tensors can be {name.upper()}: --tensor-type PATTERN={name.upper()}"
    raise RoboError(
        f"{name}: unknown precision; known: {', '.join(QUANTS)}"
        f"{more if name.upper() in (*WRITTEN, *ENGINE_MADE) else ''}"
    )


def with_overrides(quants: Sequence[Quant], texts: Sequence[str], names: Mapping[str, int]) -> list[Quant]:
    """The precisions with types of single tensors, given as "PATTERN=TYPE".

    Args:
        names: tensors of the file and how many dimensions each has.

    Raises:
        RoboError: no pattern or type, one that is unknown, or a pattern that fits no matrix.
    """
    overrides = []
    for text in texts:
        pattern, _, kind = text.rpartition("=")
        if not pattern or kind.upper() not in (*WRITTEN, *ENGINE_MADE):
            raise RoboError(
                f"--tensor-type {text}: expected PATTERN=TYPE, with a type of"
                f" {', '.join((*WRITTEN, *ENGINE_MADE))}"
            )
        try:
            fits = [name for name, size in names.items() if size > 1 and re.search(pattern, name)]
        except re.error as e:
            raise RoboError(f"--tensor-type {text}: {pattern!r} is no regular expression: {e}") from None
        if not fits:
            raise RoboError(
                f"--tensor-type {text}: {pattern!r} is in no matrix's name; names are like"
                " blk.0.ffn_down.weight and token_embd.weight (robo-convert show FILE lists them)"
            )
        overrides.append((pattern, kind.upper()))
    return [replace(quant, overrides=tuple(overrides)) for quant in quants]


def check_rows(tensors: dict[str, Array], quant: Quant) -> None:
    """Raise naming the first tensor whose rows cannot be cut into the blocks of its type.

    llama.cpp would store another type in silence, or end the process.
    """
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    for name, tensor in tensors.items():
        kind = quant.type_of(name, tensor.ndim)
        block = GGML_QUANT_SIZES[GGMLQuantizationType[kind]][0]
        if tensor.shape[-1] % block:
            raise RoboError(
                f"{quant.name}: {name}: row length {tensor.shape[-1]} is not a multiple of {block}: {kind} is"
                f" impossible; use {'f16' if block == BLOCK else 'q4_0 or q8_0'}"
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


def by_block(tensor: Array, kind: str, name: str) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Levels (rows, columns) and scales (rows, blocks) of Q4_0 or Q8_0: a weight is their product."""
    blocks = quantise(tensor, kind, name).reshape(len(tensor), tensor.shape[1] // BLOCK, -1)
    scale = np.ascontiguousarray(blocks[..., :2]).view(np.float16)[..., 0]
    data = np.ascontiguousarray(blocks[..., 2:])
    if kind == "Q4_0":  # ggml keeps a block's first half in the low halves of its bytes
        data = np.concatenate([data & 15, data >> 4], axis=-1).astype(np.int8) - 8
    return data.view(np.int8).reshape(tensor.shape), scale


def by_row(tensor: Array, most: int) -> tuple[NDArray[np.int8], Array]:
    """Levels from `-most` to `most` and a scale for each row; 0 for a row of noughts."""
    scale = np.abs(tensor).max(axis=1) / np.float32(most)
    return np.rint(tensor / np.where(scale > 0, scale, 1)[:, None]).astype(np.int8), scale


def fitted_rows(tensor: Array) -> tuple[NDArray[np.int8], Array]:
    """Levels of 4 bits and a scale for each row, the one of those tried whose error is the smallest."""
    levels, scale = by_row(tensor, 7)
    best = np.square(tensor - levels * scale[:, None]).sum(axis=1)
    largest = scale
    for share in np.linspace(0.5, 1.0, 41, dtype=np.float32)[:-1]:  # what is cut off is rare and large
        tried = np.where(largest > 0, largest, 1) * share
        found = np.clip(np.rint(tensor / tried[:, None]), -8, 7).astype(np.int8)
        error = np.square(tensor - found * tried[:, None]).sum(axis=1)
        better = error < best
        best, scale = np.where(better, error, best), np.where(better, tried, scale)
        levels = np.where(better[:, None], found, levels)
    return levels, scale


def fitted_blocks(tensor: Array) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """`fitted_rows` for each block of a row: levels (rows, columns) and positive scales (rows, blocks)."""
    levels, scale = fitted_rows(tensor.reshape(-1, BLOCK))
    return levels.reshape(tensor.shape), scale.astype(np.float16).reshape(len(tensor), -1)


def largest_error(tensor: Array, kind: str) -> Array:
    """What the type may lose at most, for each weight, given the weights themselves.

    F16 rounds to 11 bits. Q8_0 is off by half a step of max/127, Q4_0 by one step of max/8 (levels are -8
    to 7, so the far end of the short side loses a whole one); both scales are themselves rounded to 11 bits.
    INT8 is like Q8_0 with a whole row for a block. Core ML's types have names of several words and round the
    product of scale and level to 11 bits as well; a palette keeps the range, and promises no more. For types
    whose quantiser searches for the best scale (K, IQ) no bound is known: twice what heavy tails lost.
    """
    share = _LARGEST_ERRORS[kind]
    if kind == "F32":
        return np.zeros_like(tensor)
    largest = np.abs(tensor)
    if kind.startswith(("Q", "IQ")) or kind.endswith((" block 32", " fitted 32")):
        block = 256 if kind.endswith(("_K", "_XS")) else BLOCK
        largest = np.repeat(largest.reshape(-1, block).max(axis=1), block).reshape(tensor.shape)
    elif kind in ("INT8", "int8 row", "int4 row"):
        largest = np.broadcast_to(largest.max(axis=-1, keepdims=True), tensor.shape)
    elif kind == "palette 16":
        largest = np.full_like(largest, largest.max())
    return (largest * np.float32(share) + np.float32(5e-6)).astype(np.float32)  # 5e-6: subnormal scales


_LARGEST_ERRORS = {
    "F32": 0.0, "F16": 2.0**-11, "Q8_0": 0.0045, "INT8": 0.0045, "Q4_0": 0.126,
    "BF16": 2.0**-8, "Q5_1": 0.035, "Q5_0": 0.064, "Q4_1": 0.069,
    "Q6_K": 0.035, "Q5_K": 0.11, "Q4_K": 0.16, "Q3_K": 0.45, "IQ4_NL": 0.22, "IQ4_XS": 0.21,
    "float16": 2.0**-11, "int8 row": 0.005, "int8 block 32": 0.005, "int4 row": 0.5, "int4 block 32": 0.127,
    "int4 fitted 32": 0.51,
    "palette 16": 1.0,
}  # fmt: skip
"""As shares of the weight, or of the largest of those that share its scale."""
