"""Reading one line: what it binds, what it opens and closes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from robo_runtime.scope import types as t
from robo_runtime.scope.assignments import Simple
from robo_runtime.scope.blocks import Block, Place, branch, filled, finish, leave, settle, used
from robo_runtime.scope.builtins import BUILTINS
from robo_runtime.scope.calls import Function
from robo_runtime.scope.expressions import Expressions
from robo_runtime.scope.names import Frame, Scope, Var
from robo_runtime.scope.state import State, Writing
from robo_runtime.scope.text import Illegal, Text, Unfinished
from robo_runtime.scope.types import T
from robo_runtime.scope.values import spread

if TYPE_CHECKING:
    from robo_runtime.scope.machine import Machine

_INDENT = 4
_BRANCHES = frozenset(["elif", "else", "except", "finally"])
_NO_CONDITION = t.NO_VALUE | {"instance", "user"}
_ANY = re.compile(r"(\w+)\.any\(\)(?: > 0)?")
_FIXED = frozenset(["module", "class", "user", "object", "function"])
"""A name of one of these is never given another value."""


def read_line(machine: Machine, state: State, line: str) -> State:
    """See `Machine.read`."""
    if line == "\n":
        return state if state.writing is None else _written(state, line)
    text = Text(line)
    while text.peek() == " ":
        text.i += 1
    level = text.i // _INDENT
    if text.s[text.i] == "#":
        _rest(text)
        return state if state.writing is None else _written(state, line)
    word = _first_word(text)
    state = _closed(state, level + 1 if word in _BRANCHES else level)
    made = _Line(machine, state, text, level).read(word)
    return _written(made, line) if state.writing is not None else made


def _written(state: State, line: str) -> State:
    writing = state.writing
    return state if writing is None else state._replace(writing=writing._replace(body=writing.body + line))


def _first_word(text: Text) -> str:
    return text.word(lambda _: True) if text.at_word() else ""


def _rest(text: Text) -> None:
    end = text.s.find("\n", text.i)
    if end < 0:
        raise Unfinished
    text.i = end + 1


def _closed(state: State, level: int) -> State:
    """The state once every block opened at `level` or deeper is closed."""
    place, module, local, writing = state.place, state.module, state.local, state.writing
    while place.blocks and place.blocks[-1].level >= level:
        block = place.blocks[-1]
        if block.kind != "def":
            place = settle(place)
            continue
        assert writing is not None
        function = T("user", (Function(writing.name, writing.params, writing.body, False),))
        scope = Scope(module._replace(defined=block.entry), None, BUILTINS)
        scope.bind(writing.name, function)
        module, local, writing = scope.module, None, None
        place = Place(place.blocks[:-1], module.defined)
    return State(module, local, place, writing)


def run(machine: Machine, function: Function, args: tuple[T, ...]) -> T:
    """See `Machine._run`."""
    module = machine.module_now()
    bound = {name: kind for (name, _), kind in zip(function.params, args, strict=True)}
    if function.is_lambda:
        scope = Scope(module, None, BUILTINS)
        scope.inner.append(bound)
        reader = Expressions(Text(function.body + "\n"), scope, machine.calls)
        reader.may_be_nothing = True
        kind = reader.expression().type
        return t.NONE if kind.kind == "nothing" else kind
    names = frozenset(bound)
    local = Frame({name: Var(kind) for name, kind in bound.items()}, names)
    block = Block("def", 0, module.defined)
    state = State(module, local, Place((block,), names), Writing("", (), ""))
    line = ""
    for part in function.body.splitlines(keepends=True):
        line += part
        try:
            state = read_line(machine, state, line)
        except Unfinished:
            continue
        line = ""
    place = state.place
    while place.blocks[-1].kind != "def":
        place = settle(place)
    if any(state.module.names[n].type != v.type for n, v in module.names.items()):
        raise Illegal
    assert state.writing is not None
    results = list(state.writing.results) + ([] if place.dead else [t.NONE])
    return t.joined(results) or T("mixed")


class _Line:
    """Reads one statement."""

    def __init__(self, machine: Machine, state: State, text: Text, level: int) -> None:
        self.machine, self.state, self.x, self.level = machine, state, text, level
        self._scope(state.place.defined)

    def _scope(self, defined: frozenset[str]) -> None:
        module, local = self.state.module, self.state.local
        if local is None:
            module = module._replace(defined=defined)
        else:
            local = local._replace(defined=defined)
        self.scope = Scope(module, local, BUILTINS)
        self.machine.enter(module)
        writing = self.state.writing
        if writing is not None and writing.name and local is not None and writing.name not in local.names:
            self.scope.inner.append({writing.name: t.ANY})  # as a callback of its own; judged when it is run
        self.e = Expressions(self.x, self.scope, self.machine.calls)
        self.e.filled = self._filled = filled(self.state.place)

    def read(self, word: str) -> State:
        """The whole line behind its first word."""
        special = getattr(self, f"_read_{word}", None) if word else None
        self.place = self.state.place
        self.writing = self.state.writing
        if special is not None:
            special()
        else:
            self.x.i -= len(word)
            Simple(self.e).read()
            self._end()
        self.place = used(self.place, self._filled - self.e.filled)._replace(defined=self._here())
        return State(self.scope.module, self.scope.local, self.place, self.writing)

    def _here(self) -> frozenset[str]:
        """Names with a value at this point."""
        return (self.scope.local or self.scope.module).defined

    # Line ends and blocks

    def _end(self) -> None:
        x = self.x
        if x.peek() == " ":
            x.eat("  # ")
            _rest(x)
        else:
            x.eat("\n")

    def _open(
        self, kind: str, *, whole: bool = False, endless: bool = False, ports: frozenset[str] = frozenset()
    ) -> None:
        self.x.eat(":")
        self._end()
        entry = self._here()
        block = Block(kind, self.level, entry, whole=whole, endless=endless, filled=ports)
        self.place = self.place._replace(blocks=(*self.place.blocks, block), dead=False)

    def _condition(self) -> frozenset[str]:
        """Read a condition; the ports that have something to read where it holds."""
        start = self.x.i
        value = self.e.expression()
        if value.type.kind in _NO_CONDITION:
            raise Illegal
        match = _ANY.fullmatch(self.x.s[start : self.x.i])
        return frozenset(match.groups()) if match else frozenset()

    def _branched(self, whole: bool) -> None:
        self.place = branch(self.place, whole)
        self.state = self.state._replace(place=self.place)
        self._scope(self.place.defined)

    def _read_if(self) -> None:
        self.x.eat(" ")
        ports = self._condition()
        self._open("if", ports=ports)

    def _read_elif(self) -> None:
        self._branched(whole=False)
        self.x.eat(" ")
        self._condition()
        self.x.eat(":")
        self._end()

    def _read_else(self) -> None:
        self._branched(whole=True)
        self.x.eat(":")
        self._end()

    def _read_while(self) -> None:
        self.x.eat(" ")
        start = self.x.i
        ports = self._condition()
        self._open("loop", endless=self.x.s[start:].startswith(("True:", "1:")), ports=ports)

    def _read_for(self) -> None:
        self.x.eat(" ")
        targets = self.e.targets()
        if any((kind := self.scope.current(n)) is not None and kind.kind in _FIXED for n in targets):
            raise Illegal
        self.x.eat(" in ")
        source = self.e.values()
        bound = spread(targets, source.type)
        before = self._here()
        for name, kind in bound.items():
            self.scope.bind(name, kind, self.scope.read)
        self._open("loop", whole=source.sure)
        block = self.place.blocks[-1]
        if not source.sure:
            self.place = self.place._replace(blocks=(*self.place.blocks[:-1], block._replace(entry=before)))

    def _read_try(self) -> None:
        self._open("try")

    def _read_except(self) -> None:
        self._branched(whole=False)
        x = self.x
        x.eat(" ")
        while x.peek() not in ":" and not x.s[x.i :].startswith(" as "):
            if " as ".startswith(x.s[x.i : x.i + 4]) and x.i + 4 > len(x.s):
                raise Unfinished
            x.i += 1
        if x.peek() == " ":
            x.eat(" as ")
            self.scope.bind(x.word(lambda _: True), t.EXCEPTION)
        x.eat(":")
        self._end()

    def _read_finally(self) -> None:
        self.place = finish(self.place)
        self._scope(self.place.defined)
        self.x.eat(":")
        self._end()

    def _read_def(self) -> None:
        x = self.x
        x.eat(" ")
        name = x.word(lambda _: True)
        x.eat("(")
        params: list[tuple[str, T | None]] = []
        while x.peek() != ")":
            if params:
                x.eat(", ")
            param, default = x.word(lambda _: True), None
            if x.peek() == "=":
                x.eat("=")
                default = self.e.expression().type
            params.append((param, default))
        x.eat(")")
        if len({p for p, _ in params}) < len(params) or name in dict(params):
            raise Illegal
        self._open("def")
        names = frozenset(p for p, _ in params)
        self.scope.local = Frame({p: Var(t.ANY) for p in names}, names)
        self.writing = Writing(name, tuple(params), "")
        self.place = self.place._replace(defined=names)

    # Statements of one line

    def _read_break(self) -> None:
        self._end()
        self.place = leave(self.place._replace(defined=self._here()), turn=False)

    def _read_continue(self) -> None:
        self._end()
        self.place = leave(self.place._replace(defined=self._here()), turn=True)

    def _read_pass(self) -> None:
        self._end()

    def _read_return(self) -> None:
        if self.writing is None:
            raise Illegal
        kind = t.NONE
        x = self.x
        if x.peek() == " " and x.i + 1 >= len(x.s):
            raise Unfinished
        if x.peek() == " " and x.s[x.i + 1] != " ":
            x.i += 1
            self.e.may_be_nothing = True
            kind = self.e.values().type
        self._end()
        kind = t.NONE if kind.kind == "nothing" else kind
        if kind.kind in t.NO_VALUE:
            raise Illegal
        self.writing = self.writing._replace(results=(*self.writing.results, kind))
        self.place = self.place._replace(dead=True)

    def _read_global(self) -> None:
        self.x.eat(" ")
        for name in self.e.targets():
            self.scope.share(name)
        self._end()

    def _read_import(self) -> None:
        x, table = self.x, self.machine.table
        x.eat(" ")
        start = x.i
        while x.peek() not in "\n ":
            x.i += 1
        name = x.s[start : x.i]
        if name not in table.modules:
            raise Illegal
        first = name.split(".")[0]
        self.scope.bind(first, T("module", (first,)))
        self._end()

    def _read_from(self) -> None:
        x, table = self.x, self.machine.table
        x.eat(" ")
        start = x.i
        while x.peek() != " ":
            x.i += 1
        module = x.s[start : x.i]
        members = table.kit if module == table.kit_module else table.modules.get(module)
        x.eat(" import ")
        if members is None:
            raise Illegal
        while True:
            name = x.word(lambda _: True)
            if name not in members:
                raise Illegal
            self.scope.bind(name, members[name])
            if x.peek() != ",":
                break
            x.eat(", ")
        self._end()
