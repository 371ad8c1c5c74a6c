"""Statements and blocks.

Indentation is not context-free, so it is unrolled: every block rule knows its level, whether it is inside a
function (`return`, `global`) and whether it is inside a loop (`break`, `continue`). A level is four spaces.
"""

from __future__ import annotations

from typing import NamedTuple

from robo_runtime.grammar import language
from robo_runtime.grammar.expressions import Layer
from robo_runtime.grammar.gbnf import Grammar, words

MAX_LEVEL = 5
"""Deepest indentation, in levels of four spaces."""


class Place(NamedTuple):
    """Where a statement stands."""

    level: int = 0
    function: bool = False
    loop: bool = False

    def inside(self, *, function: bool = False, loop: bool = False) -> Place:
        """The place of a block that a statement here opens."""
        return Place(self.level + 1, self.function or function, False if function else self.loop or loop)


class Statements:
    """The statement rules of one style, made as they are needed; `simple` must exist."""

    def __init__(self, g: Grammar, layer: Layer, ident: str) -> None:
        self.g, self.n, self.ident = g, layer.name, ident
        self.layer = layer
        self._add_rules()

    def _add_rules(self) -> None:
        """What the statements are made of, apart from expressions."""
        g, layer, ident = self.g, self.layer, self.ident
        _add_assignments(g, layer, ident)
        caught = words(g, dict.fromkeys(language.EXCEPTIONS, ""))
        g.rule(
            self.n("caught"),
            f'{caught} (" as " {ident})?',
            f'"(" {caught} (", " {caught})+ ")" (" as " {ident})?',
        )
        g.rule(self.n("global"), f'"global " {ident} (", " {ident})*')
        g.rule(self.n("return"), f'"return" (" " {self.n("values")})?')
        expr = self.n("expr")
        g.rule(self.n("parameters"), '")"', f"{ident} {self.n('more-parameters')}")
        g.rule(
            self.n("more-parameters"),
            '")"', f'", " {ident} {self.n("more-parameters")}', f'"=" {expr} (", " {ident} "=" {expr})* ")"',
        )  # fmt: skip

    def program(self) -> str:
        """The statements of a program, at least one."""
        return self.block(Place())

    def block(self, place: Place) -> str:
        """Comments, a statement, and whatever else stands at the same level."""
        name = self._name("block", place)
        indent = _indent(place.level)
        more = self._name("more", place)
        statement = self._statement(place)
        self.g.rule(name, f"{indent} (comment {name}|{statement} {more})")
        self.g.rule(more, f"{indent} (comment|{statement}) {more}", '""')
        return name

    def _name(self, kind: str, place: Place) -> str:
        flags = "f" * place.function + "l" * place.loop
        return self.n(f"{kind}{place.level}{flags}")

    def _statement(self, place: Place) -> str:
        n = self.n
        simple = [n("simple")]
        if place.loop:
            simple += ['"break"', '"continue"']
        if place.function:
            simple += [n("return"), n("global")]
        out = [f"{self.g.share(*simple)} eol"]
        if place.level < MAX_LEVEL:
            out += self._compound(place)
        return self.g.rule(self._name("statement", place), *out)

    def _compound(self, place: Place) -> list[str]:
        n, expr = self.n, self.n("expr")
        inner, loop = self._body(place.inside()), self._body(place.inside(loop=True))
        indent = _indent(place.level)
        otherwise = self._name("otherwise", place)
        self.g.rule(otherwise, f'{indent} "el" ("if " {expr} {inner} {otherwise}|"se" {inner})', '""')
        out = [
            f'"if " {expr} {inner} {otherwise}',
            f'"while " {expr} {loop}',
            f'"for " {self._each()} {loop}',
            *self._tries(place, inner),
        ]
        if place == Place():
            body = self._body(place.inside(function=True))
            out.append(f'"def " {self.ident} "(" {n("parameters")} {body}')
        return out

    def _each(self) -> str:
        """What stands between `for` and the colon."""
        return f'{self.ident} (", " {self.ident})* " in " {self.n("values")}'

    def _tries(self, place: Place, inner: str) -> list[str]:
        """`try` with its handlers."""
        n, indent = self.n, _indent(place.level)
        handlers = self._name("handlers", place)
        handler = f'"except " {n("caught")} {inner} {handlers}'
        finish = f'"finally" {inner}'
        self.g.rule(handlers, f"{indent} ({handler}|{finish})", '""')
        return [f'"try" {inner} {indent} ({handler}|{finish})']

    def _body(self, place: Place) -> str:
        """A colon, the line's end, and the block under it."""
        return f'":" eol-open {self.block(place)}'


def _indent(level: int) -> str:
    return f'"{"    " * level}"' if level else ""


def _add_assignments(g: Grammar, layer: Layer, ident: str) -> None:
    """What may follow a name at the start of a statement: `assign`, or with calls `after-free-name`."""
    n = layer.name
    expr, target, called = n("expr"), n("after-free-name"), n("after-statement")
    values = g.rule(n("values"), f'{expr} (", " {expr})*')
    becomes = g.rule(n("becomes"), f'"= " {values}', f'augmented "= " {expr}')
    item = g.rule(n("item"), f'{ident} ("[" {n("index")})*')
    assign = g.rule(n("assign"), f'" " {becomes}', f'", " {item} (", " {item})* " = " {values}')
    attribute = f'{n("attributes")} (" " {becomes}|"." {n("methods")} {called})'
    member = g.rule(n("target-member"), f"{n('methods')} {called}", attribute)
    g.rule(
        target,
        assign, f'"(" {n("arguments")} {called}', f'"[" {n("index")} {target}', f'"." {member}',
    )  # fmt: skip
    g.rule(called, f'"." {n("methods")} {called}', '""')
