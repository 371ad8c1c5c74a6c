"""What a program prints or shows, in the language of the prompt."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from robo_train.compose.numbers import Text
from robo_train.compose.phrases import Grammar
from robo_train.compose.spec import Node, TaskSpec

OWN_TEXT = 0.6
"""Share of tasks whose texts are replaced by some of the language's own."""


def localised(spec: TaskSpec, grammar: Grammar, rng: Random) -> TaskSpec:
    """`spec` with its texts exchanged for the grammar's, mostly; the same text everywhere for the same."""
    if not grammar.texts or rng.random() > OWN_TEXT:
        return spec
    own: dict[str, str] = {}

    def text(old: str) -> str:
        if old not in own:
            free = [t for t in grammar.texts if t not in own.values()]
            own[old] = rng.choice(free or grammar.texts)
        return own[old]

    rules = tuple(_exchange(rule, text) for rule in spec.rules)
    return spec.model_copy(update={"rules": rules}) if own else spec


def _exchange(value: Any, text: Callable[[str], str]) -> Any:
    if isinstance(value, Node):
        fields = {
            k: text(v) if k == "text" and isinstance(v, str) and v else _exchange(v, text)
            for k, v in value.__dict__.items()
        }
        changed = {k: v for k, v in fields.items() if v is not value.__dict__[k]}
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, tuple):
        if len(value) == 2 and value[0] == "text" and isinstance(value[1], Text):
            return ("text", Text(text=text(value[1].text)))
        found = tuple(_exchange(v, text) for v in value)
        return found if any(a is not b for a, b in zip(found, value, strict=True)) else value
    return value
