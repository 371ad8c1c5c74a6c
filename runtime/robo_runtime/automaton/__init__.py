"""A grammar as an automaton that is built while it is used.

llama.cpp follows a grammar by stacks that it expands anew for every token it is asked about. Programs
resemble each other, so the sets of stacks that occur are few: here each is a numbered state, and what a
character or a token does to it is computed once and looked up from then on. Nothing here knows about Python,
robots or models; a core in another language can follow the same tables.
"""

from robo_runtime.automaton.grammar import AutomatonGrammar
from robo_runtime.automaton.notation import NotationError

__all__ = ["AutomatonGrammar", "NotationError"]
