"""Is a built corpus what it claims to be? Every finding names file, line and reason."""

from __future__ import annotations

import ast
import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from robo_runtime.check import check_program
from robo_runtime.errors import RoboError
from robo_runtime.files import validate
from robo_runtime.languages import languages
from robo_runtime.registry import Registry, load_registry

from robo_train.compose.splits import SPLITS
from robo_train.corpus.hygiene import NearCopies, key
from robo_train.corpus.records import Record
from robo_train.steps import Step

FILES = ("train", "val", "projects")
_KNOWN_SPLITS = frozenset({*SPLITS, "projects", "wild"})
_MOST = 200


@dataclass
class Audit:
    """What was found."""

    folder: Path
    records: int = 0
    findings: list[str] = field(default_factory=list)
    """At most `_MOST` sentences; `wrong` counts all."""
    wrong: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Findings by kind."""
    overlaps: dict[str, int] = field(default_factory=dict)
    """Specs, prompts and near copies that two splits share; all must be 0."""

    def add(self, kind: str, where: str, reason: str) -> None:
        """Note one finding."""
        self.wrong[kind] += 1
        if len(self.findings) < _MOST:
            self.findings.append(f"{where}: {reason}")

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.wrong and not any(self.overlaps.values())


def read_lines(folder: Path, name: str) -> Iterator[tuple[int, str]]:
    """Numbered lines of a split; nothing where the corpus has no such file."""
    path = folder / f"{name}.jsonl"
    if path.exists():
        with path.open(encoding="utf-8") as lines:
            yield from enumerate(lines, 1)


def audit(folder: Path, evaluation: list[Record], step: Step) -> Audit:
    """Check every record of a built corpus.

    Args:
        evaluation: records written by hand to judge models with, which training must not come near.

    Raises:
        RoboError: there is no corpus in `folder`.
    """
    if not (folder / "train.jsonl").exists():
        raise RoboError(
            f"{folder}: no corpus here (train.jsonl is missing); `robo-train data build` makes one"
        )
    found = Audit(folder)
    registry = load_registry()
    specs: dict[str, set[str]] = defaultdict(set)
    prompts: dict[str, set[bytes]] = defaultdict(set)
    seen: dict[bytes, str] = {}
    near = NearCopies(r.prompt for r in evaluation)
    problems = lru_cache(maxsize=None)(lambda code: tuple(_program_problems(code, registry)))
    copies = 0
    for name in FILES:
        for number, line in read_lines(folder, name):
            where = f"{folder / name}.jsonl, line {number}"
            found.records += 1
            if number % 500 == 0:
                step(f"checking {name}", number, 0)
            try:
                record = validate(json.loads(line), Record, where)
            except (RoboError, json.JSONDecodeError) as e:
                found.add("unreadable", where, str(e).removeprefix(f"{where}: "))
                continue
            for kind, reason in _record_problems(record):
                found.add(kind, where, reason)
            if record.type != "doc":
                for reason in problems(record.code):
                    found.add("program", where, reason)
            if record.type != "instruction":
                continue
            if record.source == "composer":
                specs[record.split].add(record.spec_hash)
                mark = key(record.prompt)
                if mark in seen and name == "train":
                    found.add("duplicate", where, f"the prompt of {seen[mark]} again: {record.prompt!r:.80}")
                seen.setdefault(mark, f"line {number} of {name}")
                prompts[name].add(mark)
                if name == "train" and near.find(record.prompt):
                    copies += 1
    for split in sorted(set(specs) - {"train", "full", "template"}):  # template: other words, any meaning
        found.overlaps[f"specs: {split} and train"] = len(specs[split] & specs["train"])
    found.overlaps["prompts: val and train"] = len(prompts["val"] & prompts["train"])
    found.overlaps["near copies of evaluation prompts in train"] = copies
    return found


def _record_problems(record: Record) -> Iterator[tuple[str, str]]:
    if record.lang not in languages():
        yield "language", f"lang: unknown language {record.lang!r}; known: {', '.join(languages())}"
    if record.split not in _KNOWN_SPLITS:
        yield "split", f"split: unknown split {record.split!r}; known: {', '.join(sorted(_KNOWN_SPLITS))}"
    if record.lang != "en" and record.translation is None:
        yield "provenance", f"translation: a {record.lang} record must say how it came about"
    for name in ("prompt", "code"):
        text = getattr(record, name)
        if unicodedata.normalize("NFC", text) != text:
            yield "normal form", f"{name}: must be in Unicode NFC: {text!r:.60}"
        if bad := {c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Co") and c not in "\n\t"}:
            yield "encoding", f"{name}: contains the control character {min(bad)!r}"
    if record.type == "instruction" and not record.prompt.strip():
        yield "empty", "prompt: is empty"
    if not record.code.strip():
        yield "empty", "code: is empty"


def _program_problems(code: str, registry: Registry) -> list[str]:
    try:
        ast.parse(code)
    except SyntaxError as e:
        return [f"code: line {e.lineno}: not Python: {e.msg}"]
    return [f"code: {problem}" for problem in check_program(code, registry)]
