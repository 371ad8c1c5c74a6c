"""Samples: a drawn meaning, its verified program, and one or more ways to ask for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from robo_runtime.check import api_functions
from robo_runtime.errors import RoboError
from robo_runtime.registry import Registry, load_registry

from robo_train.compose import families, refusals
from robo_train.compose.checking import compile_checks
from robo_train.compose.mutants import mutants
from robo_train.compose.noise import finish, noisy
from robo_train.compose.phrases import Voice, grammar
from robo_train.compose.program import code as render_code
from robo_train.compose.sampler import draw_task
from robo_train.compose.speak import prompt as render_prompt
from robo_train.compose.spec import TaskSpec
from robo_train.compose.splits import SPLITS, Split, belongs
from robo_train.compose.verify import Verdict, Verdicts
from robo_train.compose.world import scene
from robo_train.corpus.records import Record

Sample = Record
_MODES = {"template": "template", "full": "all"}
_GIVE_UP = 400
SLOPPY = ('print("ok")', "import time\n\nwhile True:\n    time.sleep(1)")
"""What a refusal must not be: the mutants of a program that does nothing."""


class Program(NamedTuple):
    """A spec's code with what was found out about it."""

    code: str
    checks: list[dict[str, Any]]
    world: dict[str, Any]
    verdict: Verdict


class Programs:
    """Rendered and verified programs by spec, remembered so that rephrasing a spec is cheap."""

    def __init__(self, cache: Path | None = None) -> None:
        self.verdicts = Verdicts(cache)
        self._known: dict[TaskSpec, Program] = {}

    def get(self, spec: TaskSpec) -> Program:
        if spec not in self._known:
            self._known[spec] = self._make(spec)
        return self._known[spec]

    def _make(self, spec: TaskSpec) -> Program:
        code = render_code(spec)
        if spec.refusal:
            wanted = refusals.checks(spec)
            return Program(code, wanted, {}, self.verdicts.get(code, wanted, {}, lambda: SLOPPY))
        seen = scene(spec)
        checks = compile_checks(spec, seen)
        wrong = partial(mutants, code, Random(spec.spec_hash()))
        return Program(code, checks, seen.world, self.verdicts.get(code, checks, seen.world, wrong))


def samples(
    seed: int,
    n: int,
    split: Split = "train",
    *,
    phrasings: int = 1,
    drops: Counter[str] | None = None,
    cache: Path | None = None,
) -> Iterator[Sample]:
    """`n` verified samples of a split; the same for the same seed on every machine.

    Args:
        phrasings: how many prompts each meaning is rendered to.
        drops: counts what was dropped, by reason.
        cache: file in which the verdicts of the simulator are kept from run to run.

    Raises:
        RoboError: an unknown split, or a grammar that cannot say some meaning.
    """
    if split not in SPLITS:
        raise RoboError(f"unknown split {split!r}; known: {', '.join(SPLITS)}")
    families.load()
    words = grammar("en")
    rng = Random(f"{split}:{seed}")
    drops = Counter() if drops is None else drops
    programs = Programs(cache)
    seen: set[bytes] = set()
    made = barren = 0
    while made < n:
        spec = draw_task(rng, deep=split == "depth")
        if not belongs(spec, split):
            continue
        done = programs.get(spec)
        if done.verdict.reason:
            drops[done.verdict.reason] += 1
            continue
        for _ in range(phrasings):
            voice = Voice(rng, _MODES.get(split, "train"))
            said = render_prompt(spec, words, voice)
            if split == "template" and not voice.held:
                continue
            text = noisy(said.text, rng)
            mark = sha256(" ".join(text.lower().split()).encode()).digest()[:12]
            if mark in seen:
                drops["same prompt"] += 1
                barren += 1
                if barren > _GIVE_UP:
                    raise RoboError(f"split {split}: {made} samples are all there are; ask for fewer")
                continue
            barren = 0
            seen.add(mark)
            yield _record(
                spec, done, text, [finish(h) for h in said.hardware], split, f"{split}-{seed}-{made}"
            )
            made += 1
            if made == n:
                break
    programs.verdicts.save()


def _record(spec: TaskSpec, done: Program, text: str, hardware: list[str], split: str, id: str) -> Sample:
    return Record(
        type="instruction",
        grade=3 + min(5, spec.depth() + len(spec.rules)),
        prompt=text,
        code=done.code,
        hardware=hardware,
        api_functions=list(_functions(done.code)),
        lang="en",
        id=id,
        family=spec.family,
        spec_hash=spec.spec_hash(),
        split=split,
        source="composer",
        checks=done.checks,
        world=done.world,
    )


@lru_cache(maxsize=50_000)
def _functions(code: str) -> tuple[str, ...]:
    return tuple(api_functions(code, _registry()))


@lru_cache(maxsize=1)
def _registry() -> Registry:
    return load_registry()
