"""Authored requests in other languages: human translations from files first, a provider where asked.

`data/translations/<language>.jsonl` has a line for each request that somebody translated: the English
`prompt`, its `translation`, the `translator`, and `reviewed_by`. A provider is a class of your own that a
recipe names (`corpus.translation: package.module:Class`); none is built in, and nothing goes on the network
without one.
"""

from __future__ import annotations

import importlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, validate
from robo_runtime.languages import language
from robo_runtime.paths import workspace

from robo_train.corpus.mix import ENGLISH
from robo_train.corpus.records import Record, Translation

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


class Provider(Protocol):
    """Translates requests. `name` goes into the provenance of every record it makes."""

    name: str

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """`texts` from one language to another, in order; numbers and part names stay as they are."""
        ...


class HumanLine(Strict):
    """One line of a file of human translations."""

    prompt: str
    """The English request, as a project has it."""
    translation: str
    translator: str = ""
    reviewed_by: str = ""
    """The native reader who read it; empty when none did."""


def load_provider(path: str) -> Provider:
    """The provider `package.module:Class`, made without arguments.

    Raises:
        RoboError: not of that form, not importable, or without `name` and `translate`.
    """
    module, _, name = path.partition(":")
    try:
        made = getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError, TypeError, ValueError) as e:
        raise RoboError(
            f"corpus.translation: {path!r} gives no provider ({e}); expected package.module:Class"
        ) from None
    if not isinstance(getattr(made, "name", None), str) or not callable(getattr(made, "translate", None)):
        raise RoboError(f"corpus.translation: {path!r} has no `name` and `translate(texts, source, target)`")
    return made


def human_translations(lang: str, folder: Path | None = None) -> dict[str, HumanLine]:
    """Human translations into `lang` by English request; empty where there is no file.

    Raises:
        RoboError: a bad line, text in a wrong normal form, or numbers that were lost; names file and line.
    """
    path = (folder or workspace() / "data" / "translations") / f"{language(lang).code}.jsonl"
    if not path.exists():
        return {}
    found = {}
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path}, line {number}"
        try:
            line = validate(json.loads(text), HumanLine, where)
        except json.JSONDecodeError as e:
            raise RoboError(f"{where}: not JSON: {e}") from None
        if problem := translation_problem(line.prompt, line.translation, lang):
            raise RoboError(f"{where}: translation: {problem}")
        found[line.prompt] = line
    return found


def translation_problem(prompt: str, translation: str, lang: str) -> str:
    """Why a translation cannot be used; empty when it can."""
    if not translation.strip():
        return "is empty"
    if unicodedata.normalize("NFC", translation) != translation:
        return "must be in Unicode NFC"
    native = {ord(d): str(i) for i, d in enumerate(language(lang).digits)}
    before = sorted(_NUMBER.findall(prompt))
    after = sorted(_NUMBER.findall(translation.translate(native)))
    return (
        "" if before == after else f"numbers differ: {', '.join(before)} became {', '.join(after) or 'none'}"
    )


def translated_records(
    records: Sequence[Record], languages: Iterable[str], provider: Provider | None, refused: list[str]
) -> Iterator[Record]:
    """Authored requests in the other languages of the corpus; humans come before a provider.

    Args:
        refused: told what a provider returned that cannot be used, and which files are wrong.
    """
    requests = [r for r in records if r.type == "instruction" and r.lang == ENGLISH]
    for lang in languages:
        if lang == ENGLISH:
            continue
        try:
            human = human_translations(lang)
        except RoboError as e:
            refused.append(str(e))
            human = {}
        left: dict[str, None] = {}
        for record in requests:
            if (line := human.get(record.prompt)) is not None:
                how = Translation(
                    method="human" + (f": {line.translator}" if line.translator else ""),
                    reviewed_by=line.reviewed_by, tier=language(lang).tier,
                )  # fmt: skip
                yield _in(record, line.translation, lang, how)
            else:
                left[record.prompt] = None
        if provider is None:
            continue
        texts = list(left)
        said = dict(zip(texts, provider.translate(texts, ENGLISH, lang), strict=True))
        how = Translation(method=provider.name, tier=language(lang).tier)
        for text, translation in said.items():
            if problem := translation_problem(text, translation, lang):
                refused.append(f"{provider.name}: {lang}: {text!r:.60}: {problem}")
        for record in requests:
            translation = said.get(record.prompt, "")
            if translation and not translation_problem(record.prompt, translation, lang):
                yield _in(record, translation, lang, how)


def _in(record: Record, text: str, lang: str, how: Translation) -> Record:
    fields: dict[str, Any] = {"prompt": text, "lang": lang, "translation": how, "id": f"{record.id}-{lang}"}
    return record.model_copy(update=fields)
