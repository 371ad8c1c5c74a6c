"""From chunks to splits: held-out prompts first, so that training can be kept clear of them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

from robo_runtime.errors import RoboError

from robo_train.compose.phrases import grammar
from robo_train.compose.splits import Split
from robo_train.config import CorpusConfig
from robo_train.corpus.chunks import Chunk, plan
from robo_train.corpus.engines import Engine
from robo_train.corpus.hygiene import NearCopies, key
from robo_train.corpus.mix import ENGLISH, load_mix
from robo_train.corpus.parts import Parts
from robo_train.steps import Step

ENGLISH_SPLITS: tuple[Split, ...] = ("iid", "template", "composition", "depth")
OTHER_SPLITS: tuple[Split, ...] = ("iid", "language")
_OTHER_SHARE = 10  # other languages keep a tenth as many held-out samples each
_ROUNDS = 8


@dataclass
class Composed:
    """Lines of the splits, and what was left out on the way."""

    train: list[str] = field(default_factory=list)
    held_out: list[str] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    """Composed samples that were not used, by reason."""
    short: dict[str, int] = field(default_factory=dict)
    """Samples that a split and language could not give."""


class _Collector:
    """Accepts composed lines one by one: each prompt once, none that copies a held-out one."""

    def __init__(self, parts: Parts, engine: Engine, step: Step, near: NearCopies) -> None:
        self.parts, self.engine, self.step, self.near = parts, engine, step, near
        self.out = Composed()
        self.held: set[bytes] = set()
        self.seen: set[bytes] = set()

    def collect(
        self,
        name: str,
        wanted: dict[tuple[Split, str], int],
        seed: int,
        phrasings: int,
        focus: float = 0.0,
    ) -> dict[tuple[Split, str], list[str]]:
        """Compose until each split and language has what is wanted, or gives nothing more."""
        found: dict[tuple[Split, str], list[str]] = {target: [] for target in wanted}
        used: dict[tuple[Split, str], int] = dict.fromkeys(wanted, 0)
        total, done = sum(wanted.values()), 0
        for _ in range(_ROUNDS):
            chunks: dict[tuple[Split, str], list[Chunk]] = {}
            for target, n in wanted.items():
                if (missing := n - len(found[target])) > 0:
                    extra = missing if not used[target] else missing + max(10, missing // 5)
                    chunks[target] = plan(*target, seed, extra, phrasings, used[target], focus)
                    used[target] += len(chunks[target])
            if not chunks:
                break

            def count(samples: int) -> None:
                nonlocal done
                done = min(total, done + samples)
                self.step(name, done, total)

            every = [chunk for group in chunks.values() for chunk in group]
            self.parts.compose(every, self.engine, count)
            self.out.chunks += every
            before = sum(map(len, found.values()))
            for target, group in chunks.items():
                for chunk in group:
                    for line in self.parts.lines(chunk):
                        if len(found[target]) < wanted[target] and self._accept(line, target[0]):
                            found[target].append(line)
            done = sum(map(len, found.values()))
            if done == before:
                break
        for (split, lang), lines in found.items():
            if (missing := wanted[split, lang] - len(lines)) > 0:
                self.out.short[f"{split}/{lang}"] = missing
        self.step(name, total, total)
        return found

    def _accept(self, line: str, split: Split) -> bool:
        prompt = json.loads(line)["prompt"]
        mark = key(prompt)
        if split != "train":
            if mark in self.held:
                return False
            self.held.add(mark)
            return True
        if mark in self.seen:
            self.out.left_out["the same prompt twice"] += 1
        elif mark in self.held:
            self.out.left_out["a prompt of a held-out split"] += 1
        elif self.near.find(prompt):
            self.out.left_out["nearly a prompt written by hand for evaluation"] += 1
        else:
            self.seen.add(mark)
            return True
        return False


def assemble(
    config: CorpusConfig,
    parts: Parts,
    engine: Engine,
    step: Step,
    evaluation: list[str],
    refused: list[str],
) -> Composed:
    """Compose every split of every language of the mix.

    Args:
        evaluation: prompts written by hand that training must not come near.
        refused: told of languages whose phrases cannot be read; the others go on.
    """
    counts = load_mix(config.languages).counts(config.samples)
    for lang in list(counts):
        try:
            grammar(lang)
        except RoboError as e:
            if lang == ENGLISH or len(counts) == 1:
                raise
            refused.append(f"language {lang} is left out: {e}")
            del counts[lang]
    collector = _Collector(parts, engine, step, NearCopies(evaluation))
    wanted: dict[tuple[Split, str], int] = {}
    for lang in counts:
        n = config.validation if lang == ENGLISH else max(10, config.validation // _OTHER_SHARE)
        for split in ENGLISH_SPLITS if lang == ENGLISH else OTHER_SPLITS:
            wanted[split, lang] = n
    held = collector.collect("composing held-out tasks", wanted, config.seed + 1, 1)
    training: dict[tuple[Split, str], int] = {("train", lang): n for lang, n in counts.items()}
    train = collector.collect("composing tasks", training, config.seed, config.phrasings, config.focus)
    collector.out.held_out = [line for lines in held.values() for line in lines]
    collector.out.train = [line for lines in train.values() for line in lines]
    return collector.out
