"""The state of a model behind the start that many prompts share, kept in the cache folder.

Prefilling a system prompt of 300 tokens takes a quarter of a second on a laptop's core, reading its state two
milliseconds. What is read is checked against a hash first: llama.cpp trusts a state.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from robo_runtime.cache import cache_dir, forget_oldest
from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_file

LEAST = 48
"""Tokens from which on a state is worth a file."""
_MAGIC = b"robolm state 1\n"
_HASH = hashlib.sha256().digest_size


def identity(model: Path) -> str:
    """Which file this is, to be asked before it is loaded: it may be replaced at any time."""
    stat = model.stat()
    return f"{model.resolve()}\0{stat.st_size}\0{stat.st_mtime_ns}"


def state_file(model: str, n_ctx: int, prefix: Sequence[int]) -> Path:
    """Where the state of a model (its `identity`) behind a prefix is kept: named by all that decides it."""
    try:
        library = version("llama-cpp-python")
    except PackageNotFoundError:
        library = "source"
    words = f"{model}\0{library}\0{n_ctx}\0{list(prefix)}"
    return cache_dir() / f"{hashlib.sha256(words.encode()).hexdigest()[:32]}.state"


def save_state(lc: Any, context: Any, path: Path) -> None:
    """Keep the state of the text fed so far; a failing disk is no error."""
    size = lc.llama_state_seq_get_size(context, 0)
    buffer = (ctypes.c_uint8 * size)()
    written = lc.llama_state_seq_get_data(context, buffer, size, 0)
    data = bytes(buffer[:written])
    with contextlib.suppress(OSError, RoboError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as temporary:
            temporary.write_bytes(_MAGIC + hashlib.sha256(data).digest() + data)
        forget_oldest(path)


def load_state(lc: Any, context: Any, path: Path) -> bool:
    """Take up a kept state; false, with the context as it was, when there is none or it is damaged."""
    try:
        kept = path.read_bytes()
    except OSError:
        return False
    head = len(_MAGIC) + _HASH
    data = kept[head:]
    if kept[: len(_MAGIC)] != _MAGIC or hashlib.sha256(data).digest() != kept[len(_MAGIC) : head]:
        return False
    buffer = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
    return bool(lc.llama_state_seq_set_data(context, buffer, len(data), 0))
