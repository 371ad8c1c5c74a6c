"""llama.cpp through llama-cpp-python's low-level ctypes API.

The high-level `Llama` class costs 0.6 to 1.8 ms a token beside the model's own 1 ms. llama.cpp ends the
process where it meets what it does not expect; every call is guarded so that no such place is reached.
"""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from robo_runtime.drafts import Drafts
from robo_runtime.engine import EngineError
from robo_runtime.engine.bindings import last_errors, llama, model_params
from robo_runtime.engine.check import check_model
from robo_runtime.engine.gguf import ModelError
from robo_runtime.engine.prefix import LEAST, identity, load_state, save_state, state_file
from robo_runtime.engine.sampling import LlamaGrammar, LlamaPicker
from robo_runtime.prompt import EOS, N_CONTROL, Part, control_tokens

_AHEAD = 8  # most guesses in one batch
_BATCH = 512  # tokens per llama_decode; a longer one would abort
_MAX_CONTEXT = 8192  # our models have 1024 to 2048; bounds the memory a foreign header can ask for


class LlamaEngine:
    """One model in llama.cpp with one running text (see `robo_runtime.engine.Engine`)."""

    def __init__(self, model: Path, *, threads: int = 1, context: int | None = None) -> None:
        self._model = self.context = None
        self._ahead: Any = None
        header = check_model(model)
        self._identity = identity(model)
        if threads < 1:
            raise EngineError(f"threads is {threads}; use 1 or more")
        trained = min(header.metadata["llama.context_length"], _MAX_CONTEXT)
        self.n_ctx = min(context or trained, trained)
        if self.n_ctx < 1:
            raise EngineError(f"context is {context}; use 1 to {trained}")
        self.ends: tuple[int, ...]
        self._ids = {text: i for i, text in enumerate(control_tokens())}
        self.ends = (self._ids["[/CODE]"], self._ids[EOS])
        self._pieces: dict[int, bytes] = {}
        tokens = {text: i for i, text in enumerate(header.metadata["tokenizer.ggml.tokens"])}
        self.parts_of_characters = frozenset(tokens[b"<0x%02X>" % byte] for byte in range(0x80, 0x100))
        """Tokens that are one byte of a longer character."""
        self.drafts = Drafts.of(header.metadata)
        self._used = 0
        self._fed: list[int] = []
        self._guessed: list[int] = []
        """Tokens of the last batch that nothing has confirmed yet."""
        self._kept = 0
        """Tokens of the prefix at the start of the running text, if `begin` was given one."""
        self._scored = False
        """The last thing that happened was a batch, so there are scores."""
        self._at = -1
        """Where in the last batch the current scores are; -1 is its end."""
        self.lc = llama()
        self._load(model, threads)
        self._ahead = self._new_ahead()
        self._one = (self.lc.llama_token * 1)()
        self._one_batch = self.lc.llama_batch_get_one(self._one, 1)

    def _load(self, model: Path, threads: int) -> None:
        lc = self.lc
        last_errors()
        params = model_params(lc)
        params.n_gpu_layers = 0
        # Read, not mapped: a mapped file that shrinks under us is a bus error, and 6-30 MB read in no time.
        params.load_mode = lc.LLAMA_LOAD_MODE_NONE
        self._model = lc.llama_model_load_from_file(os.fsencode(model), params)
        if not self._model:
            raise ModelError(f"{model}: llama.cpp refuses it: {last_errors() or 'no reason given'}")
        self.vocab: Any = lc.llama_model_get_vocab(self._model)
        self.n_vocab: int = lc.llama_vocab_n_tokens(self.vocab)
        options = lc.llama_context_default_params()
        options.n_ctx, options.n_batch, options.n_ubatch = self.n_ctx, _BATCH, _BATCH
        options.n_threads = options.n_threads_batch = threads
        options.no_perf = True
        self.context = lc.llama_init_from_model(self._model, options)
        if not self.context:
            raise EngineError(
                f"{model}: no memory for a context of {self.n_ctx} tokens: {last_errors()}; use a smaller one"
            )
        self._memory: Any = lc.llama_get_memory(self.context)

    def encode(self, parts: Sequence[Part]) -> list[int]:
        ids: list[int] = []
        for part in parts:
            if part.control:
                ids.append(self._ids[part.text])
            else:
                ids += self._encode_text(part.text)
        return ids

    def _encode_text(self, text: str) -> list[int]:
        self._require_open()
        data = text.encode("utf-8", "replace")
        room = len(data) + 1  # byte fallback: never more tokens than bytes
        buffer = (self.lc.llama_token * room)()
        n = self.lc.llama_tokenize(self.vocab, data, len(data), buffer, room, False, False)
        if n < 0:
            raise EngineError(f"a text of {len(data):,} bytes cannot be encoded; shorten it")
        return buffer[:n]

    def piece(self, token: int) -> bytes:
        if (known := self._pieces.get(token)) is not None:
            return known
        self._require_open()
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            n = self.lc.llama_token_to_piece(self.vocab, token, buffer, size, 0, False)
            if n >= 0:
                break
            size = -n
        self._pieces[token] = buffer.raw[:n]
        return self._pieces[token]

    def is_control(self, token: int) -> bool:
        return token < N_CONTROL

    def reset(self) -> None:
        self._require_open()
        self.lc.llama_memory_clear(self._memory, False)
        self._used, self._fed, self._guessed, self._at = 0, [], [], -1
        self._kept, self._scored = 0, False

    def begin(self, prefix: Sequence[int]) -> None:
        n = len(prefix)
        if n and self._kept == n and self.context and self._fed[:n] == list(prefix):
            self._forget_guesses()
            self.lc.llama_memory_seq_rm(self._memory, 0, n, -1)
            self._used, self._fed, self._scored = n, self._fed[:n], False
            return
        self.reset()
        if not n:
            return
        path = state_file(self._identity, self.n_ctx, prefix) if LEAST <= n < self.n_ctx else None
        if path and load_state(self.lc, self.context, path):
            self._used, self._fed = n, list(prefix)
        else:
            self.feed(prefix)  # in a batch of its own, so that a kept state is no other than a new one
            if path:
                save_state(self.lc, self.context, path)
        self._kept = n

    def room(self) -> int:
        return self.n_ctx - self._used

    def last(self, n: int) -> list[int]:
        return self._fed[-n:]

    def confirm(self, token: int) -> bool:
        if not self._guessed or self._guessed[0] != token:
            return False
        self._fed.append(self._guessed.pop(0))
        self._used += 1
        self._at += 1
        return True

    def feed_ahead(self, token: int, guesses: Sequence[int]) -> None:
        guesses = list(guesses[: min(_AHEAD, self.room() - 1)])
        if not guesses:
            self.feed([token])
            return
        self._require_open()
        self._forget_guesses()
        batch = self._ahead
        batch.n_tokens = 1 + len(guesses)
        for i, each in enumerate((token, *guesses)):
            batch.token[i], batch.pos[i] = each, self._used + i
        self._decode(batch, 1)
        self._fed.append(token)
        self._guessed, self._at = guesses, 0

    def _forget_guesses(self) -> None:
        if self._guessed:
            self.lc.llama_memory_seq_rm(self._memory, 0, self._used, -1)
            self._guessed = []
        self._at = -1

    def _new_ahead(self) -> Any:
        """A batch in which every token of the one text gets scores."""
        batch = self.lc.llama_batch_init(_AHEAD + 1, 0, 1)
        for i in range(_AHEAD + 1):
            batch.n_seq_id[i], batch.seq_id[i][0], batch.logits[i] = 1, 0, 1
        return batch

    def feed(self, tokens: Sequence[int]) -> None:
        self._require_open()
        self._forget_guesses()
        if len(tokens) > self.room():
            raise EngineError(
                f"{len(tokens)} more tokens do not fit: {self._used} of {self.n_ctx} are in use"
            )
        self._fed += tokens
        if len(tokens) == 1:
            self._one[0] = tokens[0]
            self._decode(self._one_batch, 1)
            return
        for start in range(0, len(tokens), _BATCH):
            chunk = tokens[start : start + _BATCH]
            buffer = (self.lc.llama_token * len(chunk))(*chunk)
            self._decode(self.lc.llama_batch_get_one(buffer, len(chunk)), len(chunk))
        if not math.isfinite(sum(self.logits())):
            raise EngineError("the model gives no finite scores: its weights are broken, export it again")

    def rewind(self, n: int) -> None:
        if not 0 <= n < self._used:
            raise EngineError(f"{n} tokens cannot be taken back: {self._used} are in use")
        if n:
            self._forget_guesses()
            kept = self._fed[: self._used - n]
            self._kept = min(self._kept, len(kept) - 1)
            self.lc.llama_memory_seq_rm(self._memory, 0, len(kept) - 1, -1)
            self._used, self._fed = len(kept) - 1, kept[:-1]
            self.feed(kept[-1:])  # for the scores behind it

    def _decode(self, batch: Any, n: int) -> None:
        if status := self.lc.llama_decode(self.context, batch):
            raise EngineError(f"llama.cpp could not run the model (status {status}): {last_errors()}")
        self._used += n
        self._scored = True

    def logits(self) -> memoryview[float]:
        """The logits after the last token fed, `n_vocab` floats, valid until the next `feed`."""
        self.require_logits()
        pointer = self.lc.llama_get_logits_ith(self.context, self._at)
        floats = (ctypes.c_float * self.n_vocab).from_address(ctypes.addressof(pointer.contents))
        return memoryview(floats).cast("B").cast("f")

    def require_logits(self) -> int:
        """Where in the last batch the scores are; raises when nothing was fed, as llama.cpp would end the
        process."""
        if not self._scored:
            raise EngineError("there are no scores yet: feed the prompt first")
        return self._at

    def use_threads(self, threads: int) -> None:
        self._require_open()
        if threads < 1:
            raise EngineError(f"threads is {threads}; use 1 or more")
        self.lc.llama_set_n_threads(self.context, threads, threads)

    def _require_open(self) -> None:
        if not self.context:
            raise EngineError("this model was closed; load it again")

    def grammar(self, gbnf: str) -> LlamaGrammar:
        self._require_open()
        return LlamaGrammar(self, gbnf)

    def picker(self, temperature: float, top_k: int, seed: int) -> LlamaPicker:
        self._require_open()
        return LlamaPicker(self, temperature, top_k, seed)

    def close(self) -> None:
        if self._ahead is not None:
            self.lc.llama_batch_free(self._ahead)
        if self.context:
            self.lc.llama_free(self.context)
        if self._model:
            self.lc.llama_model_free(self._model)
        self._model = self.context = self._ahead = None
        self._used = 0

    def __del__(self) -> None:
        self.close()
