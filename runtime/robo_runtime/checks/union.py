"""Statements about what a program did, written in YAML or JSON and judged over a trace.

checks = check_list([{"op": "periodic", "sig": ["pin", 2], "period": 1.0, "duty": 0.5}])
failures = evaluate(simulate(code), checks)   # [] when all hold
"""

from __future__ import annotations

from collections.abc import Sequence as Ordered
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, TypeAdapter, ValidationError

from robo_runtime.checks.base import BaseCheck
from robo_runtime.checks.happenings import Ended, Every, Happens, Print, Running
from robo_runtime.checks.levels import Count, Hold, Periodic, Range
from robo_runtime.checks.motion import Pose
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
    | Pose | Print | Happens | Every | Ended | Running | AnyOf | AllOf | Not,
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
        raise RoboError("\n".join(_sentence(where, err) for err in e.errors())) from None


_MODELS: dict[str, type[BaseCheck]] = {
    get_args(model.model_fields["op"].annotation)[0]: model for model in get_args(get_args(Check)[0])
}


def _sentence(where: str, err: Any) -> str:
    """One problem: which check, which key, what was expected."""
    loc, kind = [str(part) for part in err["loc"]], err["type"]
    place = f"{where}: {'.'.join(loc)}" if loc else where
    if kind == "union_tag_invalid":
        return f"{place}: unknown op {err['ctx']['tag']!r}; known ops: {', '.join(_MODELS)}"
    if kind == "union_tag_not_found":
        return f"{place}: the key 'op' is missing; it is one of: {', '.join(_MODELS)}"
    if kind in ("extra_forbidden", "missing"):
        op = next((part for part in reversed(loc[:-1]) if part in _MODELS), None)
        fields = _MODELS[op].model_fields if op else {}
        known = ", ".join(field.alias or name for name, field in fields.items())
        said = "unknown key" if kind == "extra_forbidden" else "this key is missing"
        return f"{place}: {said}; the keys of {op!r}: {known}" if op else f"{place}: {said}"
    message = err["msg"].removeprefix("Value error, ")
    return f"{place}: {message[0].lower() + message[1:]}, got {err['input']!r:.80}"


def dump_checks(checks: Ordered[Check]) -> list[dict[str, Any]]:
    """Checks in the form `check_list` reads, without defaults."""
    return [{"op": c.op, **c.model_dump(mode="json", exclude_defaults=True, by_alias=True)} for c in checks]


def evaluate(trace: Trace, checks: Ordered[Check]) -> list[str]:
    """What is wrong with `trace`: one sentence per check that fails, first of all an error of the program."""
    failures = [f"the program failed: {trace.error}"] if trace.error else []
    return failures + [f for f in (check.judge(trace) for check in checks) if f is not None]
