"""Three engines that follow a grammar byte by byte: llama.cpp, llguidance and xgrammar.

Each is made for one grammar and answers whether a text is a sentence of it. An engine that is not installed
is left out (`missing` says why).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

Accepts = Callable[[str], bool]
_MODULES = {"llama.cpp": "llama_cpp", "llguidance": "llguidance", "xgrammar": "xgrammar"}
_END = 256
"""The token that ends a text; byte b is token b."""


def missing(name: str) -> str:
    """Why an engine cannot be asked; empty when it can."""
    return "" if find_spec(_MODULES[name]) else f"{_MODULES[name]} is not installed"


def engine(name: str, grammar: str) -> Accepts:
    """The engine of that name, for one GBNF grammar."""
    return _ENGINES[name](grammar)


def _llama_cpp(grammar: str) -> Accepts:
    from robo_runtime.grammar import accepts

    return lambda text: accepts(grammar, text)


def _llguidance(grammar: str) -> Accepts:
    from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper
    from robo_runtime.grammar.lark import lark

    tokens = LLTokenizer(TokenizerWrapper(_Bytes()), n_vocab=_END + 1)
    matcher = LLMatcher(tokens, LLMatcher.grammar_from_lark(lark(grammar)), log_level=0)
    if matcher.is_error():
        raise ValueError(f"llguidance refuses the grammar: {matcher.get_error()}")

    def accepts(text: str) -> bool:
        matcher.reset()
        data = list(text.encode())
        return bool(matcher.try_consume_tokens(data) == len(data) and matcher.is_accepting())

    return accepts


class _Bytes:
    """llguidance's idea of a tokenizer: here every byte is a token."""

    eos_token_id, bos_token_id = _END, None
    tokens = (*(bytes([b]) for b in range(256)), b"<end>")
    special_token_ids = (_END,)

    def __call__(self, text: bytes | str) -> list[int]:
        return list(text if isinstance(text, bytes) else text.encode())


def _xgrammar(grammar: str) -> Accepts:
    import xgrammar

    tokens: Any = [bytes([b]) for b in range(256)] + [b"<end>"]
    vocabulary = xgrammar.TokenizerInfo(
        tokens, vocab_type=xgrammar.VocabType.RAW, vocab_size=_END + 1, stop_token_ids=[_END]
    )
    compiler = xgrammar.GrammarCompiler(vocabulary, max_threads=1)
    compiled = compiler.compile_grammar(xgrammar.Grammar.from_ebnf(grammar))

    def accepts(text: str) -> bool:
        matcher = xgrammar.GrammarMatcher(compiled)
        return bool(matcher.accept_string(text) and matcher.accept_token(_END))

    return accepts


_ENGINES: Mapping[str, Callable[[str], Accepts]] = {
    "llama.cpp": _llama_cpp,
    "llguidance": _llguidance,
    "xgrammar": _xgrammar,
}
ENGINES = tuple(_ENGINES)
