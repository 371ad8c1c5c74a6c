"""onnxruntime-genai: its generator in C++, and what it calls guidance (llguidance inside)."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime_genai as library
from robo_runtime.grammar.lark import lark

from benchmarks.peers.peer import MOST, Ask, Setup, Watch, Wrote

_CONTEXT = 1024
_TOKENIZER = {"tokenizer_class": "LlamaTokenizer", "add_bos_token": False}
"""Its reader of tokenizers wants to be told how to read tokenizer.json."""
_NEVER = 0  # <pad>, which a model does not write: with it no text ends by itself


class Model:
    """A folder as genai wants it: our file, our tokenizer, its configuration for so many threads."""

    def __init__(self, setup: Setup, ends: Sequence[int] | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder, source = Path(self._folder.name), setup.model.parent.resolve()
        config = json.loads((source / "genai_config.json").read_text(encoding="utf-8"))
        decoder = config["model"]["decoder"]
        decoder["filename"] = setup.model.name
        decoder["session_options"] |= {"intra_op_num_threads": setup.threads, "inter_op_num_threads": 1}
        if ends is not None:
            config["model"]["eos_token_id"] = list(ends)
        (folder / "genai_config.json").write_text(json.dumps(config), encoding="utf-8")
        (folder / "tokenizer_config.json").write_text(json.dumps(_TOKENIZER), encoding="utf-8")
        for name in (setup.model.name, "tokenizer.json"):
            if (source / name).exists():
                (folder / name).symlink_to(source / name)
        self.ends: list[int] = config["model"]["eos_token_id"]
        self.model = library.Model(str(folder))

    def generator(self, grammar: str | None = None) -> Any:
        """At the start of a text, under a grammar in Lark's dialect where one is given."""
        parameters = library.GeneratorParams(self.model)
        parameters.set_search_options(do_sample=False, max_length=_CONTEXT)
        if grammar is not None:
            parameters.set_guidance("lark_grammar", grammar)
        return library.Generator(self.model, parameters)


class Loop:
    """See `benchmarks.peers.peer.Decoder`."""

    def __init__(self, setup: Setup) -> None:
        self._model = Model(setup, [_NEVER])
        self._generator: Any = None
        self._read = 0

    def start(self, ids: Sequence[int]) -> None:
        """See the class."""
        self._generator, self._read = self._model.generator(), len(ids)
        self._generator.append_tokens(np.array(ids, dtype=np.int32))

    def go_on(self, n: int) -> list[int]:
        """See the class."""
        for _ in range(n):
            self._generator.generate_next_token()
        return [int(token) for token in self._generator.get_sequence(0)[self._read :]]


class Programs:
    """See `benchmarks.peers.peer.Writer`."""

    def __init__(self, setup: Setup) -> None:
        self._model = Model(setup)
        start = time.perf_counter()
        self._tokenizer = library.Tokenizer(self._model.model)
        self._grammar = lark(setup.grammar.read_text(encoding="utf-8"))
        self._model.generator(self._grammar)
        self.grammar_s = time.perf_counter() - start

    def write(self, ask: Ask) -> Wrote:
        """See the class."""
        watch = Watch()
        generator = self._model.generator(self._grammar)
        generator.append_tokens(np.array(ask.ids, dtype=np.int32))
        read = watch.read()
        n = 0
        while n < MOST and not generator.is_done():
            generator.generate_next_token()
            n += 1
        ids = [int(token) for token in generator.get_sequence(0)[len(ask.ids) :]]
        ended = bool(ids) and ids[-1] in self._model.ends
        text = str(self._tokenizer.decode(np.array(ids[:-1] if ended else ids, dtype=np.int32)))
        return Wrote(text, len(ids) - ended, ended, read)


def decoder(setup: Setup) -> Loop:
    """See `benchmarks.peers.peer`."""
    return Loop(setup)


def writer(setup: Setup) -> Programs:
    """See `benchmarks.peers.peer`."""
    return Programs(setup)
