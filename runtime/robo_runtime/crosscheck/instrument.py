"""Programs with clock calls written into their text, by the cost rules of the simulator's `guard`."""

from __future__ import annotations

import ast

from robo_runtime.simulate.guard import counts
from robo_runtime.simulate.names import TICK, TOUCH, TURN
from robo_runtime.simulate.nodes import call, call_statement


class _Clock(ast.NodeTransformer):
    """A statement calls the clock first; so do each turn of a loop and each item of a comprehension."""

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for statement in body:
            out.append(call_statement(TOUCH if counts(statement) else TICK, statement))
            out.append(self.visit(statement))
        return out

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                if value and isinstance(value[0], ast.stmt):
                    setattr(node, name, self.block(value))
                else:
                    setattr(node, name, [self.visit(v) if isinstance(v, ast.AST) else v for v in value])
            elif isinstance(value, ast.AST):
                setattr(node, name, self.visit(value))
        return node

    def visit_While(self, node: ast.While) -> ast.While:
        self.generic_visit(node)
        node.body.insert(0, call_statement(TURN, node))
        return node

    def visit_For(self, node: ast.For) -> ast.For:
        self.generic_visit(node)
        node.body.insert(0, call_statement(TICK, node))
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        self.generic_visit(node)
        ticked = ast.Compare(call(TICK, node.iter), [ast.Is()], [ast.Constant(None)])
        node.ifs.insert(0, ticked)
        return node


def instrument(code: str) -> str:
    """`code` with calls of the clock; nothing else of it is changed."""
    tree = ast.parse(code)
    tree.body = _Clock().block(tree.body)
    return ast.unparse(ast.fix_missing_locations(tree))


def arities(code: str) -> dict[str, int]:
    """How many positional arguments each function of a program takes, by name."""
    return {
        node.name: len(node.args.args)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.FunctionDef) and node.args.vararg is None
    }


def imported(code: str) -> set[str]:
    """The modules a program imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found
