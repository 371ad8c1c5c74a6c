"""Records to token files: what training reads, and nothing else.

A split is four files: `train.bin` (uint16 token ids of all samples, end to end), `train.idx.npy` (int64,
where each sample starts, plus the end), `train.prompt.npy` (int32, tokens of each sample's prompt, on which
an instruction has no loss) and `train.kind.npy` (uint8, index into KINDS). `metadata.json` names the
tokenizer, counts and hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_runtime.prompt import BOS, EOS, Part, render, render_answer

from robo_train.corpus.records import Record
from robo_train.tokenizer import Tokenizer

KINDS = ("code", "doc", "instruction")


class SplitInfo(Strict):
    """Counts of one split."""

    samples: int
    tokens: int
    loss_tokens: int
    """Tokens an instruction model is trained to write: programs, not prompts."""
    dropped_long: int
    """Samples longer than max_length, left out."""
    characters_per_token: float
    """Of programs, the figure that decides how fast they are written."""
    languages: list[str] = []
    """Languages of the prompts, sorted."""
    sha256: str


class Metadata(Strict):
    """`metadata.json` beside the token files."""

    tokenizer_sha256: str
    vocab_size: int
    max_length: int
    dtype: str = "uint16"
    splits: dict[str, SplitInfo]


def sample_parts(record: Record, position: int = 0) -> tuple[list[Part], list[Part]]:
    """Prompt and answer parts of a record; code and docs have `<bos>` as their only prompt.

    Language and hardware are given to the model in most samples, not in all, so that it works without
    them: `position` (the record's number) decides, deterministically.
    """
    if record.type != "instruction":
        return [Part(BOS, True)], [Part(record.code.strip("\n") + "\n", False), Part(EOS, True)]
    lang = record.lang if position % 4 else None
    return render(record.prompt, lang=lang, hardware=record.hardware), render_answer(record.code)


def tokenise(
    records: Iterable[Record], tokenizer: Tokenizer, folder: Path, split: str, max_length: int
) -> SplitInfo:
    """Write the files of one split into `folder` and return its counts."""
    starts, prompts, kinds = [0], [], []
    characters = code_tokens = loss_tokens = dropped = 0
    digest, languages = hashlib.sha256(), set()
    with (folder / f"{split}.bin").open("wb") as out:
        for position, record in enumerate(records):
            prompt, answer = (tokenizer.encode_parts(p) for p in sample_parts(record, position))
            if len(prompt) + len(answer) > max_length:
                dropped += 1
                continue
            data = np.array(prompt + answer, dtype=np.uint16).tobytes()
            digest.update(data)
            out.write(data)
            starts.append(starts[-1] + len(prompt) + len(answer))
            prompts.append(len(prompt))
            kinds.append(KINDS.index(record.type))
            loss_tokens += len(answer)
            languages.add(record.lang)
            if record.type != "doc":
                characters += len(record.code)
                code_tokens += len(answer) - 2
    if not prompts:
        raise RoboError(f"the corpus has no sample of split {split!r} within {max_length} tokens")
    np.save(folder / f"{split}.idx.npy", np.array(starts, dtype=np.int64))
    np.save(folder / f"{split}.prompt.npy", np.array(prompts, dtype=np.int32))
    np.save(folder / f"{split}.kind.npy", np.array(kinds, dtype=np.uint8))
    return SplitInfo(
        samples=len(prompts), tokens=starts[-1], loss_tokens=loss_tokens, dropped_long=dropped,
        characters_per_token=round(characters / max(code_tokens, 1), 3), sha256=digest.hexdigest(),
        languages=sorted(languages),
    )  # fmt: skip


@dataclass(frozen=True)
class TokenFile:
    """One split, memory-mapped."""

    tokens: NDArray[np.uint16]
    starts: NDArray[np.int64]
    prompts: NDArray[np.int32]
    kinds: NDArray[np.uint8]

    @classmethod
    def open(cls, folder: Path, split: str, tokenizer: Tokenizer) -> TokenFile:
        """Map a split; raises `RoboError` when it was made with another tokenizer or is cut short."""
        info = read_config(folder / "metadata.json", Metadata)
        if info.tokenizer_sha256 != tokenizer.sha256:
            raise RoboError(
                f"{folder}: tokenised with tokenizer {info.tokenizer_sha256[:12]}, the tokenizer given is"
                f" {tokenizer.sha256[:12]}; build the data again"
            )
        if split not in info.splits:
            raise RoboError(f"{folder}: no split {split!r}; it has {', '.join(info.splits)}")
        tokens = np.memmap(folder / f"{split}.bin", dtype=np.uint16, mode="r")
        starts = np.load(folder / f"{split}.idx.npy")
        if len(tokens) != starts[-1]:
            raise RoboError(
                f"{folder / split}.bin: {len(tokens)} tokens, its index expects {starts[-1]}; build it again"
            )
        return cls(
            tokens, starts, np.load(folder / f"{split}.prompt.npy"), np.load(folder / f"{split}.kind.npy")
        )

    def __len__(self) -> int:
        return len(self.prompts)

    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each sample."""
        return np.diff(self.starts)
