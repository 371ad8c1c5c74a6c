"""Calls of Python's built-in functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from robo_runtime.check import builtin
from robo_runtime.check.problem import Problem
from robo_runtime.check.types import Types
from robo_runtime.check.wording import ACCEPTS, wrong_type


def builtin_problems(call: ast.Call, name: str, types: Types) -> Iterator[Problem]:
    """What is wrong with a call of a built-in function."""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return
    fewest, most = builtin.ARGUMENTS[name]
    given, where = len(call.args), (call.lineno, call.col_offset)
    if not fewest <= given <= most:
        wanted = str(most) if fewest == most else f"{fewest} to {most}" if most < 50 else f"at least {fewest}"
        yield Problem(
            *where,
            "api",
            f"`{name}` takes {wanted} argument{'s' * (wanted != '1')}, {given} given.",
            "Give as many as it takes.",
        )
    for keyword in call.keywords:
        if name != "dict" and keyword.arg not in builtin.KEYWORDS.get(name, ()):
            yield Problem(*where, "api", f"`{name}` has no argument `{keyword.arg}`.", "Remove it.")
    for position in builtin.WHOLE.get(name, ()):
        if position < given and (known := types.infer(call.args[position])) is not None:
            a = call.args[position]
            if known.kind != "python" or known.name not in ACCEPTS["int"]:
                yield wrong_type((a.lineno, a.col_offset), f"An argument of `{name}`", "int", known)
    if name in builtin.COUNTED and call.args and (known := types.infer(call.args[0])) is not None:
        a = call.args[0]
        if known.kind == "python" and known.name in ("int", "float", "bool", "None"):
            text = f"`{name}` needs something with elements, not `{ast.unparse(a)}`."
            yield Problem.at(a, "api", text, "Give it a list, a text or a `range(…)`.")
