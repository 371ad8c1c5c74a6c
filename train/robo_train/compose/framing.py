"""A finished task in its frame: where a list begins, and what cannot be a question."""

from __future__ import annotations

import re

from robo_train.compose.numbers import CLOSE
from robo_train.compose.phrases import Grammar, Voice

_ROWS = re.compile(r"(?:1[.)]|[-*]|[Ss]tep 1:) ")
"""How a task begins that is a list."""
_STOP = re.compile(rf"[a-z{CLOSE}] ?\. ")


def framed(rule: str, task: str, grammar: Grammar, voice: Voice, verb: bool) -> str:
    """`task` in a frame of `rule`; several sentences are no question, and a list starts on its own line."""
    flags = {"verb"} if verb else set()
    if _is_list(task):
        flags.add("rows")
    if "\n" in task or _STOP.search(task):
        flags.add("long")
    return listed_below(grammar.say(rule, {"task": task}, voice, flags), task)


def listed_below(text: str, task: str) -> str:
    """`text` with a task that is a list on lines of its own."""
    return text.replace(" " + task, "\n" + task, 1) if _is_list(task) else text


def _is_list(task: str) -> bool:
    return "\n" in task and _ROWS.match(task) is not None
