"""Expressions of one style: what may be read, called, indexed and computed.

The matcher follows all open alternatives at once, so expressions are flat here: operands with operators
between them, without one level for each precedence; the strings are the same. `plain` is what does not begin
with a literal; typed arguments take a `plain`, or a literal within their range (`values.py`).
"""

from __future__ import annotations

from typing import NamedTuple

from robo_runtime.grammar.gbnf import Grammar


class Layer(NamedTuple):
    """One set of expression rules: a style of program, outside or inside the braces of an f-string."""

    style: str
    inner: bool = False

    def name(self, rule: str) -> str:
        """The name of `rule` in this layer."""
        return f"{rule}-{self.style[0]}{'f' if self.inner else ''}"


def add_expressions(g: Grammar, layer: Layer, ident: str) -> None:
    """Add the layer's rules; `names`, `methods` and `attributes` of the layer are added elsewhere.

    Args:
        ident: the rule of a free name, for the parameters of a lambda and the target of a comprehension.
    """
    n = layer.name
    expr, plain, operand, named = n("expr"), n("plain"), n("operand"), n("named")
    unary, whole, tail, op, cond, cond_tail = (
        n("unary"), n("whole"), n("tail"), n("op"), n("cond"), n("cond-tail"),
    )  # fmt: skip
    number, negated = n("number"), n("negated")
    g.rule(number, "number", named)
    g.rule(negated, f"[-~] {number} {tail}", f'"not " {unary} {tail}')
    g.rule(expr, f"{operand} {tail}", negated, *([] if layer.inner else [n("lambda")]))
    g.rule(plain, f"[-~] {named} {tail}", f'"not " {unary} {tail}', f"{named} {tail}")
    g.rule(whole, f'"not " {unary} {tail}', f"{unary} {tail}")
    g.rule(unary, f"[-~] {number}", operand)
    g.rule(operand, named, *_literals(g, layer))
    g.rule(named, n("names"), f'"(" {n("paren")} {n("after-call")}')

    g.rule(tail, f'" " {op}', '""')
    g.rule(op, n("arithmetic"), f'"if " {cond} " else " {expr}')
    g.rule(n("arithmetic"), f'binop " " {unary} {tail}', f'("and "|"or ") {whole}')
    g.rule(cond, f'"not " {unary} {cond_tail}', f"{unary} {cond_tail}")
    g.rule(cond_tail, f'" " {n("cond-op")}', '""')
    g.rule(n("cond-op"), f'binop " " {unary} {cond_tail}', f'("and "|"or ") {cond}')

    members = f'"." {n("member")}'
    after_call, after_name = n("after-call"), n("after-name")
    g.rule(n("member"), f"{n('methods')} {after_call}", f"{n('attributes')} {after_call}")
    g.rule(after_call, members, f'"[" {n("index")} {after_name}', '""')
    g.rule(after_name, f'"(" {n("arguments")} {after_call}', members, f'"[" {n("index")} {after_name}', '""')
    g.rule(n("arguments"), '")"', f"{expr} {n('more-arguments')}")
    g.rule(n("more-arguments"), '")"', f'", " {expr} {n("more-arguments")}')
    _add_index(g, layer)
    _add_displays(g, layer, ident)


def _literals(g: Grammar, layer: Layer) -> list[str]:
    n = layer.name
    if layer.inner:
        return ["number", f"inner-string {n('after-call')}", '"True"', '"False"', '"None"']
    return [
        "number",
        g.share('"True"', '"False"', '"None"'),
        f"{n('text')} {n('after-call')}",
        f"bytes {n('after-call')}",
        f'"[" {n("list")} {n("after-call")}',
        f'"{{" {n("dict")} {n("after-call")}',
    ]


def _strings(layer: Layer) -> list[str]:
    n = layer.name
    return [f"{'inner-string' if layer.inner else n('text')} {n('after-call')} {n('tail')}"]


def _add_index(g: Grammar, layer: Layer) -> None:
    n = layer.name
    expr = g.share(n("plain"), f'"-"? number {n("tail")}', *_strings(layer))
    g.rule(n("index"), f"{expr} {n('index-end')}", f'":" {n("slice-end")}')
    g.rule(n("index-end"), '"]"', f'" "? ":" {n("slice-end")}')
    g.rule(n("slice-end"), '"]"', f'" "? {expr} "]"')


def _add_displays(g: Grammar, layer: Layer, ident: str) -> None:
    """Parentheses, tuples, lists, dictionaries, f-strings and lambdas."""
    n = layer.name
    expr = n("expr")
    if layer.inner:
        g.rule(n("paren"), f'{expr} ")"')
        return
    paren, items, pairs = n("paren-end"), n("list-end"), n("dict-end")
    g.rule(n("paren"), '")"', f"{expr} {paren}", f"wrap {expr} {paren}")
    g.rule(paren, '")"', f'"," (")"|" " {expr} {paren}|unwrap (")"|{expr} {paren}))')
    g.rule(n("list"), '"]"', f"{expr} ({items}|{n('comprehension')})", f"wrap {expr} {items}")
    g.rule(items, '"]"', f'"," (" " {expr} {items}|unwrap ("]"|{expr} {items}))')
    g.rule(
        n("comprehension"), f'" for " {ident} (", " {ident})* " in " {n("cond")} (" if " {n("cond")})? "]"'
    )
    key = g.share("string", '"-"? number', "bytes")  # what else a key may be only costs time
    pair = g.rule(n("pair"), f'{key} ": " {expr}')
    g.rule(n("dict"), '"}"', f"{pair} {pairs}", f"wrap {pair} {pairs}")
    g.rule(pairs, '"}"', f'"," (" " {pair} {pairs}|unwrap ("}}"|{pair} {pairs}))')
    g.rule(n("lambda"), f'"lambda" (" " {ident} (", " {ident})*)? ": " {expr}')
    inside = Layer(layer.style, inner=True).name("expr")
    g.rule(n("text"), "string", f'"f\\"" (f-char|"{{" ("{{"|{inside} f-end))* "\\""')
