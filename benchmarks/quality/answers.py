"""Who answers: a model, or a baseline that needs none. Anything with a name and `answer` can be measured."""

from __future__ import annotations

import time
from collections.abc import Iterable
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from robo_runtime.checks.tasks import is_refusal
from robo_runtime.errors import RoboError
from robo_runtime.generate import Generator
from robo_runtime.samples import ask
from robo_train.corpus.records import Record, read_records

from benchmarks.quality.cases import Case

MAX_TOKENS = 400


class Answer(NamedTuple):
    """A program, or a refusal, and how long it took."""

    code: str
    seconds: float
    refused: bool
    note: str = ""
    """Why there is no code, where there is none."""


class Answerer(Protocol):
    """Somebody who turns a case into a program."""

    name: str

    def answer(self, case: Case) -> Answer:
        """One answer; greedy, so that the same case always gets the same."""


class ModelAnswerer:
    """A GGUF model, with or without the grammar."""

    def __init__(self, model: Path, constrained: bool = True, name: str = "", samples: int = 1) -> None:
        """Raises `RoboError` when the model cannot be loaded."""
        name = name or model.stem
        self.name = name if constrained else f"{name}, unconstrained"
        if samples > 1:
            self.name += f", best of {samples}"
        self._samples = samples
        self.about: dict[str, Any] = {
            "kind": "model", "file": model.name, "bytes": model.stat().st_size,
            "sha256": sha256(model.read_bytes()).hexdigest(), "constrained": constrained, "samples": samples,
        }  # fmt: skip
        self._generator = Generator(model, constrained=constrained)

    def answer(self, case: Case) -> Answer:
        """A prompt that the model cannot take (too long) is an answer without code, not the end."""
        start = time.perf_counter()
        record = case.record
        try:
            result = ask(
                self._generator, case.prompt, samples=self._samples, lang=record.lang,
                hardware=record.hardware, max_tokens=MAX_TOKENS,
            )  # fmt: skip
        except RoboError as e:
            return Answer("", time.perf_counter() - start, False, str(e))
        note = "" if result.code.strip() else f"nothing written: {result.stopped}"
        return Answer(result.code, time.perf_counter() - start, is_refusal(result.code), note)

    def close(self) -> None:
        """Free the model."""
        self._generator.close()


class RetrievalAnswerer:
    """The nearest training prompt's program with the asked numbers filled in, from the same corpus."""

    name = "retrieval baseline"

    def __init__(self, records: Iterable[Record], source: str = "") -> None:
        """Raises `RoboError` when the baseline is not there."""
        try:
            retriever: Any = import_module("benchmarks.quality.retrieval").Retriever
        except ImportError as e:
            raise RoboError(
                f"--baseline retrieval needs benchmarks/quality/retrieval.py and what it imports ({e}); "
                "install the missing package, or leave --baseline out"
            ) from None
        self.about: dict[str, Any] = {"kind": "baseline", "corpus": source}
        self._retriever = retriever(records)

    def answer(self, case: Case) -> Answer:
        """An empty text, or nothing but a comment, is a refusal."""
        start = time.perf_counter()
        code = self._retriever.answer(case.prompt, case.record.lang, ", ".join(case.record.hardware))
        return Answer(code, time.perf_counter() - start, not code.strip() or is_refusal(code))


def retrieval(corpus: Path) -> RetrievalAnswerer:
    """The baseline over the training split of a corpus."""
    return RetrievalAnswerer(read_records(corpus / "train.jsonl"), corpus.name)
