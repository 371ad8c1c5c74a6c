"""Composed outputs: parts that are switched, turned, lit, sounded, written on; what is printed, sent and slept."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest
from robo_runtime.simulate import World, simulate
from robo_train.compose import families
from robo_train.compose.draw import ACTIONS, RULES, Draw, Unfit
from robo_train.compose.families.analog import VAGUE, Reading
from robo_train.compose.families.buzzer_more import NOTES
from robo_train.compose.families.many_pins import DIGITS, Steps
from robo_train.compose.families.switched import OutFor, OutSwitch
from robo_train.compose.noise import finish
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Grammar, Voice, grammar
from robo_train.compose.program import code
from robo_train.compose.rules import Level, Press, Start
from robo_train.compose.sample import Programs
from robo_train.compose.speak import Speaker, prompt
from robo_train.compose.spec import Body, Device, Rule, TaskSpec
from robo_train.compose.verify import Verdict

families.load()
FAMILIES = "buzzer_more led_rows many_pins motors numbers_out oled pixels_more rgb sending servo_more switched".split()
KINDS = [
    kind
    for kind, make in [*((k, m.make) for k, m in ACTIONS.items()), *((k, r[0]) for k, r in RULES.items())]
    if make.__module__.rpartition(".")[2] in FAMILIES
]
RARE = {"stepper_turns", "print_random", "print_dice", "px_bar"}
"""Kinds of which some draws cannot be told from their mutants, or take long to simulate."""
FEWEST = 500
"""Ways to say each thing as a command, before its numbers."""


def draw(kind: str, rng: Random) -> Body | Rule:
    d = Draw(rng)
    d.assume = 0.0
    return (ACTIONS[kind].make if kind in ACTIONS else RULES[kind][0])(d, kind)


def task(node: Body | Rule) -> TaskSpec:
    if isinstance(node, Rule):
        return TaskSpec(family="test", rules=(node,))
    only = ACTIONS[node.kind].only if node.kind in ACTIONS else ()
    if not only or "start" in only:
        return TaskSpec(family="test", rules=(Start(body=node),))
    used = {p for d in node.devices() for p in d.pins()}
    button = Device(type="button", pin=next(p for p in (14, 27, 26, 25, 33) if p not in used))
    return TaskSpec(family="test", rules=(Press(kind="press", button=button, body=node),))


class Listener(Speaker):
    """Remembers which rule was asked to say what."""

    asked: tuple[str, set[str], set[str]] = ("", set(), set())

    def say(self, rule: str, form: str, slots: Any, flags: set[str]) -> str:
        self.asked = rule, set(slots), set(flags)
        return super().say(rule, form, slots, flags)


def ways(node: Body | Rule, words: Grammar) -> int:
    heard = Listener(task(node), words, Voice(Random(1), "all"))
    heard.leaf(node, "imp")
    rule, slots, flags = heard.asked
    return words.count(f"{rule}_imp", slots, flags)


def test_there_are_more_than_ninety_kinds_of_new_outputs() -> None:
    assert len(KINDS) > 90


@pytest.mark.parametrize("kind", KINDS)
def test_a_command_can_be_said_in_hundreds_of_ways(kind: str) -> None:
    assert ways(draw(kind, Random(f"ways {kind}")), grammar("en")) >= FEWEST


@pytest.mark.parametrize("kind", sorted(set(KINDS) - RARE))
def test_a_program_passes_its_checks_and_its_mutants_do_not(kind: str) -> None:
    made = Programs()
    rng = Random(f"verified {kind}")
    verdicts: list[Verdict] = []
    while len(verdicts) < 2:
        try:
            verdicts.append(made.get(task(draw(kind, rng))).verdict)
        except Unfit:
            continue
    dropped = ("too few mutants fail", "its checks are too weak")
    assert all(not v.reason or v.reason in dropped for v in verdicts), verdicts
    assert any(not v.reason for v in verdicts), verdicts


@pytest.mark.parametrize("kind", KINDS)
def test_a_prompt_names_every_pin_of_the_program_in_digits_or_words(kind: str) -> None:
    spec = task(draw(kind, Random(f"pins {kind}")))
    rng = Random(2)
    for _ in range(5):
        said = prompt(spec, grammar("en"), Voice(rng, "all"))
        text = finish(" ".join([said.text, *said.hardware]))
        wanted = sorted({p for d in spec.devices() if not d.assumed for p in d.pins()})
        words = re.findall(r"[a-z]+", text.lower())
        missing = [p for p in wanted if not re.search(rf"(?<!\d){p}(?!\d)", text)]
        assert not missing or set(words) & set(NUMBER_WORDS), (text, missing)


NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty"
).split()


def levels(program: str, pin: int, until: float) -> list[tuple[float, Any]]:
    trace = simulate(program, World(), until)
    return [(round(e.t, 2), e.value) for e in trace.events if e.kind == "pin" and e.key == pin]


def test_an_active_low_relay_is_on_while_its_pin_is_low() -> None:
    relay = Device(type="output", pin=18, label="relay", active_low=True)
    program = code(task(OutFor(device=relay, time=Time(value="2"))))
    assert "relay = Pin(18, Pin.OUT, value=1)" in program
    assert levels(program, 18, 4)[-3:] == [(0.0, 1), (0.0, 0), (2.0, 1)]


def test_a_quarter_turn_of_the_stepper_is_512_steps() -> None:
    stepper = Device(type="stepper", pin=14, pin2=27, more=(26, 25))
    turn = Steps(kind="stepper_angle", device=stepper, amount=Quantity(kind="angle", value="90"))
    program = code(task(turn))
    assert "range(2048 * 90 // 360)" in program
    assert sum(value for _, value in levels(program, 14, 3)) == 512 // 4


def test_seven_segment_digits_have_the_usual_codes() -> None:
    usual = (0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F)  # bit 0 is segment a
    assert [int(d[::-1], 2) for d in DIGITS] == list(usual)


def test_notes_are_those_of_equal_temperament() -> None:
    semitones = dict(zip(NOTES, (-9, -7, -5, -4, -2, 0, 2, 3), strict=True))
    assert {n: round(440 * 2 ** (s / 12)) for n, s in semitones.items()} == NOTES


def test_numbers_are_spelt_in_the_program_as_they_are_said() -> None:
    rng = Random(5)
    for kind in ("dc_forward", "px_part", "stepper_angle", "servo_visit"):
        spec = task(draw(kind, rng))
        program = code(spec)
        for rule in spec.rules:
            for node in rule.nodes():
                for value in node.slots().values():
                    if isinstance(value, Quantity):
                        assert re.search(rf"(?<![\d.]){value.value}(?![\d.])", program), (kind, value)


def test_a_thirsty_plant_is_watered_by_the_pump_in_words_of_its_own() -> None:
    soil = Device(type="analog", pin=34, label="soil sensor")
    pump = Device(type="output", pin=26, label="pump")
    on = OutSwitch(kind="out_on", device=pump)
    dry = Reading(kind="below", device=soil, level=VAGUE, vague=True)
    rule = Level(kind="if", condition=dry, body=on, otherwise=on.opposite())
    spec = TaskSpec(family="test", rules=(rule,))
    rng = Random(3)
    said = {Speaker(spec, grammar("en"), Voice(rng, "all")).idiom(rule) for _ in range(60)}
    assert len(said) > 20
    assert any("thirsty" in text for text in said)
    assert not any("lawn" in text for text in said)
