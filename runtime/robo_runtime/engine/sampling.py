"""llama.cpp's grammar and samplers, guarded where they would end the process."""

from __future__ import annotations

import codecs
import ctypes
import math
from array import array
from typing import TYPE_CHECKING, Any

from robo_runtime.engine import AtOnce, EngineError, Grammar, GrammarError
from robo_runtime.engine.bindings import captured_stderr, complaint, last_errors
from robo_runtime.prompt import N_CONTROL

if TYPE_CHECKING:
    from robo_runtime.engine.llama import LlamaEngine


_COLDEST = 1e-4
"""Colder is the best token; scores divided by next to nothing are no numbers any more."""
_TRIES = 64  # tokens tried one by one before the whole vocabulary is masked


class LlamaGrammar(AtOnce):
    """llama.cpp's grammar sampler; keeps its engine alive, whose vocabulary it points into."""

    def __init__(self, engine: LlamaEngine, gbnf: str) -> None:
        self._engine, self._lc, self._gbnf = engine, engine.lc, gbnf
        self._sampler = None
        if not gbnf.strip():
            raise GrammarError("the grammar is empty")  # llama.cpp would take that for "anything goes"
        last_errors()
        with captured_stderr() as said:  # the parser prints there, grammar and all
            self._sampler = self._lc.llama_sampler_init_grammar(engine.vocab, gbnf.encode(), b"root")
            printed = said()
        if not self._sampler:
            raise GrammarError(f"the grammar does not parse: {complaint(printed)}")
        self._slot = (self._lc.llama_token_data * 1)()
        self._slots = self._lc.llama_token_data_array(data=self._slot, size=1, selected=-1, sorted=False)
        self._ref = ctypes.byref(self._slots)
        self._banned: frozenset[int] = frozenset()
        self._known_allowed = -1  # checking costs more than all else, so `accept` need not check again
        self._begun = b""  # the bytes of a character that is not complete yet

    def allows(self, token: int) -> bool:
        if token < N_CONTROL and token not in self._engine.ends:
            return False  # to the grammar a control token is its text, which a string could contain
        if token in self._banned:
            return False
        if token == self._known_allowed:
            return True
        if (self._begun or token in self._engine.parts_of_characters) and not self._is_utf8(token):
            return False
        self._slot[0].id = token
        self._slot[0].logit = 0.0
        self.mask(self._ref)
        if self._slot[0].logit != 0.0:
            return False
        self._known_allowed = token
        return True

    def ban(self, tokens: frozenset[int]) -> None:
        self._banned, self._known_allowed = tokens, -1

    def mask(self, candidates: Any) -> None:
        """Set the logits of all candidates that may not come next to minus infinity."""
        self._lc.llama_sampler_apply(self._sampler, candidates)
        if self._banned and candidates is not self._ref:
            array = candidates._obj
            for i in range(array.size):
                if array.data[i].id in self._banned:
                    array.data[i].logit = -math.inf

    def accept(self, token: int) -> None:
        if not self.allows(token):
            raise GrammarError(f"token {token} ({self._engine.piece(token)!r}) is not allowed here")
        self._known_allowed, self._banned = -1, frozenset()
        self._lc.llama_sampler_accept(self._sampler, token)
        if self._begun or token in self._engine.parts_of_characters:
            self._begun = _incomplete(self._begun + self._engine.piece(token))

    def _is_utf8(self, token: int) -> bool:
        """Whether the token goes on with what was begun: llama.cpp lets surrogates and overlong forms pass,
        and counts each as one character, where the reader of the text gets three others."""
        try:
            codecs.utf_8_decode(self._begun + self._engine.piece(token), "strict", token in self._engine.ends)
        except UnicodeDecodeError:
            return False
        return True

    def fresh(self) -> Grammar:
        return LlamaGrammar(self._engine, self._gbnf)  # cloning and resetting take longer than parsing

    def __del__(self) -> None:
        if self._sampler:
            self._lc.llama_sampler_free(self._sampler)
            self._sampler = None


def _incomplete(data: bytes) -> bytes:
    """What is left of `data` after its last whole character."""
    return data[codecs.utf_8_decode(data, "strict", False)[1] :]


