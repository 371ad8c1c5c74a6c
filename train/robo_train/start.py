"""Where a run starts from: the weights of a checkpoint folder, or of a GGUF file of this toolkit."""

from __future__ import annotations

from pathlib import Path

import torch
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import Vocabulary, hub_weights, read_gguf
from torch import Tensor

from robo_train.checkpoint import load_checkpoint
from robo_train.config import ModelConfig
from robo_train.model import Llama
from robo_train.tokenizer import Tokenizer
from robo_train.vocabulary import vocabulary_of


def start_from(init: Path, model: Llama, tokenizer: Tokenizer) -> None:
    """Copy the weights at `init` into `model`.

    A GGUF is dequantised: one that was trained for Q4_0 gives back exactly the weights it was trained to.

    Args:
        init: a checkpoint folder or a `.gguf` file.
        tokenizer: of the data; an embedding learned for other pieces would be noise.

    Raises:
        RoboError: unreadable, of another shape, or of another vocabulary (with the remedy).
    """
    if init.suffix == ".gguf":
        file = read_gguf(init)
        shape, weights = file.shape(), hub_weights(file.weights(), file.shape())
        theirs = ModelConfig(
            name=init.stem, vocab_size=shape.vocab_size, hidden_size=shape.hidden_size,
            intermediate_size=shape.intermediate_size, layers=shape.layers, heads=shape.heads,
            kv_heads=shape.kv_heads, context=shape.context, rope_theta=shape.rope_theta,
            norm_eps=shape.norm_eps,
        )  # fmt: skip
        vocabulary = file.vocabulary
        tensors: dict[str, Tensor] = {name: torch.from_numpy(w.copy()) for name, w in weights.items()}
    elif init.is_dir():
        start, pieces, _ = load_checkpoint(init)
        theirs, tensors, vocabulary = start.config, start.state_dict(), vocabulary_of(pieces.serialised)
    else:
        raise RoboError(f"--init {init}: expected a checkpoint folder or a .gguf file of this toolkit")
    _same_shape(init, theirs, model.config)
    _same_pieces(init, vocabulary, vocabulary_of(tokenizer.serialised))
    model.load_state_dict(tensors)


def _same_shape(init: Path, theirs: ModelConfig, ours: ModelConfig) -> None:
    for key in ModelConfig.model_fields:
        if key in ("name", "dropout"):
            continue
        a, b = getattr(theirs, key), getattr(ours, key)
        # GGUF keeps constants as float32.
        if a != b and not (isinstance(a, float) and abs(a - b) <= 1e-6 * abs(b)):
            raise RoboError(
                f"--init {init}: its {key} is {a}, model {ours.name} has {b}; start from a model of the same"
                " shape, or train the tier it has"
            )


def _same_pieces(init: Path, theirs: Vocabulary, ours: Vocabulary) -> None:
    pairs = zip(theirs.texts, theirs.types, ours.texts, ours.types, strict=True)
    for i, (text, kind, wanted, wanted_kind) in enumerate(pairs):
        if (text, kind) != (wanted, wanted_kind):
            raise RoboError(
                f"--init {init}: its token {i} is {text!r}, the tokenizer of the data has {wanted!r}: an"
                " embedding means its own pieces only. Build the data with that model's tokenizer: write"
                f" `file: {init}` into the recipe's file of configs/tokenizers"
            )
