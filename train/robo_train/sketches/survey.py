"""Are sketches in order? Every prompt said, variants run, wrong programs tried; for authors and for tests."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from robo_runtime.check import check_program
from robo_runtime.checks import check_list
from robo_runtime.errors import RoboError
from robo_runtime.files import validate
from robo_runtime.registry import load_registry
from robo_runtime.simulate import World

from robo_train.compose.mutants import mutants
from robo_train.compose.verify import Verdict, verify
from robo_train.corpus.records import Record
from robo_train.sketches.schema import Sketch
from robo_train.sketches.variant import Sketches, fill, prompts_of

DRAWS = 6
"""Variants of each sketch that are run with mutants."""
_WEAK = 0.5
"""Share of variants whose checks may let two wrong programs pass: sometimes two numbers are equal."""


@dataclass
class Finding:
    """What one sketch is like."""

    name: str
    problems: list[str] = field(default_factory=list)
    tried: int = 0
    killed: int = 0


def survey(
    sketches: Sketches, sketch: Sketch, draws: int = DRAWS, seed: int = 0, with_mutants: bool = True
) -> Finding:
    """Say every prompt, run variants and mutants.

    Args:
        draws: variants that are run.
        with_mutants: also try wrong programs, which takes most of the time.
    """
    found = Finding(sketch.name)
    rng = Random(f"{sketch.name}:{seed}")
    found.problems += _unsayable(sketches, sketch, rng)
    if found.problems:
        return found
    weak: Counter[str] = Counter()
    for _ in range(draws):
        try:
            record = sketches.record(sketch, rng)
        except RoboError as e:
            found.problems.append(str(e))
            return found
        verdict = judge(record, with_mutants)
        found.tried += verdict.tried
        found.killed += verdict.killed
        if verdict.reason in ("its checks are too weak", "too few mutants fail"):
            weak[f"{verdict.reason}: {verdict.detail}"] += 1
        elif verdict.reason:
            found.problems.append(f"{verdict.reason}: {verdict.detail}\n{record.code}")
            return found
    if sum(weak.values()) > _WEAK * draws:
        found.problems.append(weak.most_common(1)[0][0])
    return found


def _unsayable(sketches: Sketches, sketch: Sketch, rng: Random) -> list[str]:
    problems = []
    for rule, text in prompts_of(sketch):
        try:
            filled = fill(sketch, rng, sketch.name)
            for _ in sketches.ways(sketch, rule):
                sketches.record(sketch, rng, rule, filled)
        except RoboError as e:
            problems.append(f"{text!r}: {e}" if text not in str(e) else str(e))
    return problems


def judge(record: Record, with_mutants: bool = False) -> Verdict:
    """Parse, check and run a variant, and mutants of it if asked for."""
    try:
        ast.parse(record.code)
    except SyntaxError as e:
        return Verdict("syntax", f"line {e.lineno}: {e.msg}")
    if wrong := check_program(record.code, load_registry()):
        return Verdict("it breaks the API", "; ".join(str(p) for p in wrong))
    try:
        validate(record.world, World, "world")
        check_list(record.checks)
        if not with_mutants:
            return _right(record)
        rng = Random(hashlib.sha256(record.code.encode()).hexdigest())
        return verify(record.code, record.checks, record.world, mutants(record.code, rng), record.until)
    except RoboError as e:
        return Verdict("its checks or its world cannot be read", str(e))


def _right(record: Record) -> Verdict:
    """The verdict on the program alone."""
    verdict = verify(record.code, record.checks, record.world, iter(()), record.until)
    return Verdict("") if verdict.reason == "too few mutants fail" else verdict


def variants(sketches: Sketches, sketch: Sketch, n: int, seed: int = 1) -> Iterator[Record]:
    """`n` verified variants with different prompts, or fewer where no more are found; every prompt in turn.

    Raises:
        RoboError: a prompt cannot be said.
    """
    rng = Random(f"{sketch.name}:{seed}")
    rules = [rule for rule, _ in prompts_of(sketch)]
    seen: set[str] = set()
    made = barren = 0
    while made < n and barren < 20 + n // 2:
        record = sketches.record(sketch, rng, rules[(made + barren) % len(rules)])
        if record.prompt in seen or judge(record).reason:
            barren += 1
            continue
        seen.add(record.prompt)
        made += 1
        yield record.model_copy(update={"id": f"{sketch.name}-{seed}-{made}"})
