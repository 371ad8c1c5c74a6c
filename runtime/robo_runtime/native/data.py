"""The data file: a grammar as positions and sets of characters, the scope's table, what prompts are made of.

Its reader is `mobile/native/src/data.cpp`. All of it is derived: nothing is written here that the
runtime does not say elsewhere.
"""

from __future__ import annotations

import struct
import zlib

from robo_runtime.automaton.notation import CHAR, REF, Chars, Rules
from robo_runtime.native.characters import put_normalisation
from robo_runtime.native.rules import put_scope
from robo_runtime.native.stream import Stream
from robo_runtime.prompt import control_tokens
from robo_runtime.scope.table import Table

MAGIC, VERSION = b"ROBODATA", 1


def native_data(gbnf: str, table: Table, board: str) -> bytes:
    """The file's content.

    Args:
        gbnf: the grammar of the board's programs.

    Raises:
        NotationError: the grammar cannot be read.
    """
    out = Stream()
    out.string(board)
    out.each(control_tokens(), out.string)
    put_normalisation(out)
    _put_grammar(out, Rules(gbnf))
    put_scope(out, table)
    return MAGIC + struct.pack("<II", VERSION, zlib.crc32(out.data)) + bytes(out.data)


def _put_grammar(out: Stream, rules: Rules) -> None:
    """Sets of characters; positions, each a kind and what belongs to it; starts of rules; which is root."""
    names = _read_all(rules)
    sets: dict[tuple[tuple[int, int], ...], int] = {}
    positions = []
    for kind, data in zip(rules.kinds, rules.data, strict=True):
        number = 0
        if isinstance(data, Chars):
            number = sets.setdefault(data.ranges, len(sets))
        elif isinstance(data, str):
            number = names[data]
        positions.append(number << 2 | kind)
    out.each(list(sets), lambda ranges: out.each(ranges, lambda pair: out.number(*pair)))
    out.each(positions, out.number)
    out.each(list(names), lambda name: out.each(rules.starts(name), out.number))
    out.number(names["root"])


def _read_all(rules: Rules) -> dict[str, int]:
    """Every rule that `root` comes to, numbered."""
    names = {"root": 0}
    rules.starts("root")
    at = 0
    while at < len(rules.kinds):
        data = rules.data[at]
        if rules.kinds[at] == REF and isinstance(data, str):
            rules.starts(data)
            names.setdefault(data, len(names))
        assert rules.kinds[at] != CHAR or isinstance(data, Chars)
        at += 1
    return names
