"""What a prompt mentions that a program copies: pins, times, shares, angles, colours, quoted texts, numbers.

Reads digits of any script with English units and number words; other languages keep their digits and quotes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from robo_train.compose.families.pixels import RGB

UNITS: dict[str, tuple[str, float]] = {
    "ms": ("time", 0.001), "s": ("time", 1.0), "min": ("time", 60.0), "h": ("time", 3600.0),
    "hz": ("rate", 1.0), "khz": ("rate", 1000.0), "bpm": ("rate", 1 / 60),
    "%": ("share", 1.0), "deg": ("angle", 1.0), "cm": ("length", 1.0), "mm": ("length", 0.1),
    "m": ("length", 100.0), "v": ("volt", 1.0),
}  # fmt: skip
"""Of each unit its kind, and how much of the kind's first unit it is."""
COLOURS = frozenset({*RGB, "magenta", "violet"})

_SPELT = {
    "ms": "ms msec msecs millis milli millisec millisecs millisecond milliseconds",
    "s": "s sec secs second seconds",
    "min": "min mins minute minutes",
    "h": "h hour hours",
    "hz": "hz hertz",
    "khz": "khz kilohertz",
    "bpm": "bpm",
    "%": "% percent pct",
    "deg": "° º deg degs degree degrees",
    "cm": "cm centimeter centimeters centimetre centimetres",
    "mm": "mm millimeter millimeters millimetre millimetres",
    "m": "m meter meters metre metres",
    "v": "v volt volts",
}
_UNIT = {word: unit for unit, spelt in _SPELT.items() for word in spelt.split()}
_LONG = [word for word in _UNIT if len(word) > 5]
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_WORDS = {word: n for n, word in enumerate(_ONES)} | {
    word: 10 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_TIMES = {"once": 1, "twice": 2, "thrice": 3}
_PARTS = {"half": 0.5, "quarter": 0.25, "third": 1 / 3, "tenth": 0.1}
_TENS = "|".join(list(_WORDS)[20:])
_UPTO_99 = rf"(?:(?:{_TENS})(?:[ -](?:{'|'.join(_ONES[1:10])}))?|{'|'.join(_ONES[::-1])})"
_UPTO_999 = rf"(?:(?:(?:{_UPTO_99}|a)\s)?hundred(?:\s(?:and\s)?{_UPTO_99})?|{_UPTO_99})"
_NUMBER = rf"(?:(?:(?:{_UPTO_999}|a)\s)?thousand(?:\s(?:and\s)?{_UPTO_999})?|{_UPTO_999})"
_TOKEN = re.compile(
    r"(?P<text>\"[^\"\n]+\"|“[^”\n]+”|«[^»\n]+»|「[^」\n]+」|‘[^’\n]+’|`[^`\n]+`|(?<!\w)'[^'\n]+'(?!\w)"
    r"|https?://[^\s,;\"')]+)"
    r"|(?P<pin>\b(?:gpios?|io|pins?|d|p|g)(?:[ _:#(-]|number|no\b\.?|pin){0,6}(?P<pinned>\d{1,2}))"
    r"(?![\w%]|\.\d)"
    r"|(?P<digits>(?<![\w.])(?<![a-z]-)(?:\d+(?:[.,]\d+|\s1/2)?|[.,]\d+))(?=st\b|nd\b|rd\b|th\b|x\b|[^\W\d_]|\W|_|$)"
    rf"|(?P<words>\b{_NUMBER}\b(?P<half>\sand\sa\s(?:half|quarter)\b)?)"
    r"|(?P<part>\b(?:an?\s)?(?:half|quarter|tenth|third)\s(?:of\s)?(?:an?\s|the\s)?(?=[a-z]+))"
    r"|(?P<times>\b(?:once|twice|thrice)\b)"
    r"|(?P<single>\b(?:an?|every|each|per|one)\s(?=(?:milli)?(?:sec|min|hour)))"
    rf"|(?P<colour>\b(?:{'|'.join(sorted(COLOURS))})\b)",
    re.I,
)
_LISTED = re.compile(r"\s*(?:[,/&+]|\band\b|\bor\b)\s*(?:and\s|or\s)?", re.I)
_AFTER = re.compile(r"[\s-]?(°\s?c\b|per\scent\b|beats\sper\smin\w*|[%°º]|[^\W\d_]+)", re.I)
_PIN_BEFORE = re.compile(
    r"\b(?:gpios?|io|pins?(?:\s?(?:number|no\.?))?|scl|sda|trig(?:ger)?|echo|at|on|connected\sto)\W{1,3}$",
    re.I,
)


class Mention(NamedTuple):
    """One thing that a text names."""

    kind: str
    """pin, time, rate, share, angle, length, volt, number, colour or text."""
    value: float
    """In the unit that was said; 0 for colours and texts."""
    unit: str
    text: str
    """The quoted text, or the colour, or the words of the number."""
    start: int
    end: int
    soft: bool = False
    """May go without a place in the program: "one of", "a second"."""


def digits(text: str) -> str:
    """The text with digits of every script as 0 to 9; of the same length."""
    return "".join(
        str(unicodedata.decimal(c)) if not c.isascii() and unicodedata.decimal(c, None) is not None else c
        for c in text
    )


def mentions(text: str) -> list[Mention]:
    """What a text mentions, in its order."""
    return list(_found(digits(text)))


def mask(text: str, found: list[Mention]) -> str:
    """The text in small letters with a word for the kind in place of every mention."""
    pieces, at = [], 0
    for m in found:
        pieces += [text[at : m.start], f" {m.kind}x "]
        at = m.end
    return " ".join("".join([*pieces, text[at:]]).lower().split())


def _found(text: str) -> Iterator[Mention]:
    before: Mention | None = None
    at = 0
    while m := _TOKEN.search(text, at):
        mention = _mention(text, m, before)
        at = mention.end if mention else m.end()
        if mention:
            yield mention
            before = mention


def _mention(text: str, m: re.Match[str], before: Mention | None) -> Mention | None:
    start, end, said = m.start(), m.end(), m[0]
    if m["text"]:
        return Mention("text", 0, "", said if said.startswith("http") else said[1:-1], start, end)
    if m["colour"]:
        return Mention("colour", 0, "", said.lower(), start, end, soft=True)
    if m["pin"]:
        return Mention("pin", float(m["pinned"]), "", said, start, end)
    value = _value(m)
    unit, end = _unit(text, end)
    if unit:
        kind = "temperature" if unit == "c" else UNITS[unit][0]
        return Mention(kind, value, "" if unit == "c" else unit, said, start, end, bool(m["single"]))
    if m["part"] or m["single"]:
        return None
    if m["digits"] and text[end : end + 2] in ("st", "nd", "rd", "th"):
        end += 2
    elif m["digits"] and re.match(r"x\b", text[end:]):
        end += 1
    elif m["digits"] and re.match(r"[^\W_]", text[end:]) and text[end].isascii():
        return None  # part of a name: 128x64, 2n2222
    listed = before and before.kind == "pin" and _LISTED.fullmatch(text[before.end : start])
    if not m["times"] and value in range(40) and (listed or _PIN_BEFORE.search(text[:start])):
        return Mention("pin", value, "", said, start, end)
    return Mention("number", value, "", said, start, end, soft=said.lower() == "one")


def _value(m: re.Match[str]) -> float:
    if m["digits"]:
        whole, _, half = m["digits"].partition(" ")
        return float(whole.replace(",", ".")) + 0.5 * bool(half)
    if m["times"]:
        return _TIMES[m["times"].lower()]
    if m["part"]:
        return next(v for word, v in _PARTS.items() if word in m["part"].lower())
    if m["single"]:
        return 1
    total = group = 0
    for word in re.findall(r"[a-z]+", m["words"].lower()):
        if word == "thousand":
            total, group = total + (group or 1) * 1000, 0
        elif word == "hundred":
            group = (group or 1) * 100
        elif word in _WORDS:
            group += _WORDS[word]
    half = 0.0 if not m["half"] else 0.5 if "half" in m["half"].lower() else 0.25
    return total + group + half


def _unit(text: str, at: int) -> tuple[str, int]:
    """The unit that follows, "" where there is none, and where it ends."""
    m = _AFTER.match(text, at)
    if not m:
        return "", at
    word = m[1].lower()
    if word.startswith(("°", "º", "deg")) and (c := re.match(r"\s?(?:c\b|celsius)", text[m.end() :], re.I)):
        return "c", m.end() + c.end()
    if word in ("c", "celsius") or (word[0] == "°" and len(word) > 1):
        return "c", m.end()
    if " " in word:
        word = "%" if word.startswith("per") else "bpm"
    unit = _UNIT.get(word) or (_close(word) if len(word) > 5 else "")
    return (unit, m.end()) if unit else ("", at)


@lru_cache(maxsize=4096)
def _close(word: str) -> str:
    """The unit that a mistyped word means."""
    close = get_close_matches(word, _LONG, 1, 0.82)
    return _UNIT[close[0]] if close else ""
