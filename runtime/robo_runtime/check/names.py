"""Names that nothing binds, and names read before they are bound."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from robo_runtime.check.builtin import BUILTINS
from robo_runtime.check.frames import Definition, Frames
from robo_runtime.check.order import early_reads
from robo_runtime.check.problem import Problem


def name_problems(frames: Frames, importable: dict[str, str]) -> Iterator[Problem]:
    """One problem for each name that is not known, or not known yet, where it is read.

    Args:
        importable: import line by name, for the remedy when an import is missing.
    """
    reported: set[str] = set()
    for node, frame in frames.of.items():
        if not isinstance(node, ast.Name) or isinstance(node.ctx, ast.Store) or node.id in reported:
            continue
        if node.id not in BUILTINS and frame.owner(node.id) is None:
            reported.add(node.id)
            yield _unknown(node, frames, importable)
    for frame in frames.all:
        seen: set[str] = set()
        for name in early_reads(frame, frames):
            if name.id not in seen:
                seen.add(name.id)
                yield _early(name, frame.node, name.id in frames.module.bound)


def _unknown(node: ast.Name, frames: Frames, importable: dict[str, str]) -> Problem:
    local = [f.node.name for f in frames.all if node.id in f.bound and isinstance(f.node, ast.FunctionDef)]
    if node.id in importable:
        fix = f"Add the line `{importable[node.id]}`."
    elif local:
        fix = f"Only `{local[0]}` knows it: let that function give it back with `return`."
    else:
        fix = "Give it a value first."
    return Problem.at(node, "name", f"`{node.id}` is not known in this program.", fix)


def _early(node: ast.Name, where: ast.AST, is_global: bool) -> Problem:
    text = f"`{node.id}` is used before it gets its value."
    fix = "Move the line that gives it its value further up."
    if isinstance(where, Definition) and is_global:
        function = getattr(where, "name", "the function")
        fix = f"Write `global {node.id}` as the first line of `{function}`."
    return Problem.at(node, "name", text, fix)
