"""Making nodes of a syntax tree, and refusing them."""

from __future__ import annotations

import ast
from typing import NoReturn, TypeVar

from robo_runtime.simulate.errors import PROGRAM

E = TypeVar("E", bound=ast.AST)


class NotAllowed(SyntaxError):
    """Something a program for the kit never needs and the simulator does not run."""


def refuse(node: ast.AST, why: str) -> NoReturn:
    """Stop reading the program: it contains something that is not run."""
    raise NotAllowed(why, (PROGRAM, getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1, ""))


def small(node: ast.expr) -> bool:
    """A number that cannot make a product large."""
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, (int, float)) and abs(value) < 1 << 20


def may_be_text(node: ast.expr) -> bool:
    """Anything but a number written out."""
    return not (isinstance(node, ast.Constant) and isinstance(node.value, (int, float)))


def at(node: E, where: ast.AST) -> E:
    """`node` with the place of another, for messages."""
    node.lineno = getattr(where, "lineno", 1)  # type: ignore[attr-defined]
    node.col_offset = getattr(where, "col_offset", 0)  # type: ignore[attr-defined]
    node.end_lineno = node.lineno  # type: ignore[attr-defined]
    node.end_col_offset = node.col_offset  # type: ignore[attr-defined]
    return node


def call(name: str, where: ast.AST, *arguments: ast.expr) -> ast.Call:
    """A call of the guard `name`."""
    return at(ast.Call(at(ast.Name(name, ast.Load()), where), list(arguments), []), where)


def call_statement(name: str, where: ast.AST) -> ast.Expr:
    """A call of the guard `name` as a statement."""
    return at(ast.Expr(call(name, where)), where)
