"""`$x` and `${…}`: copied into programs, computed in checks, by simpleeval and never by Python itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from robo_runtime.errors import RoboError
from simpleeval import InvalidExpression, SimpleEval

from robo_train.sketches.slots import Value

_HOLE = re.compile(r"\$(?:\{([^{}]*)\}|([a-z][a-z0-9_]*))")
_FUNCTIONS = {"min": min, "max": max, "round": round, "abs": abs, "int": int}

Values = Mapping[str, Value]


def in_code(text: str, values: Values, where: str) -> str:
    """A program or a row of parts: values are copied, never computed.

    Raises:
        RoboError: an unknown slot, an unknown form, or arithmetic.
    """

    def write(m: re.Match[str]) -> str:
        name, _, form = (m[1] if m[1] is not None else m[2]).strip().partition(".")
        value = values.get(name)
        if value is None:
            known = ", ".join(values)
            raise RoboError(
                f"{where}: {m[0]}: a program copies a slot ($x, ${{x.sleep}}, ${{x.ms}}); slots: {known}"
            )
        if not form:
            return value.code
        if form not in value.forms:
            raise RoboError(f"{where}: {m[0]}: only a time has .sleep and .ms")
        return value.forms[form]

    return _HOLE.sub(write, text)


def in_data(data: Any, values: Values, where: str) -> Any:
    """Checks, worlds and `until` with everything computed; keys of maps too.

    Raises:
        RoboError: an expression that cannot be computed.
    """
    if isinstance(data, dict):
        return {_key(in_data(k, values, where)): in_data(v, values, f"{where}.{k}") for k, v in data.items()}
    if isinstance(data, list):
        return [in_data(v, values, f"{where}.{i}") for i, v in enumerate(data)]
    if not isinstance(data, str):
        return data
    if whole := _HOLE.fullmatch(data.strip()):
        return _listed(compute(whole[1] if whole[1] is not None else whole[2], values, where))
    return _HOLE.sub(lambda m: _text(compute(m[1] if m[1] is not None else m[2], values, where)), data)


def compute(expression: str, values: Values, where: str) -> Any:
    """Arithmetic over the slots.

    Raises:
        RoboError: it cannot be computed.
    """
    names = {name: value.number for name, value in values.items()} | {"True": True, "False": False}
    try:
        found = SimpleEval(names=names, functions=_FUNCTIONS).eval(expression)
    except (InvalidExpression, SyntaxError, TypeError, ValueError, ZeroDivisionError, KeyError) as e:
        raise RoboError(
            f"{where}: {expression!r}: {e}; use slots, numbers, + - * / // %, comparisons, min, max, round,"
            " abs, int; of a time write x.s"
        ) from None
    if isinstance(found, dict):
        raise RoboError(f"{where}: {expression!r} is a time; write {expression}.s")
    return round(found, 6) if isinstance(found, float) else found


def _key(key: Any) -> Any:
    return key if isinstance(key, str) else str(key) if isinstance(key, int) else key


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
