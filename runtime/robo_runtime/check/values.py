"""Values an expression can have: literals, arithmetic on them, names that are bound once, loop counters."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from robo_runtime.check.frames import Binding, Definition, Frames

_LIMIT = 10**12
_MOST = 64
"""A folded number beyond the first, or a loop with more values than the second, is left alone."""
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift, ast.BitOr: operator.or_, ast.BitAnd: operator.and_,
}  # fmt: skip
_GUARDS = (ast.If, ast.IfExp, ast.While, ast.Try, ast.BoolOp, *Definition, ast.comprehension)


class Values:
    """Possible values of the expressions of a program; nothing is executed."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames

    def of(self, node: ast.expr) -> tuple[Any, ...]:
        """Values the expression certainly has at some time; empty when none is known."""
        return tuple(dict.fromkeys(self._of(node, 0)))

    def one(self, node: ast.expr) -> Any:
        """The only value the expression can have, or None."""
        found = self.of(node)
        return found[0] if len(found) == 1 else None

    def _of(self, node: ast.expr, depth: int) -> list[Any]:
        if depth > 20:
            return []
        if isinstance(node, ast.Constant):
            return [node.value]
        if isinstance(node, ast.Name):
            return self._named(node, depth)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            sign = -1 if isinstance(node.op, ast.USub) else 1
            return [sign * v for v in self._of(node.operand, depth + 1) if isinstance(v, int | float)]
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            left, right = self._of(node.left, depth + 1), self._of(node.right, depth + 1)
            if len(left) > 1 and len(right) > 1:
                return []
            return [v for a in left for b in right if (v := _apply(node.op, a, b)) is not None]
        return []

    def _named(self, node: ast.Name, depth: int) -> list[Any]:
        """A name that is bound in one place only."""
        owner = self.frames.of[node].owner(node.id)
        bindings = owner.bound[node.id] if owner else []
        if len(bindings) != 1:
            return []
        binding = bindings[0]
        if binding.kind == "value":
            return self._of(binding.source, depth + 1)
        if binding.kind == "element" and isinstance(binding.node, ast.Name) and self._always(node, binding):
            return self._elements(binding.source, depth)
        return []

    def _elements(self, iterable: ast.expr, depth: int) -> list[Any]:
        if isinstance(iterable, ast.List | ast.Tuple):
            return [v for element in iterable.elts[:_MOST] for v in self._of(element, depth + 1)]
        if (
            isinstance(iterable, ast.Call)
            and isinstance(iterable.func, ast.Name)
            and iterable.func.id == "range"
        ):
            bounds = [self.one(a) for a in iterable.args]
            if all(isinstance(b, int) and abs(b) < _LIMIT for b in bounds) and 1 <= len(bounds) <= 3:
                turns = range(*bounds) if 0 not in bounds[2:] else ()
                return [turns[0], turns[-1]] if turns else []
        return []

    def _always(self, use: ast.AST, binding: Binding) -> bool:
        """Whether the use runs for every value of the loop: no condition, no early end."""
        loop = self.frames.parent.get(binding.node)
        while loop is not None and not isinstance(loop, ast.For | ast.comprehension):
            loop = self.frames.parent.get(loop)
        if isinstance(loop, ast.comprehension):
            return not loop.ifs
        if not isinstance(loop, ast.For):
            return False
        if any(isinstance(n, ast.Break | ast.Continue | ast.Return | ast.Raise) for n in ast.walk(loop)):
            return False
        node: ast.AST | None = use
        while node is not None and node is not loop:
            if isinstance(node, _GUARDS):
                return False
            node = self.frames.parent.get(node)
        return node is loop


def _apply(op: ast.operator, a: Any, b: Any) -> Any:
    if not all(isinstance(v, int | float) and abs(v) < _LIMIT for v in (a, b)):
        return a + b if isinstance(op, ast.Add) and isinstance(a, str) and isinstance(b, str) else None
    if isinstance(op, ast.LShift | ast.RShift) and not 0 <= b <= 64:
        return None
    try:
        return _OPERATORS[type(op)](a, b)
    except (ArithmeticError, TypeError):
        return None
