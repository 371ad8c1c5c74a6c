"""Blocks that are plugged in as expressions of a program."""

from __future__ import annotations

import ast
import re
from typing import Any, NoReturn

from robo_runtime.blocks.control import MAX_ARGUMENTS
from robo_runtime.blocks.from_calls import CallExpressions, parameters_of
from robo_runtime.blocks.patterns import Rule, chosen
from robo_runtime.blocks.tree import Block, Variable

_BOOLEAN: dict[str, type[ast.boolop]] = {"AND": ast.And, "OR": ast.Or}


class Expressions(CallExpressions):
    """Writes the expressions of one workspace: by method for some types of blocks, by rule for the others."""

    def value(self, block: Block) -> ast.expr:
        """The expression of a block."""
        special = getattr(self, f"make_{block.type}", None)
        if special is not None:
            return special(block)
        if (call := self.library.by_type.get(block.type)) is not None:
            return self.call(block, call)
        if block.type in self.library.constants:
            return self.constant(block)
        return self.by_rule(block)

    def by_rule(self, block: Block) -> Any:
        """The code of a block that has a template."""
        rules = self.library.rules_by_type[block.type]
        rule = chosen(rules, block)
        if rule is None:
            self._incomplete(block, rules)
        self.needs.update(rule.pattern.imports)
        parts: dict[str, Any] = {}
        for hole in sorted(rule.holes):
            if hole in rule.shape.rows:
                parts[hole] = self.row(block.rows.get(hole, []))
            elif hole in rule.shape.fields:
                parts[hole] = self._text(block, rule, hole)
            else:
                parts[hole] = self.value(block.inputs[hole])
        return rule.fill(parts)

    def _incomplete(self, block: Block, rules: list[Rule]) -> NoReturn:
        least = min(rules, key=lambda r: len(r.filled_by - block.inputs.keys()))
        missing = sorted(least.filled_by - block.inputs.keys())
        if missing:
            self.fail(block, f"inputs.{missing[0]}: empty; plug a block in")
        self.fail(block, f"this combination of inputs means nothing: {', '.join(block.inputs)}")

    def _text(self, block: Block, rule: Rule, hole: str) -> Any:
        value = block.fields.get(hole)
        if isinstance(value, Variable):
            return self.name(value)
        if value is None and rule.shape.fields[hole].kind == "variable":
            self.fail(block, f"fields.{hole}: no variable is chosen")
        return ", ".join(self.names(block, hole))

    def make_math_number(self, block: Block) -> ast.expr:
        value = block.fields.get("NUM", 0)
        node: ast.expr = ast.Constant(abs(value) if isinstance(value, int | float) else 0)
        written = block.notes.written
        if written:
            try:
                same = ast.literal_eval(written)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                same = None
            if type(same) in (int, float) and same == value:
                node = ast.Constant(abs(same))
                node.written = written.lstrip("-")  # type: ignore[attr-defined]
        negative = isinstance(value, int | float) and (value < 0 or (value == 0 and written.startswith("-")))
        return ast.UnaryOp(ast.USub(), node) if negative else node

    def make_text(self, block: Block) -> ast.expr:
        return ast.Constant(str(block.fields.get("TEXT", "")))

    def make_robo_escaped(self, block: Block) -> ast.expr:
        return self._unescaped(block, "")

    def make_robo_bytes(self, block: Block) -> ast.expr:
        return self._unescaped(block, "b")

    def _unescaped(self, block: Block, prefix: str) -> ast.expr:
        """What a field with escapes means; quotes need none."""
        text = str(block.fields.get("TEXT", ""))
        quoted = re.sub(r'\\.|"', lambda m: '\\"' if m[0] == '"' else m[0], text, flags=re.S)
        try:
            return ast.Constant(ast.literal_eval(f'{prefix}"{quoted}"'))
        except (SyntaxError, ValueError):
            self.fail(block, f"fields.TEXT: {text!r:.60}: expected letters, and escapes such as \\x00")

    def make_logic_boolean(self, block: Block) -> ast.expr:
        return ast.Constant(block.fields.get("BOOL", "TRUE") == "TRUE")

    def make_variables_get(self, block: Block) -> ast.expr:
        if "VAR" not in block.fields:
            self.fail(block, "fields.VAR: no variable is chosen")
        return ast.Name(self.name(str(block.fields["VAR"])), ast.Load())

    def make_robo_name(self, block: Block) -> ast.expr:
        return ast.Name(self.names(block, "NAME")[0], ast.Load())

    def make_robo_raw_value(self, block: Block) -> ast.expr:
        text = str(block.fields.get("CODE", ""))
        try:
            return ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as e:
            self.fail(block, f"fields.CODE: {text!r:.60} is no expression: {e}")

    def make_robo_parenthesis(self, block: Block) -> ast.expr:
        return self.socket(block, "VALUE")

    def make_robo_result(self, block: Block) -> ast.expr:
        row = block.rows.get("DO", [])
        done = self.one(row[0]) if len(row) == 1 else None
        if not isinstance(done, ast.Expr):
            self.fail(block, "inputs.DO: put in one block that calls something")
        return done.value

    def make_math_round(self, block: Block) -> ast.expr:
        """Rounding down a quotient is Python's own division of whole numbers."""
        inner = block.inputs.get("NUM")
        if block.fields.get("OP") == "ROUNDDOWN" and inner and inner.type == "math_arithmetic":
            quotient = self.value(inner)
            if isinstance(quotient, ast.BinOp) and isinstance(quotient.op, ast.Div):
                return ast.BinOp(quotient.left, ast.FloorDiv(), quotient.right)
        return self.by_rule(block)

    def make_logic_operation(self, block: Block) -> ast.expr:
        """A block in a block of the same kind is one row of `and`, unless there are parentheses between."""
        op = _BOOLEAN[str(block.fields.get("OP", "AND"))]
        left, right = (self.socket(block, name) for name in ("A", "B"))
        inner = block.inputs["A"]
        if inner.type == "logic_operation" and isinstance(left, ast.BoolOp) and isinstance(left.op, op):
            return ast.BoolOp(op(), [*left.values, right])
        return ast.BoolOp(op(), [left, right])

    def _numbered(self, block: Block, word: str, count: Any = None) -> list[ast.expr]:
        """What is in sockets with numbers; gaps are an error."""
        filled = sum(name.startswith(word) for name in block.inputs)
        if isinstance(count, int) and not isinstance(count, bool):
            filled = max(filled, min(count, 10_000))
        return [self.socket(block, f"{word}{i}") for i in range(filled)]

    def make_lists_create_with(self, block: Block) -> ast.expr:
        return ast.List(self._numbered(block, "ADD", block.extra.get("itemCount")), ast.Load())

    def _elements(self, block: Block) -> list[ast.expr]:
        items = self.socket(block, "LIST")
        if not isinstance(items, ast.List):
            self.fail(block, "inputs.LIST: plug in a block that makes a list of its items")
        return items.elts

    def make_robo_tuple(self, block: Block) -> ast.expr:
        return ast.Tuple(self._elements(block), ast.Load())

    def make_robo_dict(self, block: Block) -> ast.expr:
        pairs = self._elements(block)
        found = [p.elts for p in pairs if isinstance(p, ast.Tuple) and len(p.elts) == 2]
        if len(found) < len(pairs):
            self.fail(block, "inputs.LIST: every item must be a pair ( key , value )")
        return ast.Dict([key for key, _ in found], [value for _, value in found])

    def make_text_join(self, block: Block) -> ast.expr:
        parts: list[ast.expr] = []
        for part in self._joined(block):
            last = parts[-1] if parts else None
            if isinstance(part, ast.Constant) and isinstance(last, ast.Constant):
                parts[-1] = ast.Constant(f"{last.value!s}{part.value!s}")
            else:
                parts.append(part)
        return ast.JoinedStr(parts)

    def _joined(self, block: Block) -> list[ast.expr]:
        """The parts of an f-string; a text is letters, a join in a join is part of it."""
        found: list[ast.expr] = []
        count = block.extra.get("itemCount", 0)
        for i in range(max(len(block.inputs), count if isinstance(count, int) and count < 10_000 else 0)):
            inner = block.inputs.get(f"ADD{i}")
            if inner is None:  # Blockly joins an empty text
                continue
            if inner.type in ("text", "robo_escaped"):
                if getattr(letters := self.value(inner), "value", ""):
                    found.append(letters)
            elif inner.type == "text_join":
                found += self._joined(inner)
            elif inner.type == "robo_format":
                found.append(self._formatted(inner))
            else:
                found.append(ast.FormattedValue(self.value(inner), -1, None))
        return found

    def make_robo_format(self, block: Block) -> ast.expr:
        return ast.JoinedStr([self._formatted(block)])

    def _formatted(self, block: Block) -> ast.expr:
        text, sign = (str(block.fields.get(key, "")) for key in ("FORMAT", "CONVERSION"))
        if not re.fullmatch(r"[^{}\"'\\\n]*", text):
            self.fail(block, f"fields.FORMAT: {text!r:.60} is no format; expected e.g. .1f or 02d")
        inside: list[ast.expr] = [ast.Constant(text)] if text != ":" else []
        spec = ast.JoinedStr(inside) if text else None
        return ast.FormattedValue(self.socket(block, "VALUE"), ord(sign) if sign else -1, spec)

    def make_robo_lambda(self, block: Block) -> ast.expr:
        names = self.names(block, "NAMES") if str(block.fields.get("NAMES", "")).strip() else []
        row = block.rows.get("DO", [])
        done = self.one(row[0]) if len(row) == 1 else None
        if not isinstance(done, ast.Expr):
            self.fail(block, "inputs.DO: put in one block that calls something")
        return ast.Lambda(parameters_of(names), done.value)

    def make_robo_call(self, block: Block) -> ast.expr:
        function = self.socket(block, "FUNCTION")
        filled = [i for i in range(MAX_ARGUMENTS) if f"ARG{i}" in block.inputs]
        if filled != list(range(len(filled))):
            self.fail(
                block, f"inputs.ARG{filled[0] - 1 if filled else 0}: empty; fill the arguments from the left"
            )
        return ast.Call(function, [self.socket(block, f"ARG{i}") for i in filled], [])

    def make_robo_call_list(self, block: Block) -> ast.expr:
        return ast.Call(self.socket(block, "FUNCTION"), self._elements(block), [])

    def make_procedures_callreturn(self, block: Block) -> ast.expr:
        name = block.extra.get("name")
        if not isinstance(name, str):
            self.fail(block, "extraState.name: expected the name of a function")
        params = block.extra.get("params", [])
        count = len(params) if isinstance(params, list) else 0
        called = ast.Name(self.name(name, "function"), ast.Load())
        return ast.Call(called, self._numbered(block, "ARG", count), [])
