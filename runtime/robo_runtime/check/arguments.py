"""Calls against signatures: how many arguments, which keywords, which values and pins."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from robo_runtime.check.problem import Problem
from robo_runtime.registry import Argument, Board, Callable, Function, Parameter, Signature

NOT_CONSTANT = object()
_LIMIT = 10**12  # a folded number larger than this is left alone


def fold(node: ast.expr) -> Any:
    """The value of a literal or of arithmetic on literals, NOT_CONSTANT otherwise; nothing is executed."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = fold(node.operand)
        if isinstance(value, int | float):
            return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        left, right = fold(node.left), fold(node.right)
        if all(isinstance(v, int | float) and abs(v) < _LIMIT for v in (left, right)):
            try:
                if isinstance(node.op, ast.Add):
                    return left + right
                if isinstance(node.op, ast.Sub):
                    return left - right
                if isinstance(node.op, ast.Mult):
                    return left * right
                if isinstance(node.op, ast.Div):
                    return left / right
                if isinstance(node.op, ast.FloorDiv):
                    return left // right
                if isinstance(node.op, ast.Mod):
                    return left % right
            except ZeroDivisionError:
                return NOT_CONSTANT
    return NOT_CONSTANT


def match(signature: Signature, call: ast.Call) -> dict[str, ast.expr] | str:
    """Arguments of a call by parameter name, or why they do not fit."""
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


def call_problems(
    call: ast.Call, name: str, target: Callable | Function, board: Board, pins: dict[str, ast.Call]
) -> Iterator[Problem]:
    """Everything wrong with one call of something in the registry.

    Args:
        name: how the program writes it, for the message.
        pins: calls of `Pin(…)` by the variable they are bound to.
    """
    where = (call.lineno, call.col_offset)
    signatures = [kit_signature(target)] if isinstance(target, Function) else list(target.signatures)
    fits = [match(s, call) for s in signatures]
    chosen = [(s, f) for s, f in zip(signatures, fits, strict=True) if isinstance(f, dict)]
    if not chosen:
        reasons = [f for f in fits if isinstance(f, str)]
        words = [target.signature] if isinstance(target, Function) else [_show(name, s) for s in signatures]
        yield Problem(*where, "api", f"`{name}` {reasons[0]}.", f"Write `{' or '.join(words)}`.")
        return
    if isinstance(target, Function):
        for key, value in chosen[0][1].items():
            yield from _kit_value(name, key, target.parameters[key], value)
        return
    problems = [list(_value_problems(name, s, f, board, pins)) for s, f in chosen]
    yield from min(problems, key=len)


def _show(name: str, signature: Signature) -> str:
    words = [a.name if a.required else f"{a.name}=…" for a in signature.arguments if a.kind in ("pos", "kw")]
    return f"{name}({', '.join(words)})"


def _kit_value(name: str, key: str, parameter: Parameter, node: ast.expr) -> Iterator[Problem]:
    value = fold(node)
    if value is NOT_CONSTANT or parameter.type == "function":
        return
    if problem := parameter.mismatch(value):
        if (
            parameter.type == "int"
            and isinstance(value, float)
            and value.is_integer()
            and parameter.range is None
        ):
            return
        yield Problem(
            node.lineno,
            node.col_offset,
            "range",
            f"`{key}` of `{name}` {problem}, not {value!r}.",
            "Choose another.",
        )


def _value_problems(
    name: str, signature: Signature, found: dict[str, ast.expr], board: Board, pins: dict[str, ast.Call]
) -> Iterator[Problem]:
    by_name = {a.name: a for a in signature.arguments}
    for key, node in found.items():
        argument = by_name.get(key)
        if argument is None:
            continue
        where = (node.lineno, node.col_offset)
        value = fold(node)
        if argument.range is not None and isinstance(value, int | float) and not isinstance(value, bool):
            low, high = argument.range
            if isinstance(value, float):
                yield Problem(*where, "range", f"`{key}` of `{name}` must be a whole number, not {value!r}.",
                              "Use `int(…)` or `//`.")  # fmt: skip
            elif not low <= value <= high:
                yield Problem(*where, "range", f"`{key}` of `{name}` must be from {low} to {high},"
                              f" not {value!r}.", "Choose a number in that range.")  # fmt: skip
        elif argument.range is not None and isinstance(value, str):
            yield Problem(
                *where, "api", f"`{key}` of `{name}` must be a number, not a text.", "Remove the quotes."
            )
        elif argument.pin is not None:
            yield from pin_problems(node, argument.pin, found, board, pins)


def pin_number(node: ast.expr, pins: dict[str, ast.Call]) -> int | None:
    """The number of a pin given as a number, as `Pin(n, …)` or by a variable bound to that."""
    if isinstance(node, ast.Name) and node.id in pins:
        node = pins[node.id]
    if isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    value = fold(node)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def pin_problems(
    node: ast.expr, role: str, found: dict[str, ast.expr], board: Board, pins: dict[str, ast.Call]
) -> Iterator[Problem]:
    """What a pin cannot do on this board."""
    number = pin_number(node, pins)
    if number is None:
        return
    where = (node.lineno, node.col_offset)
    if number in board.flash:
        yield Problem(*where, "pin", f"Pin {number} belongs to the flash memory; using it stops the"
                      f" {board.title}.", f"Use another pin, e.g. {_example(board, 'output')}.")  # fmt: skip
        return
    if number not in board.pins:
        yield Problem(*where, "pin", f"The {board.title} has no pin {number}.",
                      f"Its pins are {', '.join(map(str, board.pins))}.")  # fmt: skip
        return
    mode = ast.unparse(found["mode"]) if "mode" in found else ""
    pull = ast.unparse(found["pull"]) if "pull" in found else ""
    if mode.endswith((".OUT", ".OPEN_DRAIN")):
        role = "output"
    if number in board.input_only and role == "output":
        yield Problem(*where, "pin", f"Pin {number} can only listen, it cannot switch anything.",
                      f"Use another pin, e.g. {_example(board, 'output')}.")  # fmt: skip
    elif number in board.input_only and pull.endswith((".PULL_UP", ".PULL_DOWN")):
        yield Problem(*where, "pin", f"Pin {number} has no pull-up or pull-down resistor inside.",
                      f"Use another pin, e.g. {_example(board, 'output')}, or a resistor.")  # fmt: skip
    elif not board.can(number, role):  # type: ignore[arg-type]
        words = {"adc": "measure a voltage", "touch": "feel touch", "dac": "give out a voltage"}
        yield Problem(*where, "pin", f"Pin {number} cannot {words.get(role, role)}.",
                      f"Pins that can: {', '.join(map(str, board.able(role)))}.")  # type: ignore[arg-type]  # fmt: skip


def _example(board: Board, role: str) -> int:
    risky = {*board.strapping, *board.flash, 1, 3}
    return next(p for p in board.able(role) if p not in risky)  # type: ignore[arg-type]
