"""The grammar of programs that Blockly can show: calls of the kit with control blocks around them.

It has the kit's functions with their arguments, variables, numbers, texts, lists, `if`, `while`, `for` and
plain functions. What it writes is blocks through and through (`robo_runtime.blocks`), none of it source text.
"""

from __future__ import annotations

from robo_runtime.grammar.expressions import Layer
from robo_runtime.grammar.gbnf import Grammar, words
from robo_runtime.grammar.heads import Heads
from robo_runtime.grammar.lexical import add_lexical
from robo_runtime.grammar.micropython import add_root, board_of, kit_imports
from robo_runtime.grammar.names import names
from robo_runtime.grammar.statements import Place, Statements
from robo_runtime.registry.models import Board, Registry

MAX_ARGUMENTS = 4
"""Of a call of a function of the program itself."""


def blocks_gbnf(registry: Registry, board: str = "esp32") -> str:
    """GBNF text for the programs of kit calls and control blocks.

    Raises:
        RoboError: the registry has no such board.
    """
    pins = board_of(registry, board)
    g = Grammar()
    add_root(g)
    add_lexical(g)
    kit = registry.model_copy(update={"modules": {}})
    statements = _add_style(g, kit, pins)
    g.rule("program", f"{kit_imports(g, registry)} program", statements)
    return g.text()


def _add_style(g: Grammar, kit: Registry, board: Board) -> str:
    """All rules; returns the rule of the statements."""
    outer, inner = (Layer("blocks", inside) for inside in (False, True))
    heads = Heads(g, outer, kit, board, "name", kit=True, values_only=True)
    g.rule("name", names(g, heads.free(), ""))
    for layer in (outer, inner):
        _add_expressions(g, layer)
        own = heads if layer is outer else Heads(g, layer, kit, board, "name", kit=True)
        g.rule(layer.name("methods"), words(g, own.methods))
        g.rule(layer.name("names"), names(g, own.expression(), layer.name("after-name")))
    n = outer.name
    alone = names(g, heads.statement('""', '""'), f'"(" {n("arguments")}')
    g.rule(n("lambda"), f'"lambda: " {alone}')
    statements = _Statements(g, outer, "name")
    reserved = heads.statement(n("after-statement"), n("assign"))
    g.rule(n("simple"), names(g, reserved, n("after-free-name")))
    return statements.program()


def _add_expressions(g: Grammar, layer: Layer) -> None:
    """Expressions with at most one comparison between `and` and `or`: a chain of them is no block."""
    n = layer.name
    expr, unary, named, tail = n("expr"), n("unary"), n("named"), n("tail")
    operand, compared, cond, cond_compared = n("operand"), n("compared"), n("cond-tail"), n("cond-compared")
    g.rule(expr, f'"not " {unary} {tail}', f"{unary} {tail}")
    g.rule(n("plain"), f'"-" {named} {tail}', f'"not " {unary} {tail}', f"{named} {tail}")
    g.rule(unary, f'"-" (number|{named})', operand)
    text = "inner-string" if layer.inner else n("text")
    literals = ["number", '"True"', '"False"', '"None"', text, *([] if layer.inner else [f'"[" {n("list")}'])]
    g.rule(operand, named, *literals)
    g.rule(named, n("names"), f'"(" {expr} ")" {n("after-call")}')

    computing = g.share("[-+%&|^]", '"*" "*"?', '"/" "/"?', '"<<"', '">>"')
    comparing = g.share('[=!] "="', '[<>] "="?', '"in"', '"not in"', '"is" (" not")?')
    g.rule(n("arithmetic"), f'{computing} " " {unary} {tail}')
    for whole, before, after in ((expr, tail, compared), (n("cond"), cond, cond_compared)):
        joined = f'("and "|"or ") {whole}'
        chosen = [f'"if " {n("cond")} " else " {expr}'] if whole == expr else []
        first = [f'{computing} " " {unary} {before}', f'{comparing} " " {unary} {after}', joined, *chosen]
        second = [f'{computing} " " {unary} {after}', joined, *chosen]
        g.rule(before, f'" " {g.share(*first)}', '""')
        g.rule(after, f'" " {g.share(*second)}', '""')
    g.rule(n("cond"), f'"not " {unary} {cond}', f"{unary} {cond}")

    g.rule(n("member"), f"{n('methods')} {n('after-call')}")
    g.rule(n("after-call"), f'"." {n("member")}', f'"[" {n("index")} {n("after-name")}', '""')
    called = f'"(" {n("arguments")} {n("after-call")}'
    g.rule(n("after-name"), called, f'"." {n("member")}', f'"[" {n("index")} {n("after-name")}', '""')
    g.rule(n("index"), f'{expr} "]"')
    g.rule(n("arguments"), '")"', f'{expr} (", " {expr}){{0,{MAX_ARGUMENTS - 1}}} ")"')
    if layer.inner:
        return
    items = n("list-end")
    each = f'" for " name " in " {n("cond")} (" if " {n("cond")})? "]"'
    g.rule(n("list"), '"]"', f"{expr} ({items}|{each})", f"wrap {expr} {items}")
    g.rule(items, '"]"', f'"," (" " {expr} {items}|unwrap ("]"|{expr} {items}))')
    pair = g.rule(n("pair"), f'(string|"-"? number) ": " {expr}')
    g.rule(n("dict"), '"}"', f'{pair} (", " {pair})* "}}"')
    inside = Layer(layer.style, inner=True).name("expr")
    g.rule(n("text"), "string", f'"f\\"" (f-char|"{{" ("{{"|{inside} f-end))* "\\""')


class _Statements(Statements):
    """Without `try`, and without defaults of parameters."""

    def _add_rules(self) -> None:
        g, n, ident = self.g, self.n, self.ident
        expr = n("expr")
        g.rule(n("values"), expr)
        becomes = g.rule(n("becomes"), f'"= " {expr}', f'augmented "= " {expr}')
        assign = g.rule(n("assign"), f'" " {becomes}')
        called = g.rule(n("after-statement"), '""')
        item = f'"[" {n("index")} {assign}'
        g.rule(n("after-free-name"), assign, f'"(" {n("arguments")} {called}', item, f'"." {n("methods")}')
        g.rule(n("global"), f'"global " {ident} (", " {ident})*')
        g.rule(n("return"), f'"return" (" " {expr})?')
        g.rule(n("parameters"), '")"', f'{ident} (", " {ident}){{0,{MAX_ARGUMENTS - 1}}} ")"')

    def _each(self) -> str:
        return f'{self.ident} " in " {self.n("expr")}'

    def _tries(self, place: Place, inner: str) -> list[str]:
        return []
