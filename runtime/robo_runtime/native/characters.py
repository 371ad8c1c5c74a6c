"""Unicode's normal form C as tables, from Python's own."""

from __future__ import annotations

import sys
import unicodedata

from robo_runtime.native.stream import Stream

NOTHING = 0xFFFFFFFF
_HANGUL = range(0xAC00, 0xD7A4)  # computed, not listed


def put_normalisation(out: Stream) -> None:
    """What characters are taken apart to, the classes of marks, and which pairs become one character."""
    apart: list[tuple[int, int, int]] = []
    classes: list[tuple[int, int]] = []
    pairs: list[tuple[int, int, int]] = []
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if mark := unicodedata.combining(character):
            classes.append((code, mark))
        found = unicodedata.decomposition(character)
        if not found or found.startswith("<") or code in _HANGUL:
            continue
        first, *second = (int(part, 16) for part in found.split())
        apart.append((code, first, second[0] if second else NOTHING))
        if second and unicodedata.normalize("NFC", character) == character:
            pairs.append((first, second[0], code))
    out.each(apart, lambda row: out.number(*row))
    out.each(classes, lambda row: out.number(*row))
    out.each(pairs, lambda row: out.number(*row))
