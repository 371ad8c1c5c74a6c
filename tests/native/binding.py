"""The native core through ctypes: `mobile/native/include/robo.h`, and the parts it exports for tests."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from ctypes import (
    POINTER,
    Structure,
    byref,
    c_char_p,
    c_double,
    c_float,
    c_int32,
    c_size_t,
    c_uint8,
    c_uint32,
    c_void_p,
)
from pathlib import Path
from typing import Any

NATIVE = Path(__file__).resolve().parents[2] / "mobile" / "native"
LIBRARY = Path(os.environ.get("ROBO_NATIVE_LIBRARY", NATIVE / "build" / "librobo.so"))
OK, ARGUMENT, ABI, FILE, MODEL, DATA, TOO_LONG, GRAMMAR, ENGINE, MEMORY, BUSY, INTERNAL, ADAPTER = range(13)
STOPS = ("end", "soft_budget", "hard_budget", "cancelled", "dead_end")
ON_TEXT = ctypes.CFUNCTYPE(None, c_void_p, c_size_t, c_void_p)


class Sized(Structure):
    """A structure that says how large it is."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(struct_size=ctypes.sizeof(type(self)), **fields)


class Error(Sized):
    _fields_ = [("struct_size", c_uint32), ("status", c_int32), ("message", ctypes.c_char * 496)]


class Options(Sized):
    _fields_ = [
        ("struct_size", c_uint32), ("threads", c_int32), ("context", c_int32), ("mapped", c_int32),
        ("model", c_char_p), ("data", c_char_p), ("model_bytes", c_char_p), ("model_size", c_size_t),
        ("data_bytes", c_char_p), ("data_size", c_size_t),
    ]  # fmt: skip


class Request(Sized):
    _fields_ = [
        ("struct_size", c_uint32), ("unconstrained", c_int32), ("prompt", c_char_p), ("system", c_char_p),
        ("lang", c_char_p), ("hardware", c_char_p), ("max_tokens", c_int32), ("temperature", c_float),
        ("top_k", c_int32), ("seed", c_uint32), ("on_text", ON_TEXT), ("user", c_void_p),
    ]  # fmt: skip


class Stats(Structure):
    _fields_ = [
        (name, c_double) for name in ("load_s", "prefill_s", "first_token_s", "decode_s", "sample_s")
    ] + [(name, c_int32) for name in ("prompt_tokens", "tokens", "refused", "undone")]


class Answer(Sized):
    _fields_ = [
        ("struct_size", c_uint32), ("stopped", c_int32), ("code", c_void_p), ("length", c_size_t), ("stats", Stats),
    ]  # fmt: skip


Source = Path | bytes


def _either(source: Source) -> tuple[bytes | None, bytes | None, int]:
    """A path, or a content with its size."""
    return (None, source, len(source)) if isinstance(source, bytes) else (os.fsencode(source), None, 0)


