"""Reading GBNF, rule by rule when one is first needed, into positions that stacks can point at.

The notation is llama.cpp's (https://github.com/ggml-org/llama.cpp/tree/master/grammars), one rule on a line,
without comments.
"""

from __future__ import annotations

import re

from robo_runtime.engine import GrammarError

END, CHAR, REF = 0, 1, 2
"""What a position holds: the end of an alternative, a set of characters, a reference to a rule."""
_TOP = 0x10FFFF
_MOST_COPIES = 2000
_TOKEN = re.compile(
    r'\s*(?:"(?P<text>(?:[^"\\]|\\.)*)"|\[(?P<chars>(?:[^\]\\]|\\.)*)\]|(?P<name>[A-Za-z0-9-]+)'
    r"|\{(?P<low>\d+)(?P<comma>,?)(?P<high>\d*)\}|(?P<sign>[()|*+?]))",
    re.S,
)
_CHARACTER = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|(.)", re.S)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


class NotationError(GrammarError):
    """A grammar that cannot be read here."""


class Chars:
    """A set of characters: ranges of code points, sorted."""

    __slots__ = ("_ascii", "ranges")

    def __init__(self, ranges: tuple[tuple[int, int], ...]) -> None:
        self.ranges = ranges
        self._ascii = 0
        for low, high in ranges:
            for code in range(low, min(high, 127) + 1):
                self._ascii |= 1 << code

    def has(self, code: int) -> bool:
        """Whether a code point is in it."""
        if code < 128:
            return bool(self._ascii >> code & 1)
        return any(low <= code <= high for low, high in self.ranges)

    def meets(self, low: int, high: int) -> bool:
        """Whether any code point of a range is in it."""
        return any(low <= b and a <= high for a, b in self.ranges)


class Rules:
    """The rules of a grammar; `kinds` and `data` grow as rules are read.

    Raises:
        NotationError: there is no `root`, a line is no rule, or, from `starts`, a rule is malformed.
    """

    def __init__(self, gbnf: str) -> None:
        self._bodies: dict[str, str] = {}
        for line in gbnf.split("\n"):
            if not line:
                continue
            name, sign, body = line.partition(" ::= ")
            if not sign or name in self._bodies:
                raise NotationError(f"not one rule on a line: {line[:80]!r}")
            self._bodies[name] = body
        if "root" not in self._bodies:
            raise NotationError("the grammar has no rule called root")
        self._starts: dict[str, tuple[int, ...]] = {}
        self.kinds: list[int] = []
        self.data: list[Chars | str | None] = []

    def starts(self, name: str) -> tuple[int, ...]:
        """The first positions of a rule's alternatives."""
        if (known := self._starts.get(name)) is not None:
            return known
        if name not in self._bodies:
            raise NotationError(f"the grammar has no rule called {name}")
        return self.define(name, _Body(self, name, self._bodies[name]).read())

    def add(self, alternatives: list[list[Chars | str]]) -> str:
        """A rule without a name of its own; returns the name to refer to it by."""
        name = f" {len(self._starts)}"
        self.define(name, alternatives)
        return name

    def add_open(self) -> str:
        """The name of a rule that `define` is still to define, for rules that refer to themselves."""
        name = f" {len(self._starts)}"
        self._starts[name] = ()
        return name

    def define(self, name: str, alternatives: list[list[Chars | str]]) -> tuple[int, ...]:
        """Give a rule its content; the first positions of its alternatives."""
        starts = []
        for parts in alternatives:
            starts.append(len(self.kinds))
            for part in parts:
                self.kinds.append(CHAR if isinstance(part, Chars) else REF)
                self.data.append(part)
            self.kinds.append(END)
            self.data.append(None)
        self._starts[name] = tuple(starts)
        return self._starts[name]


class _Body:
    """Recursive descent over the body of one rule."""

    def __init__(self, rules: Rules, name: str, text: str) -> None:
        self.rules, self.name, self.text, self.at = rules, name, text, 0

    def read(self) -> list[list[Chars | str]]:
        found = self._choice()
        if self.text[self.at :].strip():
            raise self._error()
        return found

    def _error(self) -> NotationError:
        return NotationError(f"rule {self.name}: not GBNF from {self.text[self.at : self.at + 40]!r} on")

    def _choice(self) -> list[list[Chars | str]]:
        options = [self._sequence()]
        while self.text.startswith("|", self.at):
            self.at += 1
            options.append(self._sequence())
        return options

    def _sequence(self) -> list[Chars | str]:
        parts: list[list[Chars | str]] = []
        while m := _TOKEN.match(self.text, self.at):
            sign = m["sign"]
            if sign in ("|", ")"):
                self.at = m.start("sign")
                break
            self.at = m.end()
            if sign == "(":
                inside = self._choice()
                if not self.text.startswith(")", self.at):
                    raise self._error()
                self.at += 1
                parts.append(inside[0] if len(inside) == 1 else [self.rules.add(inside)])
            elif sign or m["low"] is not None:
                if not parts:
                    raise self._error()
                parts[-1] = self._repeated(parts[-1], *_bounds(m))
            elif m["name"]:
                parts.append([m["name"]])
            elif m["chars"] is not None:
                parts.append([_class(m["chars"])])
            else:
                parts.append([Chars(((c, c),)) for c, _ in _codes(m["text"])])
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return [part for group in parts for part in group]

    def _repeated(self, item: list[Chars | str], low: int, high: int | None) -> list[Chars | str]:
        """`item` as often as the bounds say: what is optional nests, so that few stacks are open at once."""
        if max(low, high or 0) * max(1, len(item)) > _MOST_COPIES or (high is not None and high < low):
            raise NotationError(f"rule {self.name}: {{{low},{high}}} cannot be followed")
        if high is None:
            more = self.rules.add_open()
            self.rules.define(more, [[*item, more], []])
            return [*item * low, more]
        tail: list[Chars | str] = []
        for _ in range(high - low):
            tail = [self.rules.add([[*item, *tail], []])]
        return [*item * low, *tail]


def _bounds(m: re.Match[str]) -> tuple[int, int | None]:
    if m["sign"]:
        return {"*": (0, None), "+": (1, None), "?": (0, 1)}[m["sign"]]
    low = int(m["low"])
    return low, (int(m["high"]) if m["high"] else None) if m["comma"] else low


def _codes(text: str) -> list[tuple[int, bool]]:
    """Code points of a literal or a class, each with whether it was escaped."""
    found = []
    for m in _CHARACTER.finditer(text):
        if digits := m[1] or m[2] or m[3]:
            found.append((int(digits, 16), True))
        elif m[4]:
            found.append((ord(_ESCAPES.get(m[4], m[4])), True))
        else:
            found.append((ord(m[5]), False))
    return found


def _class(text: str) -> Chars:
    """The set that `[…]` means."""
    negative = text.startswith("^")
    codes = _codes(text[negative:])
    ranges = []
    i = 0
    while i < len(codes):
        low = high = codes[i][0]
        if i + 2 < len(codes) and codes[i + 1] == (ord("-"), False):
            high = codes[i + 2][0]
            i += 2
        ranges.append((low, high))
        i += 1
    ranges.sort()
    return Chars(tuple(_complement(ranges) if negative else ranges))


def _complement(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found, start = [], 0
    for low, high in ranges:
        if start < low:
            found.append((start, low - 1))
        start = max(start, high + 1)
    if start <= _TOP:
        found.append((start, _TOP))
    return found
