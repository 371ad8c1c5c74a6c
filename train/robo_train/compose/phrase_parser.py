"""The syntax of one alternative of a phrase rule (described in `phrases.py`), and which are held out."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import NamedTuple

from robo_runtime.errors import RoboError

HELD_OUT = 0.2
_MIN_ALTERNATIVES = 5


class Lit(NamedTuple):
    """Plain text."""

    text: str


class Slot(NamedTuple):
    """A value that must be said."""

    name: str
    form: str
    again: bool


class Ref(NamedTuple):
    """Another rule."""

    rule: str


class Join(NamedTuple):
    """Parts one after the other."""

    parts: tuple[object, ...]


class Option(NamedTuple):
    """One alternative, with its weight and the flags that open or close it."""

    part: object
    weight: float
    needs: frozenset[str]
    bars: frozenset[str]
    held: bool
    text: str


class Choice(NamedTuple):
    """One of several options."""

    options: tuple[Option, ...]


_TAIL = re.compile(r"\s+(?:@(?P<w>\d+(?:\.\d+)?)|\?(?P<not>!?)(?P<flag>[a-z_0-9]+))$")
_TOKEN = re.compile(r"\\(.)|<([a-z_0-9.=]+)>|\{(=?[a-z_0-9]+)(?::([a-z_0-9]+))?\}|([()\[\]|])", re.S)


class _Parser:
    """Recursive descent over one alternative."""

    def __init__(self, text: str, where: str) -> None:
        self.where, self.text = where, text
        self.tokens: list[tuple[str, object]] = []
        at = 0
        for m in _TOKEN.finditer(text):
            if m.start() > at:
                self.tokens.append(("lit", text[at : m.start()]))
            if m[1]:
                if m[1].isalpha():
                    raise RoboError(
                        f"{where}: {text!r}: \\{m[1]} would be said as {m[1]!r}; a line end is \\n in YAML"
                    )
                self.tokens.append(("plain", m[1]))
            elif m[2]:
                self.tokens.append(("part", Ref(m[2])))
            elif m[3]:
                self.tokens.append(("part", Slot(m[3].lstrip("="), m[4] or "", m[3][0] == "=")))
            else:
                self.tokens.append((m[5], None))
            at = m.end()
        if at < len(text):
            self.tokens.append(("lit", text[at:]))
        for kind, value in self.tokens:
            if kind == "lit" and re.search(r"[<{}]", str(value)):
                raise RoboError(f"{where}: {text!r}: stray <, {{ or }}; write \\< for the character itself")
        self.at = 0

    def parse(self) -> object:
        part = self.join(frozenset())
        if self.at < len(self.tokens):
            raise RoboError(f"{self.where}: {self.text!r}: unmatched {self.tokens[self.at][0]!r}")
        return part

    def join(self, stop: frozenset[str]) -> object:
        parts: list[object] = []
        while self.at < len(self.tokens):
            kind, value = self.tokens[self.at]
            if kind in stop:
                break
            self.at += 1
            if kind in ("lit", "plain"):
                parts.append(Lit(str(value)))
            elif kind == "part":
                parts.append(value)
            elif kind in "([":
                parts.append(self.group(kind))
            else:
                raise RoboError(f"{self.where}: {self.text!r}: unexpected {kind!r}")
        return parts[0] if len(parts) == 1 else Join(tuple(parts))

    def group(self, opened: str) -> object:
        close = ")" if opened == "(" else "]"
        options: list[Option] = []
        while True:
            part = self.join(frozenset((close, "|")))
            options.append(Option(part, 1.0, frozenset(), frozenset(), False, ""))
            if self.at >= len(self.tokens):
                raise RoboError(f"{self.where}: {self.text!r}: {opened!r} is not closed")
            kind = self.tokens[self.at][0]
            self.at += 1
            if kind == close:
                break
        if opened == "(" and len(options) == 1:
            return Join((Lit("("), options[0].part, Lit(")")))
        if opened == "[":
            options.append(Option(Lit(""), float(len(options)), frozenset(), frozenset(), False, ""))
        return Choice(tuple(options))


def parse_option(raw: str, where: str) -> Option:
    """Parse one alternative; `where` names file and rule in errors."""
    weight, text = 1.0, raw
    needs: set[str] = set()
    bars: set[str] = set()
    while m := _TAIL.search(text):
        if m["w"]:
            weight = float(m["w"])
        else:
            (bars if m["not"] else needs).add(m["flag"])
        text = text[: m.start()]
    if text == "~":  # the empty alternative
        text = ""
    return Option(_Parser(text, where).parse(), weight, frozenset(needs), frozenset(bars), False, raw)


def hold_out(name: str, options: list[Option]) -> tuple[Option, ...]:
    """Mark a fifth of the alternatives, but never all that say the same slots under the same flags."""

    def signature(o: Option) -> tuple[object, ...]:
        return tuple(sorted(set(re.findall(r"[{<][a-z_0-9]+", o.text)))), o.needs, o.bars

    wanted = int(len(options) * HELD_OUT) if len(options) >= _MIN_ALTERNATIVES else 0
    left: dict[tuple[object, ...], int] = {}
    for o in options:
        left[signature(o)] = left.get(signature(o), 0) + 1
    held: set[str] = set()
    heaviest = max(o.weight for o in options)
    for o in sorted(options, key=lambda o: sha256(f"{name}\0{o.text}".encode()).digest()):
        if len(held) < wanted and left[signature(o)] > 1 and (o.weight < heaviest or o.weight == 1):
            held.add(o.text)
            left[signature(o)] -= 1
    return tuple(o._replace(held=o.text in held) for o in options)
