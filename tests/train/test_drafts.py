"""What mostly follows in a corpus: counted a second time by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from random import Random

import numpy as np
from robo_train.drafts import CONTEXT, ROWS, drafts
from robo_train.tokenise import TokenFile


def corpus(samples: list[tuple[int, list[int], list[int]]]) -> TokenFile:
    """Samples of a kind, a prompt and an answer."""
    starts = np.cumsum([0, *(len(p) + len(a) for _, p, a in samples)])
    return TokenFile(
        tokens=np.array([t for _, p, a in samples for t in p + a], dtype=np.uint16), starts=starts,
        prompts=np.array([len(p) for _, p, _ in samples], dtype=np.int32),
        kinds=np.array([k for k, _, _ in samples], dtype=np.uint8),
    )  # fmt: skip


def test_rows_are_the_most_frequent_continuations() -> None:
    rng = Random(1)
    samples = []
    for _ in range(800):
        answer = [100]
        while len(answer) < 30:
            answer.append(answer[-1] % 7 + 200 if rng.random() < 0.8 else rng.randint(200, 206))
        samples.append((2 if rng.random() < 0.9 else 0, [5, 6, 7, rng.randint(8, 99)], [*answer, 1]))
    found = {tuple(row[:-1]): row[-1] for row in drafts(corpus(samples))}
    counts: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for kind, prompt, answer in samples:
        ids = prompt + answer[:-1]
        for i in range(len(prompt), len(ids)):
            if kind == 2:
                counts[tuple(ids[i - CONTEXT : i])][ids[i]] += 1
    expected = {}
    for context, after in counts.items():
        token, n = after.most_common(1)[0]
        if n >= 0.5 * after.total() and after.total() >= 8:
            expected[context] = token
    assert 10 < len(expected) < ROWS
    assert found.keys() == expected.keys()
    assert all(counts[c][found[c]] == counts[c][expected[c]] for c in found)


def test_a_corpus_without_instructions_has_none() -> None:
    assert drafts(corpus([(0, [2], [9, 9, 9, 1])])) == []
