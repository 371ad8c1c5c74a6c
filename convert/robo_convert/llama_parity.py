"""The same comparison with llama.cpp, the engine the files are made for (needs llama-cpp-python)."""

from __future__ import annotations

import ctypes
import importlib.util
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import Shape

from robo_convert import reference
from robo_convert.parity import Encoded, Greedy, ParityError, compare_greedy
from robo_convert.reference import Array, Weights

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


def write_greedily(
    model: Any, cases: Sequence[Encoded], tokens: int = 64
) -> list[tuple[list[int], Array, list[int]]]:
    """Each prompt, logits (N, vocab), and the N tokens chosen from them one by one."""
    written = []
    for case in cases:
        prompt, rows = case.prompt(), [0] * 0
        ids: list[int] = []
        model.reset()
        model.eval(prompt)
        while len(ids) < tokens and model.n_tokens < model.n_ctx():
            ids.append(int(model.scores[model.n_tokens - 1].argmax()))
            rows.append(model.n_tokens - 1)
            model.eval(ids[-1:])
        written.append((prompt, np.array(model.scores[rows], dtype=np.float32), ids))
    return written


def compare_written(
    written: Sequence[tuple[list[int], Array, list[int]]], weights: Weights, shape: Shape, tie: float
) -> Greedy:
    """Tokens that llama.cpp chose, and what numpy says to them on the same weights, rows in GGUF's order."""
    checked = [
        reference.logits(weights, shape, [*prompt, *ids[:-1]], interleaved_rope=True)[-len(ids) :]
        for prompt, _, ids in written
    ]
    return compare_greedy([(rows, ids) for _, rows, ids in written], checked, tie)


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


def llama_layers(path: Path, shape: Shape, cases: Sequence[Encoded]) -> list[list[Array]]:
    """For each case what comes out of the embedding and of each layer, (T, hidden size) each.

    llama.cpp calls back after each step of its graph that was asked for; the sum behind a layer is "l_out-N".
    """
    from robo_runtime.engine.bindings import llama, model_params

    lc, ggml = llama(), _ggml()
    names = ["embedding", *(f"l_out-{n}" for n in range(shape.layers))]
    seen: dict[str, Array] = {}

    def name_of(tensor: int) -> str:
        name = ggml.ggml_get_name(tensor).decode()
        return "embedding" if name in _EMBEDDING else name

    def callback(tensor: int, ask: bool, _data: Any) -> bool:
        name = name_of(tensor)
        if not ask and name in names:
            rows = np.empty((ggml.ggml_nelements(tensor) // shape.hidden_size, shape.hidden_size), np.float32)
            ggml.ggml_backend_tensor_get(tensor, rows.ctypes.data, 0, rows.nbytes)
            seen[name] = rows
        return not ask or name in names

    watch = lc.ggml_backend_sched_eval_callback(callback)  # C holds only its address: keep it
    found = []
    model = lc.llama_model_load_from_file(os.fsencode(path), model_params(lc))
    params = lc.llama_context_default_params()
    params.n_ctx = params.n_batch = params.n_ubatch = shape.context
    params.type_k = params.type_v = F32
    params.n_threads = params.n_threads_batch = 1
    params.cb_eval, params.flash_attn_type = watch, lc.LLAMA_FLASH_ATTN_TYPE_DISABLED  # it rounds to F16
    context = lc.llama_init_from_model(model, params) if model else None
    if not context:
        raise RoboError(f"{path}: llama.cpp cannot load it")
    batch = lc.llama_batch_init(shape.context, 0, 1)
    try:
        for case in cases:
            tokens = case.tokens(shape.context)
            batch.n_tokens = len(tokens)
            for i, token in enumerate(tokens):
                batch.token[i], batch.pos[i] = token, i
                batch.n_seq_id[i], batch.seq_id[i][0], batch.logits[i] = 1, 0, 1
            lc.llama_memory_clear(lc.llama_get_memory(context), True)
            seen.clear()
            if lc.llama_decode(context, batch) or set(seen) != set(names):
                raise RoboError(f"{path}: llama.cpp shows {sorted(seen)} of its graph, expected {names}")
            found.append([seen[name] for name in names])
    finally:
        lc.llama_batch_free(batch)
        lc.llama_free(context)
        lc.llama_model_free(model)
    return found


_EMBEDDING = ("inp_embd", "embd", "inp_embd (reshaped)")
"""What versions of llama.cpp call the rows of the embedding."""


def _ggml() -> Any:
    """The tensor functions of ggml, which llama-cpp-python brings along and does not bind."""
    spec = importlib.util.find_spec("llama_cpp")
    assert spec and spec.origin
    folder = Path(spec.origin).parent / "lib"
    found = [p for p in sorted(folder.iterdir()) if p.name.startswith(("libggml-base.", "ggml-base."))]
    if not found:
        raise RoboError(f"{folder}: no ggml-base library; install llama-cpp-python again")
    lib = ctypes.CDLL(str(found[0]))
    lib.ggml_get_name.restype, lib.ggml_get_name.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
    lib.ggml_nelements.restype, lib.ggml_nelements.argtypes = ctypes.c_int64, [ctypes.c_void_p]
    lib.ggml_backend_tensor_get.restype = None
    lib.ggml_backend_tensor_get.argtypes = [
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t
    ]  # fmt: skip
    return lib
