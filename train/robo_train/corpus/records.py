"""The unified record, one JSON object per line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, validate


class Translation(Strict):
    """How a prompt in another language than English came about; nothing is called reviewed that was not."""

    method: str
    """`clause templates`, `human`, or the name of a provider."""
    reviewed_by: str = ""
    """The native reader who read it; empty when none did."""
    tier: Literal[1, 2, 3]
    template_version: str = ""


class Record(Strict):
    """One sample of the corpus.

    `code` holds a program (type code), a text about code (doc), or the answer to `prompt` (instruction).
    """

    type: Literal["code", "doc", "instruction"]
    grade: int
    prompt: str
    code: str
    hardware: list[str]
    api_functions: list[str]
    lang: str
    id: str = ""
    family: str = ""
    spec_hash: str = ""
    split: str = "train"
    source: str = ""
    translation: Translation | None = None
    checks: list[Any] = []
    world: dict[str, Any] = {}
    until: float = 0.0
    """Seconds to watch the program; 0 leaves it to the checks."""


def to_line(record: Record) -> str:
    """A record as one JSON object, without fields that have their defaults."""
    return json.dumps(record.model_dump(exclude_defaults=True), ensure_ascii=False)


def read_records(path: Path) -> Iterator[Record]:
    """Records of a JSONL file; a bad line raises `RoboError` with file, line number and reason."""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    data = json.loads(line)
                except json.JSONDecodeError as e:
                    raise RoboError(f"{path}, line {number}: not JSON: {e}") from None
                yield validate(data, Record, f"{path}, line {number}")
    except FileNotFoundError:
        raise RoboError(f"{path}: no such file; `robo-train data build` makes it") from None
