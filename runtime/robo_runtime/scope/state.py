"""Everything that is known at the start of a line."""

from __future__ import annotations

from typing import NamedTuple

from robo_runtime.scope.blocks import Place
from robo_runtime.scope.names import Frame
from robo_runtime.scope.types import T


class Writing(NamedTuple):
    """The function that is being written."""

    name: str
    params: tuple[tuple[str, T | None], ...]
    body: str
    results: tuple[T, ...] = ()
    """Types of the values it returns."""


class State(NamedTuple):
    """The program before the next line."""

    module: Frame
    local: Frame | None
    """Names of the function that is being written."""
    place: Place
    writing: Writing | None = None
