"""The same request otherwise: typing slips, capitals, other units, a frame around it. Never another meaning.

What a program must say exactly (quoted text, the texts of the reference program), every number with what
sticks to it, and words that a slip could turn into others stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from random import Random

from robo_train.compose.phrases import grammar

from benchmarks.quality.cases import Case
from benchmarks.quality.frames import frame
from benchmarks.quality.programs import anatomy

Perturbation = Callable[[str, Case, Random], str]
_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ]{5,}")
_EXACT = re.compile(
    r"\"[^\"]*\"|'[^']{2,}'|«[^»]*»|“[^”]*”|‘[^’]*’|「[^」]*」"  # quoted
    r"|\S*[\w)]\.\w\S*|\S*[_=()<>{}\[\]/\\@#]\S*"  # code, decimals, addresses
    r"|\S*\d\S*"
)
_WHOLE = frozenset(
    "three seven eight eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen "
    "twenty thirty forty fifty sixty seventy eighty ninety hundred thousand twice thrice quarter tenth "
    "third fourth fifth double triple green yellow white orange purple black violet magenta above below "
    "under lower upper higher right release released press pressed rising falling closer bright darker "
    "colder warmer hotter light night second seconds minute minutes millisecond milliseconds hours "
    "forward forwards backward backwards clock counter clockwise input output print prints until while "
    "before after never always except robokit micropython toggle start stops shut close closed opens "
    "opened".split()
)
"""Words one slip away from another meaning, or that carry all of it."""
_TIMES = re.compile(
    r"(?<![\w.,/:-])(\d+(?:\.\d+)?) ?(ms|msec|milliseconds?|s|sec|secs|seconds?|min|minutes?)\b(?!\.?\d)"
)
_IN_MS = {"ms": 1, "msec": 1, "s": 1000, "sec": 1000, "secs": 1000, "min": 60_000}
_SAID = {500: "half a second", 250: "a quarter of a second", 30_000: "half a minute"}


def perturb(case: Case, name: str, seed: int = 0) -> Case | None:
    """The case asked otherwise; None where that perturbation changes nothing. The same for the same seed.

    Args:
        name: one of `PERTURBATIONS`.
    """
    text = PERTURBATIONS[name](case.prompt, case, Random(f"{seed}:{name}:{case.key}"))
    return None if text == case.prompt else case.reworded(text, name)


def typos(prompt: str, case: Case, rng: Random) -> str:
    """Two slips of the fingers in longer words, one in a short prompt; Latin letters only."""
    kept = _WHOLE | _number_words(case.record.lang)
    pieces = list(_pieces(prompt, case))
    spots = [
        (i, m.start(), m.end())
        for i, (text, exact) in enumerate(pieces) if not exact
        for m in _WORD.finditer(text) if m[0].lower() not in kept
    ]  # fmt: skip
    wanted = min(2 if len(prompt) > 60 else 1, len(spots))
    for i, start, end in sorted(rng.sample(spots, wanted), reverse=True):  # the last first: places stay
        text = pieces[i][0]
        pieces[i] = (text[:start] + _slip(text[start:end], rng) + text[end:], False)
    return "".join(text for text, _ in pieces)


def lower(prompt: str, case: Case, rng: Random) -> str:
    """No capitals."""
    return "".join(text if exact else text.lower() for text, exact in _pieces(prompt, case))


def upper(prompt: str, case: Case, rng: Random) -> str:
    """All capitals."""
    return "".join(text if exact else text.upper() for text, exact in _pieces(prompt, case))


def units(prompt: str, case: Case, rng: Random) -> str:
    """Every time in another unit: 500 ms, 0.5 s, half a second (English)."""
    said = [(m.start(), m.end()) for text in _texts(case) for m in re.finditer(re.escape(text), prompt)]

    def other(m: re.Match[str]) -> str:
        if any(start < m.end() and m.start() < end for start, end in said):
            return m[0]
        ms = Fraction(m[1]) * _milliseconds(m[2])
        return rng.choice([w for w in _spellings(ms, case.record.lang) if w != m[0]] or [m[0]])

    return _TIMES.sub(other, prompt)


def paraphrase(prompt: str, case: Case, rng: Random) -> str:
    """A story or a politeness around it, in the prompt's language where there is a frame for it."""
    return frame(prompt, case.record.lang, rng)


PERTURBATIONS: dict[str, Perturbation] = {
    "typos": typos, "lower": lower, "upper": upper, "units": units, "paraphrase": paraphrase,
}  # fmt: skip


def seconds_said(prompt: str) -> list[Fraction]:
    """The times of a prompt in seconds, as far as `units` understands them."""
    spoken = prompt
    for ms, words in _SAID.items():
        spoken = spoken.replace(words, f"{ms} ms")
    return [Fraction(m[1]) * _milliseconds(m[2]) / 1000 for m in _TIMES.finditer(spoken)]


def _milliseconds(unit: str) -> int:
    return _IN_MS.get(unit) or (1 if unit.startswith("milli") else 60_000 if unit.startswith("min") else 1000)


def _spellings(ms: Fraction, lang: str) -> Iterator[str]:
    """Ways to write a time that people use; no fractions of a millisecond, at most three decimals."""
    if ms.denominator == 1 and ms < 60_000:
        yield f"{ms.numerator} ms"
    if ms >= 50:
        yield f"{_decimal(ms / 1000)} s"
    if ms >= 60_000 and (ms / 1000) % 30 == 0:
        yield f"{_decimal(ms / 60_000)} min"
    if lang == "en" and ms in _SAID:
        yield _SAID[int(ms)]


def _decimal(value: Fraction) -> str:
    return f"{float(value):.3f}".rstrip("0").rstrip(".")


def _texts(case: Case) -> list[str]:
    """What the reference program prints, shows or sends, longest first."""
    found = anatomy(case.record.code)
    return sorted((t for t in found.texts if t.strip()), key=len, reverse=True) if found else []


def _pieces(prompt: str, case: Case) -> Iterator[tuple[str, bool]]:
    """The prompt in pieces, each with whether it must stay as it is."""
    texts = [rf"(?<!\w){re.escape(t.strip())}(?!\w)" for t in _texts(case)]
    exact = re.compile("|".join([*texts, _EXACT.pattern]), re.I)
    at = 0
    for m in exact.finditer(prompt):
        yield prompt[at : m.start()], False
        yield m[0], True
        at = m.end()
    yield prompt[at:], False


def _slip(word: str, rng: Random) -> str:
    """One letter inside a word lost, doubled, or changed places with the next; always another word."""
    at = rng.randrange(1, len(word) - 2)
    if word[at] != word[at + 1] and rng.random() < 0.4:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + (word[at + 1 :] if rng.random() < 0.5 else word[at] + word[at:])


@lru_cache(maxsize=32)
def _number_words(lang: str) -> frozenset[str]:
    """Number words of a language other than English, as its phrase grammar knows them."""
    if lang == "en":
        return frozenset()
    return frozenset(" ".join(grammar(lang).words.values()).lower().split())
