"""Which names a program binds, and where it reads one before that."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from robo_runtime.check.problem import Problem
from robo_runtime.check.types import BUILTINS

_Function = (ast.FunctionDef, ast.Lambda)


def bound_names(node: ast.AST) -> set[str]:
    """Names bound anywhere below `node`, those local to inner functions included."""
    names = set()
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store | ast.Del):
            names.add(child.id)
        elif isinstance(child, ast.FunctionDef | ast.ClassDef):
            names.add(child.name)
        elif isinstance(child, ast.arg):
            names.add(child.arg)
        elif isinstance(child, ast.ExceptHandler) and child.name:
            names.add(child.name)
        elif isinstance(child, ast.alias):
            names.add((child.asname or child.name).split(".")[0])
    return names


def name_problems(tree: ast.Module, importable: dict[str, str]) -> Iterator[Problem]:
    """Names that are never bound, or read at the top level before the line that binds them.

    Args:
        importable: import line by name, for the remedy when an import is missing.
    """
    everywhere = bound_names(tree) | BUILTINS
    seen = set(BUILTINS)
    reported: set[str] = set()
    for statement in tree.body:
        local = seen | bound_names(statement)  # a loop may read what its own body binds
        for node in _walk_now(statement):
            if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or node.id in reported:
                continue
            if node.id not in everywhere:
                reported.add(node.id)
                fix = (
                    f"Add the line `{importable[node.id]}`."
                    if node.id in importable
                    else "Give it a value first."
                )
                yield Problem(
                    node.lineno, node.col_offset, "name", f"`{node.id}` is not known in this program.", fix
                )
            elif node.id not in local and not isinstance(statement, _Function):
                reported.add(node.id)
                yield Problem(
                    node.lineno, node.col_offset, "name", f"`{node.id}` is used before it gets its value.",
                    "Move the line that gives it its value further up.",
                )  # fmt: skip
        seen |= bound_names(statement)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and node.id not in everywhere | reported
        ):
            reported.add(node.id)
            fix = (
                f"Add the line `{importable[node.id]}`."
                if node.id in importable
                else "Give it a value first."
            )
            yield Problem(
                node.lineno, node.col_offset, "name", f"`{node.id}` is not known in this program.", fix
            )


def _walk_now(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes evaluated when the statement runs: not the bodies of functions it defines."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(node, _Function) and (child is getattr(node, "body", None) or child in _body(node)):
            continue
        yield from _walk_now(child)


def _body(node: ast.AST) -> list[ast.AST]:
    body = getattr(node, "body", [])
    return body if isinstance(body, list) else [body]
