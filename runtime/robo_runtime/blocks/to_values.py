"""Expressions of a program as blocks that are plugged in."""

from __future__ import annotations

import ast
import json
from typing import Any

from robo_runtime.blocks.control import RAW_VALUE
from robo_runtime.blocks.source import source_of
from robo_runtime.blocks.to_calls import Calls
from robo_runtime.blocks.tree import Block, Notes, Variable


class Values(Calls):
    """Makes the blocks of one program's expressions; the rules make those that have no method here."""

    def _constant(self, node: ast.Constant) -> Block | None:
        value = node.value
        if isinstance(value, bool):
            return Block("logic_boolean", {"BOOL": "TRUE" if value else "FALSE"})
        if isinstance(value, int | float):
            return number(value, source_of(node))
        if isinstance(value, str) and _storable(value) and node.kind is None:
            return Block("text", {"TEXT": value})
        if isinstance(value, str) and node.kind is None:
            return Block("robo_escaped", {"TEXT": ascii(value + "'")[1:-2]})
        if isinstance(value, bytes):
            return Block("robo_bytes", {"TEXT": source_of(ast.Constant(value))[2:-1]})
        return None

    def _unaryop(self, node: ast.UnaryOp) -> Block | None:
        inside = node.operand
        minus = isinstance(node.op, ast.USub) and isinstance(inside, ast.Constant)
        if minus and isinstance(inside.value, int | float) and not isinstance(inside.value, bool):  # type: ignore[attr-defined]
            return number(-inside.value, f"-{source_of(inside)}")  # type: ignore[attr-defined]
        return None

    def _binop(self, node: ast.BinOp) -> Block | None:
        """`a // b`: Blockly's own way is to divide, then round down."""
        if not isinstance(node.op, ast.FloorDiv):
            return None
        inner = self.by_rule(ast.BinOp(node.left, ast.Div(), node.right), "value")
        if inner is None or inner.type != "math_arithmetic":
            return None
        return Block("math_round", {"OP": "ROUNDDOWN"}, {"NUM": inner})

    def _name(self, node: ast.Name) -> Block | None:
        if self.scope.is_variable(node.id):
            return Block("variables_get", {"VAR": Variable(node.id)})
        return Block("robo_name", {"NAME": node.id})

    def _attribute(self, node: ast.Attribute) -> Block | None:
        named = self.scope.qualified(node)
        if named is None:
            return None
        owner, _, name = named[0].rpartition(".")
        constants = self.library.constants_of.get(owner)
        if constants is None or name not in constants.names:
            return None
        before = named[1].rpartition(".")[0]
        if before not in dict(constants.spelled):
            return None
        usual = constants.spelled[0][0]
        return Block(constants.type, {"NAME": name}, notes=Notes(spelled="" if before == usual else before))

    def _boolop(self, node: ast.BoolOp) -> Block:
        """`a and b and c` is a block in a block; parentheses in the program stay parentheses."""
        parts = [self._operand(value, type(node.op), i) for i, value in enumerate(node.values)]
        whole = parts[0]
        for part in parts[1:]:
            op = "AND" if isinstance(node.op, ast.And) else "OR"
            whole = Block("logic_operation", {"OP": op}, {"A": whole, "B": part})
        return whole

    def _operand(self, node: ast.expr, op: type[ast.boolop], i: int) -> Block:
        block = self.socket("logic_operation", "A", node)
        if i == 0 and isinstance(node, ast.BoolOp) and isinstance(node.op, op):
            return Block("robo_parenthesis", inputs={"VALUE": block})
        return block

    def _list(self, node: ast.List) -> Block | None:
        return self.items(node.elts)

    def _tuple(self, node: ast.Tuple) -> Block | None:
        if len(node.elts) in (2, 3) or (items := self.items(node.elts)) is None:
            return None
        return Block("robo_tuple", inputs={"LIST": items})

    def _dict(self, node: ast.Dict) -> Block | None:
        if any(key is None for key in node.keys):
            return None
        pairs: list[ast.expr] = [
            ast.Tuple([k, v], ast.Load())
            for k, v in zip(node.keys, node.values, strict=True)
            if k is not None
        ]
        items = self.items(pairs)
        return items and Block("robo_dict", inputs={"LIST": items})

    def _joinedstr(self, node: ast.JoinedStr) -> Block | None:
        inputs: dict[str, Block] = {}
        for i, part in enumerate(node.values):
            block = self._formatted(part) if isinstance(part, ast.FormattedValue) else self.value(part)
            if block is None:
                return None
            inputs[f"ADD{i}"] = block
        return Block("text_join", inputs=inputs, extra={"itemCount": len(inputs)})

    def _formatted(self, part: ast.FormattedValue) -> Block | None:
        block = self.value(part.value)
        if part.conversion == -1 and part.format_spec is None:
            # Texts and joined texts in a join are its letters; in braces they are values.
            letters = block.type in ("text", "text_join", "robo_escaped")
            return Block("robo_parenthesis", inputs={"VALUE": block}) if letters else block
        spec = part.format_spec.values if isinstance(part.format_spec, ast.JoinedStr) else []
        if len(spec) > 1 or not all(isinstance(s, ast.Constant) for s in spec):
            return None
        text = spec[0].value if spec and isinstance(spec[0], ast.Constant) else ""
        sign = "" if part.conversion == -1 else chr(part.conversion)
        if sign == "a" or text == ":":
            return None
        empty = part.format_spec is not None and not text
        return Block(
            "robo_format", {"FORMAT": ":" if empty else str(text), "CONVERSION": sign}, {"VALUE": block}
        )


def number(value: float, written: str) -> Block:
    """A number, with a note of how it is written where JavaScript would write another one."""
    if isinstance(value, float) and (value in (float("inf"), float("-inf")) or value != value):
        return Block(RAW_VALUE, {"CODE": written})
    shown = int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value
    plain = json.dumps(shown)
    if isinstance(shown, int) and abs(shown) > 2**53:  # JavaScript has no such whole number
        return Block(RAW_VALUE, {"CODE": written})
    return Block("math_number", {"NUM": shown}, notes=Notes(written="" if plain == written else written))


def _storable(text: Any) -> bool:
    """Whether a string can be written to a file; half a surrogate pair cannot."""
    try:
        return isinstance(text, str) and bool(text.encode("utf-8") or True)
    except UnicodeEncodeError:
        return False
