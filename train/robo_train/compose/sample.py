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
from robo_runtime.languages import language
from robo_runtime.registry import Registry, load_registry

from robo_train.compose import families, refusals
from robo_train.compose.checking import compile_checks
from robo_train.compose.localise import localised
from robo_train.compose.mutants import mutants
from robo_train.compose.noise import finish, noisy
from robo_train.compose.noise_world import noisy_in
from robo_train.compose.phrases import Unsayable, Voice, grammar, phrases_version
from robo_train.compose.program import code as render_code
from robo_train.compose.sampler import draw_task
from robo_train.compose.speak import prompt as render_prompt
from robo_train.compose.spec import TaskSpec
from robo_train.compose.splits import SPLITS, Split, belongs
from robo_train.compose.verify import Verdict, Verdicts
from robo_train.compose.world import scene
from robo_train.corpus.records import Record, Translation

Sample = Record
_MODES = {"template": "template", "full": "all"}
_GIVE_UP = 400
_MUTE = 500
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

    def __contains__(self, spec: TaskSpec) -> bool:
        return spec in self._known

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
        wrong = partial(mutants, code, Random(spec.spec_hash()), spec.open_timing(), spec.poll_ms())
        return Program(code, checks, seen.world, self.verdicts.get(code, checks, seen.world, wrong))


def samples(
    seed: int,
    n: int,
    split: Split = "train",
    *,
    lang: str = "en",
    phrasings: int = 1,
    focus: float = 0.0,
    drops: Counter[str] | None = None,
    mutants_tried: Counter[str] | None = None,
    cache: Path | None = None,
) -> Iterator[Sample]:
    """`n` verified samples of a split; the same for the same seed on every machine.

    Args:
        lang: the language of the prompts; tasks that its grammar cannot say are passed over.
        phrasings: how many prompts each meaning is rendered to.
        focus: share of the tasks that are what beginners ask for first.
        drops: counts what was dropped, by reason.
        mutants_tried: counts wrong programs `tried` against the checks, and those `killed`.
        cache: file in which the verdicts of the simulator are kept from run to run.

    Raises:
        RoboError: an unknown split, or a grammar that cannot say some meaning.
    """
    if split not in SPLITS:
        raise RoboError(f"unknown split {split!r}; known: {', '.join(SPLITS)}")
    families.load()
    words = grammar(lang)
    rng = Random(f"{split}:{seed}" if lang == "en" else f"{split}:{lang}:{seed}")
    kept = frozenset(" ".join(words.words.values()).lower().split())
    mute = 0
    drops = Counter() if drops is None else drops
    programs = Programs(cache)
    seen: set[bytes] = set()
    made = barren = 0
    while made < n:
        spec = draw_task(rng, split == "depth", focus)
        if not belongs(spec, split, lang):
            continue
        if lang != "en":
            spec = localised(spec, words, rng)
            if not belongs(spec, split, lang):  # other texts make another meaning
                continue
            try:
                render_prompt(spec, words, Voice(rng, _MODES.get(split, "train")))
            except Unsayable:  # before the program is simulated for nothing
                drops["cannot be said"] += 1
                mute += 1
                if mute > _MUTE:
                    raise RoboError(
                        f"data/phrases/{lang}: {_MUTE} tasks in a row cannot be said; `robo-train data"
                        f" phrases {lang}` tells what is missing"
                    ) from None
                continue
            mute = 0
        fresh = spec not in programs
        done = programs.get(spec)
        if done.verdict.reason:
            drops[done.verdict.reason] += 1
            continue
        if fresh and mutants_tried is not None:
            mutants_tried.update(tried=done.verdict.tried, killed=done.verdict.killed)
        for _ in range(phrasings):
            voice = Voice(rng, _MODES.get(split, "train"))
            try:
                said = render_prompt(spec, words, voice)
            except Unsayable:
                drops["cannot be said"] += 1
                continue
            if split == "template" and not voice.held:
                continue
            text = noisy(said.text, rng) if lang == "en" else noisy_in(said.text, rng, lang, kept)
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
                spec, done, text, [finish(h) for h in said.hardware], split, lang, f"{split}-{seed}-{made}"
            )
            made += 1
            if made == n:
                break
    programs.verdicts.save()


def _record(
    spec: TaskSpec, done: Program, text: str, hardware: list[str], split: str, lang: str, id: str
) -> Sample:
    return Record(
        type="instruction",
        grade=3 + min(5, spec.depth() + len(spec.rules)),
        prompt=text,
        code=done.code,
        hardware=hardware,
        api_functions=list(_functions(done.code)),
        lang=lang,
        translation=None if lang == "en" else provenance(lang),
        id=id,
        family=spec.family,
        spec_hash=spec.spec_hash(),
        split=split,
        source="composer",
        checks=done.checks,
        world=done.world,
    )


@lru_cache(maxsize=32)
def provenance(lang: str) -> Translation:
    """How the prompts of a language came about: clause templates that no native reader has reviewed."""
    tier = language(lang).tier
    return Translation(method="clause templates", tier=tier, template_version=phrases_version(lang))


@lru_cache(maxsize=50_000)
def _functions(code: str) -> tuple[str, ...]:
    return tuple(api_functions(code, _registry()))


@lru_cache(maxsize=1)
def _registry() -> Registry:
    return load_registry()
