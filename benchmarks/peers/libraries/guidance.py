"""llguidance over llama.cpp's scores: a mask for every token, as its integrations do it.

The grammar is our GBNF in its Lark dialect, by `robo_runtime.grammar.lark` or by its own converter, which
makes longer words for its lexer, so that it is faster and refuses some right programs.
"""

from __future__ import annotations

import time
from typing import Any

import llguidance.numpy as masks
from llguidance import LLMatcher, LLParserLimits, LLTokenizer, TokenizerWrapper
from llguidance.gbnf_to_lark import gbnf_to_lark
from robo_runtime.engine import load_engine
from robo_runtime.engine.guidance import _Tokens
from robo_runtime.grammar.lark import lark

from benchmarks.peers.peer import OverLlama, Setup

_LIMITS = LLParserLimits(step_max_items=5_000_000, max_items_in_row=5_000_000, step_lexer_fuel=100_000_000)
"""With its own limits it gives up at the first token: "Too many items (limit 50000; mask)"."""


class Matcher:
    """See `benchmarks.peers.peer.Stepper`."""

    def __init__(self, matcher: LLMatcher, mask: Any, ends: frozenset[int]) -> None:
        self._matcher, self._mask, self._ends = matcher, mask, ends

    def best(self, scores: Any) -> int | None:
        """See the class."""
        masks.fill_next_token_bitmask(self._matcher, self._mask)
        masks.apply_token_bitmask_inplace(scores, self._mask)
        token = int(scores.argmax())
        return None if token in self._ends else token

    def accept(self, token: int) -> None:
        """See the class."""
        if not self._matcher.consume_token(token):
            raise ValueError(self._matcher.get_error() or f"token {token} was refused")


def writer(setup: Setup) -> OverLlama:
    """See `benchmarks.peers.peer`."""
    engine = load_engine(setup.model, threads=setup.threads)
    start = time.perf_counter()
    gbnf = setup.grammar.read_text(encoding="utf-8")
    grammar = gbnf_to_lark(gbnf) if setup.options.get("own_converter") else lark(gbnf)
    tokenizer = LLTokenizer(TokenizerWrapper(_Tokens(engine)), n_vocab=engine.n_vocab)
    first = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(grammar), log_level=0, limits=_LIMITS)
    if first.is_error():
        raise ValueError(first.get_error())
    mask, ends = masks.allocate_token_bitmask(1, engine.n_vocab), frozenset(engine.ends)
    return OverLlama(engine, lambda: Matcher(first.deep_copy(), mask, ends), time.perf_counter() - start)
