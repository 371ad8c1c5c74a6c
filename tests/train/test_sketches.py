"""Sketches: read strictly, filled in, said whole, run; the authored ones are in order."""

from __future__ import annotations

import ast
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from robo_runtime.errors import RoboError
from robo_train.compose.numbers import Quantity
from robo_train.corpus.sketched import sketched
from robo_train.sketches.fill import compute, in_code, in_data
from robo_train.sketches.schema import Sketch, load_sketches, sketches_dir
from robo_train.sketches.slots import Said, Slot, Value
from robo_train.sketches.survey import judge, survey, variants
from robo_train.sketches.variant import Sketches, fill, prompts_of

CODE = """\
from machine import Pin
import time

lamp = Pin($lamp, Pin.OUT)

for _ in range($n):
    lamp.on()
    ${t.sleep}
    lamp.off()
    ${t.sleep}
"""
BLINK: dict[str, Any] = {
    "name": "blink_so_often", "grade": 2,
    "slots": {"lamp": {"pin": "output"}, "n": {"count": [2, 5]}, "t": {"time": [0.2, 1.0]}},
    "hardware": ["lamp on pin $lamp"],
    "commands": [
        "flash the lamp at {lamp} {n}, {t} each", "let {lamp} blink {n}, {t} on and {=t} off",
        "blink {n} with {t}",
    ],
    "prompts": [
        "{lamp}: {n} flashes of {t}", "lamp {lamp:n}, {n:n} flashes, {t}",
        "(i want|we want) to see {n:n} flashes of {t} [at {lamp}]",
    ],
    "code": CODE, "until": "${2 * n * t.s + 1}",
    "checks": [
        {"op": "count", "sig": ["pin", "$lamp"], "eq": "$n", "edge": "rising"},
        {"op": "hold", "sig": ["pin", "$lamp"], "eq": 1, "from": 0.05, "to": "${t.s - 0.05}"},
        {"op": "ended"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def blink(tmp_path_factory: pytest.TempPathFactory) -> Sketches:
    return Sketches([_file(tmp_path_factory.mktemp("sketches"), BLINK)])


def _file(folder: Path, *sketches: dict[str, Any]) -> Path:
    path = folder / "some.yaml"
    path.write_text(yaml.safe_dump({"about": "Some.", "sketches": list(sketches)}), encoding="utf-8")
    return path


def test_a_variant_says_and_does_the_same(blink: Sketches) -> None:
    _, sketch = blink.all[0]
    for record in variants(blink, sketch, 12):
        numbers = [n.value for n in ast.walk(ast.parse(record.code)) if isinstance(n, ast.Constant)]
        said = record.prompt + " ".join(record.hardware)
        pin = next(n for n in numbers if record.code.count(f"Pin({n},"))
        assert str(pin) in said
        assert judge(record).reason == ""
        assert record.family == "sketch/blink_so_often"


def test_a_sketch_passes_and_its_mutants_do_not(blink: Sketches) -> None:
    found = survey(blink, blink.all[0][1])
    assert found.problems == []
    assert found.killed > 0.8 * found.tried > 0


def test_a_prompt_without_pins_comes_with_the_parts(blink: Sketches) -> None:
    _, sketch = blink.all[0]
    rng = Random(1)
    for _ in range(20):
        record = blink.record(sketch, rng, "command.blink_so_often.2")
        assert record.hardware


def test_a_slot_that_a_prompt_leaves_out_is_told(tmp_path: Path) -> None:
    bad = BLINK | {"prompts": [*BLINK["prompts"], "blink {n} [and {t} each], ok"]}
    known = Sketches([_file(tmp_path, bad)])
    assert "may leave out t" in survey(known, known.all[0][1]).problems[0]


def test_a_slot_that_is_said_twice_is_told(tmp_path: Path) -> None:
    bad = BLINK | {"prompts": [*BLINK["prompts"], "blink {n} at {lamp} for {t}, and {n} is enough"]}
    known = Sketches([_file(tmp_path, bad)])
    assert "says a slot twice" in survey(known, known.all[0][1]).problems[0]


def test_checks_that_do_not_fit_are_told(tmp_path: Path) -> None:
    for wrong in ({"code": CODE.replace("off()", "on()")}, {"checks": [{"op": "running"}]}):
        known = Sketches([_file(tmp_path, BLINK | wrong)])
        assert survey(known, known.all[0][1]).problems


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"prompts": []}, "at least 6"),
        ({"slots": BLINK["slots"] | {"x": {"pin": "output", "count": [1, 2]}}}, "give one of"),
        ({"slots": BLINK["slots"] | {"x": {"count": [5, 1]}}}, "from must be below to"),
        ({"slots": BLINK["slots"] | {"x": {"time": [20, 60], "units": ["ms"]}}}, "no ms between"),
        ({"slots": BLINK["slots"] | {"x": {"time": [65, 110]}}}, "no s or ms or min between|between 65"),
        ({"colour": "red"}, "unknown key"),
    ],
)
def test_a_file_is_read_strictly(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(RoboError, match=said):
        load_sketches([_file(tmp_path, BLINK | change)])


def test_two_sketches_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RoboError, match="of this name"):
        load_sketches([_file(tmp_path, BLINK, BLINK)])


