"""GBNF -> the Lark dialect of llguidance (https://github.com/guidance-ai/llguidance/blob/main/docs/syntax.md).

llguidance has a converter, but makes words of its lexer from whole rules, and the lexer takes the longest:
of `" "` and `" if "` it only ever sees the second, and right programs are refused. Here every word of the
lexer is one character, so the two engines read the same language.
"""

from __future__ import annotations

import re

from robo_runtime.engine import GrammarError

_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<chars>\[(?:[^\]\\]|\\.)*\])|(?P<name>[a-zA-Z][\w-]*)'
    r"|(?P<sign>\{\d+,?\d*\}|[()|*+?]))"
)
_CHARACTER = re.compile(r"\\x[0-9a-fA-F]{2}|\\.|.", re.S)


def lark(gbnf: str) -> str:
    """The grammar for `LLMatcher.grammar_from_lark`; one rule on each line, as our grammars are written.

    Raises:
        GrammarError: a line that is no rule.
    """
    writer = _Writer()
    rules = [writer.rule(line) for line in gbnf.splitlines() if line.strip()]
    return "\n".join(["%llguidance {}", *rules, *writer.shared()]) + "\n"


class _Writer:
    """Words are rules of their own, shared: llguidance has room for 65,000 symbols."""

    def __init__(self) -> None:
        self._characters: dict[str, str] = {}
        self._words: dict[str, str] = {}

    def rule(self, line: str) -> str:
        name, sign, body = line.partition("::=")
        if not sign:
            raise GrammarError(f"no GBNF rule: {line[:80]!r}")
        parts, at = [], 0
        body = body.strip()
        while at < len(body):
            token = _TOKEN.match(body, at)
            if token is None:
                raise GrammarError(f"no GBNF rule: {line[:80]!r}")
            at = token.end()
            parts.append(self._part(token))
        return f"{_name(name.strip())}: {' '.join(parts)}"

    def _part(self, token: re.Match[str]) -> str:
        if text := token["text"]:
            return self._word(text)
        if chars := token["chars"]:
            return self._character("/" + chars.replace("/", r"\/") + "/")
        return _name(token["name"]) if token["name"] else token["sign"]

    def _word(self, text: str) -> str:
        characters = _CHARACTER.findall(text[1:-1])
        if len(characters) == 1:
            return self._character(text)
        return self._words.setdefault(text, f"w{len(self._words)}") if characters else '""'

    def _character(self, text: str) -> str:
        return self._characters.setdefault(text, f"C{len(self._characters)}")

    def shared(self) -> list[str]:
        """The rules of the words and characters met so far."""
        words = []
        for text, name in self._words.items():
            characters = (self._character(f'"{c}"') for c in _CHARACTER.findall(text[1:-1]))
            words.append(f"{name}: {' '.join(characters)}")
        return words + [f"{name}: {text}" for text, name in self._characters.items()]


def _name(name: str) -> str:
    return "start" if name == "root" else f"r_{name.replace('-', '_').lower()}"
