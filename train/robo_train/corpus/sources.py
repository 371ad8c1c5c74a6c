"""Where authored records come from: projects, documents, the registry. What is wrong is refused and told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from robo_runtime.check import api_functions
from robo_runtime.checks import dump_checks
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_runtime.languages import language
from robo_runtime.paths import workspace
from robo_runtime.registry import Registry

from robo_train.corpus.records import Record, Translation


def data_dir() -> Path:
    """The authored sources."""
    return workspace() / "data"


def project_records(registry: Registry, refused: list[str], held_out: bool = False) -> Iterator[Record]:
    """Authored projects: each program once as code, and each phrasing as an instruction.

    Args:
        refused: told what is wrong with projects that break a rule or fail in the simulator.
        held_out: those kept for evaluation instead of those for training.
    """
    from robo_train.syllabus import failures, held_out_projects, survey_projects

    folder = data_dir() / "syllabus"
    projects, problems = survey_projects(folder, registry)
    kept = held_out_projects()
    refused += problems
    for project in projects:
        if (project.number in kept) != held_out:
            continue
        if wrong := failures(project):
            refused += wrong
            continue
        programs = [(project.micropython_code, list(project.hardware_modules), project.checks)]
        if project.robokit_code:
            programs.append(
                (project.robokit_code, ["robokit", *project.hardware_modules], project.robokit_checks)
            )
        for number, (code, hardware, checks) in enumerate(programs):
            common: dict[str, Any] = {
                "grade": project.grade_level, "code": code, "hardware": hardware, "lang": "en",
                "api_functions": api_functions(code, registry), "source": "syllabus",
                "family": f"project/{project.number:03}", "split": "projects" if held_out else "train",
                "checks": dump_checks(checks), "until": project.until,
                "world": project.world.model_dump(mode="json", by_alias=True, exclude_defaults=True),
            }  # fmt: skip
            yield Record(type="code", prompt=project.project_title, **common)
            for i, prompt in enumerate(project.prompts):
                yield Record(type="instruction", prompt=prompt, id=f"{project.name}-{number}-{i}", **common)


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


class Topic(Strict):
    """What one project of the syllabus is about, to a child."""

    title: str
    text: str


class Topics(Strict):
    """`data/docs/<language>/topics.yaml`."""

    translation: Translation
    topics: dict[str, Topic]
    """By the project's three digits."""


def topic_records(languages: Iterable[str], refused: list[str]) -> Iterator[Record]:
    """The topics of the syllabus in the words of each language; English has them in its projects."""
    for lang in languages:
        path = data_dir() / "docs" / language(lang).code / "topics.yaml"
        if not path.exists():
            continue
        try:
            content = read_config(path, Topics)
        except RoboError as e:
            refused.append(str(e))
            continue
        for number, topic in content.topics.items():
            text = f"# {topic.title}\n{topic.text}"
            record = _doc(text, f"topics/{lang}/{number}", grade=min(10, (int(number) - 1) // 10 + 1))
            yield record.model_copy(update={"lang": lang, "translation": content.translation})


def _doc(text: str, source: str, grade: int) -> Record:
    return Record(
        type="doc", grade=grade, prompt="", code=text, hardware=[], api_functions=[], lang="en", source=source
    )
