"""What is wrong with a program, in plain words."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["syntax", "api", "pin", "name", "range"]


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

    def __str__(self) -> str:
        return f"line {self.line}: {self.message} {self.fix}".rstrip()
