"""What is wrong with a program, in plain words."""

from __future__ import annotations

import ast
from typing import Literal, NamedTuple

Kind = Literal["syntax", "api", "pin", "name", "range", "run", "type"]
"""`run` comes from the simulator, `type` from mypy; the others from `check_program`."""


class Problem(NamedTuple):
    """One thing to mend."""

    line: int
    """Counted from 1."""
    column: int
    """Counted from 0."""
    kind: Kind
    message: str
    """What is wrong, for a child to read."""
    fix: str
    """What to do."""

    @classmethod
    def at(cls, node: ast.stmt | ast.expr, kind: Kind, message: str, fix: str = "") -> Problem:
        """A problem at a node of the program."""
        return cls(node.lineno, node.col_offset, kind, message, fix)

    def __str__(self) -> str:
        return f"line {self.line}: {self.message} {self.fix}".rstrip()
