"""What is asked: hand-written prompts and the splits that training never saw, as cases with their axes."""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from random import Random

from robo_runtime.checks.tasks import is_refusal, observed
from robo_runtime.errors import RoboError
from robo_runtime.languages import language
from robo_runtime.paths import workspace
from robo_train.corpus.records import Record, read_records

AXES = ("all", "split", "grade", "language", "tier", "family", "depth", "style", "split and language")
HELD_FILES = ("val.jsonl", "projects.jsonl", "sketches.jsonl")
"""What a corpus keeps out of training."""
_NESTED = (ast.For, ast.While, ast.If, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Case:
    """One prompt with what its program must do."""

    record: Record
    prompt: str
    perturbation: str = ""
    """How the record's prompt was changed; empty for the prompt as it was written."""

    @cached_property
    def key(self) -> str:
        """Names the record, whatever it is part of: ids are not unique between languages or projects."""
        r = self.record
        mark = sha256(f"{r.split}\0{r.lang}\0{r.prompt}".encode()).hexdigest()[:8]
        return f"{r.id or r.family}-{r.lang}-{mark}"

    @property
    def until(self) -> float:
        """Seconds to watch its program."""
        return self.record.until or max(observed(self.record.checks), 1.0)

    @cached_property
    def should_refuse(self) -> bool:
        """Whether the right answer is a refusal: a comment and no statement."""
        return is_refusal(self.record.code)

    @cached_property
    def axes(self) -> dict[str, str]:
        """Its place on each of `AXES`."""
        r = self.record
        return {
            "all": "all", "split": r.split, "grade": f"grade {r.grade}", "language": r.lang,
            "tier": f"tier {language(r.lang).tier}", "family": r.family or "other",
            "depth": f"depth {nesting(r.code)}", "style": style(r),
            "split and language": f"{r.split} {r.lang}",
        }  # fmt: skip

    def reworded(self, prompt: str, perturbation: str) -> Case:
        """The same case asked in other words."""
        return replace(self, prompt=prompt, perturbation=perturbation)


def nesting(code: str) -> int:
    """How deep loops, conditions and functions stand in each other; 0 for a straight program."""

    def depth(node: ast.AST) -> int:
        below = max((depth(child) for child in ast.iter_child_nodes(node)), default=0)
        return below + isinstance(node, _NESTED)

    try:
        return depth(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0


def style(record: Record) -> str:
    """Which of the two ways to program the board the record is about."""
    kit = "robokit" in record.hardware or "robokit" in record.code
    return "robokit" if kit else "plain MicroPython"


def newest_corpus() -> Path:
    """The corpus built last.

    Raises:
        RoboError: there is none.
    """
    root = workspace() / "data" / "build"
    found = sorted(root.glob("*/val.jsonl"), key=lambda p: p.stat().st_mtime)
    if not found:
        raise RoboError(f"no corpus in {root}; make one with `./justw data`, or ask only --set data/eval/…")
    return found[-1].parent


def corpus_languages(corpus: Path) -> tuple[str, ...]:
    """The languages that a corpus trains on."""
    path = corpus / "metadata.json"
    try:
        return tuple(json.loads(path.read_text(encoding="utf-8"))["splits"]["train"]["languages"])
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise RoboError(
            f"{path}: no languages of the training split ({e}); `./justw data` makes it"
        ) from None


def default_sets(corpus: Path | None, langs: Iterable[str]) -> list[Path]:
    """Hand-written prompts of these languages, then the held-out splits of a corpus."""
    folder, codes = workspace() / "data" / "eval", list(langs)
    written = [folder / f"{name}_{lang}.jsonl" for name in ("wild", "fresh") for lang in codes]
    held = [corpus / name for name in HELD_FILES] if corpus else []
    return [path for path in [*written, *held] if path.exists()]


def load_cases(paths: Sequence[Path], langs: frozenset[str] | None = None) -> list[Case]:
    """The cases of some JSONL files, each prompt once.

    Args:
        langs: only these languages; all when None.

    Raises:
        RoboError: a line that is no record, or no case at all.
    """
    found: dict[tuple[str, str, str], Case] = {}
    for path in paths:
        for record in read_records(path):
            if record.type != "instruction" or not record.checks or (langs and record.lang not in langs):
                continue
            key = (record.prompt, record.lang, record.split)
            found.setdefault(key, Case(record, record.prompt))
    if not found:
        raise RoboError(
            f"no cases in {', '.join(map(str, paths)) or 'no file'}"
            f"{' in ' + ', '.join(sorted(langs)) if langs else ''}; name a JSONL of records with --set"
        )
    return list(found.values())


def stratified(cases: Sequence[Case], limit: int | None, seed: int = 0) -> list[Case]:
    """At most `limit` cases of each split, each with the same chance, spread over languages and families.

    The cases of a split are shuffled, ordered by language and family, and taken at equal distances from a
    random start, so that every stratum gets its share to within one case.
    """
    splits: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        splits[case.record.split].append(case)
    chosen: list[Case] = []
    for name, members in splits.items():
        if limit is None or len(members) <= limit:
            chosen += members
            continue
        rng = Random(f"{seed}:{name}")
        rng.shuffle(members)
        members.sort(key=lambda c: (c.record.lang, c.record.family))
        start = rng.random()
        chosen += [members[int((i + start) * len(members) / limit)] for i in range(limit)]
    return chosen
