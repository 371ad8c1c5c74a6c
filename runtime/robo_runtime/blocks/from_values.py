"""Blocks that are plugged in as expressions of a program."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable
from typing import Any, NoReturn

from robo_runtime.blocks.calls import OBJECT, Call, bound, usual_order
from robo_runtime.blocks.control import MAX_ARGUMENTS
from robo_runtime.blocks.library import Library
from robo_runtime.blocks.loading import BlockError
from robo_runtime.blocks.patterns import Import, Rule, chosen
from robo_runtime.blocks.tree import Block, Variable

_BOOLEAN: dict[str, type[ast.boolop]] = {"AND": ast.And, "OR": ast.Or}


class Expressions:
    """Writes the expressions of one workspace.

    Args:
        where: the file's name, for messages.
        taken: names that variables may not have, because the blocks need them for something else.
    """

    def __init__(self, library: Library, where: str, taken: frozenset[str]) -> None:
        self.library, self.where, self.taken = library, where, taken
        self.needs: set[Import] = set()
        self.before: list[ast.stmt] = []
        """Functions that a block's mouth holds, to be written above the statement in hand."""
        self.row: Callable[[list[Block]], list[ast.stmt]]
        """Writes a row of blocks; set by whoever writes statements."""
        self.one: Callable[[Block], ast.stmt]
        """Writes a statement; set likewise."""
        self._names: dict[str, str] = {}

    def fail(self, block: Block, text: str) -> NoReturn:
        """Refuse a block, by its id."""
        raise BlockError(f"{self.where}: block {block.id} ({block.type}): {text}")

    def name(self, shown: str, kind: str = "") -> str:
        """The Python name of a variable or, with `kind`, of something else; Blockly takes any words."""
        key = f"{kind} {shown}"
        if key not in self._names:
            name = shown
            if not is_name(name):
                name = re.sub(r"\W+", "_", shown.strip()).strip("_") or "item"
                name = f"_{name}" if name[0].isdigit() or keyword.iskeyword(name) else name
            used = {*self._names.values(), *self.taken}
            if name in used:
                name = next(n for n in (name, *(f"{name}_{i}" for i in range(2, 10**6))) if n not in used)
            self._names[key] = name
        return self._names[key]

    def variables(self) -> list[str]:
        """The Python names of all variables and functions so far."""
        return list(self._names.values())

    def names(self, block: Block, key: str, *, dotted: bool = False) -> list[str]:
        """The names that a text field lists."""
        words = str(block.fields.get(key, "")).replace(" ", "").split(",")
        for word in words:
            if not all(is_name(part) for part in (word.split(".") if dotted else [word])):
                self.fail(block, f"fields.{key}: {word!r:.60} is no name; expected names with commas between")
        return words

    def socket(self, block: Block, name: str) -> ast.expr:
        """What is plugged into a socket that must not be empty."""
        if name not in block.inputs:
            self.fail(block, f"inputs.{name}: empty; plug a block in")
        return self.value(block.inputs[name])

    def value(self, block: Block) -> ast.expr:
        """The expression of a block."""
        special = getattr(self, f"make_{block.type}", None)
        if special is not None:
            return special(block)
        if (call := self.library.by_type.get(block.type)) is not None:
            return self.call(block, call)
        if block.type in self.library.constants:
            return self._constant(block)
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

    def _constant(self, block: Block) -> ast.expr:
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
            return ast.Lambda(_parameters(names), done.value)
        if said and is_name(said[1]):
            name = self.name(said[1], "function")
        else:
            name = self.name(f"on_{call.name.split('.')[-1]}", f"function {block.id}")
        body = self.row(row)
        function = ast.FunctionDef(name, _parameters(names), body, [], None)
        function.local = block.notes.local  # type: ignore[attr-defined]
        self.before.append(function)
        return ast.Name(name, ast.Load())

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
        return ast.Lambda(_parameters(names), done.value)

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


def is_name(text: str) -> bool:
    """Whether Python takes it as a name."""
    return text.isidentifier() and not keyword.iskeyword(text)


def _parameters(names: list[str]) -> ast.arguments:
    return ast.arguments([], [ast.arg(n) for n in names], None, [], [], None, [])


def _dotted(name: str) -> ast.expr:
    first, *rest = name.split(".")
    node: ast.expr = ast.Name(first, ast.Load())
    for word in rest:
        node = ast.Attribute(node, word, ast.Load())
    return node
