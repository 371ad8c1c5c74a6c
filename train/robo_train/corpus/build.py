"""Sources to records to tokenizer to token files; nothing is done again when nothing changed."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import robo_runtime
from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_folder, write_json
from robo_runtime.paths import configs_dir, workspace
from robo_runtime.prompt import clean_text
from robo_runtime.registry import load_registry

from robo_train.config import TrainConfig
from robo_train.corpus import sources
from robo_train.corpus.assemble import Composed, assemble
from robo_train.corpus.augment import augmented
from robo_train.corpus.engines import Engine, make_engine
from robo_train.corpus.mix import ENGLISH, load_mix
from robo_train.corpus.parts import Parts
from robo_train.corpus.questions import question_records
from robo_train.corpus.records import Record, read_records, to_line
from robo_train.corpus.sketched import sketched
from robo_train.corpus.translations import load_provider, translated_records
from robo_train.steps import Step
from robo_train.tokenise import Metadata, tokenise
from robo_train.tokenizer import Tokenizer, train_tokenizer, training_lines
from robo_train.vocabulary import tokenizer_at


def data_folder(config: TrainConfig) -> Path:
    """Where the corpus of a recipe is built; recipes with equal corpora share it."""
    mix = "" if config.corpus.languages == "english-only" else f"-{Path(config.corpus.languages).stem}"
    return workspace() / "data" / "build" / f"{config.tokenizer}{mix}-{config.corpus.samples}"


def sources_hash() -> str:
    """Hash of everything the corpus is made from: authored data, registry, composer, simulator, checks."""
    package = Path(__file__).resolve().parents[1]
    runtime = Path(robo_runtime.__file__).resolve().parent
    roots = [
        workspace() / "data" / n for n in ("syllabus", "sketches", "phrases", "docs", "eval", "translations")
    ]
    roots += [package / "compose", package / "corpus", package / "sketches"]
    roots += [runtime / "simulate", runtime / "checks"]
    roots += [configs_dir() / n for n in ("firmware", "micropython", "boards", "languages", "corpus")]
    files = [package / "tokenizer.py", package / "tokenise.py", package / "syllabus.py"]
    for root in roots:
        files += [p for p in root.rglob("*") if p.suffix in (".py", ".yaml", ".md", ".jsonl")]
    digest = hashlib.sha256()
    for path in sorted(set(files)):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def corpus_fingerprint(config: TrainConfig) -> str:
    """Changes when the recipe of the corpus or any of its sources do."""
    recipe = f"{config.corpus!r}{config.tokenizer_config!r}{config.max_length}"
    given = config.tokenizer_config.file
    recipe += tokenizer_at(workspace() / given).sha256 if given else ""
    return hashlib.sha256((recipe + sources_hash()).encode()).hexdigest()


def build_corpus(
    config: TrainConfig, step: Step, force: bool = False, engine: Engine | None = None,
    folder: Path | None = None,
) -> Path:  # fmt: skip
    """Make the token files a recipe needs and return their folder.

    Composed chunks are kept beside it until it is complete, so an interrupted build goes on.

    Args:
        step: called as records are made, for a progress bar.
        force: build even when the folder is up to date.
        engine: where tasks are composed; processes of this machine when left out.
        folder: in place of the recipe's usual one.
    """
    folder, mark = folder or data_folder(config), corpus_fingerprint(config)
    note = folder / "fingerprint.txt"
    if not force and note.exists() and note.read_text(encoding="utf-8") == mark:
        return folder
    parts = Parts(folder.with_name(f"{folder.name}.parts"), mark)
    with atomic_folder(folder) as temporary:
        _write_records(config, temporary, step, parts, engine or make_engine())
        write_tokens(config, temporary, step)
        (temporary / "fingerprint.txt").write_text(mark, encoding="utf-8")
    parts.remove()
    return folder


def write_tokens(config: TrainConfig, folder: Path, step: Step) -> None:
    """Tokenizer, token files and metadata from the records in `folder`."""
    tokenizer = _tokenizer(config, folder, step)
    splits = {}
    for split in ("train", "val"):
        step(f"tokenising {split}", 0, 0)
        records = read_records(folder / f"{split}.jsonl")
        splits[split] = tokenise(records, tokenizer, folder, split, config.max_length)
    metadata = Metadata(
        tokenizer_sha256=tokenizer.sha256, vocab_size=len(tokenizer), max_length=config.max_length,
        splits=splits,
    )  # fmt: skip
    write_json(folder / "metadata.json", metadata.model_dump())


def evaluation_records() -> list[Record]:
    """Every request written by hand to judge models with: `data/eval` and the held-out projects."""
    wild = [r for p in sorted((sources.data_dir() / "eval").glob("*.jsonl")) for r in read_records(p)]
    kept = sources.project_records(load_registry(), [], held_out=True)
    return [r for r in [*wild, *kept] if r.type == "instruction"]


def _write_records(config: TrainConfig, folder: Path, step: Step, parts: Parts, engine: Engine) -> None:
    corpus, registry = config.corpus, load_registry()
    refused: list[str] = []
    step("reading projects and documents", 0, 0)
    kept = list(sources.project_records(registry, refused, held_out=True))
    projects = list(sources.project_records(registry, refused))
    languages = load_mix(corpus.languages).codes
    others = [
        *sources.document_records(), *sources.registry_records(registry),
        *sources.topic_records(languages, refused), *question_records(registry, corpus.seed),
    ]  # fmt: skip
    provider = load_provider(corpus.translation) if corpus.translation else None
    others += translated_records(projects, languages, provider, refused)
    made, changed = augmented(projects, corpus.augmentation, corpus.seed, os.cpu_count() or 1, step)
    evaluation = [r.prompt for r in evaluation_records()]
    each = corpus.sketches if ENGLISH in languages else 0
    drawn = sketched(each, corpus.seed, evaluation, refused, os.cpu_count() or 1, step)
    composed = assemble(corpus, parts, engine, step, evaluation, refused)
    authored = [*projects * corpus.project_repeats, *others, *made, *drawn.train]
    lines = composed.train + [to_line(r) for r in authored]
    random.Random(corpus.seed).shuffle(lines)
    _write_lines(folder / "train.jsonl", lines)
    _write_lines(folder / "val.jsonl", composed.held_out)
    _write_lines(folder / "projects.jsonl", [to_line(r) for r in kept])
    _write_lines(folder / "sketches.jsonl", [to_line(r) for r in drawn.held_out])
    report = _report(composed, parts, refused, changed, authored)
    report["sketches"] = {"train": len(drawn.train), "held_out": len(drawn.held_out), "near": drawn.left_out}
    write_json(folder / "report.json", report)


def _report(
    composed: Composed, parts: Parts, refused: list[str], augmentation: dict[str, Any], authored: list[Record]
) -> dict[str, Any]:
    drops, mutants, seconds = parts.tally(composed.chunks)
    return {
        "composed": len(composed.train), "held_out": len(composed.held_out), "authored": len(authored),
        "dropped": dict(drops.most_common()), "left_out": dict(composed.left_out), "short": composed.short,
        "mutants": dict(mutants), "core_seconds": round(seconds, 1), "augmentation": augmentation,
        "refused": refused,
    }  # fmt: skip


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in lines)


def _tokenizer(config: TrainConfig, folder: Path, step: Step) -> Tokenizer:
    """Train it on the prompts and programs of the training split alone, or take the one the recipe names."""
    if given := config.tokenizer_config.file:
        tokenizer = tokenizer_at(workspace() / given)
        if len(tokenizer) != config.tokenizer_config.vocab_size:
            raise RoboError(
                f"{given}: its tokenizer has {len(tokenizer)} pieces, tokenizer {config.tokenizer} says"
                f" vocab_size {config.tokenizer_config.vocab_size}"
            )
        (folder / "tokenizer.model").write_bytes(tokenizer.serialised)
        return tokenizer
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
