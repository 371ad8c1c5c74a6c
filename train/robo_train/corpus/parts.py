"""Composed chunks on disk, so that an interrupted run goes on where it stopped."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from robo_runtime.files import atomic_file, write_json

from robo_train.corpus.chunks import Chunk, Result
from robo_train.corpus.engines import Engine


class Parts:
    """A folder with a `.jsonl` for each finished chunk, and beside it a `.json` with what was dropped.

    Parts of another recipe or of other sources (another `mark`) are thrown away.
    """

    def __init__(self, folder: Path, mark: str) -> None:
        self.folder = folder
        note = folder / "fingerprint.txt"
        if folder.exists() and (not note.exists() or note.read_text(encoding="utf-8") != mark):
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        note.write_text(mark, encoding="utf-8")

    def has(self, chunk: Chunk) -> bool:
        """Whether it was finished, by this run or an earlier one."""
        return self._report(chunk).exists()

    def write(self, result: Result) -> None:
        """Keep a result; the report is written last and marks it as finished."""
        with atomic_file(self._lines(result.chunk)) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in result.lines), encoding="utf-8")
        report = {"drops": result.drops, "mutants": result.mutants, "seconds": result.seconds}
        write_json(self._report(result.chunk), report)

    def lines(self, chunk: Chunk) -> Iterator[str]:
        """Its records, one JSON object each."""
        with self._lines(chunk).open(encoding="utf-8") as file:
            for line in file:
                yield line.rstrip("\n")

    def tally(self, chunks: Iterable[Chunk]) -> tuple[Counter[str], Counter[str], float]:
        """What was dropped, mutants tried and killed, and seconds of work, over all `chunks`."""
        drops: Counter[str] = Counter()
        mutants: Counter[str] = Counter()
        seconds = 0.0
        for chunk in chunks:
            report = json.loads(self._report(chunk).read_text(encoding="utf-8"))
            drops.update(report["drops"])
            mutants.update(report["mutants"])
            seconds += report["seconds"]
        return drops, mutants, seconds

    def remove(self) -> None:
        """Delete everything: the corpus is complete."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def compose(self, chunks: Sequence[Chunk], engine: Engine, done: Callable[[int], None]) -> None:
        """Make the chunks that are missing; `done` is told how many samples came with each."""
        missing = []
        for chunk in chunks:
            if self.has(chunk):
                done(chunk.samples)
            else:
                missing.append(chunk)
        for result in engine.results(missing):
            self.write(result)
            done(result.chunk.samples)

    def _lines(self, chunk: Chunk) -> Path:
        return self.folder / f"{chunk.name}.jsonl"

    def _report(self, chunk: Chunk) -> Path:
        return self.folder / f"{chunk.name}.json"
