"""Triggers, sensors, conditions and combinators: published levels, verified programs, breadth of wording."""

from __future__ import annotations

import ast
import re
from collections import Counter
from random import Random
from typing import Any

import pytest
from robo_runtime.simulate import World, simulate
from robo_train.compose import families, sampler
from robo_train.compose.checking import compile_checks
from robo_train.compose.draw import CONDITIONS, RULES, SHAPES, Draw, Unfit
from robo_train.compose.families.analog import Reading, fraction, raw
from robo_train.compose.families.digital import PARTS, Sense, negated
from robo_train.compose.families.led import Switch
from robo_train.compose.families.sensors import Sensed
from robo_train.compose.families.twins import POOLS
from robo_train.compose.mutants import mutants
from robo_train.compose.numbers import Quantity
from robo_train.compose.phrases import Voice, grammar
from robo_train.compose.program import code
from robo_train.compose.refusals import refused
from robo_train.compose.rules import Level
from robo_train.compose.speak import prompt
from robo_train.compose.spec import Device, TaskSpec
from robo_train.compose.splits import held_pair
from robo_train.compose.verify import verify
from robo_train.compose.world import scene

families.load()

MINE = (
    "edge button_event lasting awaited until paced decide many_steps nested branch_event at_once press_pairs "
    "twins short_long guarded off_delay latch timer_periodic timer_once irq start_stop bands speed inverse "
    "average joystick thermostat extremes report_both report_probe parking_beep parking_blink distance_bar "
    "distance_servo typed uart mqtt espnow wifi clock cycle speeds armed crossing launch everyday"
).split()


def tasks(name: str, n: int, seed: int = 1) -> list[TaskSpec]:
    """`n` tasks of one shape or special rule."""
    rng = Random(f"{name}{seed}")
    found: list[TaskSpec] = []
    while len(found) < n:
        d = Draw(rng)
        try:
            rules = SHAPES[name][0](d) if name in SHAPES else (RULES[name][0](d, name),)
        except Unfit:
            continue
        if sampler._sound(rules):
            found.append(TaskSpec(family=name, rules=rules))
    return found


@pytest.mark.parametrize("name", MINE)
def test_programs_pass_their_checks_and_their_mutants_do_not(name: str) -> None:
    """At most a quarter is dropped; where the first four say otherwise, twenty decide."""
    if len(dropped(tasks(name, 4))) > 1:
        found = dropped(tasks(name, 20))
        assert len(found) <= 5, "\n\n".join(found)


def dropped(specs: list[TaskSpec]) -> list[str]:
    """Verdict and program of each task that is not kept."""
    found: list[str] = []
    for spec in specs:
        text, seen = code(spec), scene(spec)
        wrong = mutants(text, Random(spec.spec_hash()))
        verdict = verify(text, compile_checks(spec, seen), seen.world, wrong)
        if verdict.reason:
            found.append(f"{verdict}\n{text}")
    return found


@pytest.mark.parametrize("name", MINE)
def test_every_task_can_be_said_in_training_and_in_held_out_templates(name: str) -> None:
    words, rng = grammar(), Random(3)
    for spec in tasks(name, 4):
        for mode in ("train", "template", "all"):
            assert prompt(spec, words, Voice(rng, mode)).text


@pytest.mark.parametrize(("part", "level"), [("pir", 1), ("obstacle", 0), ("line", 1), ("reed", 1), ("tilt", 1),
                                             ("limit", 0), ("flame", 0), ("rain", 0), ("touch", 1), ("hall", 0),
                                             ("vibration", 1), ("barrier", 1), ("high_button", 1), ("gas", 0),
                                             ("sound", 1)])  # fmt: skip
def test_a_sensor_acts_at_the_level_that_its_makers_publish(part: str, level: int) -> None:
    assert PARTS[part].level == level
    sensor, led = Device(type=part, pin=27), Device(type="led", pin=4)
    on, off = Switch(kind="on", device=led), Switch(kind="off", device=led)
    rule = Level(kind="if", condition=Sense(kind="active", device=sensor), body=on, otherwise=off)
    program = code(TaskSpec(family="test", rules=(rule,)))
    for electrical in (0, 1):
        trace = simulate(program, World.model_validate({"buttons": {27: electrical}}), 1.0)
        lit = [e.value for e in trace.of("pin", 4)][-1]
        assert lit == (electrical == level), program


@pytest.mark.parametrize(
    ("what", "kind", "unit", "value", "below", "beyond"),
    [
        ("temperature", "celsius", "f", "86", 29.0, 31.0),
        ("temperature", "celsius", "", "30", 29.0, 31.0),
        ("distance", "cm", "inch", "10", 24.0, 27.0),
        ("distance", "cm", "m", "0.5", 47.0, 53.0),
        ("distance", "cm", "mm", "150", 14.0, 16.0),
    ],
)
def test_a_limit_means_what_its_unit_says(
    what: Any, kind: str, unit: str, value: str, below: float, beyond: float
) -> None:
    sensor = Device(type="hcsr04", pin=5, pin2=18) if what == "distance" else Device(type="dht", pin=4)
    led = Device(type="led", pin=2)
    on, off = Switch(kind="on", device=led), Switch(kind="off", device=led)
    limit = Sensed(kind="above", device=sensor, what=what, level=Quantity(kind=kind, unit=unit, value=value))
    rule = Level(kind="if", condition=limit, body=on, otherwise=off)
    spec = TaskSpec(family="test", rules=(rule,))
    for measured, lit in ((below, 0), (beyond, 1)):
        trace = simulate(code(spec), World.model_validate({what: measured}), 3.0)
        assert [e.value for e in trace.of("pin", 2)][-1] == lit
    said = {prompt(spec, grammar(), Voice(Random(n), "all")).text for n in range(20)}
    assert any(value in text for text in said)


