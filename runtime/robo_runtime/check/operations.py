"""Arithmetic and comparisons between things that do not go together."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from robo_runtime.check.lookup import Known
from robo_runtime.check.problem import Problem
from robo_runtime.check.types import Types
from robo_runtime.check.values import Values
from robo_runtime.check.wording import describe, in_words

_NUMBERS = frozenset(["int", "float", "bool"])
_JOINED = frozenset(["str", "list", "tuple", "bytes", "bytearray"])
_SETS = frozenset(["set", "dict"])


class Operations:
    """Judges operators by what stands on their two sides; silent where one side is not known."""

    def __init__(self, types: Types, values: Values) -> None:
        self.types, self.values = types, values

    def problems(self, node: ast.AST) -> Iterator[Problem]:
        """What is wrong with one operator, or with a thing as a condition."""
        if isinstance(node, ast.BinOp):
            yield from self._calculated(node.left, node.op, node.right)
        elif isinstance(node, ast.AugAssign):
            yield from self._calculated(node.target, node.op, node.value)
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
                yield from self._compared(left, op, right)
        elif isinstance(node, ast.If | ast.While | ast.IfExp):
            yield from self._condition(node.test)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield from self._condition(node.operand)

    def _calculated(self, left: ast.expr, op: ast.operator, right: ast.expr) -> Iterator[Problem]:
        a, b = self.types.infer(left), self.types.infer(right)
        for side, known in ((left, a), (right, b)):
            if known is not None and known.kind == "instance":
                yield self._thing(side, known, "calculated with")
                return
            if known is not None and known.kind in ("class", "builtin", "module", "object"):
                yield self._no_value(side, known, "calculated with")
                return
        divides = isinstance(op, ast.Div | ast.FloorDiv | ast.Mod) and (a is None or a.name != "str")
        if divides and any(v == 0 and not isinstance(v, str) for v in self.values.of(right)):
            yield Problem.at(right, "range", "Nothing can be divided by 0.", "Divide by another number.")
        if a is None or b is None or a.kind != "python" or b.kind != "python" or _fits(a.name, op, b.name):
            return
        fix = "Look where the two get their values."
        if isinstance(op, ast.Add) and "str" in (a.name, b.name):
            other = left if b.name == "str" else right
            fix = f"Write `str({ast.unparse(other)})`."
        text = f"{describe(a).capitalize()} and {describe(b)} do not go together here."
        yield Problem.at(left, "api", text, fix)

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Iterator[Problem]:
        a, b = self.types.infer(left), self.types.infer(right)
        if isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) or a is None or b is None:
            return
        for side, known in ((left, a), (right, b)):
            if known.kind in ("module", "object"):
                yield self._no_value(side, known, "compared")
                return
        for side, known, other in ((left, a, b), (right, b, a)):
            if known.kind == "instance" and other.kind == "python" and other.name != "None":
                yield self._thing(side, known, "compared")
                return
        if isinstance(op, ast.Eq | ast.NotEq) or a.kind != "python" or b.kind != "python":
            return
        if a.name != b.name and not {a.name, b.name} <= _NUMBERS:
            text = f"{describe(a).capitalize()} and {describe(b)} cannot be compared."
            numbers = "`int(…)` makes a number of a text."
            yield Problem.at(
                left, "api", text, numbers if "str" in (a.name, b.name) else "Compare their numbers."
            )

    def _condition(self, node: ast.expr) -> Iterator[Problem]:
        """A part of the board as a condition is always true."""
        known = self.types.infer(node)
        if known is not None and known.kind == "instance" and known.name.startswith("machine."):
            yield self._thing(node, known, "a condition")

    def _thing(self, node: ast.expr, known: Known, what: str) -> Problem:
        name = in_words(known.name.rpartition(".")[2])
        text = f"`{ast.unparse(node)}` is {name}, it cannot be {what}."
        return Problem.at(node, "api", text, self._reading(node, known))

    def _no_value(self, node: ast.expr, known: Known, what: str) -> Problem:
        text = f"`{ast.unparse(node)}` is no value, it cannot be {what}."
        return Problem.at(node, "api", text, self._reading(node, known))

    def _reading(self, node: ast.expr, known: Known) -> str:
        getters = self.types.getters(known)
        return f"Read its value, e.g. with `{ast.unparse(node)}.{getters[0]}()`." if getters else ""


def _fits(a: str, op: ast.operator, b: str) -> bool:
    """Whether Python has this operator for values of the two types."""
    if {a, b} <= _NUMBERS:
        return True
    if isinstance(op, ast.Add):
        return (a == b and a in _JOINED) or {a, b} <= {"bytes", "bytearray"}
    if isinstance(op, ast.Mult):
        return (a in _JOINED and b in ("int", "bool")) or (b in _JOINED and a in ("int", "bool"))
    if isinstance(op, ast.Mod):
        return a in ("str", "bytes")
    return a == b and a in _SETS and isinstance(op, ast.Sub | ast.BitOr | ast.BitAnd | ast.BitXor)
