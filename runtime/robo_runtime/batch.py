"""Many prompts from a JSON-lines file, answers to another: resumable, one line at a time.

In: `{"id", "prompt", "lang"?, "hardware"?}`. Out: `{"id", "code", "valid", "timings"}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from pydantic import Field, StrictInt, StrictStr

from robo_runtime.errors import RoboError
from robo_runtime.files import ConfigError, Strict, validate
from robo_runtime.generate import Result
from robo_runtime.languages import language


class Request(Strict):
    """One line of the input."""

    id: StrictStr | StrictInt
    prompt: str = Field(min_length=1)
    lang: str | None = None
    hardware: str | list[str] = ""


class Numbered(NamedTuple):
    """A request and the line it came from."""

    line: int
    request: Request


class BatchError(RoboError):
    """An input or output file of a batch that cannot be used."""


class _Answers(Protocol):
    def __call__(self, request: Request) -> Result: ...


def read_requests(path: Path, *, strict: bool, on_bad: Callable[[str], None]) -> list[Numbered]:
    """The requests of a JSON-lines file.

    Args:
        strict: stop at the first bad line; else `on_bad` gets a sentence about it and it is skipped.

    Raises:
        BatchError: the file cannot be read; or a line is bad and `strict` is set.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as e:
        raise BatchError(f"{path}: cannot be read: {e.strerror or e}") from None
    requests: list[Numbered] = []
    seen: dict[str | int, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            request = _request(line, f"{path}:{number}")
            if (first := seen.setdefault(request.id, number)) != number:
                raise BatchError(
                    f"{path}:{number}: id {request.id!r} was used in line {first}; ids must differ"
                )
        except RoboError as e:
            if strict:
                raise
            on_bad(str(e))
        else:
            requests.append(Numbered(number, request))
    return requests


def _request(line: bytes, where: str) -> Request:
    try:
        data = json.loads(line.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as e:
        raise ConfigError(f"{where}: not a line of JSON: {e}") from None
    if not isinstance(data, dict):
        raise ConfigError(f'{where}: expected an object like {{"id": 1, "prompt": "blink the LED"}}')
    request = validate(data, Request, where)
    if request.lang is not None:
        try:
            language(request.lang)
        except RoboError as e:
            raise ConfigError(f"{where}: {e}") from None
    return request


def answered(path: Path) -> set[str | int]:
    """Ids the output file holds already; a last line cut short by a crash is removed from the file.

    Raises:
        BatchError: the file holds something else than answers.
    """
    if not path.exists():
        return set()
    try:
        data = path.read_bytes()
        if (whole := data.rfind(b"\n") + 1) < len(data):
            with path.open("r+b") as f:
                f.truncate(whole)
    except OSError as e:
        raise BatchError(f"{path}: cannot be read: {e.strerror or e}") from None
    ids: set[str | int] = set()
    for number, line in enumerate(data[:whole].splitlines(), 1):
        try:
            ids.add(json.loads(line)["id"])
        except (ValueError, KeyError, TypeError):
            raise BatchError(
                f"{path}:{number}: not an answer of an earlier run; name another output"
            ) from None
    return ids


def run_batch(
    requests: list[Numbered],
    output: Path,
    answer: _Answers,
    *,
    where: str,
    strict: bool,
    on_bad: Callable[[str], None],
) -> Iterator[Result | None]:
    """Answer the requests whose id `output` lacks, appending a line for each; yields each result.

    A request the model cannot take (too long, say) is named by its line and yields None.
    """
    done = answered(output)
    todo = [item for item in requests if item.request.id not in done]
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        with output.open("a", encoding="utf-8") as f:
            for line, request in todo:
                try:
                    result = answer(request)
                except RoboError as e:
                    if strict:
                        raise type(e)(f"{where}:{line}: {e}") from None
                    on_bad(f"{where}:{line}: {e}")
                    yield None
                    continue
                f.write(answer_line(request.id, result) + "\n")
                f.flush()
                yield result
    except OSError as e:
        raise BatchError(f"{output}: cannot be written: {e.strerror or e}") from None


def answer_line(id: str | int, result: Result) -> str:
    """One answer as a line of JSON."""
    record = {"id": id, "code": result.code, "valid": result.valid, "timings": result.timings.as_dict()}
    return json.dumps(record, ensure_ascii=False)
