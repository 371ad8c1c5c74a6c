"""What runs a model: a small interface, with llama.cpp, ONNX Runtime or LiteRT behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from robo_runtime.drafts import Drafts
from robo_runtime.engine.gguf import ModelError
from robo_runtime.errors import RoboError
from robo_runtime.prompt import Part

__all__ = [
    "AtOnce",
    "Engine",
    "EngineError",
    "Grammar",
    "GrammarError",
    "ModelError",
    "Picker",
    "load_engine",
]


class EngineError(RoboError):
    """The engine could not do what was asked: no room left, or a model whose numbers are broken."""


class GrammarError(RoboError):
    """A grammar that does not parse, or that the vocabulary cannot follow."""


class Grammar(Protocol):
    """A grammar and how far a text has come in it."""

    by_line: bool
    """A line may turn out to have no end, and is then begun again."""
    put_off: str
    """Text at the end of what was accepted that is still to be checked."""

    def allows(self, token: int) -> bool:
        """Whether `token` may come next; an end token may when the text so far is complete."""

    def accept(self, token: int) -> None:
        """Move past `token`; raises GrammarError, changing nothing, when it is not allowed."""

    def ban(self, tokens: frozenset[int]) -> None:
        """Do not allow these tokens as the next one, whatever the rules say; `accept` lifts it."""

    def mask(self, candidates: Any) -> None:
        """Set the logits of candidates (the engine's own array) that may not come next to minus infinity."""

    def settle(self, pieces: Sequence[str]) -> int | None:
        """Check what was put off, and from here on put nothing off.

        Args:
            pieces: that text, token by token.

        Returns:
            The first token that should not have been accepted (the text must then be written anew up to
            there); None when all is well.
        """

    def forced(self) -> Sequence[int]:
        """Tokens of a text that must come next, as the tokenizer cuts it; none where there is a choice."""

    def fresh(self) -> Grammar:
        """The same grammar at its start."""


class AtOnce:
    """What most grammars have in common: everything is checked at once."""

    by_line = False
    put_off = ""

    def settle(self, pieces: Sequence[str]) -> int | None:
        """See `Grammar`."""
        return None

    def forced(self) -> Sequence[int]:
        """See `Grammar`; unknown to most."""
        return ()


class Picker(Protocol):
    """Chooses the next token from the engine's logits: the best, or one drawn at a temperature."""

    def pick(self) -> int:
        """The next token, whatever a grammar says."""

    def pick_allowed(self, grammar: Grammar) -> int:
        """The next token among those `grammar` allows; raises GrammarError when there is none."""


class Engine(Protocol):
    """One loaded model with one running text. Not for several threads at once."""

    n_ctx: int
    """Tokens that prompt and answer may have together."""
    n_vocab: int
    """Tokens of the vocabulary."""
    drafts: Drafts
    """Guesses that come with the model."""
    ends: tuple[int, ...]
    """Tokens that end an answer: `[/CODE]` first, then `<eos>`."""

    def encode(self, parts: Sequence[Part]) -> list[int]:
        """Token ids: a control part is its one id, text can never become a control id."""

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for; part of a character is possible, empty for control tokens."""

    def is_control(self, token: int) -> bool:
        """Whether the token is one of the control tokens."""

    def reset(self) -> None:
        """Forget the running text."""

    def begin(self, prefix: Sequence[int]) -> None:
        """`reset` and `feed(prefix)`, or what comes to the same: the state behind a prefix is kept, in memory
        until there is another one, a long one's between processes. Feed something more before choosing."""

    def room(self) -> int:
        """How many more tokens fit."""

    def feed(self, tokens: Sequence[int]) -> None:
        """Run the model over `tokens`; the logits are then those after the last one."""

    def feed_ahead(self, token: int, guesses: Sequence[int]) -> None:
        """`feed([token])`, and in the same batch tokens that may follow it, for `confirm`."""

    def confirm(self, token: int) -> bool:
        """Go on with a token that was guessed; false, and nothing has changed, when it was not: feed it."""

    def last(self, n: int) -> list[int]:
        """The last `n` tokens of the running text, fewer at its start."""

    def rewind(self, n: int) -> None:
        """Forget the last `n` tokens; the logits are then those after the last one that is left."""

    def use_threads(self, threads: int) -> None:
        """Run with so many CPU threads from now on."""

    def grammar(self, gbnf: str) -> Grammar:
        """Compile GBNF text whose start symbol is `root`; raises GrammarError."""

    def picker(self, temperature: float, top_k: int, seed: int) -> Picker:
        """Greedy at temperature 0; else sampling, repeatable by `seed`; `top_k` 0 means all tokens."""

    def close(self) -> None:
        """Free the model."""


def load_engine(model: Path, *, threads: int = 1, context: int | None = None) -> Engine:
    """Load a model: a GGUF file into llama.cpp, an ONNX file into ONNX Runtime, a TFLite file into LiteRT.

    Args:
        threads: CPU threads; on a busy machine more than one is often slower.
        context: tokens of prompt and answer together; the model's own limit when None.

    Raises:
        ModelError: the file is missing, foreign, cut short, or the engine refuses it.
        LlamaMissing, OnnxMissing, LitertMissing: the engine is not installed.
    """
    if model.suffix == ".onnx":
        from robo_runtime.engine.onnx import OnnxEngine

        return OnnxEngine(model, threads=threads, context=context)
    if model.suffix == ".tflite":
        from robo_runtime.engine.litert import LitertEngine

        return LitertEngine(model, threads=threads, context=context)
    from robo_runtime.engine.llama import LlamaEngine

    return LlamaEngine(model, threads=threads, context=context)
