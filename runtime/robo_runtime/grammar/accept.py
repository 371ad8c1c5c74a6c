"""Does a grammar accept a text? Asked of llama.cpp itself, without a model: for tests and for users.

llama.cpp's grammars walk over the tokens of a vocabulary. The one used here has a token for each byte and is
written as a GGUF file of some kilobytes (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
"""

from __future__ import annotations

import ctypes
import random
import struct
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from robo_runtime.engine import GrammarError
from robo_runtime.engine.bindings import captured_stderr, complaint, last_errors, llama

_END = 1  # the token that ends a text; byte b is token _FIRST_BYTE + b
_FIRST_BYTE = 3
_SIZES = ("context_length", "embedding_length", "block_count", "feed_forward_length", "attention.head_count")


def accepts(grammar: str, text: str) -> bool:
    """Whether `text` is a whole sentence of the GBNF `grammar`, whose start symbol is `root`.

    Raises:
        GrammarError: the grammar does not parse.
        LlamaMissing: llama-cpp-python is not installed.
    """
    return first_rejected(grammar, text) is None


def first_rejected(grammar: str, text: str) -> int | None:
    """The offset in `text` of the first character that may not stand there; its length when only the end
    is too early; None when the grammar accepts it. Raises as `accepts`.
    """
    walk = _Walk(grammar)
    data = text.encode()
    for at, byte in enumerate(data):
        if not walk.step(_FIRST_BYTE + byte):
            return len(data[:at].decode(errors="ignore"))
    return None if walk.allows(_END) else len(text)


def wander(grammar: str, length: int, seed: int = 0) -> bytes:
    """The start of a text that the grammar allows, byte by byte at random, at most `length` bytes long.

    To try a grammar that came from elsewhere: one that llama.cpp cannot follow in bearable time and memory
    shows it here. Raises as `accepts`.
    """
    walk, chance, out = _Walk(grammar), random.Random(seed), bytearray()
    for _ in range(length):
        allowed = [byte for byte in range(256) if walk.allows(_FIRST_BYTE + byte)]
        if not allowed:
            break
        out.append(chance.choice(allowed))
        walk.step(_FIRST_BYTE + out[-1])
    return bytes(out)


class _Walk:
    """A grammar being followed byte by byte."""

    def __init__(self, grammar: str) -> None:
        self._lc = llama()
        last_errors()
        vocabulary = _vocabulary()
        with captured_stderr() as said:
            self._sampler = self._lc.llama_sampler_init_grammar(vocabulary, grammar.encode(), b"root")
            printed = said()
        if not self._sampler:
            raise GrammarError(f"the grammar does not parse: {complaint(printed)}")
        self._slot = (self._lc.llama_token_data * 1)()
        self._slots = self._lc.llama_token_data_array(data=self._slot, size=1, selected=-1, sorted=False)

    def allows(self, token: int) -> bool:
        self._slot[0].id, self._slot[0].logit = token, 0.0
        self._lc.llama_sampler_apply(self._sampler, ctypes.byref(self._slots))
        return bool(self._slot[0].logit == 0.0)

    def step(self, token: int) -> bool:
        """Move past `token` if it is allowed; llama.cpp ends the process when one is accepted that is not."""
        if not self.allows(token):
            return False
        self._lc.llama_sampler_accept(self._sampler, token)
        return True

    def __del__(self) -> None:
        if getattr(self, "_sampler", None):
            self._lc.llama_sampler_free(self._sampler)


@lru_cache(maxsize=1)
def _vocabulary() -> Any:
    """llama.cpp's vocabulary of single bytes; kept for the life of the process."""
    lc = llama()
    params = lc.llama_model_default_params()
    params.vocab_only = True
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bytes.gguf"
        path.write_bytes(_byte_model())
        model = lc.llama_model_load_from_file(str(path).encode(), params)
    if not model:
        raise GrammarError(f"llama.cpp refuses the vocabulary of bytes: {last_errors()}")
    return lc.llama_model_get_vocab(model)


def _byte_model() -> bytes:
    """A GGUF file without tensors: `<unk>`, `</s>`, `<s>` and the 256 bytes."""
    tokens = ["<unk>", "</s>", "<s>", *(f"<0x{b:02X}>" for b in range(256))]
    unknown, control, byte = 2, 3, 6
    types = [unknown, control, control, *[byte] * 256]
    string, array, u32, i32, f32 = 8, 9, 4, 5, 6

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    def key(name: str, kind: int, value: bytes) -> bytes:
        return text(name) + struct.pack("<I", kind) + value

    def items(kind: int, values: list[bytes]) -> bytes:
        return struct.pack("<IQ", kind, len(values)) + b"".join(values)

    one = struct.pack("<I", 1)
    entries = [
        key("general.architecture", string, text("llama")),
        *(key(f"llama.{name}", u32, one) for name in _SIZES),
        key("llama.attention.layer_norm_rms_epsilon", f32, struct.pack("<f", 1e-5)),
        key("tokenizer.ggml.model", string, text("llama")),
        key("tokenizer.ggml.tokens", array, items(string, [text(t) for t in tokens])),
        key("tokenizer.ggml.scores", array, items(f32, [struct.pack("<f", 0.0)] * len(tokens))),
        key("tokenizer.ggml.token_type", array, items(i32, [struct.pack("<i", t) for t in types])),
        key("tokenizer.ggml.eos_token_id", u32, struct.pack("<I", _END)),
    ]  # fmt: skip
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)) + b"".join(entries)
