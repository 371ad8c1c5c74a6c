"""Sockets and rules: what every block of an expression needs."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from robo_runtime.blocks.control import RAW_VALUE
from robo_runtime.blocks.library import Library
from robo_runtime.blocks.loading import MAX_DEPTH
from robo_runtime.blocks.patterns import fields_of
from robo_runtime.blocks.scope import Scope
from robo_runtime.blocks.shapes import Checks, fits
from robo_runtime.blocks.source import source_of
from robo_runtime.blocks.tree import Block, Notes, Variable

_DEEP = MAX_DEPTH // 2
"""Deeper expressions are shown as text; mouths and sockets together stay within `MAX_DEPTH`."""


class Sockets:
    """Makes blocks by the rules, and by methods of subclasses that are called after the kind of syntax."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.library: Library = scope.library
        self.inline: dict[str, ast.FunctionDef] = {}
        """Functions that are shown in the mouth of the one block that takes them."""
        self.body: Callable[[list[ast.stmt]], list[Block]]
        """Makes a row of blocks; set by whoever makes statements."""
        self.inside: Callable[[ast.FunctionDef], tuple[list[Block], Notes]]
        """Makes the blocks of a function's body, with a note of what is its own."""
        self._depth = 0
        self._known: dict[int, tuple[ast.expr, Block]] = {}
        """Blocks by the id of their expression, which is kept so that no other gets its id."""

    def socket(self, parent: str, name: str, node: ast.expr) -> Block:
        """The block for `node` in a socket of a block of type `parent`."""
        return self.fitted(self.value(node), self.library.shapes[parent].input_checks(name))

    def fitted(self, block: Block, wanted: Checks) -> Block:
        """The block, in parentheses where Blockly would not let it in."""
        if fits(self.library.shapes[block.type].output, wanted):
            return block
        return Block("robo_parenthesis", inputs={"VALUE": block})

    def value(self, node: ast.expr) -> Block:
        """The block for an expression."""
        if id(node) in self._known:
            return self._known[id(node)][1]
        self._depth += 1
        try:
            block = (self._depth <= _DEEP and self._made(node)) or raw_value(node)
        finally:
            self._depth -= 1
        self._known[id(node)] = (node, block)
        return block

    def _made(self, node: ast.expr) -> Block | None:
        special = getattr(self, f"_{type(node).__name__.lower()}", None)
        block = special(node) if special else None
        return block or self.by_rule(node, "value")

    def by_rule(self, node: ast.AST, place: str) -> Block | None:
        """The block of the first rule that matches and whose sockets take what is in it; of rules that match
        only with parentheses the last.
        """
        best = None
        for rule in self.library.rules_for.get(type(node), ()):
            if rule.shape.place != place or (found := rule.match(node)) is None:
                continue
            if not self._variables_fit(found):
                continue
            inputs = {}
            tight = True
            for name in rule.filled_by:
                block = self.value(found[name])
                wanted = rule.shape.input_checks(name)
                tight = tight and fits(self.library.shapes[block.type].output, wanted)
                inputs[name] = self.fitted(block, wanted)
            rows = {name: self.body(found[name]) for name in rule.shape.rows if name in found}
            in_order = {name: inputs[name] for name in rule.shape.inputs if name in inputs}
            best = Block(
                rule.pattern.type, fields_of(rule, found), in_order, {k: v for k, v in rows.items() if v}
            )
            if tight or rows:
                return best
        return best

    def _variables_fit(self, found: dict[str, Any]) -> bool:
        return all(
            self.scope.is_variable(str(v)) or v == "_" for v in found.values() if isinstance(v, Variable)
        )


def raw_value(node: ast.expr) -> Block:
    """The block with an expression as text."""
    return Block(RAW_VALUE, {"CODE": source_of(node)})
