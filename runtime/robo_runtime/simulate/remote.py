"""The infrared remote control of the kit: which edges its receiver gives for a key (NEC code)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CODES = {
    "1": 0x45, "2": 0x46, "3": 0x47, "4": 0x44, "5": 0x40, "6": 0x43, "7": 0x07, "8": 0x15, "9": 0x09,
    "0": 0x19, "*": 0x16, "#": 0x0D, "up": 0x18, "down": 0x52, "left": 0x08, "right": 0x5A, "ok": 0x1C,
}  # fmt: skip
UNIT = 562.5e-6
REPEAT = 0.108
MOST = 100
"""Repeats of a key that is held."""
FIRST = 0.05
"""A key that is held from the start is pressed when the program listens: a frame cut in half is no key."""


def pressed(keys: Sequence[tuple[float, Any]]) -> list[tuple[float, int]]:
    """Levels of the receiver's pin while the keys of a series are held: a frame, then repeats."""
    levels: list[tuple[float, int]] = [(0.0, 1)]
    for i, (start, name) in enumerate(keys):
        key, start = str(name).lower(), max(start, FIRST)
        if key not in CODES:
            continue
        end = keys[i + 1][0] if i + 1 < len(keys) else float("inf")
        levels += _edges(start, _frame(CODES[key]))
        for n in range(1, MOST):
            if start + n * REPEAT >= end:
                break
            levels += _edges(start + n * REPEAT, [16, 4, 1])
    return sorted(levels, key=lambda point: point[0])


def _frame(command: int) -> list[int]:
    """Lengths in units, low and high in turn: address 0 and its inverse, command and its inverse."""
    units = [16, 8]
    for byte in (0x00, 0xFF, command, command ^ 0xFF):
        for bit in range(8):
            units += [1, 3 if byte >> bit & 1 else 1]
    return [*units, 1]


def _edges(start: float, units: list[int]) -> list[tuple[float, int]]:
    edges, at = [], start
    for i, length in enumerate(units):
        edges.append((at, i % 2))
        at += length * UNIT
    return [*edges, (at, 1)]
