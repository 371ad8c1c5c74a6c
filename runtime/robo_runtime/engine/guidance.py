"""llguidance behind the interface of grammars (https://github.com/guidance-ai/llguidance); an extra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from robo_runtime.engine import AtOnce, GrammarError
from robo_runtime.engine.candidates import keep
from robo_runtime.errors import RoboError
from robo_runtime.grammar.lark import lark
from robo_runtime.prompt import N_CONTROL, Part

if TYPE_CHECKING:
    from robo_runtime.engine import Engine


class GuidanceGrammar(AtOnce):
    """A grammar and how far a text has come in it (see `robo_runtime.engine.Grammar`).

    Raises:
        RoboError: llguidance is not installed, or refuses the grammar.
    """

    def __init__(self, gbnf: str, engine: Engine, matcher: Any = None) -> None:
        self._engine = engine
        self._first = matcher or _matcher(gbnf, engine)
        self._matcher = self._first.deep_copy()
        self._banned: frozenset[int] = frozenset()

    def allows(self, token: int) -> bool:
        """See the class."""
        if token in self._banned:
            return False
        if token in self._engine.ends:
            return bool(self._matcher.is_accepting())
        return token >= N_CONTROL and self._matcher.validate_tokens([token]) == 1

    def accept(self, token: int) -> None:
        """See `robo_runtime.engine.Grammar`."""
        if not self.allows(token):
            raise GrammarError(f"token {token} ({self._engine.piece(token)!r}) is not allowed here")
        self._banned = frozenset()
        if token not in self._engine.ends:
            self._matcher.consume_token(token)

    def ban(self, tokens: frozenset[int]) -> None:
        """See `robo_runtime.engine.Grammar`."""
        self._banned = tokens

    def mask(self, candidates: Any) -> None:
        """Set the logits of all candidates that may not come next to minus infinity.

        Asked one by one: where text is forced, llguidance's own mask has only the tokens that the tokenizer
        would choose, which a grammar does not say.
        """
        keep(candidates, self.allows)

    def fresh(self) -> GuidanceGrammar:
        """The same at the start of a text."""
        return GuidanceGrammar("", self._engine, self._first)


def _matcher(gbnf: str, engine: Engine) -> Any:
    try:
        from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper
    except ImportError:
        raise RoboError(
            "llguidance is not installed: python -m pip install 'robo-runtime[llguidance]', or use another"
            " engine for grammars"
        ) from None
    tokenizer = LLTokenizer(TokenizerWrapper(_Tokens(engine)), n_vocab=engine.n_vocab)
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(lark(gbnf)), log_level=0)
    if matcher.is_error():
        raise GrammarError(f"llguidance refuses the grammar: {matcher.get_error()}")
    return matcher


class _Tokens:
    """llguidance's idea of a tokenizer."""

    bos_token_id = None

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.eos_token_id = engine.ends[0]
        self.special_token_ids = list(range(N_CONTROL))
        self.tokens = [
            b"<%d>" % t if engine.is_control(t) else engine.piece(t) for t in range(engine.n_vocab)
        ]

    def __call__(self, text: bytes | str) -> list[int]:
        known = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return self._engine.encode([Part(known, False)])
