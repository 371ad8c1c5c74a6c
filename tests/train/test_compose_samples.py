"""Whole samples: legal, verified, reproducible, split as promised."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from robo_runtime.checks import check_list, evaluate
from robo_runtime.errors import RoboError
from robo_runtime.prompt import clean_text
from robo_runtime.simulate import World, simulate
from robo_train.compose import Sample, samples
from robo_train.compose.mutants import mutants
from robo_train.compose.noise import noisy
from robo_train.compose.numbers import CLOSE, OPEN
from robo_train.compose.splits import held_pair
from robo_train.compose.verify import observed


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[Sample], Counter[str], Path]]:
    drops: Counter[str] = Counter()
    cache = tmp_path_factory.mktemp("compose") / "verdicts.txt"
    yield list(samples(7, 300, drops=drops, cache=cache)), drops, cache


def test_every_program_is_python_in_the_canonical_style(
    made: tuple[list[Sample], Counter[str], Path],
) -> None:
    for s in made[0]:
        ast.parse(s.code)
        assert not re.search(r"[ \t]+$|\t|\n\n\n", s.code, re.M), s.code
        heads = [line for line in s.code.split("\n") if line.startswith(("from ", "import "))]
        machine = [line for line in heads if line.startswith("from machine")]
        plain = [line for line in heads if line.startswith("import")]
        rest = [line for line in heads if line not in machine + plain]
        assert heads == machine + rest + plain, s.code


def test_every_program_passes_its_checks_after_a_trip_through_json(
    made: tuple[list[Sample], Counter[str], Path],
) -> None:
    for s in made[0]:
        record = json.loads(s.model_dump_json())
        checks = record["checks"]
        trace = simulate(record["code"], World(**record["world"]), observed(checks))
        assert evaluate(trace, check_list(checks)) == [], (s.prompt, s.code)


def test_watching_longer_than_needed_does_no_harm(made: tuple[list[Sample], Counter[str], Path]) -> None:
    for s in made[0][:80]:
        trace = simulate(s.code, World(**s.world), observed(s.checks) + 7.0)
        assert evaluate(trace, check_list(s.checks)) == [], (s.prompt, s.code)


def test_few_tasks_are_dropped(made: tuple[list[Sample], Counter[str], Path]) -> None:
    assert sum(made[1].values()) < 0.1 * len(made[0])


def test_prompts_differ_and_survive_cleaning(made: tuple[list[Sample], Counter[str], Path]) -> None:
    prompts = [s.prompt for s in made[0]]
    assert len({p.lower() for p in prompts}) == len(prompts)
    assert all(clean_text(p) == p for p in prompts)
    assert not any(OPEN in p or CLOSE in p for p in prompts)


def test_pins_of_a_program_are_named_by_prompt_hardware_or_comment(
    made: tuple[list[Sample], Counter[str], Path],
) -> None:
    spelled = Counter[str]()
    for s in made[0]:
        said = " ".join([s.prompt, *s.hardware, s.code.split("\n")[0] if s.code[0] == "#" else ""])
        for pin in re.findall(r"Pin\((\d+)", s.code):
            spelled["digits" if re.search(rf"(?<!\d){pin}(?!\d)", said) else "words"] += 1
    assert spelled["digits"] > 5 * spelled["words"]


def test_a_refusal_is_one_comment(made: tuple[list[Sample], Counter[str], Path]) -> None:
    found = [s for s in made[0] if s.family.startswith("refuse")]
    assert found
    assert all(re.fullmatch(r"# Sorry: [^\n]+\.", s.code) for s in found)


def test_robokit_is_used_when_and_only_when_it_is_asked_for(
    made: tuple[list[Sample], Counter[str], Path],
) -> None:
    for s in made[0]:
        asked = "robokit" in s.prompt.lower() or "robokit" in s.hardware
        if s.code.startswith("# Sorry"):
            continue
        assert ("from robokit" in s.code) == asked, (s.prompt, s.code)


def test_the_same_seed_gives_the_same_samples_in_another_process() -> None:
    script = "from robo_train.compose import samples\nprint([(s.prompt, s.code) for s in samples(9, 12)])"
    runs = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] == f"{[(s.prompt, s.code) for s in samples(9, 12)]}\n"


def test_kept_verdicts_change_nothing_but_the_time(made: tuple[list[Sample], Counter[str], Path]) -> None:
    again = list(samples(7, 40, cache=made[2]))
    assert again == made[0][:40]


def test_several_phrasings_share_one_meaning() -> None:
    found = list(samples(2, 30, phrasings=3))
    assert len({s.prompt for s in found}) == 30
    assert len({s.spec_hash for s in found}) < 15


def test_splits_share_neither_meanings_nor_pairs_nor_depth() -> None:
    by_split = {name: list(samples(1, 40, name)) for name in ("train", "iid", "composition", "depth")}
    hashes = {name: {s.spec_hash for s in found} for name, found in by_split.items()}
    for name in ("iid", "composition", "depth"):
        assert not hashes[name] & hashes["train"]
    train = {s.prompt.lower() for s in by_split["train"]}
    assert not train & {s.prompt.lower() for s in samples(1, 40, "template")}


def test_about_a_sixth_of_the_pairs_is_held_out() -> None:
    triggers = ["press", "release", "every", "after", "while", "if", "seq", "repeat", "forever"]
    pairs = [(t, f"action{i}") for t in triggers for i in range(100)]
    assert 0.11 < sum(map(held_pair, pairs)) / len(pairs) < 0.19


def test_an_unknown_split_is_an_error() -> None:
    with pytest.raises(RoboError, match="unknown split 'dev'"):
        next(samples(1, 1, "dev"))  # type: ignore[arg-type]


def test_noise_keeps_numbers_and_printed_text() -> None:
    text = f'please blink the LED on pin {OPEN}25{CLOSE} {OPEN}three{CLOSE} times and print "{OPEN}Hello World{CLOSE}"'
    for seed in range(400):
        typed = noisy(text, Random(seed))
        assert re.search(r"\b25\b", typed)
        assert re.search(r"\bthree\b", typed)
        assert "Hello World" in typed


def test_mutants_are_different_programs_of_the_same_length() -> None:
    code = (
        "from machine import Pin\nimport time\n\nled = Pin(2, Pin.OUT)\n\nled.on()\ntime.sleep(2)\nled.off()"
    )
    found = list(mutants(code, Random(1)))
    assert len(found) == len(set(found)) >= 6
    assert code not in found
    assert all(len(m.split("\n")) == len(code.split("\n")) for m in found)
