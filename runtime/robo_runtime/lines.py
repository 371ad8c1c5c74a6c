"""Lines that led nowhere: where to go back to, and what not to begin with again.

Names and types can leave a line without a way to go on that a grammar alone would have had. Then the line is
begun again with another token; after some failures the line before it is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_PARTS = re.compile(r"([\w)\]]+) \* 65535 // (\d+)")
_COMPUTED = re.compile(r"\(.* for .* in |\d (?:[*/%+<>=-]+|and|or) -?\d", re.DOTALL)
_TRIES, _MOST = 4, 24
"""Of one line, and of all lines of a program."""


class Start(NamedTuple):
    """Where a line begins."""

    token: int
    """Index of its first token; of the one that also ends the line before, where one token does both."""
    length: int
    """Characters before that token."""


class Lines:
    """The lines of one program."""

    def __init__(self) -> None:
        self._starts = [Start(0, 0)]
        self._failed: dict[int, int] = {}
        self._banned: dict[int, set[int]] = {}
        self._left = _MOST

    def note(self, piece: str, token: int, before: int) -> None:
        """Text was written that may hold a line end.

        Args:
            token: index of its token.
            before: characters before it.
        """
        if piece.endswith("\n"):
            self._starts.append(Start(token + 1, before + len(piece)))
        elif "\n" in piece:
            self._starts.append(Start(token, before))

    def banned(self, token: int) -> frozenset[int]:
        """Tokens that led nowhere as the token with this index."""
        return frozenset(self._banned.get(token, ()))

    def reject(self, token: int, choice: int) -> bool:
        """Do not choose this token here again; false when enough was rejected."""
        if not self._left:
            return False
        self._left -= 1
        self._ban(token, choice)
        self._starts = [s for s in self._starts if s.token <= token]
        return True

    def _ban(self, token: int, choice: int) -> None:
        self._banned.setdefault(token, set()).add(choice)
        for later in [t for t in self._banned if t > token]:
            del self._banned[later]

    def back(self, chosen: list[int], shown: int, *, here: bool = False) -> Start | None:
        """Where to begin again after a dead end; None when enough was tried.

        Args:
            shown: characters that somebody has seen: nothing before them can be taken back.
            here: only the line that is being written.
        """
        while self._left and self._starts:
            start = self._starts[-1]
            if start.length < shown:
                return None
            failed = self._failed.get(start.token, 0)
            if failed >= _TRIES or start.token >= len(chosen):
                if here:
                    return None
                self._starts.pop()
                continue
            self._failed[start.token] = failed + 1
            self._ban(start.token, chosen[start.token])
            self._left -= 1
            return start
        return None


def computed(line: str) -> bool:
    """Whether a line may hand over a value that no grammar can see: a computed one, or one out of a list.

    A duty cycle of so many parts in a hundred is the common case that needs no look.
    """
    return bool(_COMPUTED.search(_PARTS.sub(_duty, line)))


def _duty(found: re.Match[str]) -> str:
    return found[0] if found[1].isdigit() and int(found[1]) > int(found[2]) else "0"