@pytest.mark.parametrize(("unit", "full"), [("steps", 4095), ("", 65535)])
def test_a_bare_reading_is_compared_on_its_own_scale(unit: str, full: int) -> None:
    led = Device(type="led", pin=2)
    on, off = Switch(kind="on", device=led), Switch(kind="off", device=led)
    level = Quantity(kind="raw", unit=unit, value=str(full // 2))
    pot = Reading(kind="above", device=Device(type="analog", pin=34, label="potentiometer"), level=level)
    program = code(TaskSpec(family="test", rules=(Level(kind="if", condition=pot, body=on, otherwise=off),)))
    for volts, lit in ((1.5, 0), (1.8, 1)):
        trace = simulate(program, World.model_validate({"analog": {34: volts}}), 1.0)
        assert [e.value for e in trace.of("pin", 2)][-1] == lit, program


def test_a_bare_number_tells_its_scale_by_its_size() -> None:
    rng = Random(5)
    for _ in range(300):
        level = raw(Draw(rng), 5, 95)
        assert (int(level.value) <= 4095) == (level.unit == "steps")
        assert 0.05 < fraction(level) < 0.95


def test_a_part_without_a_contact_needs_no_pull_and_a_contact_has_one() -> None:
    contacts = {"reed", "tilt", "limit", "hall", "high_button"}
    assert {name for name, part in PARTS.items() if part.pull} == contacts


@pytest.mark.parametrize(
    "test", ["a == 0", "a == 1", "a < 3", "a > 3", "a == 0 and b == 1", "a < 1 or b > 2"]
)
def test_a_negated_expression_is_its_opposite(test: str) -> None:
    levels = range(2 if "==" in test else 5)
    lines = [f"for a in {list(levels)}:", f"    for b in {list(levels)}:"]
    program = "\n".join([*lines, f"        print(bool({test}) != bool({negated(test)}))"])
    printed = [e.value for e in simulate(program, World(), 1.0).of("print")]
    assert printed == ["True"] * len(levels) ** 2


def test_hard_pairs_swap_the_roles_of_the_same_numbers() -> None:
    """For some pool the tasks hold both (pin a, number b) and (pin b, number a)."""
    roles: Counter[tuple[str, str]] = Counter()
    for spec in tasks("twins", 250):
        for m in re.finditer(r"Pin\((\d+), Pin\.OUT\)[\s\S]*?for _ in range\((\d+)\)", code(spec)):
            roles[m[1], m[2]] += 1
    assert any((b, a) in roles for a, b in roles if a != b)
    assert all(len(set(pool)) == len(pool) >= 2 for pool in POOLS)


def test_new_programs_are_short_and_in_the_canonical_style() -> None:
    for name in MINE:
        for spec in tasks(name, 2, seed=2):
            text = code(spec)
            ast.parse(text)
            assert "\t" not in text
            assert "class " not in text
            assert not re.search(r"[ \t]+$|\n\n\n", text, re.M), text


def test_refusals_name_what_is_wrong_and_tasks_that_can_be_done_do_not_look_like_them() -> None:
    rng, families_seen = Random(2), Counter[str]()
    for _ in range(1500):
        wrong = refused(sampler.draw_task(rng), rng)
        if wrong is None or wrong.family.startswith("refuse/nothing"):
            continue
        families_seen[wrong.family] += 1
        if m := re.search(r"\bpin (\d+)\b", wrong.refusal):
            assert int(m[1]) in {p for d in wrong.devices() for p in (d.pin, d.pin2)} | set(_extra(wrong))
    assert {
        "refuse/far", "refuse/camera", "refuse/gps", "refuse/speech", "refuse/phone", "refuse/freq",
        "refuse/pin_twice", "refuse/input_missing", "refuse/input_flash", "refuse/pin_adc",
    } <= set(families_seen)  # fmt: skip


def _extra(spec: TaskSpec) -> tuple[int, ...]:
    return tuple(p for d in spec.devices() for p in getattr(d, "pins", lambda: ())())


def test_structure_stays_in_training() -> None:
    structure = ("seq", "wait", "repeat", "wait_until", "until", "lasting", "paced", "decide")
    assert not any(held_pair((t, s)) for t in ("edge", "hold", "press", "every", "cycle") for s in structure)


def test_conditions_are_about_as_varied_as_the_sensors_of_a_kit() -> None:
    rng, seen = Random(8), Counter[str]()
    for _ in range(900):
        d = Draw(rng)
        try:
            kind = rng.choice([k for k, (_, _, api) in CONDITIONS.items() if api == "plain"])
            seen.update(x.type for x in CONDITIONS[kind][0](d).devices())
        except Unfit:
            continue
    assert set(PARTS) | {"touchpad", "button", "analog", "dht", "hcsr04", "probe"} <= set(seen)
