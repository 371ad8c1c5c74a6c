"""What engines find in a model file's metadata, and the tokenizer beside the file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from robo_runtime.engine.gguf import ModelError
from robo_runtime.engine.pieces import Pieces

TOKENIZER = "tokenizer.model"
CONTEXT_KEY, TOKENIZER_KEY = "robolm.context", "robolm.tokenizer.sha256"
"""Tokens of prompt and answer together; hash of the tokenizer a file belongs to."""
IMPORTED_KEY = "robolm.imported"
"""Where the model came from, when others made it."""


def tokenizer_beside(model: Path, metadata: Mapping[str, str], n_vocab: int) -> Pieces:
    """The tokenizer in a model's folder.

    Raises:
        ModelError: it is missing, or another model's.
    """
    if source := metadata.get(IMPORTED_KEY):
        raise ModelError(
            f"{model}: is a model that others made ({source}): it knows no [USER] and [CODE], so robo cannot"
            " ask it; run it in an engine of its own"
        )
    tokenizer = model.parent / TOKENIZER
    pieces = Pieces(tokenizer, n_vocab)
    if metadata.get(TOKENIZER_KEY) != hashlib.sha256(tokenizer.read_bytes()).hexdigest():
        raise ModelError(
            f"{tokenizer}: is not the tokenizer of {model.name}; copy the export folder as a whole"
        )
    return pieces


def context_of(metadata: Mapping[str, str], model: Path, remedy: str) -> int:
    """Tokens that a model takes."""
    text = metadata.get(CONTEXT_KEY, "")
    if not text.isdecimal() or not int(text):
        raise ModelError(f"{model}: metadata {CONTEXT_KEY} is {text!r}, expected a number; {remedy}")
    return int(text)
