"""outlines over llama-cpp-python, with its engine for context-free grammars."""

from __future__ import annotations

import time

import outlines as library
from outlines.types import CFG
from robo_runtime.grammar.lark import lark
from robo_runtime.prompt import BOS, to_text

from benchmarks.peers.libraries.llama_cpp_python import load
from benchmarks.peers.peer import MOST, Ask, Setup, Wrote


class Programs:
    """See `benchmarks.peers.peer.Writer`."""

    def __init__(self, setup: Setup) -> None:
        self._llama = load(setup)
        start = time.perf_counter()
        model = library.from_llamacpp(self._llama, chat_mode=False)
        self._generate = library.Generator(model, CFG(lark(setup.grammar.read_text(encoding="utf-8"))))
        self.grammar_s = time.perf_counter() - start

    def write(self, ask: Ask) -> Wrote:
        """See the class."""
        prompt = to_text(ask.parts).removeprefix(BOS)  # which llama-cpp-python puts in front itself
        text = str(self._generate(prompt, max_tokens=MOST, temperature=0.0, repeat_penalty=1.0))
        if not text:  # what stops its grammar engine only shows there
            (matcher,) = self._generate.logits_processor.ll_matchers
            raise RuntimeError(matcher.get_error() or "it wrote nothing")
        tokens = len(self._llama.tokenize(text.encode(), add_bos=False, special=False))
        return Wrote(text, tokens, tokens < MOST)


def writer(setup: Setup) -> Programs:
    """See `benchmarks.peers.peer`."""
    return Programs(setup)
