"""One number of a program exchanged, in prompt and checks too."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from robo_train.corpus.augment.confirm import changed, confirmed, failures
from robo_train.corpus.augment.numbers_in import (
    exchange_in_code,
    exchange_in_text,
    exchange_values,
    literals,
    pin_literals,
)
from robo_train.corpus.records import Record

_TRIES = 5
_FIXED = frozenset({"0", "1", "100", "180", "1000", "65535", "1023", "50", "500000", "2000000", "60"})


def parameters(record: Record, rng: Random) -> list[Record]:
    """A number that stands once in the program and once in the prompt, exchanged for a similar one.

    The checks are changed where they name the number; what they say only indirectly (a period made of two
    pauses) makes the new program fail, and then nothing is kept. The old program must fail the new checks.
    """
    if record.type != "instruction" or not record.checks:
        return []
    at = pin_literals(record.code)
    numbers = list(literals(record.code))
    often = Counter(text for _, _, text in numbers)
    able = [
        (i, j, t)
        for i, j, t in numbers
        if (i, j) not in at and often[t] == 1 and t not in _FIXED
        and exchange_in_text(record.prompt, {t: "\0"}).count("\0") == 1
    ]  # fmt: skip
    for i, j, old in rng.sample(able, min(_TRIES, len(able))):
        new = _similar(old, rng)
        if new in often:
            continue
        number: Any = float(new) if "." in new else int(new)
        found = changed(
            record, "parameters",
            code=exchange_in_code(record.code, {(i, j): (old, new)}),
            prompt=exchange_in_text(record.prompt, {old: new}),
            hardware=[exchange_in_text(h, {old: new}) for h in record.hardware],
            checks=exchange_values(record.checks, {float(old): number}),
        )  # fmt: skip
        if confirmed(found) and failures(record.code, found):
            return [found]
    return []


def _similar(old: str, rng: Random) -> str:
    """Another number of the same size and precision."""
    if "." in old:
        digits = len(old.split(".")[1])
        return f"{float(old) * rng.choice((0.5, 0.8, 1.2, 1.5, 2)):.{digits}f}"
    n = int(old)
    step = 10 ** (len(old) - len(old.rstrip("0")))
    near = [n + d * step for d in (-4, -3, -2, -1, 1, 2, 3, 4, 5)] if n > 9 else list(range(2, 13))
    return str(rng.choice([m for m in near if m > 0 and m != n] or [n + 1]))
