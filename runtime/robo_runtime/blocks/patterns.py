"""Blocks that are one piece of Python each: a template in Python itself, read in both directions.

In a template, names in capitals are the block's fields, sockets and mouths.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from robo_runtime.blocks.shapes import Shape
from robo_runtime.blocks.tree import Block, Value, Variable

Import = tuple[str, str]
"""A module and what of it is imported; an empty name stands for the module itself."""


class Pattern(NamedTuple):
    """A block type, with `fixed` values of fields, and the code it stands for."""

    type: str
    code: str
    fixed: dict[str, str] = {}
    imports: tuple[Import, ...] = ()
    only_back: bool = False
    """A way to write by blocks what programs are shown with other blocks for."""


class Rule(NamedTuple):
    """A pattern made ready: its tree and its holes."""

    pattern: Pattern
    shape: Shape
    tree: ast.AST
    holes: frozenset[str]

    def match(self, node: ast.AST) -> dict[str, Any] | None:
        """What is in the holes when `node` is an instance: expressions, statements, names; else None."""
        found: dict[str, Any] = {}
        return found if _match(self.tree, node, self, found) else None

    def fill(self, parts: Mapping[str, Any]) -> Any:
        """The code with `parts` in its holes; the inverse of `match`."""
        return _fill(self.tree, self, parts)

    @property
    def filled_by(self) -> frozenset[str]:
        """The sockets that must be filled."""
        return self.holes - set(self.shape.fields) - set(self.shape.rows)


def rule_of(pattern: Pattern, shape: Shape) -> Rule:
    """Make a pattern ready."""
    node: ast.AST = ast.parse(pattern.code).body[0]
    if isinstance(node, ast.Expr) and shape.place == "value":
        node = node.value
    words = {w for n in ast.walk(node) for w in _words(n)}
    return Rule(pattern, shape, node, frozenset(words & {*shape.fields, *shape.inputs, *shape.rows}))


def _words(node: ast.AST) -> list[str]:
    return [v for _, v in ast.iter_fields(node) if isinstance(v, str)]


def _match(t: Any, n: Any, rule: Rule, found: dict[str, Any]) -> bool:
    if isinstance(t, ast.Name) and t.id in rule.holes:
        return _into_hole(t.id, n, rule, found)
    if isinstance(t, list):
        if len(t) == 1 and (row := _row_hole(t[0], rule)):
            found[row] = n
            return bool(n)
        return len(t) == len(n) and all(_match(a, b, rule, found) for a, b in zip(t, n, strict=True))
    if isinstance(t, ast.AST):
        if type(t) is not type(n):
            return False
        skipped = ("ctx", "type_comment", "kind")
        return all(
            _match(v, getattr(n, k, None), rule, found) for k, v in ast.iter_fields(t) if k not in skipped
        )
    if isinstance(t, str) and t in rule.holes and isinstance(n, str):
        found[t] = n
        return True
    return bool(t == n and type(t) is type(n))


def _into_hole(name: str, n: Any, rule: Rule, found: dict[str, Any]) -> bool:
    field = rule.shape.fields.get(name)
    if field is None:
        found[name] = n
        return isinstance(n, ast.expr) and not isinstance(n, ast.Starred)
    names = n.elts if name == "NAMES" and isinstance(n, ast.Tuple) and n.elts else [n]
    plain = [x.id for x in names if isinstance(x, ast.Name)]
    if len(plain) < len(names) or (name == "NAMES") == (names == [n]):
        return False
    words = ", ".join(plain)
    found[name] = Variable(words) if field.kind == "variable" else words
    return True


def _row_hole(statement: Any, rule: Rule) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Name):
        name = statement.value.id
        return name if name in rule.shape.rows else ""
    return ""


def _fill(t: Any, rule: Rule, parts: Mapping[str, Any]) -> Any:
    if isinstance(t, ast.Name) and t.id in rule.holes:
        part = parts[t.id]
        if isinstance(part, str):
            names = [ast.Name(word, t.ctx) for word in part.split(", ")]
            return ast.Tuple(cast("list[ast.expr]", names), t.ctx) if t.id == "NAMES" else names[0]
        return part
    if isinstance(t, list):
        if len(t) == 1 and (row := _row_hole(t[0], rule)):
            return parts[row]
        return [_fill(x, rule, parts) for x in t]
    if isinstance(t, ast.AST):
        made = copy.copy(t)
        for key, value in ast.iter_fields(t):
            setattr(made, key, _fill(value, rule, parts))
        return made
    return parts[t] if isinstance(t, str) and t in rule.holes else t


def fields_of(rule: Rule, found: Mapping[str, Any]) -> dict[str, Value]:
    """The fields of a block made from a match."""
    return {**rule.pattern.fixed, **{k: v for k, v in found.items() if k in rule.shape.fields}}


def chosen(rules: Sequence[Rule], block: Block) -> Rule | None:
    """The rule of a block's type that its fields and filled sockets call for."""
    same = [
        r for r in rules if all(block.fields.get(k, _first(r, k)) == v for k, v in r.pattern.fixed.items())
    ]
    return next((r for r in same if r.filled_by == block.inputs.keys()), None)


def _first(rule: Rule, field: str) -> str:
    options = rule.shape.fields[field].options
    return options[0] if options else ""
