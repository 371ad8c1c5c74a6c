"""How people type in other languages than English: sentence ends, lost accents, slips. Numbers stay whole."""

from __future__ import annotations

import re
import unicodedata
from random import Random

from robo_runtime.languages import language

from robo_train.compose.noise import PROTECTED, finish, sentence_case, slip
from robo_train.compose.numbers import CLOSE, OPEN

LATIN = frozenset({"es", "fr", "pt", "hi-Latn"})
_WHOLE = frozenset({"zh", "ja"})
"""Written without letters to lose: one sign is a word ("half", "white")."""
_OTHER_WORD = re.compile(r"[^\W\d_A-Za-z]{5,}")
_STOPPED = re.compile(r"[.!?。؟।۔！？:]$")


def noisy_in(text: str, rng: Random, lang: str, kept: frozenset[str] = frozenset()) -> str:
    """`text` as one particular person would type it in `lang`.

    Args:
        kept: words that no slip may touch, because another word is one letter away: numbers, above all.
    """
    latin = lang in LATIN
    style = rng.random()
    if style < 0.5:
        if latin:
            text = sentence_case(text)
        if rng.random() < 0.7 and not _STOPPED.search(finish(text)):
            text += language(lang).stop
    pieces = PROTECTED.split(text)
    plain = [i for i, p in enumerate(pieces) if p[:1] != OPEN]
    if latin and rng.random() < 0.15:
        for i in plain:
            pieces[i] = without_accents(pieces[i])
    for _ in range(rng.choices((0, 1, 2), (84, 12, 4))[0]):
        if latin:
            slip(pieces, rng, kept)
        elif lang not in _WHOLE:
            _lose_a_sign(pieces, rng)
    if latin and style > 0.72:
        for i in plain:
            pieces[i] = pieces[i].lower() if style < 0.98 else pieces[i].upper()
    if rng.random() < 0.05:
        for i in plain:
            pieces[i] = re.sub(r"[,;،、，]", " ", pieces[i])
    return unicodedata.normalize("NFC", re.sub(r"  +", " ", finish("".join(pieces))))


def without_accents(text: str) -> str:
    """ "señal" as it is typed on a foreign keyboard: "senal"."""
    bare = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in bare if unicodedata.category(c) != "Mn"))


def _lose_a_sign(pieces: list[str], rng: Random) -> None:
    """One letter or vowel sign in the middle of a longer word is left out."""
    spots = [
        (i, m.start(), m.end())
        for i, p in enumerate(pieces)
        if p[:1] not in (OPEN, CLOSE)
        for m in _OTHER_WORD.finditer(p)
    ]
    if not spots:
        return
    i, start, end = rng.choice(spots)
    at = rng.randrange(start + 1, end - 1)
    pieces[i] = pieces[i][:at] + pieces[i][at + 1 :]
