"""llama-cpp-python as its users have it: the class `Llama`, and its `LlamaGrammar`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import llama_cpp
import llama_cpp.llama_cpp as bindings
from robo_runtime.engine.bindings import model_params

from benchmarks.peers.peer import MOST, Ask, Setup, Wrote

CONTEXT = 1024


def load(setup: Setup) -> Any:
    """The model, with the one parameter without which llama.cpp crashes where a processor has AMX."""
    params = model_params(bindings)
    bindings.llama_model_default_params = lambda: params
    return llama_cpp.Llama(
        str(setup.model), n_ctx=CONTEXT, n_threads=setup.threads, n_threads_batch=setup.threads, verbose=False
    )


class Loop:
    """See `benchmarks.peers.peer.Decoder`."""

    def __init__(self, setup: Setup) -> None:
        self._llama = load(setup)
        self._running: Any = None

    def start(self, ids: Sequence[int]) -> None:
        """See the class."""
        self._llama.reset()
        self._llama.eval(list(ids))

    def go_on(self, n: int) -> list[int]:
        """See the class."""
        found: list[int] = []
        for _ in range(n):
            found.append(self._llama.sample(temp=0.0))
            self._llama.eval(found[-1:])
        return found


class Programs:
    """See `benchmarks.peers.peer.Writer`."""

    def __init__(self, setup: Setup) -> None:
        self._llama = load(setup)
        start = time.perf_counter()
        self._grammar = llama_cpp.LlamaGrammar.from_file(str(setup.grammar), verbose=False)
        self.grammar_s = time.perf_counter() - start

    def write(self, ask: Ask) -> Wrote:
        """See the class."""
        done: Any = self._llama.create_completion(
            list(ask.ids), max_tokens=MOST, temperature=0.0, grammar=self._grammar, repeat_penalty=1.0
        )
        choice = done["choices"][0]
        return Wrote(choice["text"], done["usage"]["completion_tokens"], choice["finish_reason"] == "stop")


def decoder(setup: Setup) -> Loop:
    """See `benchmarks.peers.peer`."""
    return Loop(setup)


def writer(setup: Setup) -> Programs:
    """See `benchmarks.peers.peer`."""
    return Programs(setup)
