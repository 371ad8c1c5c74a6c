"""How people type: capitals, articles, punctuation, slips of the fingers. Numbers stay whole.

Protected spans lie between OPEN and CLOSE (numbers.py); `finish` removes the marks.
"""

from __future__ import annotations

import re
from random import Random

from robo_train.compose.numbers import CLOSE, OPEN

PROTECTED = re.compile(f"({OPEN}[^{CLOSE}]*{CLOSE})")
_ARTICLES = re.compile(r"\b(?:the|a|an) (?=\w)", re.I)
_LOOSE_COMMA = re.compile(r"(?<=[a-z]),(?= [a-z])")
"""Between words; beside a number it keeps two numbers, or two steps, apart."""
_WORD = re.compile(r"[A-Za-z]{4,}")
_NEIGHBOURS = {
    "a": "sq",
    "b": "vn",
    "c": "xv",
    "d": "sf",
    "e": "wr",
    "f": "dg",
    "g": "fh",
    "h": "gj",
    "i": "uo",
    "j": "hk",
    "k": "jl",
    "l": "k",
    "m": "n",
    "n": "bm",
    "o": "ip",
    "p": "o",
    "q": "w",
    "r": "et",
    "s": "ad",
    "t": "ry",
    "u": "yi",
    "v": "cb",
    "w": "qe",
    "x": "zc",
    "y": "tu",
    "z": "x",
}
_KEPT = frozenset(
    "gpio secs msec msecs millis hertz zero four five nine seven eight three eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy "
    "eighty ninety hundred thousand once twice thrice half quarter tenth third fifth high above below "
    "blue green yellow white orange purple pink cyan over under more less robokit minute minutes second "
    "seconds milliseconds millis hertz left right down released pressed then tone often none light dark "
    "bright colder warmer hotter cold warm rising falling closer".split()
)


def sentence_case(text: str) -> str:
    """A capital after every full stop, and "I"."""
    text = re.sub(r"(^|[.!?] +|\n(?:[-*] |\d[.)] )?)([a-z])", lambda m: m[1] + m[2].upper(), text)
    return re.sub(r"\bi\b(?!\.)", "I", text)


def noisy(text: str, rng: Random) -> str:
    """`text` as one particular person would type it."""
    style = rng.random()
    if style < 0.5:
        text = sentence_case(text)
        if rng.random() < 0.75 and text[-1].isalnum() | (text[-1] in f"{CLOSE}%°)"):
            text += "."
    pieces = PROTECTED.split(text)
    if rng.random() < 0.1:
        pieces = [p if p[:1] == OPEN else _ARTICLES.sub("", p) for p in pieces]
    slips = rng.choices((0, 1, 2, 3), (78, 14, 5, 3))[0]
    for _ in range(slips):
        slip(pieces, rng)
    if style > 0.72:
        pieces = [p if p[:1] == OPEN else p.lower() for p in pieces]
    elif style > 0.705:
        pieces = [p if p[:1] == OPEN else p.upper() for p in pieces]
    if rng.random() < 0.05:
        pieces = [p if p[:1] == OPEN else _LOOSE_COMMA.sub("", p) for p in pieces]
    return finish("".join(pieces))


def finish(text: str) -> str:
    """Without the marks of protected spans."""
    return text.replace(OPEN, "").replace(CLOSE, "")


def slip(pieces: list[str], rng: Random, kept: frozenset[str] = _KEPT) -> None:
    """One typing error in one longer word that is not a number, a colour or a comparison."""
    spots = [
        (i, m.start(), m.end())
        for i, p in enumerate(pieces)
        if p[:1] != OPEN
        for m in _WORD.finditer(p)
        if m[0].lower() not in kept
    ]
    if not spots:
        return
    i, start, end = rng.choice(spots)
    word = pieces[i][start:end]
    at = rng.randrange(1, len(word) - 1)
    kind = rng.random()
    if kind < 0.3:
        word = word[:at] + word[at + 1 :]
    elif kind < 0.6:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif kind < 0.8:
        word = word[:at] + word[at] + word[at:]
    else:
        word = word[:at] + rng.choice(_NEIGHBOURS[word[at].lower()]) + word[at + 1 :]
    pieces[i] = pieces[i][:start] + word + pieces[i][end:]
