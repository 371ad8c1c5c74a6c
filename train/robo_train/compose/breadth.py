"""How many ways there are to say each thing, before its numbers and pins are filled in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from random import Random

from robo_train.compose import families
from robo_train.compose.phrases import Grammar, Spoken, Unsayable, Voice, grammar
from robo_train.compose.sampler import draw_task
from robo_train.compose.speak import FORMS, Speaker
from robo_train.compose.spec import Node, TaskSpec

Asked = tuple[frozenset[str], frozenset[str]]


class _Listener(Speaker):
    """A speaker that notes which slots and flags each rule is asked to say."""

    asked: dict[str, set[Asked]]

    def say(self, rule: str, form: str, slots: Mapping[str, Spoken | str], flags: set[str]) -> str:
        self.asked[rule].add((frozenset(slots), frozenset(flags) - {"verb"}))
        return super().say(rule, form, slots, flags)

    def condition(self, condition: Node) -> str:
        known = set(self.known)
        device = getattr(condition, "device", None)
        slots, flags = self.device(device)
        self.known = known
        slots = {*slots, *condition.slots(), *condition.named.values(), *condition.clauses.values()}  # type: ignore[assignment]
        rule: str = condition.rule  # type: ignore[attr-defined]
        self.asked[rule].add((frozenset(slots), frozenset(flags | condition.flags())))
        return super().condition(condition)  # type: ignore[arg-type]


def surface_forms(tasks: int, seed: int = 1, api: str = "plain") -> dict[str, int]:
    """By rule of an action, condition, trigger or whole task: its number of distinct derivations.

    Of the sets of slots that the drawn tasks ask for, the one with the most forms counts. What joins
    finished clauses (`and`, an edge) has the forms of its clauses too, so its own are multiplied by theirs.

    Args:
        tasks: how many tasks are drawn.
        api: `plain` MicroPython or `robokit`.
    """
    families.load()
    words, rng = grammar("en"), Random(seed)
    asked: dict[str, set[Asked]] = defaultdict(set)
    below: dict[str, set[str]] = defaultdict(set)
    for _ in range(tasks):
        spec = draw_task(rng)
        if spec.api == api and not spec.refusal:
            _listen(spec, words, rng, asked)
            for node in (n for rule in spec.rules for n in rule.nodes()):
                below[_name(node)].update(_name(n) for n in node.nodes() if n is not node)
    own = {rule: max(_count(words, rule, *a) for a in found) for rule, found in asked.items()}
    return {
        rule: n * max((own.get(inner, 1) for inner in below[rule]), default=1)
        for rule, n in own.items()
        if rule in below
    }


def _name(node: Node) -> str:
    """The rule that says a node; triggers are said by their kind."""
    return getattr(node, "rule", node.kind)


def _listen(spec: TaskSpec, words: Grammar, rng: Random, asked: dict[str, set[Asked]]) -> None:
    listener = _Listener(spec, words, Voice(rng, "all"))
    listener.asked = asked
    with suppress(Unsayable):  # whether all can be said is another question
        listener.task("imp")


def _count(words: Grammar, rule: str, slots: frozenset[str], flags: frozenset[str]) -> int:
    names = [rule, *(f"{rule}_{form}" for form in FORMS)]
    return sum(words.count(name, slots, flags) for name in names if name in words.rules)
