"""The text of a line as far as it is written: reading beyond its end is no error, it is not known yet."""

from __future__ import annotations

import string
from collections.abc import Callable, Collection, Iterable

_WORD = frozenset(string.ascii_letters + string.digits + "_")
_START = frozenset(string.ascii_letters + "_")
_SYMBOLS = frozenset("+-*/%<>=!&|^")


class Illegal(Exception):
    """The text cannot be the start of a legal line."""


class Unfinished(Exception):
    """The text is the start of a legal line."""


class Text:
    """A reader of one line."""

    def __init__(self, text: str, at: int = 0) -> None:
        self.s, self.i = text, at

    def peek(self) -> str:
        """The next character."""
        if self.i >= len(self.s):
            raise Unfinished
        return self.s[self.i]

    def eat(self, text: str) -> None:
        """Read exactly this."""
        rest = self.s[self.i : self.i + len(text)]
        if rest != text:
            raise Unfinished if text.startswith(rest) and self.i + len(rest) == len(self.s) else Illegal
        self.i += len(text)

    def eats(self, text: str) -> bool:
        """Read this if it is there; raises `Unfinished` when it may be."""
        rest = self.s[self.i : self.i + len(text)]
        if rest == text:
            self.i += len(text)
            return True
        if self.i + len(rest) == len(self.s) and text.startswith(rest):
            raise Unfinished
        return False

    def at_word(self) -> bool:
        """Whether an identifier or keyword begins here."""
        return self.peek() in _START

    def word_end(self, i: int) -> int:
        """Where the identifier or keyword ends that begins at `i`."""
        while i < len(self.s) and self.s[i] in _WORD:
            i += 1
        return i

    def wrap(self) -> None:
        """Pass a line break behind an opening bracket or a comma."""
        if self.peek() == "\n":
            self.i += 1
            while self.peek() == " ":
                self.i += 1

    def another(self, close: str = "") -> bool:
        """Behind an element: pass a comma with what separates; whether one more element follows.

        Args:
            close: the bracket that may follow a comma; empty where none may.
        """
        if self.peek() != ",":
            return False
        self.i += 1
        if self.peek() == " ":
            self.i += 1
            return True
        self.wrap()
        return self.peek() != close

    def keyword(self, names: Collection[str] | None) -> str:
        """The name of an argument, its `=` passed too; empty, nothing passed, when it has none.

        Args:
            names: those that there are; None: any.
        """
        j = self.word_end(self.i)
        found = self.s[self.i : j]
        if not found or found[0].isdigit():
            return ""
        if j == len(self.s):
            if names is None or begins(names, found):
                raise Unfinished
            return ""
        if self.s[j] != "=":
            return ""
        if j + 1 == len(self.s):
            raise Unfinished
        if self.s[j + 1] == "=" or (names is not None and found not in names):
            raise Illegal
        self.i = j + 1
        return found

    def word(self, possible: Callable[[str], bool]) -> str:
        """Read an identifier or keyword.

        Args:
            possible: whether some legal word begins like this; asked when the text ends inside the word.
        """
        j = self.word_end(self.i)
        found = self.s[self.i : j]
        if j == len(self.s):
            raise Unfinished if possible(found) else Illegal
        self.i = j
        return found

    def symbol(self) -> str:
        """The operator that begins at the next character but one, behind a space; it is not consumed.

        Empty when there is none: a line end, a comment, a word.
        """
        if self.peek() != " ":
            return ""
        if self.i + 1 >= len(self.s):
            raise Unfinished
        j = self.i + 1
        if self.s[j] in _START:
            j = self.word_end(j)
        else:
            while j < len(self.s) and self.s[j] in _SYMBOLS:
                j += 1
        found = self.s[self.i + 1 : j]
        if j == len(self.s):
            raise Unfinished
        return found


def begins(words: Iterable[str], prefix: str) -> bool:
    """Whether some word starts with `prefix`."""
    return any(w.startswith(prefix) for w in words)
