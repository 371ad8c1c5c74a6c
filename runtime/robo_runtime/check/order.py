"""Reads that certainly come before the name has a value.

A statement is followed in the order it runs. A read counts as too early only where no binding can have
happened: a branch not taken, an earlier turn of a loop or an exception always speaks for the program.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from robo_runtime.check.frames import Comprehension, Definition, Frame, Frames

_Names = frozenset[str]
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)


def early_reads(frame: Frame, frames: Frames) -> list[ast.Name]:
    """Reads of the frame's own names before they are bound, in a module or function."""
    node = frame.node
    if isinstance(node, Definition):
        given = frozenset(n for n, found in frame.bound.items() if any(b.kind == "parameter" for b in found))
        body = node.body if isinstance(node.body, list) else []
    elif isinstance(node, ast.Module):
        given, body = frozenset(), node.body
    else:
        return []
    walk = _Walk(frame, frames)
    walk.block(body, given, frozenset())
    return walk.early


class _Walk:
    def __init__(self, frame: Frame, frames: Frames) -> None:
        self.frame, self.frames = frame, frames
        self.early: list[ast.Name] = []

    def block(self, body: Iterable[ast.stmt], bound: _Names, turns: _Names) -> _Names:
        """Follow statements; returns the names that may be bound after them.

        Args:
            bound: names that may be bound here in the first turn of the innermost loop.
            turns: names that an earlier turn of a loop around may have bound.
        """
        for statement in body:
            bound = self.statement(statement, bound, turns)
        return bound

    def statement(self, node: ast.stmt, bound: _Names, turns: _Names) -> _Names:
        """Follow one statement; see `block`."""
        here = bound | turns
        after = bound | self._binds([node])
        if isinstance(node, ast.If):
            here |= self.read(node.test, bound, turns)
            self.block(node.body, here, turns)
            self.block(node.orelse, here, turns)
            return after
        if isinstance(node, ast.While):
            here |= self.read(node.test, bound, turns)
            self.block(node.body, here, turns | self._binds(node.body))
            self.block(node.orelse, here | after, turns)
            return after
        if isinstance(node, ast.For | ast.AsyncFor):
            here |= self.read(node.iter, bound, turns) | self._binds([node.target])
            self.block(node.body, here, turns | self._binds([node.target, *node.body]))
            self.block(node.orelse, here | after, turns)
            return after
        if isinstance(node, ast.Try):
            self.block(node.body, here, turns)
            tried = here | self._binds(node.body)
            for handler in node.handlers:
                self.block(handler.body, tried | frozenset([handler.name or ""]), turns)
            self.block(node.orelse, tried, turns)
            self.block(node.finalbody, here | after, turns)
            return after
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                bound = self.read(item, bound, turns) | self._binds([item])
            return self.block(node.body, bound, turns)
        if isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name):
                self._read_name(node.target, bound)
            return self.read(node.value, bound, turns) | self._binds([node.target])
        if isinstance(node, ast.Delete):
            return bound - frozenset(t.id for t in node.targets if isinstance(t, ast.Name))
        if isinstance(node, (*Definition, ast.ClassDef)):
            return self.read_parts(node, bound, turns) | self._own(frozenset([node.name]))
        return self.read(node, bound, turns) | self._binds([node])

    def read_parts(self, node: ast.AST, bound: _Names, turns: _Names) -> _Names:
        """What a definition evaluates at once: decorators, defaults, base classes."""
        spec = getattr(node, "args", None)
        defaults = [*spec.defaults, *spec.kw_defaults] if isinstance(spec, ast.arguments) else []
        for part in (*getattr(node, "decorator_list", []), *getattr(node, "bases", []), *defaults):
            if part is not None:
                self.read(part, bound, turns)
        return bound

    def read(self, node: ast.AST, bound: _Names, turns: _Names) -> _Names:
        """Check the reads of an expression or simple statement, in order."""
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                self._read_name(node, bound)
            return bound
        if isinstance(node, Definition):
            return self.read_parts(node, bound, turns)
        if isinstance(node, ast.NamedExpr):
            return self.read(node.value, bound, turns) | self._binds([node.target])
        if isinstance(node, ast.IfExp):
            here = self.read(node.test, bound, turns) | turns
            self.read(node.body, here, turns)
            self.read(node.orelse, here, turns)
            return bound | self._binds([node])
        if isinstance(node, ast.BoolOp):
            here = self.read(node.values[0], bound, turns) | turns
            for value in node.values[1:]:
                here |= self.read(value, here, turns)
            return bound | self._binds([node])
        if isinstance(node, Comprehension):  # its own names have a frame of their own
            for generator in node.generators:
                bound = self.read(generator.iter, bound, turns)
            for child in ast.iter_child_nodes(node):
                if not isinstance(child, ast.comprehension):
                    self.read(child, bound | turns, turns)
            return bound | self._binds([node])
        if isinstance(node, ast.Assign):
            bound = self.read(node.value, bound, turns)
            for target in node.targets:
                bound = self.read(target, bound, turns)
            return bound
        for child in ast.iter_child_nodes(node):
            bound = self.read(child, bound, turns)
        return bound | self._own(frozenset(self._through(node))) if isinstance(node, ast.Call) else bound

    def _read_name(self, node: ast.Name, bound: _Names) -> None:
        if self.frames.of[node].owner(node.id) is self.frame and node.id not in bound:
            self.early.append(node)

    def _own(self, names: _Names) -> _Names:
        return frozenset(n for n in names if self.frame.home(n) is self.frame)

    def _binds(self, nodes: Iterable[ast.AST]) -> _Names:
        """Names of this frame that the nodes may bind; functions they call may bind global ones."""
        found = set()
        for top in nodes:
            for node in ast.walk(top):
                if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                    found.add(node.id)
                elif isinstance(
                    node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.ExceptHandler
                ):
                    found.add(node.name or "")
                elif isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
                    found |= self._through(node)
        return self._own(frozenset(found))

    def _through(self, node: ast.Import | ast.ImportFrom | ast.Call) -> set[str]:
        """Names an import binds, or global names that any function of the program may bind when called."""
        if isinstance(node, ast.Call):
            return self._globals_of_functions if isinstance(self.frame.node, ast.Module) else set()
        return {n for n, found in self.frame.bound.items() if any(b.node is node for b in found)}

    @property
    def _globals_of_functions(self) -> set[str]:
        return {
            name for frame in self.frames.all for name, home in frame.elsewhere.items() if home is self.frame
        }
