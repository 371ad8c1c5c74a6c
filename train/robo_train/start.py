"""Where a run starts from: the weights of a checkpoint folder, or of a GGUF file of this toolkit."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import Vocabulary, hub_weights, read_gguf
from torch import Tensor

from robo_train.checkpoint import load_checkpoint
from robo_train.config import ModelConfig
from robo_train.model import Llama
from robo_train.tokenizer import Tokenizer
from robo_train.vocabulary import vocabulary_of


class Weights(NamedTuple):
    """What a run can start from."""

    said: str
    """The option or argument that named it, for messages."""
    place: Path
    config: ModelConfig
    tensors: dict[str, Tensor]
    vocabulary: Vocabulary

    def check_fit(self, config: ModelConfig, tokenizer: Tokenizer) -> None:
        """Raise `RoboError` unless a model of this shape and tokenizer can take these weights."""
        _same_shape(f"{self.said} {self.place}", self.config, config)
        _same_pieces(self.said, self.place, self.vocabulary, vocabulary_of(tokenizer.serialised))


def weights_at(place: Path, said: str) -> Weights:
    """The weights of a checkpoint folder, or of a GGUF file of this toolkit.

    A GGUF is dequantised: one that was trained for Q4_0 gives back exactly the weights it was trained to.

    Args:
        said: the option or argument that named it, for messages.

    Raises:
        RoboError: unreadable.
    """
    if place.suffix == ".gguf":
        file = read_gguf(place)
        shape, weights = file.shape(), hub_weights(file.weights(), file.shape())
        config = ModelConfig(
            name=place.stem, vocab_size=shape.vocab_size, hidden_size=shape.hidden_size,
            intermediate_size=shape.intermediate_size, layers=shape.layers, heads=shape.heads,
            kv_heads=shape.kv_heads, context=shape.context, rope_theta=shape.rope_theta,
            norm_eps=shape.norm_eps,
        )  # fmt: skip
        tensors: dict[str, Tensor] = {name: torch.from_numpy(w.copy()) for name, w in weights.items()}
        return Weights(said, place, config, tensors, file.vocabulary)
    if not place.is_dir():
        raise RoboError(f"{said} {place}: expected a checkpoint folder or a .gguf file of this toolkit")
    model, pieces, _ = load_checkpoint(place)
    return Weights(said, place, model.config, model.state_dict(), vocabulary_of(pieces.serialised))


def start_from(init: Path, model: Llama, tokenizer: Tokenizer) -> None:
    """Copy the weights at `init` into `model`.

    Args:
        init: a checkpoint folder or a `.gguf` file.
        tokenizer: of the data; an embedding learned for other pieces would be noise.

    Raises:
        RoboError: unreadable, of another shape, or of another vocabulary (with the remedy).
    """
    start = weights_at(init, "--init")
    start.check_fit(model.config, tokenizer)
    model.load_state_dict(start.tensors)


def _same_shape(said: str, theirs: ModelConfig, ours: ModelConfig) -> None:
    for key in ModelConfig.model_fields:
        if key in ("name", "dropout"):
            continue
        a, b = getattr(theirs, key), getattr(ours, key)
        # GGUF keeps constants as float32.
        if a != b and not (isinstance(a, float) and abs(a - b) <= 1e-6 * abs(b)):
            raise RoboError(
                f"{said}: its {key} is {a}, model {ours.name} has {b}; start from a model of the same"
                " shape, or train the tier it has"
            )


def _same_pieces(said: str, place: Path, theirs: Vocabulary, ours: Vocabulary) -> None:
    pairs = zip(theirs.texts, theirs.types, ours.texts, ours.types, strict=True)
    for i, (text, kind, wanted, wanted_kind) in enumerate(pairs):
        if (text, kind) != (wanted, wanted_kind):
            raise RoboError(
                f"{said} {place}: its token {i} is {text!r}, the tokenizer of the data has {wanted!r}: an"
                " embedding means its own pieces only. Build the data with that model's tokenizer: write"
                f" `file: {place}` into the recipe's file of configs/tokenizers"
            )
