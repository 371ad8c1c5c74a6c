"""Are the authored sources in order? Registry, projects, phrase grammars, topics, evaluation prompts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

from robo_runtime.errors import RoboError
from robo_runtime.languages import languages
from robo_runtime.paths import configs_dir
from robo_runtime.registry import load_registry
from robo_runtime.registry.verify import registry_problems

from robo_train.compose.phrases import grammar, phrases_dir
from robo_train.corpus import sources
from robo_train.corpus.augment.confirm import failures
from robo_train.corpus.mix import load_mix
from robo_train.corpus.records import read_records

Step = Callable[[str], None]


def source_problems(step: Step) -> list[str]:
    """Everything that is wrong with what people wrote, each with its file; empty when all is well."""
    found: list[str] = []
    registry = load_registry()
    step("registry")
    found += registry_problems(registry)
    step("projects")
    for held_out in (False, True):
        list(sources.project_records(registry, found, held_out))
    step("languages")
    found += language_problems(phrases_dir(), sources.data_dir() / "docs")
    list(sources.topic_records(languages(), found))
    for path in sorted((configs_dir() / "languages" / "mixes").glob("*.yaml")):
        found += _told(load_mix, path.stem)
    step("evaluation prompts")
    for path in sorted((sources.data_dir() / "eval").glob("*.jsonl")):
        found += evaluation_problems(path)
    return found


def language_problems(phrases: Path, docs: Path) -> list[str]:
    """Folders of unknown languages, grammars that do not load, text in a wrong normal form."""
    found = []
    for root in (phrases, docs):
        for folder in sorted(p for p in root.iterdir() if p.is_dir()):
            if folder.name not in languages():
                known = ", ".join(languages())
                found.append(f"{folder}: unknown language {folder.name!r}; known: {known}")
                continue
            if root is phrases:
                found += _told(grammar, folder.name)
            for path in sorted(folder.glob("*.yaml")):
                found += normal_form_problems(path)
    return found


def normal_form_problems(path: Path) -> list[str]:
    """Lines of a file that are not in Unicode NFC, or turn the direction of text by control characters."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if unicodedata.normalize("NFC", line) != line:
            found.append(f"{path}, line {number}: must be in Unicode NFC; normalise it")
        if bad := {c for c in line if unicodedata.bidirectional(c) in ("LRE", "RLE", "PDF", "LRO", "RLO")}:
            found.append(f"{path}, line {number}: direction control U+{ord(min(bad)):04X}; remove it")
    return found


def evaluation_problems(path: Path) -> list[str]:
    """Reference programs that fail their checks, and checks that an empty program passes."""
    try:
        records = list(read_records(path))
    except RoboError as e:
        return [str(e)]
    found = []
    for number, record in enumerate(records, 1):
        if failed := failures(record.code, record):
            found.append(f"{path}, line {number}: the reference program fails: {failed[0]}")
        elif not record.code.startswith("#") and not failures("pass", record):
            found.append(f"{path}, line {number}: an empty program passes; check something it must do")
    return found


def _told(read: Callable[[str], object], name: str) -> list[str]:
    """What `read` finds wrong with the thing of that name."""
    try:
        read(name)
    except RoboError as e:
        return [str(e)]
    return []
