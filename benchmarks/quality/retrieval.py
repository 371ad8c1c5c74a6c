"""The baseline that a model must beat: the nearest training prompt's program, its slots filled by rule.

Nearness is the cosine of TF-IDF vectors (characters and words) of prompts in which every number, pin, time,
colour and quoted text is replaced by its kind. The nearest whose slots fit the request is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from robo_runtime.cache import configured_registry
from robo_runtime.check import check_program
from robo_runtime.errors import RoboError
from robo_train.corpus.records import Record, read_records
from scipy.sparse import csr_matrix, diags, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from benchmarks.quality.cases import is_refusal
from benchmarks.quality.mentions import mask, mentions
from benchmarks.quality.slots import default_pins, fill, said, template

_NEAREST = 150
_OF_ONE_MASK = 4
"""Programs tried for one wording: their numbers differ, and in some two mentions cannot be told apart."""
_OPEN, _UNUSED, _DIFFERING, _DOUBTFUL, _ROLE, _ILLEGAL = 0.2, 0.2, 0.05, 0.03, 0.1, 0.3
"""What misfits cost, in units of similarity."""
_SMOOTH, _LEAST = 20.0, 0.05


class _Style(NamedTuple):
    """One language and one way to program the board."""

    vectors: list[CountVectorizer]
    weights: list[np.ndarray]
    matrix: csr_matrix
    records: list[list[Record]]
    """Of each row the records that share its masked prompt."""


class Retriever:
    """Answers from the instructions of a corpus."""

    def __init__(self, records: Path | str | Iterable[Record]) -> None:
        """Index the prompts.

        Args:
            records: a JSONL file of records, or the records; only instructions count.

        Raises:
            RoboError: there is no instruction among them.
        """
        source = read_records(Path(records)) if isinstance(records, (str, Path)) else records
        groups: dict[tuple[str, bool], dict[str, list[Record]]] = defaultdict(lambda: defaultdict(list))
        for r in source:
            if r.type == "instruction":
                groups[r.lang, _kit(r.prompt, r.hardware)][_masked(r.prompt)].append(r)
        if not groups:
            raise RoboError(f"{records}: no instruction to retrieve; name the train.jsonl of a corpus")
        self._styles = {key: _style(by_mask) for key, by_mask in groups.items()}
        self._registry = configured_registry()
        self._pins = default_pins(r.code for g in groups.values() for rs in g.values() for r in rs)

    def answer(self, prompt: str, lang: str, hardware: str | Sequence[str]) -> str:
        """The program of the best neighbour with the request's own numbers; "" for a refusal.

        Args:
            lang: neighbours are of this language; a language that the corpus has not is refused.
            hardware: the parts, as a list or joined by commas.
        """
        parts = hardware.split(", ") if isinstance(hardware, str) else list(hardware)
        kit = _kit(prompt, parts)
        style = self._styles.get((lang, kit)) or self._styles.get((lang, not kit))
        if style is None:
            return ""
        text, asked = said(prompt, [p for p in parts if p])
        best, code = -np.inf, ""
        for similarity, record in _nearest(style, _masked(prompt)):
            if similarity <= best:
                break  # nothing but losses from here on
            source = template(record.prompt, record.hardware, record.code)
            got = fill(source, text, asked, self._pins)
            misfit = _OPEN * got.open + _UNUSED * got.unused + _DIFFERING * got.differing
            score = similarity - misfit - _DOUBTFUL * source.doubtful - _ROLE * got.cost
            if score > best and (score - _ILLEGAL > best or not check_program(got.code, self._registry)):
                best, code = score, "" if is_refusal(record.code) else got.code
        return code


def _kit(prompt: str, hardware: Sequence[str]) -> bool:
    """Whether the kit's own functions are asked for."""
    return "robokit" in prompt.lower() or any("robokit" in part.lower() for part in hardware)


def _masked(prompt: str) -> str:
    return mask(prompt, mentions(prompt))


def _style(by_mask: dict[str, list[Record]]) -> _Style:
    """Index prompts; a feature weighs what it tells about the task, so frames and fillers weigh little."""
    masks, records = list(by_mask), list(by_mask.values())
    shared: dict[str, Any] = {"min_df": 2 if len(masks) > 1000 else 1, "binary": True, "dtype": np.float32}
    vectors = [
        CountVectorizer(analyzer="char_wb", ngram_range=(3, 4), **shared),
        CountVectorizer(token_pattern=r"[^\W_]+", ngram_range=(1, 2), **shared),
    ]
    counts = [v.fit_transform(masks) for v in vectors]
    labels = [rs[0].family for rs in records]
    weights = [_weights(c, labels) for c in counts]
    matrix = hstack([normalize(c @ diags(w)) for c, w in zip(counts, weights, strict=True)], format="csr")
    return _Style(vectors, weights, matrix, records)


def _weights(counts: csr_matrix, labels: Sequence[str]) -> np.ndarray:
    """Inverse document frequency times what a feature tells about the task's family.

    The second factor is the Kullback-Leibler divergence of the families of prompts with the feature from
    those of all prompts, smoothed so that rare features do not look telling by chance. Where records name no
    family it is the same for all features.
    """
    _, of = np.unique(np.array(labels), return_inverse=True)
    rows = csr_matrix((np.ones(len(of), np.float32), (of, np.arange(len(of)))))
    prior = np.bincount(of) / len(of)
    seen = np.asarray(counts.sum(axis=0)).ravel()
    idf = np.log((1 + len(of)) / (1 + seen)) + 1
    joint = (rows @ counts).tocoo()
    share = (joint.data + _SMOOTH * prior[joint.row]) / (seen[joint.col] + _SMOOTH)
    met = np.bincount(joint.col, share * np.log(share / prior[joint.row]), minlength=counts.shape[1])
    rest = 1 - np.bincount(joint.col, prior[joint.row], minlength=counts.shape[1])
    kept = _SMOOTH / (seen + _SMOOTH)
    told = met + rest * kept * np.log(kept)
    return (idf * np.sqrt(np.maximum(told, 0) + _LEAST)).astype(np.float32)


def _nearest(style: _Style, masked: str) -> Iterable[tuple[float, Record]]:
    """Neighbours with their similarity from 0 to 1, the nearest first."""
    query = hstack(
        [
            normalize(v.transform([masked]) @ diags(w))
            for v, w in zip(style.vectors, style.weights, strict=True)
        ],
        format="csr",
    )
    similar = (style.matrix @ query.T).toarray().ravel() / len(style.vectors)
    for row in np.argsort(-similar, kind="stable")[:_NEAREST]:
        for record in style.records[row][:_OF_ONE_MASK]:
            yield float(similar[row]), record
