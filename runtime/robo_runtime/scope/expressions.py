"""Reading an expression and finding its type.

Syntax is the grammar's business (`robo_runtime.grammar`); this reader takes the canonical spelling that the
grammar writes and judges names and types alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from robo_runtime.scope import types as t
from robo_runtime.scope.names import Scope
from robo_runtime.scope.text import Illegal, Text, Unfinished, begins
from robo_runtime.scope.types import T
from robo_runtime.scope.values import Leads, Value, formats, may_lead, spread, t_numbers, t_whole

if TYPE_CHECKING:
    from robo_runtime.scope.calls import Calls

_LEVELS = {
    "or": 1, "and": 2, "in": 4, "not": 4, "is": 4, "<": 4, ">": 4, "<=": 4, ">=": 4, "==": 4, "!=": 4,
    "|": 5, "^": 6, "&": 7, "<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "/": 10, "//": 10, "%": 10, "**": 12,
}  # fmt: skip
_COMPARED, _UNARY = 4, 11
_DEEPEST_LIST = 4
_DIGITS = frozenset("0123456789")
_WORDS = ("not", "True", "False", "None", "lambda")


class Expressions:
    """Reads expressions of one line.

    Args:
        calls: judges calls, members and items.
    """

    def __init__(self, text: Text, scope: Scope, calls: Calls) -> None:
        self.x, self.scope, self.calls = text, scope, calls
        self.may_be_nothing = False
        """A call without a result may stand here: as the body of a lambda, behind `return`."""
        self.filled: frozenset[str] = frozenset()
        """Serial ports that certainly have something to read, once."""
        self.unknown: set[str] | None = None
        """Inside the first element of a list: names that a comprehension behind it may bring."""

    def expression(self, leads: Leads | None = None) -> Value:
        """`a`, or `a if b else c`."""
        value = self.binary(1, leads)
        if self.x.symbol() == "if":
            self.x.eat(" if ")
            self.binary(1)
            self.x.eat(" else ")
            other = self.expression(leads)
            kind = t.join(value.type, other.type) or T("mixed")
            return Value(kind, sure=value.sure and other.sure)
        return value

    def values(self, leads: Leads | None = None) -> Value:
        """One expression, or a tuple of several without brackets."""
        first = self.expression(leads)
        if self.x.peek() != ",":
            return first
        found = [first]
        while self.x.peek() == ",":
            self.x.eat(", ")
            found.append(self.expression())
        return Value(T("tuple", tuple(v.type for v in found)), sure=True)

    def binary(self, lowest: int, leads: Leads | None = None) -> Value:
        """Operands with operators that bind at least as tightly as level `lowest`."""
        left = self._prefixed(lowest, leads)
        compared: T | None = None
        while True:
            op = self.x.symbol()
            if op not in _LEVELS or _LEVELS[op] < lowest:
                return left
            level = _LEVELS[op]
            self.x.eat(f" {op}")
            if op == "not":
                self.x.eat(" in")
                op = "not in"
            self.x.eat(" ")
            if op == "is" and self.x.eats("not "):
                op = "is not"
            left_type = compared or left.type
            right = self.binary(level + 1, self._right(left_type, op, left.literal))
            kind = self._result(left_type, op, left, right)
            compared = right.type if level == _COMPARED else None
            left = Value(kind)

    def _right(self, left: T, op: str, literal: Any) -> Leads | None:
        if op in ("and", "or", "==", "!=", "is", "is not"):
            return None
        if op == "%" and left.kind == "str":
            if not isinstance(literal, str):
                raise Illegal
            return None
        return lambda kind: t.calculated(left, op, kind) is not None

    def _result(self, left_type: T, op: str, left: Value, right: Value) -> T:
        if op == "%" and left_type.kind == "str":
            if not formats(left.literal, right.type):
                raise Illegal
            return t.STR
        if op == "**" and left_type.kind in t.NUMBERS and isinstance(right.literal, int | float):
            whole = isinstance(right.literal, int) and left_type.kind in t.WHOLE
            return t.INT if whole else t.FLOAT
        kind = t.calculated(left_type, op, right.type)
        if kind is None:
            raise Illegal
        return kind

    def _prefixed(self, lowest: int, leads: Leads | None) -> Value:
        c = self.x.peek()
        if c == "n" and lowest <= 3 and self._keyword("not"):
            self.x.eat(" ")
            self.binary(_COMPARED)
            return Value(t.BOOL)
        if c in "-~":
            self.x.eat(c)
            inner = self._prefixed(_UNARY, t_numbers if c == "-" else t_whole)
            if inner.type.kind not in (*(t.NUMBERS if c == "-" else t.WHOLE), "any"):
                raise Illegal
            literal = -inner.literal if c == "-" and isinstance(inner.literal, int | float) else None
            return Value(t.INT if inner.type.kind == "bool" else inner.type, literal)
        return self.operand(leads)

    def _keyword(self, word: str) -> bool:
        """Whether this very word stands here, whole; it is consumed."""
        end = self.x.word_end(self.x.i)
        if self.x.s[self.x.i : end] == word and end < len(self.x.s):
            self.x.i = end
            return True
        return False

    def operand(self, leads: Leads | None) -> Value:
        """A literal, a name, or something in brackets, with all that is called, indexed or read off it."""
        x, c = self.x, self.x.peek()
        if c in _DIGITS:
            value = self._number()
            self._leads(leads, value.type)
            return value
        if c == '"' or c == "'":
            self._leads(leads, t.STR)
            value = self._string(c)
        elif c == "(":
            value = self._paren()
        elif c == "[":
            value = self._list()
        elif c == "{":
            value = self._dict()
        elif x.at_word():
            found = self._named(leads)
            value = self._prefixed_string(leads) if found is None else found
        else:
            raise Illegal
        return self._trail(value)

    @staticmethod
    def _leads(leads: Leads | None, kind: T) -> None:
        if leads is not None and not leads(kind):
            raise Illegal

    def _number(self) -> Value:
        x, start = self.x, self.x.i
        while x.peek() in "0123456789abcdefxABCDEF._" or (x.s[x.i] in "-" and x.s[x.i - 1] == "e"):
            if x.s[x.i] == "e" and "x" not in x.s[start : x.i] and x.i + 1 >= len(x.s):
                raise Unfinished
            x.i += 1
        text = x.s[start : x.i]
        try:
            value = int(text, 0) if text.isdigit() or text[:2] in ("0x", "0b") else float(text)
        except ValueError:
            raise Illegal from None
        return Value(t.INT if isinstance(value, int) else t.FLOAT, value)

    def _string(self, quote: str) -> Value:
        x, start = self.x, self.x.i + 1
        x.i += 1
        while (c := x.peek()) != quote:
            x.i += 2 if c == "\\" else 1
            if c == "\n":
                raise Illegal
        x.i += 1
        return Value(t.STR, x.s[start : x.i - 1], sure=x.i - 1 > start)

    def _prefixed_string(self, leads: Leads | None) -> Value:
        x = self.x
        if x.s[x.i] == "b":
            self._leads(leads, t.BYTES)
            x.i += 1
            return Value(t.BYTES, sure=self._string('"').sure)
        self._leads(leads, t.STR)
        x.i += 2
        while (c := x.peek()) != '"':
            if c == "\\":
                x.i += 2
            elif c in "{}" and x.i + 1 >= len(x.s):
                raise Unfinished
            elif c in "{}" and x.s[x.i + 1] == c:
                x.i += 2
            elif c == "{":
                x.i += 1
                self._formatted()
            else:
                x.i += 1
        x.i += 1
        return Value(t.STR)

    def _formatted(self) -> None:
        value = self.expression()
        if value.type.kind in t.NO_VALUE or value.type.kind == "user":
            raise Illegal
        plain = value.type.kind in (*t.NUMBERS, "str", "any")
        if self.x.peek() == "!":
            self.x.i += 1
            if self.x.peek() not in "rs":
                raise Illegal
            self.x.i += 1
            plain = True
        if self.x.peek() == ":":
            if not plain:
                raise Illegal
            while self.x.peek() != "}":
                self.x.i += 1
        self.x.eat("}")

    def _paren(self) -> Value:
        x = self.x
        x.eat("(")
        if x.peek() == ")":
            x.i += 1
            return Value(T("tuple"))
        x.wrap()
        first = self.expression()
        if x.peek() == ")":
            x.i += 1
            return Value(first.type, first.literal, first.sure, name=first.name)
        parts = [first]
        while x.another(")"):
            parts.append(self.expression())
        x.eat(")")
        return Value(T("tuple", tuple(p.type for p in parts)), tuple(p.literal for p in parts), True)

    def _list(self) -> Value:
        """Lists in lists are read so deep and no deeper: what a comprehension makes is read twice."""
        if self.scope.lists >= _DEEPEST_LIST:
            raise Illegal
        self.scope.lists += 1
        try:
            return self._elements()
        finally:
            self.scope.lists -= 1

    def _elements(self) -> Value:
        x = self.x
        x.eat("[")
        if x.peek() == "]":
            x.i += 1
            return Value(t.listed(t.NONE_YET))
        x.wrap()
        outer, self.unknown = self.unknown, set()
        start, reads = x.i, len(self.scope.read)
        first = self.expression()
        unknown, self.unknown = self.unknown, outer
        if x.symbol() == "for":
            del self.scope.read[reads:]
            return self._comprehension(start, x.i, unknown)
        if outer is not None:
            outer |= unknown
        elif unknown:
            raise Illegal
        parts = [first.type]
        while x.another("]"):
            parts.append(self.expression().type)
        x.wrap()
        x.eat("]")
        return Value(t.listed(t.joined(parts) or T("mixed")), sure=True)

    def _comprehension(self, start: int, end: int, unknown: set[str]) -> Value:
        x = self.x
        x.eat(" for ")
        targets = self.targets()
        if not unknown <= set(targets) and self.unknown is None:
            raise Illegal
        if self.unknown is not None:
            self.unknown |= unknown - set(targets)
        x.eat(" in ")
        source = self.binary(1)
        bound = spread(targets, source.type)
        self.scope.inner.append(bound)
        conditional = x.symbol() == "if"
        if conditional:
            x.eat(" if ")
            self.binary(1)
        x.eat("]")
        again = Expressions(Text(x.s[:end] + "\n", start), self.scope, self.calls)
        again.unknown = self.unknown
        made = again.expression()
        self.scope.inner.pop()
        return Value(t.listed(made.type), sure=source.sure and not conditional)

    def targets(self) -> list[str]:
        """`a` or `a, b`: names that a loop gives values to."""
        found = [self.x.word(lambda _: True)]
        while self.x.peek() == ",":
            self.x.eat(", ")
            found.append(self.x.word(lambda _: True))
        return found

    def _dict(self) -> Value:
        x = self.x
        x.eat("{")
        keys, values = [], []
        if x.peek() != "}":
            x.wrap()
            while True:
                keys.append(self.expression().type)
                x.eat(": ")
                values.append(self.expression().type)
                if not x.another("}"):
                    break
            x.wrap()
        x.eat("}")
        key, value = t.joined(keys), t.joined(values)
        if key is None:
            raise Illegal
        return Value(T("dict", (key, value or T("mixed"))), sure=bool(keys))

    def _named(self, leads: Leads | None) -> Value | None:
        """A name or a keyword; None, nothing consumed, where a prefixed string begins."""
        x = self.x
        rest = x.s[x.i : x.i + 2]
        if rest in ('b"', 'f"'):
            return None
        name = x.word(lambda prefix: self._possible(prefix, leads))
        if name in ("True", "False"):
            self._leads(leads, t.BOOL)
            return Value(t.BOOL)
        if name == "None":
            self._leads(leads, t.NONE)
            return Value(t.NONE)
        if name == "lambda":
            return self._lambda()
        found = self.scope.look_up(name)
        if found is None:
            if name in self.scope.builtins and (name != "print" or self.may_be_nothing):
                found = T("builtin", (name,))
            elif self.unknown is not None and self.calls.free(name):
                self.unknown.add(name)
                return Value(t.ANY)
            else:
                raise Illegal
        if not may_lead(found, leads):
            raise Illegal
        return Value(found, name=name)

    def _possible(self, prefix: str, leads: Leads | None) -> bool:
        if self.unknown is not None or begins(_WORDS, prefix) or prefix in ("b", "f"):
            return True
        names = self.scope.readable()
        return begins(self.scope.builtins, prefix) or any(
            n.startswith(prefix) and (leads is None or may_lead(self._peeked(n), leads)) for n in names
        )

    def _peeked(self, name: str) -> T:
        reads, local = len(self.scope.read), self.scope.local
        found = self.scope.look_up(name) or t.ANY
        del self.scope.read[reads:]
        self.scope.local = local
        return found

    def _lambda(self) -> Value:
        x = self.x
        params: list[str] = []
        if x.peek() == " ":
            x.eat(" ")
            params = self.targets()
        x.eat(": ")
        start = x.i
        self.scope.inner.append(dict.fromkeys(params, t.ANY))
        reads, outer, self.may_be_nothing = len(self.scope.read), self.may_be_nothing, True
        self.expression()
        self.may_be_nothing = outer
        self.scope.rely(self.scope.read[reads:])  # it may run at any time
        self.scope.inner.pop()
        return Value(self.calls.made_lambda(params, x.s[start : x.i]))

    def _trail(self, value: Value) -> Value:
        x = self.x
        while True:
            c = x.peek()
            if c == ".":
                x.i += 1
                kind = value.type
                useful = not self.may_be_nothing
                name = x.word(lambda prefix: self.calls.has_member(kind, prefix, useful))  # noqa: B023
                value = Value(self.calls.member(kind, name, useful), value.literal, name=value.name)
            elif c == "(":
                x.i += 1
                value = self._called(value)
            elif c == "[":
                x.i += 1
                value = Value(self._index(value))
            else:
                if value.type.kind == "nothing" and not self.may_be_nothing:
                    raise Illegal
                return value

    def _called(self, callee: Value) -> Value:
        made = self.calls.call(self, callee)
        if made.type.kind == "optional" and callee.type.kind == "method" and callee.name in self.filled:
            self.filled -= {callee.name}
            return Value(made.type.of[0])
        if made.type.kind != "grown":
            return made
        self.grow(callee.type.of[0], callee.name, made.type.of[0])
        return Value(T("nothing"))

    def grow(self, container: T, name: str, element: T) -> None:
        """An element is put into a list, or a value into a dictionary, that `name` may stand for."""
        kept = container.of[:-1]
        grown = T(container.kind, (*kept, t.join(container.of[-1], element) or T("mixed")))
        if grown == container:
            return
        if not name:
            raise Illegal
        self.scope.grow(name, container, grown)

    def _index(self, base: Value) -> T:
        x = self.x
        if t.item(base.type, t.INT, None) is None and base.type.kind not in ("dict", "instance"):
            raise Illegal
        index: Value | None = None
        if x.peek() != ":":
            index = self.expression()
            if x.peek() == " ":
                x.eat(" ")
        if x.peek() == ":":
            x.i += 1
            if x.peek() == " ":
                x.i += 1
            end = None
            if x.peek() != "]":
                end = self.expression()
            x.eat("]")
            kind = t.sliced(base.type)
            bounds = [v for v in (index, end) if v is not None]
            if kind is None or any(v.type.kind not in (*t.WHOLE, "any") for v in bounds):
                raise Illegal
            self.scope.rely(self.scope.read)
            return kind
        x.eat("]")
        assert index is not None
        found = self.calls.item(base.type, index)
        if index.type.kind in t.WHOLE:
            self.scope.rely(self.scope.read)
        return found
