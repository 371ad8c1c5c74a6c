"""Whether the numbers that a prompt says arrive in the program: what tiny models get wrong first.

A number counts that the reference program has from the prompt, in whatever unit. It is right when the answer
has it too, wherever: a number in a wrong role is another mistake (`causes.py`).
"""

from __future__ import annotations

from robo_runtime.said import among, said_numbers

from benchmarks.quality.answers import Answer
from benchmarks.quality.cases import Case
from benchmarks.quality.programs import anatomy


def wanted_numbers(case: Case) -> list[tuple[str, float]]:
    """Each number of the reference program that the prompt says, with its role, once.

    0 and 1 are left out where they are no pins: most programs have them of themselves.
    """
    reference = anatomy(case.record.code)
    said = said_numbers(case.prompt)
    roles = dict.fromkeys(reference.roles if reference else [])
    return [(r, n) for r, n in roles if (n not in (0, 1) or "Pin#0" in r) and among(n, said, r)]


def numbers_copied(case: Case, answer: Answer) -> bool | None:
    """True when all of them are in the answer; None where the prompt has none, or should be refused."""
    if case.should_refuse or not (wanted := wanted_numbers(case)):
        return None
    got = anatomy(answer.code)
    return got is not None and all(among(n, got.numbers, role) for role, n in wanted)
