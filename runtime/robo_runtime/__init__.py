"""Prompts in, checked MicroPython programs out. Imports neither robo_train nor robo_convert.

The names below are the public ones; docs/api.md shows them at work. Each is loaded when it is first used, so
that `import robo_runtime` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robo_runtime.blocks import BlockError, Blocks
    from robo_runtime.cache import grammar_text
    from robo_runtime.check import Problem, check_program
    from robo_runtime.errors import RoboError
    from robo_runtime.generate import Generator, PromptTooLong, Result, Timings
    from robo_runtime.grammar import accepts, micropython_gbnf
    from robo_runtime.models import default_model
    from robo_runtime.registry import Board, Registry, load_registry
    from robo_runtime.samples import best_of
    from robo_runtime.simulate import Event, Job, Limits, Trace, World, simulate_many
    from robo_runtime.simulate import simulate as simulate_program
    from robo_runtime.simulate.plot import write_plot

__all__ = [
    "BlockError",
    "Blocks",
    "Board",
    "Event",
    "Generator",
    "Job",
    "Limits",
    "Problem",
    "PromptTooLong",
    "Registry",
    "Result",
    "RoboError",
    "Timings",
    "Trace",
    "World",
    "accepts",
    "best_of",
    "check_program",
    "default_model",
    "grammar_text",
    "load_registry",
    "micropython_gbnf",
    "simulate_many",
    "simulate_program",
    "write_plot",
]

_NAMES = {
    "BlockError": "blocks",
    "Blocks": "blocks",
    "Board": "registry",
    "Event": "simulate",
    "Generator": "generate",
    "Job": "simulate",
    "Limits": "simulate",
    "Problem": "check",
    "PromptTooLong": "generate",
    "Registry": "registry",
    "Result": "generate",
    "RoboError": "errors",
    "Timings": "generate",
    "Trace": "simulate",
    "World": "simulate",
    "accepts": "grammar",
    "best_of": "samples",
    "check_program": "check",
    "default_model": "models",
    "grammar_text": "cache",
    "load_registry": "registry",
    "micropython_gbnf": "grammar",
    "simulate_many": "simulate",
    "simulate_program": "simulate:simulate",  # `robo_runtime.simulate` is the package
    "write_plot": "simulate.plot",
}
"""Where each public name lives: a module of this package, and the name there if it is another."""


def __getattr__(name: str) -> Any:
    """Load a public name from its module, once."""
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, there = _NAMES[name].partition(":")
    value = getattr(import_module(f"{__name__}.{module}"), there or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_NAMES})
