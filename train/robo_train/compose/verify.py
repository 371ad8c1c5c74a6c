"""A sample is kept only if its program passes its checks and two mutants of the program do not."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from robo_runtime.checks import Check, check_list, evaluate
from robo_runtime.checks.tasks import observed
from robo_runtime.files import write_text
from robo_runtime.simulate import Limits, World, simulate

from robo_train.compose.equivalent import same_behaviour

WANTED = 2
"""Wrong programs that the checks must catch."""
MOST = 30
"""Mutants looked at, those included that do the same."""
ALLOWED = 2
"""So many that pass mean that the checks judge too little."""
_LIMITS = Limits(steps=400_000, events=20_000, cpu=4.0)
_MUTANT_LIMITS = Limits(steps=100_000, events=8_000, cpu=1.0)


class Verdict(NamedTuple):
    """`reason` is empty for a sample that is kept; `detail` says what failed."""

    reason: str
    detail: str = ""
    tried: int = 0
    """Mutants that were run against the checks."""
    killed: int = 0
    """Those of them that failed, as they should."""


class Verdicts:
    """Verdicts by program, checks and world, kept in a text file so that the next run need not simulate.

    Args:
        path: the file; it is made on the first `save`. None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._known: dict[str, Verdict] = {}
        if path is not None and path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                key, _, reason = line.partition(" ")
                self._known[key] = Verdict(reason)

    def get(
        self,
        code: str,
        checks: list[dict[str, Any]],
        world: dict[str, Any],
        wrong: Callable[[], Iterable[str]],
    ) -> Verdict:
        """The verdict, from memory if it is there."""
        key = sha256(json.dumps([code, checks, world]).encode()).hexdigest()[:24]
        if key not in self._known:
            self._known[key] = verify(code, checks, world, wrong())
        return self._known[key]

    def save(self) -> None:
        """Write all verdicts; atomic."""
        if self.path is not None:
            write_text(self.path, "".join(f"{k} {v.reason}\n" for k, v in self._known.items()))


def failures(
    code: str, checks: list[Check], world: World, until: float, limits: Limits = _LIMITS
) -> list[str]:
    """What is wrong with `code`."""
    return evaluate(simulate(code, world, until, limits=limits), checks)


def verify(
    code: str,
    checks: list[dict[str, Any]],
    world: dict[str, Any],
    wrong: Iterable[str],
    until: float = 0.0,
) -> Verdict:
    """Simulate the program and its mutants.

    Args:
        checks, world: in their JSON form.
        wrong: mutants in the order in which they are tried.
        until: seconds to watch; 0 leaves it to the checks.
    """
    try:
        ast.parse(code)
    except SyntaxError as e:
        return Verdict("syntax", str(e))
    if not checks:
        return Verdict("nothing to check")
    parsed, scene, until = check_list(checks), World(**world), until or observed(checks)
    right = simulate(code, scene, until, limits=_LIMITS)
    if failed := evaluate(right, parsed):
        return Verdict("fails its checks", failed[0])
    tried = caught = 0
    for mutant in islice(wrong, MOST):
        trace = simulate(mutant, scene, until, limits=_MUTANT_LIMITS)
        if not (failed := evaluate(trace, parsed)) and same_behaviour(right, trace):
            continue  # it does what it should, in other words
        tried += 1
        caught += bool(failed)
        if tried - caught == ALLOWED:
            return Verdict(
                "its checks are too weak", f"they pass {ALLOWED} of {tried} wrong programs", tried, caught
            )
        if caught == WANTED:
            return Verdict("", "", tried, caught)
    return Verdict("too few mutants fail", f"{caught} of {tried}", tried, caught)
