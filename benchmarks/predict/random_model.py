"""GGUF files of any shape with random weights: as slow as a trained one, made in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from robo_convert.checkpoint import Checkpoint, Training
from robo_convert.gguf_file import write_gguf
from robo_convert.quants import QUANTS
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import PieceType, Shape, Vocabulary, expected_tensors
from robo_runtime.prompt import N_CONTROL, control_tokens
from robo_train.config import ModelConfig

_DEVIATION = 0.02  # of the weights, as a freshly started Llama has them


def shape_of(config: ModelConfig) -> Shape:
    """A training configuration in the terms of a GGUF file."""
    return Shape(
        config.vocab_size, config.hidden_size, config.intermediate_size, config.layers, config.heads,
        config.kv_heads, config.head_dim, config.context, config.rope_theta, config.norm_eps,
    )  # fmt: skip


def write_random_model(path: Path, shape: Shape, precision: str, *, seed: int = 0) -> None:
    """Write a model that llama.cpp runs and nobody should ask.

    Args:
        precision: a name of `robo_convert.quants.QUANTS`.

    Raises:
        RoboError: a row length that the precision cannot store, or a vocabulary too small for bytes.
    """
    vocabulary = _vocabulary(shape.vocab_size)
    rng = np.random.default_rng(seed)
    weights = {
        name: np.ones(size, np.float32)
        if len(size) == 1
        else rng.standard_normal(size, np.float32) * np.float32(_DEVIATION)
        for name, size in expected_tensors(shape).items()
    }
    source = Checkpoint(path.with_suffix(""), shape, weights, b"", Training(), "")
    write_gguf(path, source, vocabulary, QUANTS[precision])


def _vocabulary(size: int) -> Vocabulary:
    """Control tokens, bytes and placeholders: all that llama.cpp asks of a tokenizer."""
    texts = [*control_tokens(), *(f"<0x{byte:02X}>" for byte in range(256))]
    types = [PieceType.CONTROL] * N_CONTROL + [PieceType.BYTE] * 256
    more = size - len(texts)
    if more < 0:
        raise RoboError(f"a vocabulary of {size} has no room for {len(texts)} control and byte tokens")
    texts += [f"piece{i}" for i in range(more)]
    types += [PieceType.NORMAL] * more
    return Vocabulary(texts, [-float(i) for i in range(size)], [int(kind) for kind in types])
