"""Where records come from: authored projects and documents, the registry, the task composer."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from robo_runtime.check import api_functions
from robo_runtime.paths import workspace
from robo_runtime.registry import Registry

from robo_train.compose.splits import Split
from robo_train.corpus.records import Record


def data_dir() -> Path:
    """The authored sources."""
    return workspace() / "data"


def project_records(registry: Registry) -> Iterator[Record]:
    """Authored projects: each program once as code, and each phrasing as an instruction."""
    from robo_train.syllabus import load_projects

    for project in load_projects(data_dir() / "syllabus"):
        programs = [(project.micropython_code, list(project.hardware_modules))]
        if project.robokit_code:
            programs.append((project.robokit_code, ["robokit", *project.hardware_modules]))
        for code, hardware in programs:
            common: dict[str, Any] = {
                "grade": project.grade_level, "code": code, "hardware": hardware, "lang": "en",
                "api_functions": api_functions(code, registry), "source": "syllabus",
                "family": "project",
            }  # fmt: skip
            yield Record(type="code", prompt=project.project_title, **common)
            for prompt in project.prompts:
                yield Record(type="instruction", prompt=prompt, **common)


def document_records() -> Iterator[Record]:
    """Authored documents: one record a section, so that each fits the context."""
    for path in sorted((data_dir() / "docs" / "en").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        for section in re.split(r"\n(?=#{1,3} )", text):
            if section.strip():
                yield _doc(section.strip(), f"docs/{path.stem}", grade=5)


def registry_records(registry: Registry) -> Iterator[Record]:
    """API documentation of every firmware function, and its example as code."""
    for name, function in registry.functions.items():
        signature = ", ".join(function.parameters)
        text = f"# {name}({signature})\n{function.description}\n\n{function.example}"
        yield _doc(text, f"registry/{name}", grade=function.grade_min)


def _doc(text: str, source: str, grade: int) -> Record:
    return Record(
        type="doc", grade=grade, prompt="", code=text, hardware=[], api_functions=[], lang="en", source=source
    )


CHUNK = 500
"""Composed samples a worker makes at a time, from a seed of their own: the same for any number of workers."""


def composer_records(seed: int, n: int, split: Split, phrasings: int, workers: int = 1) -> Iterator[Record]:
    """At most `n` verified samples of the task composer, in an order that depends on the seed alone.

    A prompt that two chunks came up with is kept once, so a few less than `n` may come.
    """
    chunks = [
        (seed * 100_000 + i, min(CHUNK, n - i * CHUNK), split, phrasings) for i in range(-(-n // CHUNK))
    ]
    seen: set[str] = set()
    with contextlib.ExitStack() as stack:
        made: Iterable[list[Record]]
        if workers > 1 and len(chunks) > 1:
            pool = stack.enter_context(ProcessPoolExecutor(workers))
            stack.callback(pool.shutdown, wait=False, cancel_futures=True)
            made = pool.map(_compose, chunks)
        else:
            made = map(_compose, chunks)
        for records in made:
            for record in records:
                key = " ".join(record.prompt.lower().split())
                if key not in seen:
                    seen.add(key)
                    yield record.model_copy(update={"id": f"{split}-{seed}-{len(seen)}"})


def _compose(chunk: tuple[int, int, Split, int]) -> list[Record]:
    from robo_train.compose import samples

    seed, n, split, phrasings = chunk
    return list(samples(seed, n, split, phrasings=phrasings))
