"""From a program's words for an error to ours: patterns with a message and a remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Rule(NamedTuple):
    """What is said about texts that match `pattern`.

    In `message` and `fix`, `\\1` stands for what the first group caught, `{1}` for that as a type in words.
    """

    pattern: str
    message: str
    fix: str


def told(rules: Iterable[Rule], text: str, type_words: Callable[[str], str]) -> tuple[str, str] | None:
    """Message and fix of the first rule that matches; None when none does."""
    for rule in rules:
        if found := re.search(rule.pattern, text, re.S):
            message, fix = (_filled(part, found, type_words) for part in rule[1:])
            return message[:1].upper() + message[1:], fix
    return None


def _filled(template: str, found: re.Match[str], type_words: Callable[[str], str]) -> str:
    def fill(place: re.Match[str]) -> str:
        return type_words(found[int(place[2])] or "") if place[2] else found[int(place[1])] or ""

    return re.sub(r"\\(\d)|\{(\d)\}", fill, template)