class NativeError(Exception):
    """A status that is not OK."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status, self.message = status, message


def load_library(path: Path = LIBRARY) -> Any:
    """The library with the types of its functions set."""
    lib = ctypes.CDLL(str(path))
    lib.robo_version.restype = c_char_p
    lib.robo_load.argtypes = [POINTER(Options), POINTER(c_void_p), POINTER(Error)]
    lib.robo_generate.argtypes = [c_void_p, POINTER(Request), POINTER(Answer), POINTER(Error)]
    lib.robo_cancel.argtypes = lib.robo_free.argtypes = [c_void_p]
    lib.robo_cancel.restype = lib.robo_answer_free.restype = None
    lib.robo_answer_free.argtypes = [POINTER(Answer)]
    lib.robo_set_grammar.argtypes = [c_void_p, c_char_p, c_char_p, c_size_t, POINTER(Error)]
    lib.robo_set_adapter.argtypes = [c_void_p, c_char_p, c_char_p, c_size_t, c_float, POINTER(Error)]
    if hasattr(lib, "robo_parts_walk"):
        lib.robo_parts_encode.argtypes = [c_void_p, POINTER(Request), POINTER(c_int32), c_size_t]
        lib.robo_parts_encode.restype = ctypes.c_int64
        lib.robo_parts_bare.argtypes = [
            c_void_p, POINTER(Request), POINTER(Stats), POINTER(c_int32), c_size_t
        ]  # fmt: skip
        lib.robo_parts_abort.argtypes = [c_void_p, POINTER(Error)]
        lib.robo_parts_walk.argtypes, lib.robo_parts_walk.restype = [c_void_p, c_int32], c_void_p
        lib.robo_parts_allows.argtypes = lib.robo_parts_accept.argtypes = [c_void_p, c_int32]
        lib.robo_parts_allowed.argtypes = [c_void_p, POINTER(c_uint8), c_size_t]
        lib.robo_parts_forced.argtypes = [c_void_p, POINTER(c_int32), c_size_t]
        lib.robo_parts_walk_free.argtypes = lib.robo_parts_scope_free.argtypes = [c_void_p]
        lib.robo_parts_walk_free.restype = lib.robo_parts_scope_free.restype = None
        lib.robo_parts_scope.argtypes = [c_char_p, c_size_t, POINTER(Error)]
        lib.robo_parts_scope.restype = c_void_p
        lib.robo_parts_outcome.argtypes = [c_void_p, c_char_p, c_char_p]
    return lib


def request(prompt: str, **fields: Any) -> Request:
    """What to generate; texts as UTF-8."""
    texts = {k: v.encode() if isinstance(v, str) else v for k, v in {"prompt": prompt, **fields}.items()}
    return Request(**{k: v for k, v in texts.items() if v is not None})


class Native:
    """One handle. Files may be given as their content."""

    def __init__(self, model: Source, data: Source, library: Any = None, **options: int) -> None:
        self.lib = library or load_library()
        self.handle = c_void_p()
        error = Error()
        given = Options(**options)
        given.model, given.model_bytes, given.model_size = _either(model)
        given.data, given.data_bytes, given.data_size = _either(data)
        self._check(self.lib.robo_load(byref(given), byref(self.handle), byref(error)), error)

    @staticmethod
    def _check(status: int, error: Error) -> None:
        if status != OK:
            assert error.status == status
            raise NativeError(status, error.message.decode())

    def generate(
        self, prompt: str, on_text: Callable[[bytes], None] | None = None, **fields: Any
    ) -> tuple[str, str, Stats]:
        """The program, why it ended, and the figures."""
        asked = request(prompt, **fields)
        if on_text:
            asked.on_text = ON_TEXT(lambda text, n, _: on_text(ctypes.string_at(text, n)))
        answer, error = Answer(), Error()
        self._check(self.lib.robo_generate(self.handle, byref(asked), byref(answer), byref(error)), error)
        code = ctypes.string_at(answer.code, answer.length).decode()
        stats = Stats.from_buffer_copy(answer.stats)
        self.lib.robo_answer_free(byref(answer))
        return code, STOPS[answer.stopped], stats

    def encode(self, prompt: str, **fields: Any) -> list[int]:
        """The prompt's tokens."""
        room = 4096
        tokens = (c_int32 * room)()
        asked = request(prompt, **fields)
        n = self.lib.robo_parts_encode(self.handle, byref(asked), tokens, room)
        assert 0 <= n <= room
        return tokens[:n]

    def set_grammar(self, data: Source) -> None:
        """Another board or kit."""
        error = Error()
        self._check(self.lib.robo_set_grammar(self.handle, *_either(data), byref(error)), error)

    def set_adapter(self, adapter: Source | None, scale: float = 1.0) -> None:
        """An adapter in place of the one before, or none."""
        error = Error()
        given = (None, None, 0) if adapter is None else _either(adapter)
        self._check(self.lib.robo_set_adapter(self.handle, *given, scale, byref(error)), error)

    def bare(self, prompt: str) -> tuple[list[int], Stats]:
        """The tokens of llama.cpp's own loop, and the figures."""
        room = 4096
        tokens, stats, asked = (c_int32 * room)(), Stats(), request(prompt)
        n = self.lib.robo_parts_bare(self.handle, byref(asked), byref(stats), tokens, room)
        assert 0 <= n <= room
        return tokens[:n], stats

    def abort(self) -> None:
        """Let llama.cpp end the process, if it can."""
        error = Error()
        self._check(self.lib.robo_parts_abort(self.handle, byref(error)), error)

    def cancel(self) -> None:
        """Stop what is being generated."""
        self.lib.robo_cancel(self.handle)

    def close(self) -> None:
        """Free it."""
        assert self.lib.robo_free(self.handle) == OK
        self.handle = c_void_p()


class Walk:
    """A grammar at the start of a program, token by token."""

    def __init__(self, native: Native, *, scoped: bool, vocabulary: int) -> None:
        self.lib, self.vocabulary = native.lib, vocabulary
        self._walk = self.lib.robo_parts_walk(native.handle, scoped)
        assert self._walk

    def allows(self, token: int) -> bool:
        """See `robo_runtime.engine.Grammar`."""
        return bool(self._answer(self.lib.robo_parts_allows(self._walk, token)))

    def accept(self, token: int) -> bool:
        """The same; false where it is not allowed."""
        return bool(self._answer(self.lib.robo_parts_accept(self._walk, token)))

    def allowed(self) -> set[int]:
        """Every token that may come next."""
        flags = (c_uint8 * self.vocabulary)()
        self._answer(self.lib.robo_parts_allowed(self._walk, flags, self.vocabulary))
        return {i for i, flag in enumerate(flags) if flag}

    def forced(self) -> list[int]:
        """See `robo_runtime.engine.Grammar`."""
        tokens = (c_int32 * 64)()
        return tokens[: self._answer(self.lib.robo_parts_forced(self._walk, tokens, 64))]

    @staticmethod
    def _answer(value: int) -> int:
        assert value >= 0
        return value

    def close(self) -> None:
        """Free it."""
        self.lib.robo_parts_walk_free(self._walk)
