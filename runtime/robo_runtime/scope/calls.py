"""What calls, members and items give, and whether their arguments fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from robo_runtime.scope import types as t
from robo_runtime.scope.builtins import BUILTINS, KEYWORDS, MEMBERS, RESULTLESS, call_builtin, call_method
from robo_runtime.scope.table import AS_MANY_AS_IT_TAKES, CALLBACKS, Overload, Param, Table, returned
from robo_runtime.scope.text import Illegal
from robo_runtime.scope.types import T
from robo_runtime.scope.values import Value

if TYPE_CHECKING:
    from robo_runtime.scope.expressions import Expressions

HANDED_ON = ("_thread.start_new_thread", "micropython.schedule")


class Function(NamedTuple):
    """A function of the program: its body is read again for each kind of arguments it is called with."""

    name: str
    params: tuple[tuple[str, T | None], ...]
    """Names, and the type of the default where there is one."""
    body: str
    """Lines of a `def`; the expression of a `lambda`."""
    is_lambda: bool


class Argument(NamedTuple):
    """An argument that was read."""

    name: str
    """Empty when it was given by its place."""
    value: Value


class Calls:
    """Judges everything that is done with a value.

    Args:
        run: reads a function of the program with arguments of some types; returns the type of its result.
    """

    def __init__(self, table: Table, run: Callable[[Function, tuple[T, ...]], T]) -> None:
        self.table, self.run = table, run

    @staticmethod
    def free(name: str) -> bool:
        """Whether a name may be a variable's."""
        return name not in BUILTINS and name not in ("and", "or", "not", "if", "else", "for", "in", "is")

    def made_lambda(self, params: list[str], body: str) -> T:
        """The type of a lambda."""
        return T("user", (Function("", tuple((p, None) for p in params), body, True),))

    # Members

    def _members(self, kind: T) -> dict[str, T] | None:
        """None when nobody knows them."""
        if kind.kind in ("instance", "class"):
            return self.table.classes.get(kind.of[0], {})
        if kind.kind == "module":
            return self.table.modules.get(kind.of[0], {})
        if kind.kind == "object":
            return self.table.kit_members.get(kind.of[0], {})
        if kind.kind == "any":
            return None
        return {name: T("bound", (kind, name)) for name in MEMBERS.get(kind.kind, ())}

    def has_member(self, kind: T, prefix: str, useful: bool) -> bool:
        """Whether some member begins like this.

        Args:
            useful: where a value is needed: calls that never have a result are left out.
        """
        members = self._members(kind)
        if members is None:
            return True
        return any(n.startswith(prefix) and not (useful and self._never(m)) for n, m in members.items())

    def member(self, kind: T, name: str, useful: bool) -> T:
        """`kind.name`; see `has_member`."""
        members = self._members(kind)
        if members is None:
            return t.ANY
        if name not in members or (kind.kind == "class" and members[name].kind == "method"):
            raise Illegal
        if useful and self._never(members[name]):
            raise Illegal
        return members[name]

    def _never(self, kind: T) -> bool:
        """Whether calling it never has a result."""
        if kind.kind == "bound":
            return kind.of[1] in RESULTLESS
        return kind.kind in ("function", "method") and all(
            o.returns == "None" for o in self.table.calls[kind.of[0]]
        )

    def item(self, base: T, index: Value) -> T:
        """`base[index]`."""
        if base.kind == "instance" and base.of[0] in self.table.items and t.fits(index.type, "int"):
            return t.many(t.INT)
        found = t.item(base, index.type, index.literal if isinstance(index.literal, int) else None)
        if found is None:
            raise Illegal
        return found

    # Calls

    def call(self, e: Expressions, callee: Value) -> Value:
        """Read the arguments of a call, the opening bracket behind us."""
        kind = callee.type
        if kind.kind == "any":
            self._read(e, None)
            return Value(t.ANY)
        if kind.kind == "builtin":
            given = self._read(e, KEYWORDS.get(kind.of[0], set()))
            return call_builtin(kind.of[0], given, self, e.scope.rely_on_read)
        if kind.kind == "bound":
            given = self._read(e, KEYWORDS.get(kind.of[1], set()))
            return Value(call_method(kind.of[0], kind.of[1], given, callee.literal, self))
        if kind.kind == "user":
            names = {name for name, _ in kind.of[0].params}
            return Value(self._user(kind.of[0], self._read(e, names)))
        name, overloads = self._overloads(kind)
        return self._listed(e, name, overloads)

    def _overloads(self, kind: T) -> tuple[str, tuple[Overload, ...]]:
        if kind.kind in ("function", "method", "class"):
            return kind.of[0], self.table.calls[kind.of[0]]
        if kind.kind == "instance":
            name = f"{kind.of[0]}()"
            if name in self.table.calls:
                return name, self.table.calls[name]
        raise Illegal

    def _listed(self, e: Expressions, name: str, overloads: tuple[Overload, ...]) -> Value:
        """A call of something in the registry."""
        named = {p.name for o in overloads for p in o.params if p.kind in ("both", "kw")}
        open_ended = any(p.kind == "varkw" for o in overloads for p in o.params)
        given = self._read(e, None if open_ended else named)
        for overload in overloads:
            matched = _matched(overload, given)
            if matched is None or not all(self._fits(name, p, value) for p, value in matched):
                continue
            self._handed_on(name, given)
            if any(self._whole(p, v) for p, v in matched):
                e.scope.rely_on_read()
            if overload.returns == "element":
                return Value(t.element(given[0].value.type) or T("mixed"))
            return Value(T("nothing") if overload.returns == "None" else returned(overload.returns))
        raise Illegal

    def _handed_on(self, name: str, given: Sequence[Argument]) -> None:
        """A function of the program that is called with arguments given beside it."""
        if name not in HANDED_ON:
            return
        function, other = (a.value.type for a in given[:2])
        args = other.of if name == "_thread.start_new_thread" else (other,)
        if function.kind != "user" or (name == "_thread.start_new_thread" and other.kind != "tuple"):
            raise Illegal
        if not self.callable_with(function.of[0], args):
            raise Illegal

    @staticmethod
    def _whole(param: Param, value: Value) -> bool:
        return value.type.kind in t.WHOLE and "float" not in param.words

    def _fits(self, name: str, param: Param, value: Value) -> bool:
        kind = value.type
        if kind.kind == "user":
            if "function" not in param.words:
                return False
            if name in HANDED_ON:
                return True  # judged with what it is given
            wanted = CALLBACKS.get(name)
            if wanted is None:
                return False
            if name in AS_MANY_AS_IT_TAKES:
                wanted = wanted[: len(kind.of[0].params)]
            return self.callable_with(
                kind.of[0], tuple(t.named(w, frozenset(self.table.classes)) for w in wanted)
            )
        if kind.kind in t.NO_VALUE:
            return False
        words = param.words or ("any",)
        return any(t.fits(kind, word) for word in words)

    def callable_with(self, function: Function, args: tuple[T, ...]) -> bool:
        """Whether a function of the program can be called like this."""
        try:
            self._run(function, args)
        except Illegal:
            return False
        return True

    def _run(self, function: Function, args: tuple[T, ...]) -> T:
        if len(args) > len(function.params):
            raise Illegal
        rest = [default for _, default in function.params[len(args) :]]
        if any(default is None for default in rest):
            raise Illegal
        return self.run(function, (*args, *(d for d in rest if d is not None)))

    def _user(self, function: Function, given: Sequence[Argument]) -> T:
        """A call of a function of the program."""
        names = [name for name, _ in function.params]
        types: list[T | None] = [default for _, default in function.params]
        if len(given) > len(names):
            raise Illegal
        taken = set()
        for place, argument in enumerate(given):
            if argument.name and argument.name not in names:
                raise Illegal
            at = names.index(argument.name) if argument.name else place
            if at in taken:
                raise Illegal
            taken.add(at)
            types[at] = argument.value.type
        if any(kind is None for kind in types):
            raise Illegal
        return self.run(function, tuple(kind for kind in types if kind is not None))

    def _read(self, e: Expressions, names: set[str] | None) -> list[Argument]:
        """Arguments up to the closing bracket.

        Args:
            names: keywords that may stand here; None: any.
        """
        x = e.x
        given: list[Argument] = []
        if x.peek() == ")":
            x.i += 1
            return given
        x.wrap()
        while True:
            name = x.keyword(names)
            given.append(Argument(name, e.expression()))
            if not x.another():
                break
        x.wrap()
        x.eat(")")
        return given


def _matched(overload: Overload, given: Sequence[Argument]) -> list[tuple[Param, Value]] | None:
    """Each argument with its parameter; None when they do not go together."""
    places = [p for p in overload.params if p.kind in ("pos", "both")]
    var = next((p for p in overload.params if p.kind == "var"), None)
    others = next((p for p in overload.params if p.kind == "varkw"), None)
    out, taken = [], set()
    for place, argument in enumerate(given):
        if argument.name:
            param = next(
                (p for p in overload.params if p.name == argument.name and p.kind in ("both", "kw")), others
            )
        else:
            param = places[place] if place < len(places) else var
        if param is None or (param.name in taken and param not in (var, others)):
            return None
        taken.add(param.name)
        out.append((param, argument.value))
    if any(p.required and p.name not in taken for p in overload.params if p.kind in ("pos", "both", "kw")):
        return None
    return out
