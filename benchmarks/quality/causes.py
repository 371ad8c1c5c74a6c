"""Why an answer failed, by rules that a program can apply: the first that fits.

The reference program of the case tells which numbers, parts and verbs were wanted. It is one right program of
many, so the later rules say where the answer differs from it, which is where to look first.
"""

from __future__ import annotations

from robo_runtime.said import among, said_numbers

from benchmarks.quality.answers import Answer
from benchmarks.quality.cases import Case
from benchmarks.quality.judge import Verdict
from benchmarks.quality.programs import Anatomy, anatomy

CAUSES = (
    "refused wrongly", "should have refused", "no program", "syntax", "API", "runtime error",
    "number copied wrong", "missing part", "wrong polarity or verb", "number in a wrong role",
    "text copied wrong", "other order or structure", "other",
)  # fmt: skip
_USUAL = frozenset(
    (0, 1, -1, 2, 3, 4, 5, 8, 10, 20, 50, 60, 64, 90, 100, 128, 180, 255, 256, 500, 750, 1000, 1023, 4095,
     32768, 60000, 65535, 500000, 2000000)
)  # fmt: skip
"""Numbers that programs have of themselves: polling, full scale, pulses of servos."""


def cause(case: Case, answer: Answer, verdict: Verdict) -> str:
    """One of `CAUSES` for an answer that failed."""
    if answer.refused:
        return "refused wrongly"
    if not answer.code.strip():
        return "no program"
    if case.should_refuse:
        return "should have refused"
    got, wanted = anatomy(answer.code), anatomy(case.record.code)
    if not verdict.syntax or got is None:
        return "syntax"
    if not verdict.api:
        return "API"
    numbers = _numbers(case, got, wanted)
    if numbers and not verdict.clean:  # a pin or a value that cannot be
        return numbers
    if not verdict.runs:
        return "runtime error"
    if not verdict.clean:
        return "API"
    return numbers or _against(got, wanted)


def _numbers(case: Case, got: Anatomy, wanted: Anatomy | None) -> str:
    """Whether a number was lost or invented; a lost one whose device is lost as well is a missing part."""
    said = said_numbers(case.prompt)
    known = said | set(wanted.numbers if wanted else ())
    right = wanted.roles if wanted else [("", n) for n in said]
    lost = [
        n for role, n in right if n not in (0, 1) and among(n, said, role) and not among(n, got.numbers, role)
    ]
    invented = [n for role, n in got.roles if _stands_out(role, n) and not among(n, known, role)]
    if invented or (lost and (wanted is None or not wanted.parts - got.parts)):
        return "number copied wrong"
    return "missing part" if lost else ""


def _stands_out(role: str, number: float) -> bool:
    """Whether a program can have the number from its prompt only."""
    return "Pin#0" in role or role.endswith("_pin") or number not in _USUAL


def _against(got: Anatomy, wanted: Anatomy | None) -> str:
    """Where a program whose numbers are right differs from the reference."""
    if wanted is None:
        return "other"
    if wanted.parts.keys() - got.parts.keys() or wanted.parts["Pin"] > got.parts["Pin"]:
        return "missing part"
    if wanted.verbs - got.verbs and got.verbs - wanted.verbs:
        return "wrong polarity or verb"
    if wanted.calls - got.calls:
        return "wrong polarity or verb" if got.calls - wanted.calls else "missing part"
    if wanted.roles != got.roles:
        if wanted.numbers == got.numbers and (
            wanted.skeleton == got.skeleton or sorted(wanted.roles) != sorted(got.roles)
        ):
            return "number in a wrong role"
        if [role for role, _ in wanted.roles] == [role for role, _ in got.roles]:
            return "number copied wrong"
    if wanted.texts - got.texts:
        return "text copied wrong"
    return "other order or structure" if wanted.skeleton != got.skeleton else "other"
