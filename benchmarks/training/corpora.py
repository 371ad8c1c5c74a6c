"""The data of compared runs: frozen once, so that no run sees other records than the one before it.

Variants that change neither corpus nor tokenizer share a folder; another tokenizer gets the same records in
its own tokens; another corpus is composed, from the same sources. Sets share what they have in common.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_folder, write_text
from robo_train.config import TrainConfig
from robo_train.corpus.build import build_corpus, corpus_fingerprint, sources_hash, write_tokens
from robo_train.corpus.records import Record, read_records, to_line
from robo_train.steps import Step

from benchmarks.quality.cases import HELD_FILES, load_cases, stratified

_RECORDS = ("train.jsonl", *HELD_FILES)
_SOURCES = "sources.txt"


class Corpora:
    """Folders of token files below `root`.

    Args:
        base: the recipe whose corpus most variants have.
        given: a corpus that is built already, taken for that of `base`.
    """

    def __init__(self, root: Path, base: TrainConfig, given: Path | None = None) -> None:
        self.root, self.base, self.given = root, base, given
        if given and not (given / "metadata.json").exists():
            raise RoboError(f"--corpus {given}: no metadata.json; name a folder of data/build")

    def folder(self, config: TrainConfig) -> Path:
        """Where the data of a recipe are, or will be."""
        return self._place(_corpus(config), _tokens(config))

    def _place(self, corpus: str, tokens: str) -> Path:
        if self.given and (corpus, tokens) == (_corpus(self.base), _tokens(self.base)):
            return self.given
        return self.root / f"{corpus}-{tokens}"

    def build(self, configs: Iterable[TrainConfig], step: Step) -> None:
        """Make what is missing, the corpora first.

        Raises:
            RoboError: one was made from other sources than another.
        """
        wanted = [self.base, *configs]
        composed = {
            folder: config for config in wanted
            if (folder := self._place(_corpus(config), _tokens(self.base))) != self.given
        }  # fmt: skip
        for folder, config in composed.items():
            if not (folder / "metadata.json").exists():
                as_base = {"tokenizer": self.base.tokenizer, "model": self.base.model,
                           "max_length": self.base.max_length}  # fmt: skip
                # Made anew: a copy would keep the tokenizer that the recipe has looked up.
                build_corpus(TrainConfig(**(config.model_dump() | as_base)), step, folder=folder)
                write_text(folder / _SOURCES, sources_hash())
        self._check_sources(list(composed))
        for config in wanted:
            if not ((folder := self.folder(config)) / "metadata.json").exists():
                _in_other_tokens(self._place(_corpus(config), _tokens(self.base)), folder, config, step)

    def _check_sources(self, composed: list[Path]) -> None:
        origins = {(f / _SOURCES).read_text(encoding="utf-8") for f in composed if (f / _SOURCES).exists()}
        if len(origins) > 1:
            raise RoboError(
                f"{self.root}: its corpora were composed from different sources; remove the folder, and each"
                " is composed anew"
            )
        note = self.given / "fingerprint.txt" if self.given else None
        known = note.read_text(encoding="utf-8") if note and note.exists() else ""
        if note and composed and known != corpus_fingerprint(self.base):
            raise RoboError(
                f"--corpus {self.given}: made from other sources, or by another recipe, than the corpora of"
                " the other variants; leave --corpus out, and each is composed anew"
            )

    def questions(self, configs: Iterable[TrainConfig], folder: Path, limit: int) -> tuple[Path, Path]:
        """Write what all variants are validated on and asked: the held-out records of the base's corpus.

        Those whose prompt or program another variant's corpus trains on are left out. The hand-written
        prompts of `data/eval` are not among them: a recipe chosen by them could no longer be judged by them.

        Args:
            folder: where `validation.jsonl` and `questions.jsonl` go.
            limit: questions of each split; 0 takes all.
        """
        others = {self._place(_corpus(c), _tokens(self.base)) for c in configs} - {self.folder(self.base)}
        trained: set[str] = set()
        for other in others:
            for record in read_records(other / "train.jsonl"):
                trained |= {record.prompt, record.code}
        base = self.folder(self.base)
        held = [base / name for name in HELD_FILES if (base / name).exists()]
        cases = [c for c in load_cases(held) if c.prompt not in trained and c.record.code not in trained]
        validation, asked = folder / "validation.jsonl", folder / "questions.jsonl"
        _write(validation, (case.record for case in cases))
        _write(asked, (case.record for case in stratified(cases, limit or None)))
        return validation, asked


def _in_other_tokens(source: Path, folder: Path, config: TrainConfig, step: Step) -> None:
    """The records of a corpus again, with a tokenizer of the recipe trained on them."""
    with atomic_folder(folder) as temporary:
        for name in _RECORDS:
            if (source / name).exists():
                shutil.copyfile(source / name, temporary / name)
        write_tokens(config, temporary, step)


def _write(path: Path, records: Iterable[Record]) -> None:
    write_text(path, "".join(f"{to_line(record)}\n" for record in records))


def _corpus(config: TrainConfig) -> str:
    return _short(repr(config.corpus))


def _tokens(config: TrainConfig) -> str:
    return _short(f"{config.tokenizer_config!r}{config.max_length}")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
