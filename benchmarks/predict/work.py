"""What one token asks of a machine: bytes read, weights multiplied, layers."""

from __future__ import annotations

from robo_convert.quants import QUANTS
from robo_runtime.files import Strict
from robo_runtime.gguf_file import Shape, expected_tensors, gguf_name

EMBEDDING = "token_embd.weight"


class Work(Strict):
    """The work of decoding one token at an empty context; the cache of keys and values is left out."""

    bytes: int
    """Of weights, each read once; of the embedding all rows, since it is also the head."""
    weights: int
    """Multiplications and additions of matrices."""
    layers: int


def work_of(shape: Shape, precision: str) -> Work:
    """The work of a model of this shape in a GGUF file of this precision.

    Args:
        precision: a name of `robo_convert.quants.QUANTS` whose types do not depend on the tensor.
    """
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    quant = QUANTS[precision]
    total_bytes = weights = 0
    for hub_name, size in expected_tensors(shape).items():
        name = gguf_name(hub_name)
        kind = quant.type_of(name, len(size))
        block, stored = GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
        count = size[0] * (size[1] if len(size) > 1 else 1)
        total_bytes += count // block * stored
        if len(size) > 1:
            weights += count
    return Work(bytes=total_bytes, weights=weights, layers=shape.layers)
