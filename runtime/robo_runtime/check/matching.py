"""Arguments of a call matched to a signature, as Python does it."""

from __future__ import annotations

import ast
from typing import Any

from robo_runtime.registry import Argument, Function, Signature


def match(signature: Signature, call: ast.Call) -> dict[str, ast.expr] | str:
    """Arguments of a call by parameter name, or why they do not fit; empty when `*` or `**` hides them."""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return {}
    positional = [a for a in signature.arguments if a.kind == "pos"]
    keyword_only = [a for a in signature.arguments if a.kind == "kw"]
    variable = any(a.kind == "var" for a in signature.arguments)
    if len(call.args) > len(positional) and not variable:
        return f"takes {_count(len(positional))}, {len(call.args)} given"
    found = {a.name: value for a, value in zip(positional, call.args, strict=False)}
    names = {a.name for a in [*positional, *keyword_only]}
    anything = any(a.kind == "varkw" for a in signature.arguments)
    for keyword in call.keywords:
        assert keyword.arg is not None
        if keyword.arg in found:
            return f"got `{keyword.arg}` twice"
        if keyword.arg not in names and not anything:
            return f"has no argument `{keyword.arg}`"
        found[keyword.arg] = keyword.value
    for a in [*positional, *keyword_only]:
        if a.required and a.name not in found:
            return f"needs `{a.name}`"
    return found


def _count(n: int) -> str:
    return "no arguments" if n == 0 else "1 argument" if n == 1 else f"at most {n} arguments"


def kit_signature(function: Function) -> Signature:
    """The signature of a firmware function."""
    arguments = (
        Argument(name=name, annotation=p.type, required=p.required) for name, p in function.parameters.items()
    )
    return Signature(arguments=tuple(arguments), returns=function.returns.type)


def user_signature(definition: Any) -> Signature:
    """The signature of a function of the program."""
    spec: ast.arguments = definition.args
    positional = [*spec.posonlyargs, *spec.args]
    first_default = len(positional) - len(spec.defaults)
    found = [Argument(name=a.arg, required=i < first_default) for i, a in enumerate(positional)]
    found += [Argument(name=spec.vararg.arg, kind="var", required=False)] if spec.vararg else []
    for a, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        found.append(Argument(name=a.arg, kind="kw", required=default is None))
    found += [Argument(name=spec.kwarg.arg, kind="varkw", required=False)] if spec.kwarg else []
    return Signature(arguments=tuple(found))


def written(name: str, signature: Signature) -> str:
    """How to write the call: `PWM(dest, freq=…)`."""
    words = [a.name if a.required else f"{a.name}=…" for a in signature.arguments if a.kind in ("pos", "kw")]
    return f"{name}({', '.join(words)})"
