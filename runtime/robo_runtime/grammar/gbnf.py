"""Building GBNF text: named rules, and anonymous rules shared by content.

GBNF is the grammar notation of llama.cpp (https://github.com/ggml-org/llama.cpp/tree/master/grammars). Its
matcher keeps one stack for each way the text so far can go on and, to check one token, expands every stack
by a step. What costs time is therefore the number of alternatives open at once; the number of rules does not.
Rules here begin with a character, go right, and never offer the same prefix twice where that can be helped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class Grammar:
    """Rules in the order they were added."""

    def __init__(self) -> None:
        self._rules: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._count = 0

    def rule(self, name: str, *alternatives: str) -> str:
        """Add the rule `name`; returns the name, to refer to it."""
        body = "|".join(alternatives)
        if self._rules.setdefault(name, body) != body:
            raise ValueError(f"rule {name} is defined twice, as {self._rules[name]!r} and {body!r}")
        return name

    def share(self, *alternatives: str) -> str:
        """The name of an anonymous rule with this content, added when it is new."""
        if not (body := "|".join(alternatives)):
            raise ValueError("a rule needs at least one alternative")
        if body not in self._names:
            self._names[body] = self.fresh()
            self._rules[self._names[body]] = body
        return self._names[body]

    def fresh(self) -> str:
        """A name not used yet, for rules that refer to themselves."""
        self._count += 1
        digits, n = "", self._count
        while n:
            n, digit = divmod(n, 36)
            digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
        return f"x{digits}"

    def __len__(self) -> int:
        return len(self._rules)

    def text(self) -> str:
        """The grammar; its start symbol is `root`."""
        return "".join(f"{name} ::= {body}\n" for name, body in self._rules.items())


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n"}


def literal(text: str) -> str:
    """`text` as a GBNF string."""
    return '"' + "".join(_ESCAPES.get(c, c) for c in text) + '"'


def repeated(item: str, low: int, high: int | None) -> str:
    """`item` from `low` to `high` times, None for any number; llguidance does not read `{0,0}`."""
    return "" if high == 0 else f"{item}{{{low},{'' if high is None else high}}}"


def char_class(chars: Iterable[str]) -> str:
    """A class of single characters, written with ranges: `[a-ceg]`; a literal when there is only one."""
    codes = sorted({ord(c) for c in chars})
    if len(codes) == 1:
        return literal(chr(codes[0]))
    runs: list[list[int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "[" + "".join(_run(chr(a), chr(b)) for a, b in runs) + "]"


def _run(first: str, last: str) -> str:
    a, b = (("\\" + c) if c in "[]-\\^" and c != "^" else c for c in (first, last))
    if first == last:
        return a
    return a + b if ord(last) == ord(first) + 1 else f"{a}-{b}"


def words(g: Grammar, actions: Mapping[str, str]) -> str:
    """A rule that matches one of the words and then its action (a GBNF sequence, empty for none).

    Words are merged into a tree of common prefixes, so that one path is open at a time.
    """
    return g.share(*_branches(g, actions))


def _branches(g: Grammar, actions: Mapping[str, str]) -> list[str]:
    out = [actions[""] or '""'] if "" in actions else []
    by_first: dict[str, dict[str, str]] = {}
    for word, action in actions.items():
        if word:
            by_first.setdefault(word[0], {})[word[1:]] = action
    same: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for first, rest in by_first.items():
        same.setdefault(tuple(rest.items()), []).append(first)
    for items, firsts in same.items():
        prefix, rest = _common_prefix(dict(items))
        head = char_class(firsts) if len(firsts) > 1 else literal(firsts[0] + prefix)
        if len(firsts) > 1 and prefix:
            head += " " + literal(prefix)
        tail = next(iter(rest.values())) if list(rest) == [""] else g.share(*_branches(g, rest))
        out.append(f"{head} {tail}".rstrip())
    return out


def _common_prefix(actions: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The longest prefix of all words, and the words without it."""
    first, last = min(actions), max(actions)
    n = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:n], {word[n:]: action for word, action in actions.items()}