class LlamaPicker:
    """Greedy or sampling choice with llama.cpp's own samplers."""

    def __init__(self, engine: LlamaEngine, temperature: float, top_k: int, seed: int) -> None:
        self._chain = self._best = self._shortlist = None
        if not 0 <= temperature <= 100:
            raise EngineError(f"temperature is {temperature}; use 0 (always the best token) to 100")
        self._engine, self._lc = engine, engine.lc
        lc, n = engine.lc, engine.n_vocab
        if temperature < _COLDEST:
            temperature = 0.0
        self._best = lc.llama_sampler_init_greedy()
        self._shortlist = lc.llama_sampler_init_top_k(_TRIES)
        self._sampling = temperature > 0
        self._chain = lc.llama_sampler_chain_init(lc.llama_sampler_chain_default_params())
        if temperature > 0:
            lc.llama_sampler_chain_add(self._chain, lc.llama_sampler_init_top_k(top_k))
            lc.llama_sampler_chain_add(self._chain, lc.llama_sampler_init_temp(temperature))
            lc.llama_sampler_chain_add(self._chain, lc.llama_sampler_init_dist(seed & 0xFFFFFFFF))
        else:
            lc.llama_sampler_chain_add(self._chain, lc.llama_sampler_init_greedy())
        self._unset, self._data = (lc.llama_token_data * n)(), (lc.llama_token_data * n)()
        memoryview(self._unset).cast("B").cast("i")[0::3] = memoryview(array("i", range(n)))
        self._scores = memoryview(self._data).cast("B").cast("f")[1::3]
        self._candidates = lc.llama_token_data_array(data=self._data, size=n, selected=-1, sorted=False)
        self._ref = ctypes.byref(self._candidates)

    def pick(self) -> int:
        at = self._engine.require_logits()
        return int(self._lc.llama_sampler_sample(self._chain, self._engine.context, at))

    def pick_allowed(self, grammar: Grammar) -> int:
        if (token := self._try_some(grammar)) is not None:
            return token
        refused: list[int] = []
        while True:
            self._fill()
            for token in refused:
                self._scores[token] = -math.inf
            grammar.mask(self._ref)
            if not math.isfinite(self._choose(self._best).logit):
                raise GrammarError(
                    "the grammar leaves no token to go on with; it does not fit this vocabulary"
                )
            chosen = self._choose(self._chain)
            if not math.isfinite(chosen.logit):  # drawn from nothing but what is masked
                chosen = self._choose(self._best)
            token = int(chosen.id)
            if grammar.allows(token):
                return token
            refused.append(token)  # a byte of no character: llama.cpp's mask lets some of them pass

    def _try_some(self, grammar: Grammar) -> int | None:
        """Check likely tokens one by one, which ends soon with a trained model.

        The best allowed token of a sorted list is the best of all; drawing until a token is allowed draws
        from the same distribution as masking first.
        """
        if self._sampling:
            drawn = (self.pick() for _ in range(_TRIES))
        else:
            self._fill()
            self._lc.llama_sampler_apply(self._shortlist, self._ref)
            drawn = (self._candidates.data[i].id for i in range(self._candidates.size))
        refused = set()
        for token in drawn:
            if token not in refused and grammar.allows(token):
                return token
            refused.add(token)
        return None

    def _fill(self) -> None:
        """Candidates 0..n-1 with the engine's logits, without control tokens but the ends."""
        ctypes.memmove(self._data, self._unset, ctypes.sizeof(self._data))  # samplers reorder in place
        self._scores[:] = self._engine.logits()
        for token in range(N_CONTROL):
            if token not in self._engine.ends:
                self._scores[token] = -math.inf
        self._candidates.data, self._candidates.size = self._data, self._engine.n_vocab
        self._candidates.selected, self._candidates.sorted = -1, False

    def _choose(self, sampler: Any) -> Any:
        self._lc.llama_sampler_apply(sampler, self._ref)
        return self._candidates.data[max(self._candidates.selected, 0)]

    def __del__(self) -> None:
        for sampler in filter(None, (self._chain, self._best, self._shortlist)):
            self._lc.llama_sampler_free(sampler)
        self._chain = self._best = self._shortlist = None
