"""The grammar of the programs a model may write, as GBNF text, generated from the registry."""

from robo_runtime.grammar.accept import accepts, first_rejected
from robo_runtime.grammar.blocks import blocks_gbnf
from robo_runtime.grammar.micropython import micropython_gbnf

__all__ = ["accepts", "blocks_gbnf", "first_rejected", "micropython_gbnf"]
