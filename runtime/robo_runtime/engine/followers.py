"""Who follows the grammar while a program is written; all give the same answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from robo_runtime.errors import RoboError

if TYPE_CHECKING:
    from robo_runtime.engine import Engine, Grammar

FollowerName = Literal["automaton", "llama.cpp", "llguidance"]
FOLLOWERS: tuple[FollowerName, ...] = get_args(FollowerName)
"""`automaton` is ours and the fastest (`benchmarks/latency/decode.py`), `llama.cpp` what every model's users
have, `llguidance` an extra."""


def grammar_for(name: str, gbnf: str, engine: Engine) -> Grammar:
    """A grammar of ours, followed by one of `FOLLOWERS`.

    Raises:
        RoboError: no such follower, it is not installed, or the grammar cannot be read.
    """
    if name == "automaton":
        from robo_runtime.automaton import AutomatonGrammar

        return AutomatonGrammar(gbnf, engine)
    if name == "llama.cpp":
        return engine.grammar(gbnf)
    if name == "llguidance":
        from robo_runtime.engine.guidance import GuidanceGrammar

        return GuidanceGrammar(gbnf, engine)
    raise RoboError(f"nothing called {name!r} follows grammars; known: {', '.join(FOLLOWERS)}")
