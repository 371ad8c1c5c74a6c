"""Keeping training and held-out prompts apart, and counting near copies.

Two prompts are near copies when the sets of their 8-grams of characters (lower case, one space) have a
Jaccard index above 0.7 (Broder 1997). Candidates come from an inverted index, so nothing is compared with
everything.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from hashlib import sha256

N = 8
NEAR = 0.7
_LITERAL = re.compile(r"\d+(?:[.,]\d+)?|\"[^\"]*\"|'[^']*'")


def normal(prompt: str) -> str:
    """A prompt without what typing changes: case, runs of spaces, the sign at its end."""
    text = unicodedata.normalize("NFC", prompt).lower()
    return " ".join(text.split()).rstrip(" .!?。।۔؟")


def key(prompt: str) -> bytes:
    """Twelve bytes that equal prompts share, equal after `normal`."""
    return sha256(normal(prompt).encode()).digest()[:12]


def masked(text: str) -> str:
    """`text` with every number and quoted string replaced: what is left is its template."""
    return _LITERAL.sub("#", text)


def grams(prompt: str) -> frozenset[str]:
    """Its 8-grams of characters; the whole of it where it is shorter."""
    text = normal(prompt)
    return frozenset(text[i : i + N] for i in range(max(1, len(text) - N + 1)))


class NearCopies:
    """An index of prompts that answers which of them a new prompt nearly copies."""

    def __init__(self, prompts: Iterable[str]) -> None:
        self.prompts = list(dict.fromkeys(prompts))
        self._sizes: list[int] = []
        self._index: dict[str, list[int]] = defaultdict(list)
        for i, prompt in enumerate(self.prompts):
            own = grams(prompt)
            self._sizes.append(len(own))
            for gram in own:
                self._index[gram].append(i)

    def find(self, prompt: str) -> str | None:
        """The first prompt of the index that `prompt` nearly copies."""
        own = grams(prompt)
        shared: Counter[int] = Counter()
        for gram in own:
            if gram in self._index:
                shared.update(self._index[gram])
        for i, common in shared.items():
            if common / (len(own) + self._sizes[i] - common) > NEAR:
                return self.prompts[i]
        return None
