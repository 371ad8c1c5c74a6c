"""How many ways there are to say each thing, before its numbers and pins are filled in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from random import Random

from robo_train.compose import families
from robo_train.compose.draw import ACTIONS, CONDITIONS, RULES, SHAPES, Draw, Unfit
from robo_train.compose.phrases import Grammar, Spoken, Unsayable, Voice, grammar
from robo_train.compose.rules import Start
from robo_train.compose.sampler import draw_task
from robo_train.compose.speak import FORMS, Speaker
from robo_train.compose.spec import Condition, Node, Rule, TaskSpec

Asked = tuple[frozenset[str], frozenset[str]]


class _Listener(Speaker):
    """A speaker that notes which slots and flags each rule is asked to say."""

    asked: dict[str, set[Asked]]

    def say(self, rule: str, form: str, slots: Mapping[str, Spoken | str], flags: set[str]) -> str:
        self.asked[rule].add((frozenset(slots), frozenset(flags) - {"verb"}))
        return super().say(rule, form, slots, flags)

    def condition(self, condition: Condition) -> str:
        known = set(self.known)
        device, flags = self.device(getattr(condition, "device", None))
        self.known = known
        slots = {*device, *condition.slots(), *condition.named.values(), *condition.clauses.values()}
        rule: str = condition.rule  # type: ignore[attr-defined]
        self.asked[rule].add((frozenset(slots), frozenset(flags | condition.flags())))
        return super().condition(condition)


def surface_forms(tasks: int = 300, each: int = 4, seed: int = 1, own: bool = False) -> dict[str, int]:
    """By rule of an action, condition, trigger or whole task: its number of distinct derivations.

    Of the sets of slots that are asked for, the one with the most forms counts. What is made of finished
    clauses (a press, `and`, a repetition) has the forms of its clauses too: its own are multiplied by theirs.

    Args:
        tasks: how many whole tasks are drawn, for triggers and combinators.
        each: how often every plain action is drawn by itself; whole rules and shapes more often, conditions
            most, as one maker draws all sensors.
        own: without what the finished clauses add.
    """
    families.load()
    words, rng = grammar("en"), Random(seed)
    asked: dict[str, set[Asked]] = defaultdict(set)
    below: dict[str, set[str]] = defaultdict(set)
    for thing in _things(rng, tasks, each):
        rules = (thing,) if isinstance(thing, Rule) else (Start.model_construct(body=thing),)
        listener = _Listener(TaskSpec.model_construct(family="", rules=rules), words, Voice(rng, "all"))
        listener.asked = asked
        with suppress(Unsayable):  # whether all can be said is another question
            if isinstance(thing, Condition):
                listener.condition(thing)
            else:
                listener.task("imp")
        for node in thing.nodes():
            below[_name(node)].update(_name(n) for n in node.nodes() if n is not node)
    forms = {rule: max(_count(words, rule, *a) for a in found) for rule, found in asked.items()}
    return {
        rule: n if own else n * max((forms.get(inner, 1) for inner in below[rule]), default=1)
        for rule, n in forms.items()
        if rule in below
    }


def _things(rng: Random, tasks: int, each: int) -> Iterator[Node]:
    """Plain actions, conditions, special rules, and the rules of whole tasks."""
    makers = [
        *((each, lambda d, k=k, m=m: m.make(d, k)) for k, m in ACTIONS.items() if m.api == "plain"),
        *((20 * each, m) for m, _, api in CONDITIONS.values() if api == "plain"),
        *((3 * each, lambda d, k=k, m=m: m(d, k)) for k, (m, _) in RULES.items()),
        *((4 * each, m) for m, _ in SHAPES.values()),
    ]
    for times, make in makers:
        made = 0
        while made < times:
            d = Draw(rng)
            d.assume = 0.0
            with suppress(Unfit):
                found = make(d)
                made += 1
                if d.api == "plain":
                    yield from found if isinstance(found, tuple) else (found,)
    for _ in range(tasks):
        spec = draw_task(rng)
        if spec.api == "plain" and not spec.refusal:
            yield from spec.rules


def _name(node: Node) -> str:
    """The rule that says a node; triggers are said by their kind."""
    return getattr(node, "rule", node.kind)


def _count(words: Grammar, rule: str, slots: frozenset[str], flags: frozenset[str]) -> int:
    names = [rule, *(f"{rule}_{form}" for form in FORMS)]
    return sum(words.count(name, slots, flags) for name in names if name in words.rules)
