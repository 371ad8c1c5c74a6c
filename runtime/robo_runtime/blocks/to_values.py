"""Expressions of a program as blocks that are plugged in."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from typing import Any

from robo_runtime.blocks.calls import OBJECT, Call, bound, usual_order
from robo_runtime.blocks.control import MAX_ARGUMENTS, RAW_VALUE
from robo_runtime.blocks.library import Library
from robo_runtime.blocks.loading import MAX_DEPTH
from robo_runtime.blocks.patterns import fields_of
from robo_runtime.blocks.scope import Scope, plain_function
from robo_runtime.blocks.shapes import Checks, fits
from robo_runtime.blocks.source import source_of
from robo_runtime.blocks.tree import Block, Notes, Value, Variable

_DEEP = MAX_DEPTH // 2
"""Deeper expressions are shown as text; mouths and sockets together stay within `MAX_DEPTH`."""


class Values:
    """Makes the blocks of one program's expressions."""

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
        return self._items(node.elts)

    def _items(self, elements: list[ast.expr]) -> Block | None:
        if any(isinstance(e, ast.Starred) for e in elements):
            return None
        inputs = {f"ADD{i}": self.value(e) for i, e in enumerate(elements)}
        return Block("lists_create_with", inputs=inputs, extra={"itemCount": len(elements)})

    def _tuple(self, node: ast.Tuple) -> Block | None:
        if len(node.elts) in (2, 3) or (items := self._items(node.elts)) is None:
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
        items = self._items(pairs)
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

    def _lambda(self, node: ast.Lambda) -> Block | None:
        plain = ast.FunctionDef("f", node.args, [ast.Expr(node.body)], [], None)
        if not plain_function(plain):
            return None
        names = ", ".join(a.arg for a in node.args.args)
        return Block("robo_lambda", {"NAMES": names}, rows={"DO": [self.statement_of(node.body)]})

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
        if len(node.args) > MAX_ARGUMENTS and (items := self._items(node.args)):
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


def ends_with_answer(function: ast.FunctionDef) -> bool:
    """Whether its last statement gives something back."""
    last = function.body[-1]
    return isinstance(last, ast.Return) and last.value is not None


def raw_value(node: ast.expr) -> Block:
    """The block with an expression as text."""
    return Block(RAW_VALUE, {"CODE": source_of(node)})


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
