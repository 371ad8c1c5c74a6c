"""Statements about what a program did, written in YAML or JSON and judged over a trace.

checks = check_list([{"op": "periodic", "sig": ["pin", 2], "period": 1.0, "duty": 0.5}])
failures = evaluate(simulate(code), checks)   # [] when all hold
"""

from __future__ import annotations

from collections.abc import Sequence as Ordered
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from robo_runtime.checks.base import BaseCheck
from robo_runtime.checks.happenings import Ended, Every, Happens, Print, Running
from robo_runtime.checks.levels import Count, Hold, Periodic, Range
from robo_runtime.checks.parts import Angle, Display, Pixels, Tone
from robo_runtime.checks.shapes import Fade, Sequence
from robo_runtime.errors import RoboError
from robo_runtime.simulate.trace import Trace


class AnyOf(BaseCheck):
    """At least one of the checks holds."""

    op: Literal["any_of"]
    checks: list[Check] = Field(min_length=1)

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        why = []
        for check in self.checks:
            if (failure := check.judge(trace)) is None:
                return None
            why.append(failure)
        return "none of these holds: " + "; or ".join(why)


class AllOf(BaseCheck):
    """All of the checks hold."""

    op: Literal["all_of"]
    checks: list[Check] = Field(min_length=1)

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        failures = [f for f in (check.judge(trace) for check in self.checks) if f is not None]
        return "; and ".join(failures) or None


class Not(BaseCheck):
    """The check does not hold."""

    op: Literal["not"]
    check: Check

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        if self.check.judge(trace) is not None:
            return None
        return f"this should not hold: {self.check.model_dump(mode='json', exclude_defaults=True)}"


Check = Annotated[
    Hold | Range | Periodic | Count | Sequence | Fade | Tone | Angle | Pixels | Display
    | Print | Happens | Every | Ended | Running | AnyOf | AllOf | Not,
    Field(discriminator="op"),
]  # fmt: skip
"""One statement about a trace; `op` says which kind."""

for _model in (AnyOf, AllOf, Not):
    _model.model_rebuild()
_LIST: TypeAdapter[list[Check]] = TypeAdapter(list[Check])


def check_list(data: Any, where: str = "checks") -> list[Check]:
    """Checks from parsed YAML or JSON.

    Raises:
        RoboError: an unknown op or key, or a value out of range (names the check and the key).
    """
    try:
        return _LIST.validate_python(data)
    except ValidationError as e:
        lines = [f"{where}: {'.'.join(map(str, err['loc']))}: {err['msg']}" for err in e.errors()]
        raise RoboError("\n".join(lines)) from None


def dump_checks(checks: Ordered[Check]) -> list[dict[str, Any]]:
    """Checks in the form `check_list` reads, without defaults."""
    return [{"op": c.op, **c.model_dump(mode="json", exclude_defaults=True, by_alias=True)} for c in checks]


def evaluate(trace: Trace, checks: Ordered[Check]) -> list[str]:
    """What is wrong with `trace`: one sentence per check that fails, first of all an error of the program."""
    failures = [f"the program failed: {trace.error}"] if trace.error else []
    return failures + [f for f in (check.judge(trace) for check in checks) if f is not None]
