"""Sources to records to tokenizer to token files; nothing is done again when nothing changed."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from robo_runtime.files import atomic_folder, write_json
from robo_runtime.paths import configs_dir, workspace
from robo_runtime.prompt import clean_text
from robo_runtime.registry import load_registry

from robo_train.compose.splits import Split
from robo_train.config import TrainConfig
from robo_train.corpus import sources
from robo_train.corpus.records import Record, read_records, write_records
from robo_train.tokenise import Metadata, tokenise
from robo_train.tokenizer import Tokenizer, train_tokenizer, training_lines

Step = Callable[[str, int, int], None]
"""Told the name of the step, how many records are done and how many are expected."""

VALIDATION_SPLITS: tuple[Split, ...] = ("iid", "template", "composition")


def data_folder(config: TrainConfig) -> Path:
    """Where the corpus of a recipe is built; recipes with equal corpora share it."""
    return workspace() / "data" / "build" / f"{config.tokenizer}-{config.corpus.samples}"


def sources_hash() -> str:
    """Hash of everything the corpus is made from: authored data, registry, composer."""
    package = Path(__file__).resolve().parents[1]
    roots = [
        workspace() / "data", configs_dir() / "firmware", configs_dir() / "micropython",
        configs_dir() / "boards", configs_dir() / "languages", package / "compose", package / "corpus",
    ]  # fmt: skip
    files = [package / "tokenizer.py", package / "tokenise.py", package / "syllabus.py"]
    for root in roots:
        files += [p for p in root.rglob("*") if p.suffix in (".py", ".yaml", ".md", ".jsonl")]
    digest = hashlib.sha256()
    for path in sorted(set(files)):
        if not path.is_relative_to(workspace() / "data" / "build"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def corpus_fingerprint(config: TrainConfig) -> str:
    """Changes when the recipe of the corpus or any of its sources do."""
    recipe = f"{config.corpus!r}{config.tokenizer_config!r}{config.max_length}"
    return hashlib.sha256((recipe + sources_hash()).encode()).hexdigest()


def build_corpus(config: TrainConfig, step: Step, force: bool = False) -> Path:
    """Make the token files a recipe needs and return their folder.

    Args:
        step: called as records are made, for a progress bar.
        force: build even when the folder is up to date.
    """
    folder, mark = data_folder(config), corpus_fingerprint(config)
    note = folder / "fingerprint.txt"
    if not force and note.exists() and note.read_text(encoding="utf-8") == mark:
        return folder
    with atomic_folder(folder) as temporary:
        _write_records(config, temporary, step)
        tokenizer = _tokenizer(config, temporary, step)
        splits = {}
        for split in ("train", "val"):
            step(f"tokenising {split}", 0, 0)
            records = read_records(temporary / f"{split}.jsonl")
            splits[split] = tokenise(records, tokenizer, temporary, split, config.max_length)
        metadata = Metadata(
            tokenizer_sha256=tokenizer.sha256, vocab_size=len(tokenizer), max_length=config.max_length,
            splits=splits,
        )  # fmt: skip
        write_json(temporary / "metadata.json", metadata.model_dump())
        (temporary / "fingerprint.txt").write_text(mark, encoding="utf-8")
    return folder


def _write_records(config: TrainConfig, folder: Path, step: Step) -> None:
    corpus, registry, workers = config.corpus, load_registry(), os.cpu_count() or 1

    def counted(records: Iterator[Record], name: str, expected: int) -> Iterator[Record]:
        for i, record in enumerate(records):
            if i % 50 == 0:
                step(name, i, expected)
            yield record
        step(name, expected, expected)

    authored = [
        *sources.project_records(registry), *sources.document_records(), *sources.registry_records(registry),
    ]  # fmt: skip
    authored += [r for r in authored if r.source == "syllabus"] * (corpus.project_repeats - 1)
    composed = sources.composer_records(corpus.seed, corpus.samples, "train", corpus.phrasings, workers)
    train = list(counted(chain(composed, authored), "composing tasks", corpus.samples))
    random.Random(corpus.seed).shuffle(train)
    write_records(folder / "train.jsonl", train)
    held_out = []
    for split in VALIDATION_SPLITS:
        records = sources.composer_records(corpus.seed + 1, corpus.validation, split, 1)
        held_out += list(counted(records, f"held-out tasks: {split}", corpus.validation))
    write_records(folder / "val.jsonl", held_out)


def _tokenizer(config: TrainConfig, folder: Path, step: Step) -> Tokenizer:
    """Train it on the prompts and programs of the training split alone."""
    step("training the tokenizer", 0, 0)
    prompts: dict[str, None] = {}
    codes: dict[str, None] = {}
    for record in read_records(folder / "train.jsonl"):
        prompts[clean_text(record.prompt)] = None
        prompts[clean_text(", ".join(record.hardware))] = None
        codes[record.code] = None
    limit = config.tokenizer_config.sample_lines
    lines = list(training_lines(prompts, codes))
    if len(lines) > limit:
        lines = random.Random(0).sample(lines, limit)
    tokenizer = Tokenizer(train_tokenizer(lines, config.tokenizer_config))
    (folder / "tokenizer.model").write_bytes(tokenizer.serialised)
    return tokenizer


def free_space_mb(folder: Path) -> float:
    """Megabytes free where `folder` is, or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free / 1e6
