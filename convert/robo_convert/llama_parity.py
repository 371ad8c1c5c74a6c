"""The same comparison with llama.cpp, the engine the files are made for (needs llama-cpp-python)."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from robo_runtime.errors import RoboError

from robo_convert.parity import Encoded, ParityError
from robo_convert.reference import Array

F32 = 0  # ggml_type; the default F16 cache alone moves logits by some 5e-3


def available() -> bool:
    """True when llama-cpp-python is installed."""
    return importlib.util.find_spec("llama_cpp") is not None


@contextmanager
def open_model(path: Path, context: int, adapter: Path | None = None) -> Iterator[Any]:
    """A `llama_cpp.Llama` with an F32 KV cache and logits at every position, and maybe a LoRA adapter."""
    from llama_cpp import Llama

    try:
        with _safe_buffers():
            model = Llama(
                str(path), n_ctx=context, n_batch=context, logits_all=True, type_k=F32, type_v=F32,
                n_threads=1, n_threads_batch=1, lora_path=adapter and str(adapter), verbose=False,
            )  # fmt: skip
    except (ValueError, RuntimeError) as e:
        raise RoboError(f"{path}: llama.cpp cannot load it ({e})") from None
    try:
        yield model
    finally:
        model.close()


@contextmanager
def open_vocabulary(path: Path) -> Iterator[Any]:
    """A model of llama-cpp-python that can only cut texts: `tokenize(text, add_bos, special)`."""
    from llama_cpp import llama_cpp
    from llama_cpp._internals import LlamaModel

    params = llama_cpp.llama_model_default_params()
    params.vocab_only = True
    try:
        model = LlamaModel(path_model=str(path), params=params, verbose=False)
    except ValueError as e:
        raise RoboError(f"{path}: llama.cpp cannot load the tokenizer ({e})") from None
    try:
        yield model
    finally:
        model.close()


@contextmanager
def _safe_buffers() -> Iterator[None]:
    """`Llama` has no argument for what `model_params` decides: exchange its defaults for a moment."""
    from llama_cpp import llama_cpp
    from robo_runtime.engine.bindings import model_params

    plain, params = llama_cpp.llama_model_default_params, model_params(llama_cpp)
    llama_cpp.llama_model_default_params = lambda: params
    try:
        yield
    finally:
        llama_cpp.llama_model_default_params = plain


def llama_logits(model: Any, tokens: Sequence[int]) -> Array:
    """Logits (T, vocab) of a sequence that starts at position 0."""
    model.reset()
    model.eval(list(tokens))
    return np.array(model.scores[: len(tokens)], dtype=np.float32)


def check_tokens(model: Any, cases: Sequence[Encoded], where: str) -> int:
    """Tokenise every text part with llama.cpp; returns how many parts agreed with sentencepiece.

    Raises:
        ParityError: the first text that is cut differently.
    """
    count = 0
    for case in cases:
        for text, control, ids in case.parts:
            found = model.tokenize(text.encode(), add_bos=False, special=control)
            if found != ids:
                raise ParityError(
                    f"{where}: llama.cpp cuts {text!r:.60} into {found}, sentencepiece into {ids}"
                )
            count += 1
    return count
