"""What the kit can do, as data: functions of its firmware, the MicroPython modules, the pins of its board.

The YAML says only what cannot be derived. Block, generator, import line and trace event of a function follow
from its name and parameters, so a new function is one entry and nothing else.
"""

from __future__ import annotations

import hashlib
from functools import cached_property

from robo_runtime.files import Strict
from robo_runtime.registry.board import Board, PinRole
from robo_runtime.registry.firmware import (
    COLOURS,
    Category,
    Function,
    FunctionEntry,
    Number,
    Parameter,
    ParameterType,
    Returns,
)
from robo_runtime.registry.micropython import Argument, Callable, Class, Module, Signature

__all__ = [
    "COLOURS", "Argument", "Board", "Callable", "Category", "Class", "Function", "FunctionEntry", "Module",
    "Number", "Parameter", "ParameterType", "PinRole", "Registry", "Returns", "Signature",
]  # fmt: skip


class Registry(Strict):
    """Everything a program may use."""

    module: str
    """What robokit programs import from."""
    enums: dict[str, tuple[str, ...]]
    functions: dict[str, Function]
    modules: dict[str, Module]
    boards: dict[str, Board]

    @cached_property
    def objects(self) -> dict[str, list[Function]]:
        """Firmware functions by the name that is imported."""
        found: dict[str, list[Function]] = {}
        for function in self.functions.values():
            found.setdefault(function.object, []).append(function)
        return found

    @cached_property
    def digest(self) -> str:
        """Hash of the content, for caches and for files made from it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
