"""Calls of a program as blocks: of the kit, of MicroPython, of Python, and of functions of its own."""

from __future__ import annotations

import ast
from typing import Any

from robo_runtime.blocks.calls import OBJECT, Call, bound, usual_order
from robo_runtime.blocks.control import MAX_ARGUMENTS
from robo_runtime.blocks.scope import plain_function
from robo_runtime.blocks.to_sockets import Sockets
from robo_runtime.blocks.tree import Block, Notes, Value


class Calls(Sockets):
    """Makes the blocks of calls, as values and as statements."""

    def statement_of(self, node: ast.expr) -> Block:
        """An expression as a statement: a call that gives nothing, or `do` with any value."""
        if isinstance(node, ast.Call) and (block := self.call(node, gives=False)):
            return block
        return self.by_rule(ast.Expr(node), "statement") or Block(
            "robo_do", inputs={"VALUE": self.value(node)}
        )

    def _call(self, node: ast.Call) -> Block | None:
        if block := self.call(node, gives=True) or self.by_rule(node, "value"):
            return block
        if block := self.call(node, gives=False):
            return Block("robo_result", rows={"DO": [block]})
        if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            return None
        inputs = {"FUNCTION": self.value(node.func)}
        if len(node.args) > MAX_ARGUMENTS and (items := self.items(node.args)):
            return Block("robo_call_list", inputs={**inputs, "LIST": items})
        inputs |= {f"ARG{i}": self.value(a) for i, a in enumerate(node.args)}
        return Block("robo_call", inputs=inputs)

    def call(self, node: ast.Call, *, gives: bool) -> Block | None:
        """The block of a call of something known: as a value, or as a statement that gives nothing."""
        if (rule := self.by_rule(node, "value" if gives else "statement")) is not None:
            return rule
        func = node.func
        if isinstance(func, ast.Name) and func.id in self.scope.functions:
            return self._own(func.id, node, gives)
        candidates, spelled = self._candidates(func)
        for call in candidates:
            if call.gives == gives and (found := bound(call, node.args, node.keywords)):
                parts, order = found
                if block := self._called(call, parts, order, "" if call.name == spelled else spelled):
                    if call.kind == "method" and isinstance(func, ast.Attribute):
                        block.inputs = {OBJECT: self.socket(call.type, OBJECT, func.value), **block.inputs}
                    return block
        return None

    def _candidates(self, func: ast.expr) -> tuple[list[Call], str]:
        """The calls that a name may stand for, and how it is written."""
        if named := self.scope.qualified(func):
            calls = self.library.named.get(named[0], [])
            known = [c for c in calls if named[1] in dict(c.imports)]
            if known:
                return known, named[1]
        if isinstance(func, ast.Name):
            shadowed = self.scope.is_variable(func.id) or func.id in self.scope.imported
            found = [] if shadowed else self.library.named.get(func.id, [])
            return [c for c in found if c.kind == "builtin"], func.id
        if isinstance(func, ast.Attribute):
            methods = self.library.methods.get(func.attr, [])
            owner = self.scope.class_of(func.value)
            return sorted(methods, key=lambda c: c.owner != owner) if owner else methods, func.attr
        return [], ""

    def _called(
        self, call: Call, parts: dict[str, ast.expr], order: tuple[str, ...], spelled: str
    ) -> Block | None:
        shape = self.library.shapes[call.type]
        block = Block(call.type)
        callback = Notes()
        for place, slot in call.places().items():
            node = parts.get(place)
            if place in shape.fields:
                literal = _field(node, slot.type) if node is not None else _shown(slot.default)
                if literal is None or (
                    shape.fields[place].options and str(literal) not in shape.fields[place].options
                ):
                    return None
                block.fields[place] = literal
            elif node is None:
                continue
            elif place in shape.rows:
                made = self._mouth(node)
                if made is None:
                    return None
                row, callback = made
                if row:
                    block.rows[place] = row
            else:
                block.inputs[place] = self.socket(call.type, place, node)
        filled = {*block.inputs, *block.rows, *block.fields}
        same = filled == parts.keys() and usual_order(call, filled) == order
        block.notes = callback._replace(order=None if same else order, spelled=spelled)
        return block

    def _mouth(self, node: ast.expr) -> tuple[list[Block], Notes] | None:
        """A function that is called back: its body where it is used here alone, or its name."""
        if isinstance(node, ast.Lambda):
            block = self._lambda(node)
            if block is None:
                return None
            return block.rows["DO"], Notes(callback=f"lambda {block.fields['NAMES']}".strip())
        if not isinstance(node, ast.Name):
            return None
        if node.id in self.inline:
            function = self.inline[node.id]
            names = ", ".join(a.arg for a in function.args.args)
            row, notes = self.inside(function)
            return row, notes._replace(callback=f"{node.id}({names})" if names else node.id)
        return [Block("robo_callback", {"NAME": node.id})], Notes()

    def _own(self, name: str, node: ast.Call, gives: bool) -> Block | None:
        function = self.scope.functions[name]
        names = [a.arg for a in function.args.args]
        valued = name in self.scope.valued or ends_with_answer(function)
        if gives != valued or node.keywords or len(node.args) != len(names):
            return None
        if any(isinstance(a, ast.Starred) for a in node.args):
            return None
        inputs = {f"ARG{i}": self.value(a) for i, a in enumerate(node.args)}
        extra = {"name": name} | ({"params": names} if names else {})
        return Block(f"procedures_call{'' if gives else 'no'}return", inputs=inputs, extra=extra)

    def _lambda(self, node: ast.Lambda) -> Block | None:
        plain = ast.FunctionDef("f", node.args, [ast.Expr(node.body)], [], None)
        if not plain_function(plain):
            return None
        names = ", ".join(a.arg for a in node.args.args)
        return Block("robo_lambda", {"NAMES": names}, rows={"DO": [self.statement_of(node.body)]})

    def items(self, elements: list[ast.expr]) -> Block | None:
        """A list of them; None where one of them stands for several."""
        if any(isinstance(e, ast.Starred) for e in elements):
            return None
        inputs = {f"ADD{i}": self.value(e) for i, e in enumerate(elements)}
        return Block("lists_create_with", inputs=inputs, extra={"itemCount": len(elements)})


def ends_with_answer(function: ast.FunctionDef) -> bool:
    """Whether its last statement gives something back."""
    last = function.body[-1]
    return isinstance(last, ast.Return) and last.value is not None


def _field(node: ast.expr, type_: str) -> Value | None:
    """A literal as a field holds it."""
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1, node.operand
    if not isinstance(node, ast.Constant):
        return None
    value = node.value
    if isinstance(value, bool):
        return value if type_ == "bool" and sign > 0 else None
    if isinstance(value, int | float):
        return sign * value if type_ in ("int", "float") else None
    return value if isinstance(value, str) and type_ in ("str", "enum") and sign > 0 else None


def _shown(default: Any) -> Value | None:
    return default if isinstance(default, bool | int | float | str) else None
