"""Which tasks belong to which split, decided from the meaning, before anything is rendered.

train        everything that no other split keeps
iid          held-out parameters: a share of the spec hashes
composition  held-out pairs of trigger or combinator and single action, never together in training
template     held-out alternatives of the phrase grammar (any spec that training may see)
depth        one level deeper than training goes
language     held-out pairs of language and family: that task was never asked for in that language
full         everything, for a model that ships rather than one that is measured
"""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

from robo_train.compose.spec import TaskSpec

Split = Literal["train", "iid", "composition", "template", "depth", "language", "full"]
SPLITS: tuple[Split, ...] = ("train", "iid", "composition", "template", "depth", "language", "full")
TRAIN_DEPTH = 3
_IID_PERCENT = 5
_HELD_PAIRS_PERCENT = 15
_HELD_LANGUAGE_PERCENT = 8
_NEVER_HELD = frozenset(
    {
        ("press", "on"),
        ("press", "toggle"),
        ("while", "on"),
        ("if", "on"),
        ("seq", "on"),
        ("seq", "off"),
        ("forever", "on"),
        ("forever", "off"),
        ("repeat", "on"),
        ("repeat", "off"),
        ("if", "off"),
        ("while", "off"),
        ("press", "blink_n"),
        ("every", "toggle"),
        ("seq", "angle"),
        ("forever", "angle"),
        ("press", "angle"),
        ("seq", "blink_n"),
        ("press", "off"),
        ("if", "sound"),
        ("edge", "blink_n"),
        ("edge", "toggle"),
        ("edge", "print"),
        ("edge", "on_for"),
        ("hold", "on"),
        ("hold", "toggle"),
        ("double", "toggle"),
        ("double", "on"),
        ("nth", "toggle"),
        ("latch", "on"),
        ("latch", "sound"),
        ("off_delay", "on"),
        ("tick", "flash"),
        ("tick", "toggle"),
        ("tick", "print"),
        ("irq", "toggle"),
        ("timer_periodic", "toggle"),
        ("cycle", "angle"),
        ("cycle", "on"),
        ("cycle", "off"),
        ("bands", "on"),
        ("bands", "off"),
        ("armed", "on"),
        ("heat", "on"),
        ("heat", "off"),
        ("cool", "on"),
        ("cool", "off"),
        ("lasting", "blink"),
        ("until", "blink"),
        ("clock", "on"),
        ("wifi", "on"),
        ("uart", "on"),
        ("uart", "off"),
        ("mqtt", "on"),
        ("mqtt", "off"),
    }
)


_STRUCTURE = frozenset(
    ("seq", "wait", "repeat", "wait_until", "until", "lasting", "paced", "decide", "one_of")
)
"""What is made of other actions: a trigger or combinator keeps these in training."""


def held_pair(pair: tuple[str, str]) -> bool:
    """Whether training never sees this trigger or combinator with this action."""
    if pair[0] in ("start", "one_of") or pair[1] in _STRUCTURE or pair in _NEVER_HELD:
        return False
    return int(sha256("|".join(pair).encode()).hexdigest(), 16) % 100 < _HELD_PAIRS_PERCENT


def held_language(family: str, lang: str) -> bool:
    """Whether training never sees this family asked for in this language; English is always whole."""
    mark = int(sha256(f"{lang}|{family}".encode()).hexdigest(), 16) % 100
    return lang != "en" and mark < _HELD_LANGUAGE_PERCENT and not family.startswith("refuse/")


def belongs(spec: TaskSpec, split: Split, lang: str = "en") -> bool:
    """Whether `spec` may appear in `split`: it belongs to iid, composition, depth, language, or to train
    and template."""
    if split == "full":
        return True
    deep = spec.depth() > TRAIN_DEPTH
    if deep or split == "depth":
        return deep and split == "depth"
    held = any(held_pair(p) for p in spec.pairs())
    if held or split == "composition":
        return held and split == "composition"
    kept = int(spec.spec_hash(), 16) % 100 < _IID_PERCENT
    other = held_language(spec.family, lang)
    if other or split == "language":  # of parameters, too, that no language trains on
        return other and kept and split == "language"
    return kept == (split == "iid")
