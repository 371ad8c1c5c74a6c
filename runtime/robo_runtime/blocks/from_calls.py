"""Blocks of calls as expressions of a program."""

from __future__ import annotations

import ast
import re

from robo_runtime.blocks.calls import OBJECT, Call, bound, usual_order
from robo_runtime.blocks.from_names import Names, is_name
from robo_runtime.blocks.tree import Block, Variable


class CallExpressions(Names):
    """Writes calls and constants of the kit and of MicroPython."""

    def value(self, block: Block) -> ast.expr:
        """The expression of a block."""
        raise NotImplementedError

    def socket(self, block: Block, name: str) -> ast.expr:
        """What is plugged into a socket that must not be empty."""
        if name not in block.inputs:
            self.fail(block, f"inputs.{name}: empty; plug a block in")
        return self.value(block.inputs[name])

    def call(self, block: Block, call: Call) -> ast.Call:
        """The call that a block stands for, written as its notes say, or as usual."""
        parts = self._arguments(block, call)
        for order in (block.notes.order, usual_order(call, parts)):
            if order is not None and (made := self._ordered(call, order, parts)):
                made.func = self._called(block, call)
                return made
        slots = call.places()
        missing = next((s for s in call.overloads[0] if s.required and s.place not in parts), None)
        given = ", ".join(slots[place].name for place in parts)
        why = f"inputs.{missing.place}: empty; plug a block in" if missing else ""
        return self.fail(block, why or f"{call.name} cannot be given all of {given} at once")

    def _ordered(self, call: Call, order: tuple[str, ...], parts: dict[str, ast.expr]) -> ast.Call | None:
        """The call with its arguments so; None where they are not those of the block."""
        slots = {s.name: s.place for s in call.places().values()}
        words = [(word.removesuffix("="), word.endswith("=")) for word in order]
        if not all(slots.get(word) in parts for word, _ in words):
            return None
        made = ast.Call(ast.Name(""), [], [])
        for word, named in words:
            value = parts[slots[word]]
            if named:
                made.keywords.append(ast.keyword(word, value))
            else:
                made.args.append(value)
        again = bound(call, made.args, made.keywords)
        required = self._left_out(call, parts, {slots[word] for word, _ in words})
        return made if again and again[0].keys() == required and again[1] == order else None

    def _left_out(self, call: Call, parts: dict[str, ast.expr], given: set[str]) -> set[str]:
        """The places that must be written: choices that show the default may be left out by a note."""
        fields = self.library.shapes[call.type].fields
        slots = call.places()
        free = {
            place
            for place, part in parts.items()
            if place in fields and place not in given and not slots[place].required
            and isinstance(part, ast.Constant) and part.value == slots[place].default
        }  # fmt: skip
        return parts.keys() - free

    def _arguments(self, block: Block, call: Call) -> dict[str, ast.expr]:
        shape = self.library.shapes[block.type]
        parts = {}
        for place, slot in call.places().items():
            if place in block.fields:
                parts[place] = self._literal(block, place, slot.type)
            elif place in block.inputs:
                parts[place] = self.value(block.inputs[place])
            elif place in block.rows or (place in shape.rows and slot.required):
                parts[place] = self._callback(block, place, call)
        return parts

    def _literal(self, block: Block, place: str, type_: str) -> ast.expr:
        value = block.fields[place]
        if isinstance(value, Variable):
            return ast.Name(self.name(value), ast.Load())
        if type_ in ("int", "float") and isinstance(value, str):
            try:
                value = float(value) if type_ == "float" and not value.lstrip("-").isdigit() else int(value)
            except ValueError:
                self.fail(block, f"fields.{place}: expected a number, got {value!r:.60}")
        if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
            return ast.UnaryOp(ast.USub(), ast.Constant(-value))
        return ast.Constant(value)

    def _called(self, block: Block, call: Call) -> ast.expr:
        if call.kind == "method":
            return ast.Attribute(self.socket(block, OBJECT), call.name, ast.Load())
        spelled = block.notes.spelled or call.name
        ways = dict(call.imports)
        if spelled not in ways:
            spelled = call.name
        if spelled in ways:
            self.needs.add(ways[spelled])
        return _dotted(spelled)

    def constant(self, block: Block) -> ast.expr:
        """A constant of a class or module."""
        constants = self.library.constants[block.type]
        ways = dict(constants.spelled)
        before = block.notes.spelled if block.notes.spelled in ways else constants.spelled[0][0]
        self.needs.add(ways[before])
        return ast.Attribute(_dotted(before), str(block.fields.get("NAME", constants.names[0])), ast.Load())

    def _callback(self, block: Block, place: str, call: Call) -> ast.expr:
        """A mouth as a function: the named one, a small one without name, or one of its own above."""
        row = block.rows.get(place, [])
        if len(row) == 1 and row[0].type == "robo_callback":
            return ast.Name(self.name(str(row[0].fields.get("NAME", "")), "function"), ast.Load())
        said = re.fullmatch(r"(lambda\b|[^\W\d]\w*)\s*\(?([\w, ]*)\)?", block.notes.callback)
        names = [n for n in (said[2] if said else "").replace(" ", "").split(",") if n]
        if not all(is_name(n) for n in names):
            names, said = [], None
        if said and said[1] == "lambda" and len(row) == 1 and isinstance(done := self.one(row[0]), ast.Expr):
            return ast.Lambda(parameters_of(names), done.value)
        if said and is_name(said[1]):
            name = self.name(said[1], "function")
        else:
            name = self.name(f"on_{call.name.split('.')[-1]}", f"function {block.id}")
        body = self.row(row)
        function = ast.FunctionDef(name, parameters_of(names), body, [], None)
        function.local = block.notes.local  # type: ignore[attr-defined]
        self.before.append(function)
        return ast.Name(name, ast.Load())


def parameters_of(names: list[str]) -> ast.arguments:
    """Plain parameters."""
    return ast.arguments([], [ast.arg(n) for n in names], None, [], [], None, [])


def _dotted(name: str) -> ast.expr:
    first, *rest = name.split(".")
    node: ast.expr = ast.Name(first, ast.Load())
    for word in rest:
        node = ast.Attribute(node, word, ast.Load())
    return node
