"""Counts over a built corpus: axes, growth of diversity, registry coverage, tokens of each language."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from robo_runtime.registry import load_registry

from robo_train.corpus.audit import FILES, read_lines
from robo_train.corpus.hygiene import key, masked, normal
from robo_train.tokenizer import Tokenizer

AXES = ("split", "type", "lang", "family", "grade", "source", "api")
MANY = 30
"""Programs in which every function of the registry must occur."""


@dataclass
class Growth:
    """Distinct things among the first `samples` composed English samples of the training split."""

    samples: int
    specs: int
    programs: int
    """Codes with literals masked."""
    prompts: int
    templates: int
    """Normalised prompts with literals masked."""


@dataclass
class Figures:
    """Everything that is counted."""

    axes: dict[str, dict[str, int]] = field(default_factory=dict)
    growth: list[Growth] = field(default_factory=list)
    functions: dict[str, int] = field(default_factory=dict)
    """Training programs by firmware function."""
    modules: dict[str, int] = field(default_factory=dict)
    """Training programs by callable of the MicroPython modules."""
    languages: dict[str, dict[str, float]] = field(default_factory=dict)
    """samples, prompt tokens a sample, characters a prompt token."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def rare(self) -> dict[str, int]:
        """Firmware functions in fewer than `MANY` training programs."""
        return {name: n for name, n in self.functions.items() if n < MANY}


def figures(folder: Path, tokenizer: Tokenizer | None = None, points: int = 12) -> Figures:
    """Count; with a tokenizer also the tokens of prompts, on at most 2,000 samples of each language.

    Args:
        points: of the growth curve.
    """
    axes: dict[str, Counter[str]] = {axis: Counter() for axis in AXES}
    functions = Counter(dict.fromkeys(load_registry().functions, 0))
    modules: Counter[str] = Counter()
    tokens: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    total = sum(1 for _, line in read_lines(folder, "train") if _grows(json.loads(line)))
    every = max(1, total // points)
    distinct: tuple[set[str], set[str], set[bytes], set[str]] = (set(), set(), set(), set())
    growth: list[Growth] = []
    done = 0
    for name in FILES:
        for _, line in read_lines(folder, name):
            record = json.loads(line)
            split = record.get("split", "train")
            robokit = "from robokit" in record["code"]
            values = {
                "split": split, "type": record["type"], "lang": record["lang"],
                "source": record["source"].split("/")[0],
                "family": record.get("family", "").split("/")[0] or "-", "grade": str(record["grade"]),
                "api": "robokit" if robokit else "micropython",
            }  # fmt: skip
            for axis in AXES:
                axes[axis][values[axis]] += 1
            if split == "train":
                for function in set(record["api_functions"]):
                    (functions if function in functions else modules)[function] += 1
            if record["type"] == "instruction":
                _count_tokens(tokens[record["lang"]], record["prompt"], tokenizer)
            if split == "train" and _grows(record):
                done += 1
                distinct[0].add(record["spec_hash"])
                distinct[1].add(masked(record["code"]))
                distinct[2].add(key(record["prompt"]))
                distinct[3].add(masked(normal(record["prompt"])))
                if done % every == 0 or done == total:
                    growth.append(Growth(done, *(len(found) for found in distinct)))
    return Figures(
        {axis: dict(sorted(c.items(), key=lambda i: -i[1])) for axis, c in axes.items()}, growth,
        dict(functions.most_common()), dict(modules.most_common()),
        {lang: _language_row(*counts) for lang, counts in sorted(tokens.items(), key=lambda i: -i[1][0])},
    )  # fmt: skip


def _grows(record: dict[str, Any]) -> bool:
    return record["source"] == "composer" and record["lang"] == "en"


def _count_tokens(counts: list[int], prompt: str, tokenizer: Tokenizer | None) -> None:
    counts[0] += 1
    if tokenizer is not None and counts[1] < 2000:
        counts[1] += 1
        counts[2] += len(tokenizer.encode(prompt))
        counts[3] += len(prompt)


def _language_row(samples: int, seen: int, tokens: int, characters: int) -> dict[str, float]:
    row: dict[str, float] = {"samples": samples}
    if tokens:
        row["tokens_a_prompt"] = round(tokens / seen, 1)
        row["characters_a_token"] = round(characters / tokens, 2)
    return row
