"""xgrammar over llama.cpp's scores: a mask for every token, as its integrations do it."""

from __future__ import annotations

import time
from typing import Any

import torch
import xgrammar as library
from robo_runtime.engine import load_engine

from benchmarks.peers.peer import OverLlama, Setup


class Matcher:
    """See `benchmarks.peers.peer.Stepper`."""

    def __init__(self, compiled: Any, mask: torch.Tensor, ends: frozenset[int]) -> None:
        self._matcher, self._mask, self._ends = library.GrammarMatcher(compiled), mask, ends

    def best(self, scores: Any) -> int | None:
        """See the class."""
        self._matcher.fill_next_token_bitmask(self._mask)
        logits = torch.from_numpy(scores)
        library.apply_token_bitmask_inplace(logits, self._mask)
        token = int(scores.argmax())
        return None if token in self._ends else token

    def accept(self, token: int) -> None:
        """See the class."""
        if not self._matcher.accept_token(token):
            raise ValueError(f"token {token} was refused")


def writer(setup: Setup) -> OverLlama:
    """See `benchmarks.peers.peer`."""
    torch.set_num_threads(setup.threads)
    engine = load_engine(setup.model, threads=setup.threads)
    start = time.perf_counter()
    pieces = [b"" if engine.is_control(token) else engine.piece(token) for token in range(engine.n_vocab)]
    vocabulary = library.TokenizerInfo(
        pieces, vocab_type=library.VocabType.RAW, vocab_size=engine.n_vocab, stop_token_ids=list(engine.ends)
    )
    compiler = library.GrammarCompiler(vocabulary, max_threads=setup.threads)
    grammar = library.Grammar.from_ebnf(setup.grammar.read_text(encoding="utf-8"))
    compiled = compiler.compile_grammar(grammar)
    mask, ends = library.allocate_token_bitmask(1, engine.n_vocab), frozenset(engine.ends)
    return OverLlama(engine, lambda: Matcher(compiled, mask, ends), time.perf_counter() - start)
