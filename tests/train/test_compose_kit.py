"""The robokit in training: every function of the registry is drawn, said, written in one style and verified."""

from __future__ import annotations

import ast
from collections import Counter
from functools import lru_cache
from random import Random

from robo_runtime.check import api_functions
from robo_runtime.checks import check_list, evaluate
from robo_runtime.registry import load_registry
from robo_runtime.simulate import World, simulate
from robo_train.compose import families
from robo_train.compose.draw import Draw, Unfit
from robo_train.compose.families import kit_shapes
from robo_train.compose.families.kit import TABLE, Call, draw_call
from robo_train.compose.families.kit_refusals import _WISHES
from robo_train.compose.families.kit_sensors import GETTERS, arguments
from robo_train.compose.numbers import CLOSE, OPEN, Quantity, words
from robo_train.compose.phrases import Voice, grammar
from robo_train.compose.program import code
from robo_train.compose.refusals import refused
from robo_train.compose.sample import Programs
from robo_train.compose.speak import prompt
from robo_train.compose.spec import TaskSpec
from robo_train.compose.verify import observed

families.load()
MOST = 6000
"""Tasks within which every function must have appeared."""


def drawn(rng: Random) -> TaskSpec:
    """One robokit task."""
    while True:
        d = Draw(rng)
        try:
            rules = kit_shapes.draw(d)
        except Unfit:
            continue
        return TaskSpec(family="kit", rules=rules, api="robokit")


@lru_cache(maxsize=1)
def examples() -> dict[str, tuple[TaskSpec, ...]]:
    """Some tasks for each function of the registry, by drawing until all have appeared."""
    registry, rng = load_registry(), Random(2)
    found: dict[str, list[TaskSpec]] = {name: [] for name in registry.functions}
    for _ in range(MOST):
        spec = drawn(rng)
        for name in api_functions(code(spec), registry):
            if name in found and len(found[name]) < 3:
                found[name].append(spec)
        if all(found.values()):
            break
    return {name: tuple(specs) for name, specs in found.items()}


def test_every_function_of_the_registry_is_drawn() -> None:
    assert [name for name, specs in examples().items() if not specs] == []


def test_a_task_of_every_function_is_verified_in_the_simulator() -> None:
    programs, bad = Programs(), {}
    for name, specs in examples().items():
        verdicts = []
        for spec in specs:
            done = programs.get(spec)
            verdicts.append(done.verdict)
            if not done.verdict.reason:
                break
        if all(v.reason for v in verdicts):
            bad[name] = verdicts
    assert bad == {}


def test_checks_hold_on_a_second_run_and_fail_for_an_empty_program() -> None:
    rng, programs = Random(8), Programs()
    for _ in range(40):
        done = programs.get(drawn(rng))
        if done.verdict.reason:
            continue
        until, checks = observed(done.checks), check_list(done.checks)
        assert evaluate(simulate(done.code, World(**done.world), until), checks) == [], done.code
        assert evaluate(simulate("pass", World(**done.world), until), checks), done.code


def test_few_robokit_tasks_are_dropped() -> None:
    rng, programs = Random(5), Programs()
    reasons = Counter(programs.get(drawn(rng)).verdict.reason for _ in range(120))
    assert reasons[""] > 110, reasons


def test_required_arguments_are_given_by_position_and_the_others_by_name() -> None:
    registry, rng = load_registry(), Random(3)
    for _ in range(300):
        for node in ast.walk(ast.parse(code(drawn(rng)))):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) not in registry.functions:
                continue
            parameters = registry.functions[ast.unparse(node.func)].parameters
            required = [name for name, p in parameters.items() if p.required]
            assert len(node.args) == len(required), ast.unparse(node)
            assert all(k.arg not in required for k in node.keywords), ast.unparse(node)


def test_every_call_can_be_asked_for_in_at_least_500_ways_before_its_values() -> None:
    g, best = grammar(), Counter[str]()
    for kind, entry in TABLE.items():
        for seed in range(6):  # with and without the arguments that may be left unsaid
            ways = g.count(f"{kind}_imp", draw_call(Draw(Random(seed)), kind).slots())
            best[entry.function] = max(best[entry.function], ways)
    assert {function: ways for function, ways in best.items() if ways < 500} == {}


def test_every_reading_is_named_in_several_ways_and_put_out_in_many() -> None:
    g, rng = grammar(), Random(6)
    sinks = sum(g.count(f"kit_show_{s}_imp", {"value"}) for s in ("print", "say", "display"))
    for what in GETTERS:
        if f"kv_{what}" not in g.rules:
            assert what == "random", what
            continue
        slots = dict(arguments(what, Draw(rng)))
        assert g.count(f"kv_{what}", slots) * sinks > 500, what


def test_a_prompt_or_the_hardware_list_says_that_it_is_the_robokit() -> None:
    g, rng = grammar(), Random(4)
    for _ in range(200):
        said = prompt(drawn(rng), g, Voice(rng, "all"))
        assert "robokit" in said.text.lower() or said.hardware == ["robokit"]


def test_the_numbers_of_a_call_are_in_its_prompt() -> None:
    g, rng = grammar(), Random(9)
    for kind in TABLE:
        call = draw_call(Draw(rng), kind)
        assert isinstance(call, Call)
        said = g.say(f"{kind}_imp", call.slots(), Voice(rng, "all"))
        text = said.replace(OPEN, "").replace(CLOSE, "")
        for _, value in call.values:
            if isinstance(value, Quantity):
                number = value.value.lstrip("-")
                ways = [number, number.replace(".", ","), number.removeprefix("0")]
                ways += [words(int(number))] if number.isdecimal() else []
                own = any(f"={number}" in rule for rule in g.rules)
                assert own or any(way in text for way in ways), (said, value)


def test_numbers_may_change_roles_between_tasks() -> None:
    rng = Random(12)
    ways = {
        (k, n): set[str]() for k in ("kit_forward_for", "kit_forward_cm") for n in ("seconds", "cm", "speed")
    }
    for _ in range(1500):
        for kind in ("kit_forward_for", "kit_forward_cm"):
            for name, value in draw_call(Draw(rng), kind).values:  # type: ignore[attr-defined]
                ways[kind, name].add(value.value)
    shared = ways["kit_forward_for", "seconds"] & ways["kit_forward_for", "speed"]
    assert len(shared & ways["kit_forward_cm", "cm"] & ways["kit_forward_cm", "speed"]) > 20


def test_what_the_kit_cannot_do_is_refused_with_the_reason() -> None:
    rng, g, programs = Random(3), grammar(), Programs()
    reasons = set()
    for _ in range(150):
        spec = refused(drawn(rng), rng)
        if spec is None:
            continue
        assert spec.api == "robokit"
        assert prompt(spec, g, Voice(rng, "all")).text
        done = programs.get(spec)
        assert done.code == f"# Sorry: {spec.refusal}"
        assert not done.verdict.reason
        reasons.add(spec.family)
    assert {f"refuse/kit_{wish}" for wish in _WISHES} | {"refuse/kit_range"} <= reasons
