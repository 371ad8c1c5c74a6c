"""Programs that the grammar must accept, and programs with one mistake that it must refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from robo_runtime.cache import configured_registry
from robo_runtime.files import Strict, read_config, read_data

ROOT = Path(__file__).resolve().parents[2]
NEAR_MISSES = ROOT / "tests" / "data" / "near_misses.yaml"


class Program(NamedTuple):
    """A program and what is known about it."""

    name: str
    code: str


class NearMiss(NamedTuple):
    """A program with one mistake, and the same without it."""

    what: str
    wrong: str
    right: str
    line: int
    """Where the mistake begins."""
    last: int
    """Where it ends."""


class _Miss(Strict):
    what: str
    wrong: str
    right: str


class _Frame(Strict):
    program: str
    misses: tuple[_Miss, ...]


class _Corpus(Strict):
    grammar: tuple[_Frame, ...]
    check: tuple[_Frame, ...]


def near_misses(by: str) -> list[NearMiss]:
    """Those that `grammar` or `check` must refuse."""
    corpus = read_config(NEAR_MISSES, _Corpus)
    frames: tuple[_Frame, ...] = getattr(corpus, by)
    return [_near_miss(frame.program, miss) for frame in frames for miss in frame.misses]


def _near_miss(program: str, miss: _Miss) -> NearMiss:
    at = program.index("{line}")
    indent = at - (program.rfind("\n", 0, at) + 1)

    def with_line(text: str) -> str:
        return program.replace("{line}", text.replace("\n", "\n" + " " * indent))

    first = program.count("\n", 0, at) + 1
    last = first + miss.wrong.count("\n")
    return NearMiss(miss.what, with_line(miss.wrong), with_line(miss.right), first, last)


def projects() -> Iterator[Program]:
    """Both programs of every authored project."""
    for path in sorted((ROOT / "data" / "syllabus").glob("*.yaml")):
        project = read_data(path)
        for key in ("micropython_code", "robokit_code"):
            if project.get(key):
                yield Program(f"{path.stem} {key}", project[key])


def examples() -> Iterator[Program]:
    """The example of every function of the kit."""
    for function in configured_registry().functions.values():
        yield Program(function.qualified_name, function.program)


def composed(count: int, seed: int) -> Iterator[Program]:
    """Programs of the task composer."""
    from robo_train.compose import samples

    for sample in samples(seed, count):
        yield Program(sample.id, sample.code.strip("\n") + "\n")
