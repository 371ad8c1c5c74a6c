"""The registry: one source of truth for what a program may use."""

from robo_runtime.registry.load import load_registry
from robo_runtime.registry.models import (
    Argument,
    Board,
    Callable,
    Class,
    Function,
    Module,
    Parameter,
    Registry,
    Signature,
)

__all__ = [
    "Argument",
    "Board",
    "Callable",
    "Class",
    "Function",
    "Module",
    "Parameter",
    "Registry",
    "Signature",
    "load_registry",
]
