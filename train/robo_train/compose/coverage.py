"""How much of what can be meant a language can say, and what its authors should write next."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from random import Random

from robo_train.compose import families
from robo_train.compose.noise import finish
from robo_train.compose.phrases import Grammar, Unsayable, Voice, grammar
from robo_train.compose.sampler import draw_task
from robo_train.compose.speak import prompt
from robo_train.compose.spec import TaskSpec


@dataclass
class Gap:
    """One thing a language cannot say: a rule with the slots it must say."""

    rule: str
    slots: tuple[str, ...]
    tasks: int
    example: str
    """A task that needs it, in English."""


@dataclass
class Coverage:
    """What `coverage` found."""

    lang: str
    tasks: int = 0
    said: int = 0
    families: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Tasks said and drawn, by the first word of the family."""
    gaps: list[Gap] = field(default_factory=list)
    """Most wanted first."""
    examples: list[tuple[str, str]] = field(default_factory=list)
    """Prompts in the language beside an English prompt of the same task."""


def coverage(lang: str, tasks: int = 3000, seed: int = 1, examples: int = 0) -> Coverage:
    """Draw tasks as for a corpus and try to say each of them in `lang`."""
    families.load()
    words, english, rng = grammar(lang), grammar("en"), Random(seed)
    found = Coverage(lang)
    missing: Counter[tuple[str, tuple[str, ...]]] = Counter()
    example: dict[tuple[str, tuple[str, ...]], str] = {}
    by_family: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for _ in range(tasks):
        spec = draw_task(rng)
        count = by_family[spec.family.split("/")[0]]
        count[1] += 1
        try:
            said = prompt(spec, words, Voice(rng))
        except Unsayable as e:
            key = e.rule, e.slots
            missing[key] += 1
            if key not in example:
                example[key] = _english(spec, english, rng)
            continue
        found.said += 1
        count[0] += 1
        if len(found.examples) < examples:
            found.examples.append((finish(said.text), _english(spec, english, rng)))
    found.tasks = tasks
    found.families = {k: (a, b) for k, (a, b) in sorted(by_family.items())}
    found.gaps = [Gap(*key, n, example[key]) for key, n in missing.most_common()]
    return found


def _english(spec: TaskSpec, english: Grammar, rng: Random) -> str:
    return finish(prompt(spec, english, Voice(rng)).text)
