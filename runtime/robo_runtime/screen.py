"""A program on a terminal or in a pipe, as it is written: whole lines, coloured where colours show."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

_TOKENS = re.compile(
    r"(?P<comment>#.*)"
    r"|(?P<string>[fbr]?(?:\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'))"
    r"|(?P<keyword>\b(?:False|None|True|and|as|break|continue|def|elif|else|except|for|from|global|if|import"
    r"|in|is|lambda|not|or|pass|return|try|while|with)\b)"
    r"|(?P<number>\b\d[\w.]*)"
)
_COLOURS = {"comment": "\x1b[2m", "string": "\x1b[32m", "keyword": "\x1b[35m", "number": "\x1b[36m"}
_RESET = "\x1b[0m"


def shows_colour(stream: TextIO) -> bool:
    """Whether the stream is a terminal that wants colours (https://no-color.org)."""
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def coloured(code: str) -> str:
    """Python source with ANSI colours; a regular expression, because a real lexer costs 50 ms to import."""

    def paint(match: re.Match[str]) -> str:
        return f"{_COLOURS[match.lastgroup or 'comment']}{match.group()}{_RESET}"

    return _TOKENS.sub(paint, code)


class ProgramStream:
    """Prints a program while it is written, held back to its last legal line end.

    So what was printed is never taken back when a token budget cuts the program, and a pipe gets exactly
    the program.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._colour = shows_colour(self._stream)
        self._waiting: list[str] = []
        self._printed = 0

    def add(self, text: str) -> None:
        """Text as it comes (`on_text`)."""
        self._waiting.append(text)

    def flush(self) -> None:
        """The text so far is a legal program (`on_legal`): print it."""
        self._print("".join(self._waiting))
        self._waiting.clear()

    def finish(self, code: str) -> None:
        """Print what is still missing of the finished program."""
        self._waiting.clear()
        self._print(code[self._printed :])

    def _print(self, text: str) -> None:
        self._printed += len(text)
        self._stream.write(coloured(text) if self._colour else text)
        self._stream.flush()
