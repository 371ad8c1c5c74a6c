"""Where in a program a line stands: the blocks around it, and which names certainly have a value there."""

from __future__ import annotations

from typing import NamedTuple

Names = frozenset[str]


class Block(NamedTuple):
    """An open block, from its first line with a colon on."""

    kind: str
    """`if`, `loop`, `try`, `def`."""
    level: int
    """Of the line that opens it."""
    entry: Names
    """Names with a value before it."""
    ends: tuple[Names, ...] = ()
    """Those at the end of each earlier branch that is left at its end."""
    whole: bool = False
    """An `if` with `else`; a loop that runs at least once."""
    endless: bool = False
    """`while True`."""
    breaks: tuple[Names, ...] = ()
    turns: tuple[Names, ...] = ()
    """Where `continue` stands."""
    filled: Names = frozenset()
    """Serial ports that certainly have something to read: `if uart.any():`."""


class Place(NamedTuple):
    """Open blocks, and what is defined."""

    blocks: tuple[Block, ...]
    defined: Names
    dead: bool = False
    """Nothing that follows in this block is ever reached."""


def settle(place: Place) -> Place:
    """Close the innermost block; nothing but its own branches belonged to it."""
    block, outer = place.blocks[-1], place.blocks[:-1]
    ends = block.ends if place.dead else (*block.ends, place.defined)
    if block.kind == "loop":
        turns = (*(() if place.dead else (place.defined,)), *block.turns)
        if block.endless:
            ends = block.breaks
        elif block.whole:
            ends = (*block.breaks, *([frozenset.intersection(*turns)] if turns else []))
        else:
            ends = (*block.breaks, block.entry)
    elif block.kind == "if" and not block.whole:
        ends = (*ends, block.entry)
    if not ends:
        return Place(outer, place.defined, True)
    return Place(outer, frozenset.intersection(*ends), False)


def branch(place: Place, whole: bool) -> Place:
    """The next branch of the innermost block begins: `elif`, `else`, `except`."""
    block = place.blocks[-1]
    ends = block.ends if place.dead else (*block.ends, place.defined)
    block = block._replace(ends=ends, whole=block.whole or whole)
    return Place((*place.blocks[:-1], block), block.entry)


def finish(place: Place) -> Place:
    """`finally`: what was bound before it may or may not have happened."""
    block = place.blocks[-1]
    ends = block.ends if place.dead else (*block.ends, place.defined)
    defined = frozenset.intersection(*ends) if ends else block.entry
    return Place((*place.blocks[:-1], block._replace(ends=())), defined)


def filled(place: Place) -> Names:
    """Ports that certainly have something to read at this place."""
    found: Names = frozenset()
    for block in place.blocks:
        found = (frozenset() if block.kind in ("loop", "def") else found) | block.filled
    return found


def used(place: Place, ports: Names) -> Place:
    """What was there to read has been read."""
    blocks = (b._replace(filled=b.filled - ports) if b.filled & ports else b for b in place.blocks)
    return place._replace(blocks=tuple(blocks))


def leave(place: Place, turn: bool) -> Place:
    """`break`, or with `turn` `continue`."""
    blocks = list(place.blocks)
    for i in range(len(blocks) - 1, -1, -1):
        if blocks[i].kind == "loop":
            seen = () if place.dead else (place.defined,)
            block = blocks[i]
            blocks[i] = (
                block._replace(turns=(*block.turns, *seen))
                if turn
                else block._replace(breaks=(*block.breaks, *seen))
            )
            break
    return Place(tuple(blocks), place.defined, True)
