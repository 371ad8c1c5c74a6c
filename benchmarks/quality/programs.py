"""What a program consists of, for comparing an answer with the reference: numbers and their roles, parts,
verbs, and the skeleton of loops and conditions."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

_SETS = {"on": "on", "high": "on", "off": "off", "low": "off", "toggle": "toggle"}
_LEVELS = {0: "low", 1: "high"}


@dataclass
class Anatomy:
    """The countable contents of one program."""

    numbers: Counter[float] = field(default_factory=Counter)
    roles: list[tuple[str, float]] = field(default_factory=list)
    """Each number in its order, with the call and argument, or the comparison, it stands in."""
    parts: Counter[str] = field(default_factory=Counter)
    """Devices that are made (`Pin`, `PWM`, `DHT11`), and objects of the kit that are used."""
    verbs: Counter[str] = field(default_factory=Counter)
    """What is switched on, off or toggled, and which level is asked for."""
    calls: Counter[str] = field(default_factory=Counter)
    """Names of all functions and methods that are called."""
    texts: Counter[str] = field(default_factory=Counter)
    skeleton: str = ""
    """Loops, conditions and calls in their order: "while(if(value)sleep)"."""


def anatomy(code: str) -> Anatomy | None:
    """The contents of a program; None when it cannot be parsed."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = Anatomy(skeleton=_skeleton(tree))
    kit = {
        a.asname or a.name
        for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "robokit"
        for a in node.names
    }  # fmt: skip
    for node, role in _with_roles(tree, ""):
        if isinstance(node, ast.Constant):
            _constant(node, role, found)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            found.verbs["not"] += 1
        elif isinstance(node, ast.Call):
            _call(node, kit, found)
        elif isinstance(node, ast.Compare):
            _comparison(node, found)
    return found


def _constant(node: ast.Constant, role: str, found: Anatomy) -> None:
    if isinstance(node.value, bool) or node.value is None:
        return
    if isinstance(node.value, int | float):
        found.numbers[float(node.value)] += 1
        found.roles.append((role, float(node.value)))
    elif isinstance(node.value, str):
        found.texts[node.value] += 1


def _call(node: ast.Call, kit: set[str], found: Anatomy) -> None:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    base = node.func.value.id if isinstance(node.func, ast.Attribute) and isinstance(
        node.func.value, ast.Name) else ""  # fmt: skip
    found.calls[name] += 1
    if base in kit:
        found.parts[base] += 1
    elif name[:1].isupper():
        found.parts[name] += 1
    if name in _SETS:
        found.verbs[_SETS[name]] += 1
    elif name == "value" and node.args and isinstance(node.args[0], ast.Constant):
        level = node.args[0].value
        found.verbs["on" if level == 1 else "off" if level == 0 else "set"] += 1


def _comparison(node: ast.Compare, found: Anatomy) -> None:
    other = node.comparators[0]
    if isinstance(other, ast.Constant) and type(other.value) is int and other.value in _LEVELS:
        level = other.value if isinstance(node.ops[0], ast.Eq) else 1 - other.value
        found.verbs[f"asks {_LEVELS[level]}"] += 1
    elif isinstance(node.ops[0], ast.Lt | ast.LtE):
        found.verbs["asks less"] += 1
    elif isinstance(node.ops[0], ast.Gt | ast.GtE):
        found.verbs["asks more"] += 1


def _with_roles(node: ast.AST, role: str) -> Iterator[tuple[ast.AST, str]]:
    """Every node in its order with its role: the call and argument, or the comparison, it stands in."""
    yield node, role
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).split(".")[-1]
        yield from _with_roles(node.func, role)
        for i, arg in enumerate(node.args):
            yield from _with_roles(arg, f"{name}#{i}")
        for keyword in node.keywords:
            yield from _with_roles(keyword.value, f"{name}#{keyword.arg}")
        return
    if isinstance(node, ast.Compare):
        role = f"{role}?"
    for child in ast.iter_child_nodes(node):
        yield from _with_roles(child, role)


def _skeleton(node: ast.AST) -> str:
    inside = "".join(_skeleton(child) for child in ast.iter_child_nodes(node))
    kind = {ast.For: "for", ast.While: "while", ast.If: "if", ast.FunctionDef: "def"}.get(type(node))
    if isinstance(node, ast.Call):
        return f"{inside}{ast.unparse(node.func).split('.')[-1]} "
    return f"{kind}({inside})" if kind else inside
