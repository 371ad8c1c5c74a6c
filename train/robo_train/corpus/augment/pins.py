"""All pins of a project exchanged for others that can do the same."""

from __future__ import annotations

from random import Random

from robo_runtime.registry import Board, load_registry
from robo_runtime.registry.models import PinRole

from robo_train.corpus.augment.confirm import changed, confirmed, failures
from robo_train.corpus.augment.numbers_in import (
    exchange_in_code,
    exchange_in_text,
    exchange_pins_in_data,
    literals,
    pin_literals,
)
from robo_train.corpus.records import Record

BOARD = "esp32"
_TRIES = 6
_AWKWARD = frozenset({0, 1, 3})
_ROLES: tuple[PinRole, ...] = ("output", "adc")


def pins(record: Record, rng: Random) -> list[Record]:
    """Other pins in program, prompt, parts, checks and world: every occurrence, legal pins only.

    Left alone is a program in which a pin's number also means something else, since then nobody can tell
    which of the two a prompt says.
    """
    if record.type != "instruction" or "robokit" in record.hardware:
        return []
    at = pin_literals(record.code)
    numbers = list(literals(record.code))
    old = {int(text) for line, column, text in numbers if (line, column) in at}
    others = {text for line, column, text in numbers if (line, column) not in at}
    if not old or others & {str(n) for n in old}:
        return []
    board = load_registry().boards[BOARD]
    free = [p for p in board.pins if p not in old and p not in _AWKWARD and str(p) not in others]
    for _ in range(_TRIES):
        new: dict[int, int] = {}
        for n in sorted(old):
            able = [p for p in free if p not in new.values() and _alike(board, n, p)]
            if able:
                new[n] = rng.choice(able)
        if len(new) < len(old):
            return []
        texts = {str(n): str(p) for n, p in new.items()}
        found = changed(
            record, "pins",
            code=exchange_in_code(
                record.code, {(i, j): (t, texts[t]) for i, j, t in numbers if (i, j) in at}
            ),
            prompt=exchange_in_text(record.prompt, texts, pins=True),
            hardware=[exchange_in_text(h, texts, pins=True) for h in record.hardware],
            checks=exchange_pins_in_data(record.checks, new),
            world=exchange_pins_in_data(record.world, new),
        )  # fmt: skip
        if confirmed(found) and (not record.checks or failures(record.code, found) or not _seen(record, old)):
            return [found]
    return []


def _alike(board: Board, old: int, new: int) -> bool:
    """Whether the new pin can drive and measure wherever the old one can."""
    return all(board.can(new, role) for role in _ROLES if board.can(old, role))


def _seen(record: Record, old: set[int]) -> bool:
    """Whether the checks look at a pin at all; a program that only prints passes on any pins."""
    text = str(record.checks) + str(record.world)
    return any(str(n) in text for n in old)
