"""Assignments, and calls that stand alone."""

from __future__ import annotations

from robo_runtime.scope import types as t
from robo_runtime.scope.builtins import BUILTINS
from robo_runtime.scope.expressions import Expressions
from robo_runtime.scope.text import Illegal
from robo_runtime.scope.types import T
from robo_runtime.scope.values import Leads, Value, parts

_AUGMENTED = frozenset(["+=", "-=", "*=", "/=", "//=", "%=", "**=", "&=", "|=", "^=", "<<=", ">>="])


class Simple:
    """A statement of one line that begins with a name; `e` reads its expressions."""

    def __init__(self, e: Expressions) -> None:
        self.e, self.x, self.scope = e, e.x, e.scope

    def read(self) -> None:
        """Read it up to the end of the line."""
        targets = [self._target()]
        while self.x.peek() == ",":
            self.x.eat(", ")
            targets.append(self._target())
        op = self.x.symbol() if self.x.peek() == " " else ""
        if len(targets) > 1 or op == "=":
            self._assigned(targets)
        elif op in _AUGMENTED:
            self._augmented(targets[0], op[:-1])
        elif not targets[0].called:
            raise Illegal

    def _target(self) -> _Target:
        """A name, an item or an attribute to assign to; or a call."""
        x, e = self.x, self.e
        name = x.word(lambda _: True)
        if x.peek() in " ,":
            if x.s[x.i] == " " and not self.scope.known(name):
                behind = x.s[x.i : x.i + 3]
                if not " = ".startswith(behind):
                    raise Illegal
            return _Target(name)
        found = self.scope.look_up(name)
        if found is None and name in BUILTINS:
            found = T("builtin", (name,))
        if found is None:
            raise Illegal
        target = _Target("", Value(found, name=name))
        while True:
            value, c = target.value, x.peek()
            assert value is not None
            if c == ".":
                x.i += 1
                kind = value.type
                member = x.word(lambda prefix: e.calls.has_member(kind, prefix, False))  # noqa: B023
                made = Value(e.calls.member(kind, member, False), name=value.name)
                target = _Target("", made, base=value, attribute=member)
            elif c == "(":
                x.i += 1
                target = _Target("", e._called(value), called=True)
            elif c == "[":
                start = x.i
                x.i += 1
                index = e.expression() if x.peek() != ":" else None
                if index is None or x.peek() != "]":
                    x.i = start
                    target = _Target("", Value(e._index(value)))
                    continue
                x.i += 1
                target = _Target("", Value(e.calls.item(value.type, index)), base=value, index=index)
                if index.type.kind in t.WHOLE:
                    self.scope.rely_on_read()
            else:
                return target

    def _assigned(self, targets: list[_Target]) -> None:
        self.x.eat(" = ")
        reads = len(self.scope.read)
        value = self.e.values(self._wanted(targets))
        sources = self.scope.read[reads:]
        if value.type.kind in t.NO_VALUE or (
            value.type == t.NONE and not self.x.s[: self.x.i].endswith("None")
        ):
            raise Illegal
        kinds = [value.type] if len(targets) == 1 else parts(value.type, len(targets))
        for target, kind in zip(targets, kinds, strict=True):
            self._put(target, kind, sources)

    def _wanted(self, targets: list[_Target]) -> Leads | None:
        """What a name's own type says of how its new value may begin."""
        if len(targets) > 1 or not targets[0].name:
            return None
        old = self.scope.current(targets[0].name)
        if old is None or old.kind in (*t.NUMBERS, "None", "any", "optional", "str"):
            return None
        return lambda kind: t.join(old, kind) is not None

    def _put(self, target: _Target, kind: T, sources: list[str]) -> None:
        if target.name:
            if not self.e.calls.free(target.name):
                raise Illegal
            self.scope.bind(target.name, kind, sources)
            return
        base = target.base
        if base is None or target.called:
            raise Illegal
        if target.attribute:
            old = target.value.type if target.value else t.ANY
            if base.type.kind not in ("instance", "any") or old.kind in ("method", "bound") or old != kind:
                raise Illegal
            return
        assert target.index is not None
        self._put_item(base, target.index, kind)
        if kind.kind in t.WHOLE:
            self.scope.rely(sources)

    def _put_item(self, base: Value, index: Value, kind: T) -> None:
        holder = base.type
        if holder.kind == "list":
            self.e.grow(holder, base.name, kind)
        elif holder.kind == "dict":
            key = t.join(holder.of[0], index.type)
            if key is None or not t.hashable(index.type):
                raise Illegal
            if key != holder.of[0]:
                if not base.name:
                    raise Illegal
                grown = T("dict", (key, t.join(holder.of[1], kind) or T("mixed")))
                self.scope.grow(base.name, holder, grown)
            else:
                self.e.grow(holder, base.name, kind)
        elif holder.kind == "instance":
            if not t.fits(kind, "tuple") or any(p.kind == "str" for p in kind.of):
                raise Illegal
        elif holder.kind == "bytearray":
            if kind.kind not in (*t.WHOLE, "any"):
                raise Illegal
        elif holder.kind != "any":
            raise Illegal

    def _augmented(self, target: _Target, op: str) -> None:
        self.x.eat(f" {op}= ")
        reads = len(self.scope.read)
        old = self.scope.look_up(target.name) if target.name else target.value.type if target.value else None
        value = self.e.expression()
        if old is None or target.called or (op == "%" and old.kind == "str"):
            raise Illegal
        made = t.calculated(old, op, value.type)
        if op == "**" and isinstance(value.literal, int) and old.kind in t.WHOLE:
            made = t.INT
        if made is None:
            raise Illegal
        self._put(target, made, self.scope.read[reads:])


class _Target:
    """What an assignment may be to, or a call."""

    def __init__(
        self, name: str, value: Value | None = None, *, base: Value | None = None,
        index: Value | None = None, attribute: str = "", called: bool = False,
    ) -> None:  # fmt: skip
        self.name, self.value, self.base = name, value, base
        self.index, self.attribute, self.called = index, attribute, called