def test_programs_copy_and_checks_compute() -> None:
    time = Slot(time=[0.5, 0.5001], units=["s"]).draw(Random(1))
    values = {"n": Value("7", Said(Quantity(kind="int", value="7")), 7), "t": time}
    assert in_code("f(${t.sleep}, $n)", values, "x") == f"f(time.sleep({time.code}), 7)"
    assert in_data({"$n": ["${n * 2}", "at ${n + 0.5} s"]}, values, "x") == {"7": [14, "at 7.5 s"]}
    with pytest.raises(RoboError, match="copies a slot"):
        in_code("${n + 1}", values, "x")


@pytest.mark.parametrize("text", ["n.__class__", "__import__('os')", "n + ", "9 ** 9 ** 9 ** 9", "open('x')"])
def test_arithmetic_is_all_that_is_computed(text: str) -> None:
    with pytest.raises(RoboError):
        compute(text, {"n": Value("7", Said(Quantity(kind="int", value="7")), 7)}, "x")


def test_conditions_hold_for_every_draw() -> None:
    data = BLINK | {"slots": BLINK["slots"] | {"m": {"count": [1, 9]}}, "where": ["m > n + 1"]}
    sketch = Sketch(**data)
    for seed in range(30):
        values = fill(sketch, Random(seed), "x").values
        assert values["m"].number > values["n"].number + 1
    with pytest.raises(RoboError, match="none of"):
        fill(Sketch(**data | {"where": ["m > 99"]}), Random(1), "x")


@pytest.fixture(scope="module")
def authored() -> Sketches:
    return Sketches(sorted(sketches_dir().glob("*.yaml")))


@pytest.mark.parametrize("path", sorted(sketches_dir().glob("*.yaml")), ids=lambda p: p.stem)
def test_authored_sketches_say_and_run(authored: Sketches, path: Path) -> None:
    problems = []
    for where, sketch in authored.all:
        if where == path:
            found = survey(authored, sketch, draws=1, seed=3, with_mutants=False)
            problems += [f"{sketch.name}: {p}" for p in found.problems]
    assert problems == []


def test_held_out_sketches_are_in_no_training(authored: Sketches) -> None:
    names = {s.name for _, s in authored.all if s.held_out}
    assert 0.04 < len(names) / len(authored.all) < 0.2
    assert all(prompts_of(s) for _, s in authored.all)


def test_the_corpus_gets_every_sketch(monkeypatch: pytest.MonkeyPatch, blink: Sketches) -> None:
    monkeypatch.setattr("robo_train.corpus.sketched._sketches", lambda: blink)
    refused: list[str] = []
    found = sketched(5, 1, [], refused)
    assert len(found.train) == 5
    assert found == sketched(5, 1, [], refused)
    near = sketched(5, 1, [r.prompt for r in found.train], refused)
    assert near.left_out == 5
    assert refused == []
