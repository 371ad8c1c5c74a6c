"""Identifiers: `[a-z_][a-z0-9_]*` and `[A-Z][A-Z0-9_]*`, with every reserved word taking a path of its own.

A rule made here is a finite automaton over the letters of the reserved words, so while a name is being
written only one path is open, and at its end it is known whether it was a free name or a reserved one.
"""

from __future__ import annotations

import string
from collections.abc import Mapping

from robo_runtime.grammar.gbnf import Grammar, char_class, literal, words

_LOWER = string.ascii_lowercase + string.digits + "_"
_UPPER = string.ascii_uppercase + string.digits + "_"


def names(g: Grammar, reserved: Mapping[str, str | None], follow: str) -> str:
    """A rule that matches a free name and then `follow`, or a reserved word and then its action.

    Args:
        reserved: a GBNF sequence for each reserved word, None for a word that may not stand here at all.
        follow: a GBNF sequence; empty for nothing.
    """
    return _Tree(g, reserved, follow).node("", list(reserved))


class _Tree:
    def __init__(self, g: Grammar, reserved: Mapping[str, str | None], follow: str) -> None:
        self.g, self.reserved, self.follow = g, reserved, follow
        self._rest = {alphabet: self._rest_of(alphabet) for alphabet in (_LOWER, _UPPER)}

    def _rest_of(self, alphabet: str) -> str:
        name = self.g.fresh()
        return self.g.rule(name, f"{char_class(alphabet)} {name}", self.follow or '""')

    def node(self, prefix: str, under: list[str]) -> str:
        """The rule for what comes after `prefix`; `under` are the reserved words that begin with it."""
        alphabet = self._alphabet(prefix)
        if not alphabet:  # `Pi`, `Tr`: no free name begins like this
            return words(self.g, {w[len(prefix) :]: a for w in under if (a := self.reserved[w]) is not None})
        following = sorted({w[len(prefix)] for w in under if len(w) > len(prefix)})
        out = []
        for c in following:
            below = [w for w in under if w.startswith(prefix + c)]
            if self._alphabet(prefix + c) or any(self.reserved[w] is not None for w in below):
                out.append(f"{literal(c)} {self.node(prefix + c, below)}")
        if free := set(alphabet) - set(following) - ({"_"} if prefix == "_" else set()):
            out += self._free(free, prefix)
        if prefix in self.reserved:
            if (action := self.reserved[prefix]) is not None:
                out.append(action or '""')
        elif len(prefix) > 1:
            out.append(self.follow or '""')
        elif not prefix:  # one letter: all of them in one alternative, not one in each branch
            letters = set(alphabet) - self.reserved.keys()
            out.append(f"{char_class(letters)} {self.follow}".rstrip())
        return self.g.share(*out)

    def _free(self, chars: set[str], prefix: str) -> list[str]:
        if prefix:
            return [f"{char_class(chars)} {self._rest[self._alphabet(prefix)]}"]
        underscore = f"{char_class(set(_LOWER) - {'_'})} {self._rest[_LOWER]}"
        lower = chars & set(string.ascii_lowercase)
        upper = chars & set(string.ascii_uppercase)
        return [
            *([f"{char_class(lower)} {char_class(_LOWER)} {self._rest[_LOWER]}"] if lower else []),
            *([f"{char_class(upper)} {char_class(_UPPER)} {self._rest[_UPPER]}"] if upper else []),
            *([f'"_" {underscore}'] if "_" in chars else []),
        ]

    @staticmethod
    def _alphabet(prefix: str) -> str:
        """The characters that may go on after `prefix` in a free name; empty where none begins like this."""
        if not prefix:
            return string.ascii_letters + "_"
        if prefix.startswith("__"):
            return ""
        return next((a for a in (_LOWER, _UPPER) if set(prefix) <= set(a) and prefix[0] in a), "")
