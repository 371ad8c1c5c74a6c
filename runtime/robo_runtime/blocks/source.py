"""Expressions as text in the style of the corpus: double quotes, no needless parentheses.

`ast.unparse` writes what is rare here; for the rest its single quotes would be another style than the one
that models and children read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

_OPERATORS: dict[type[ast.AST], tuple[str, int]] = {
    ast.Or: ("or", 2), ast.And: ("and", 3), ast.Not: ("not ", 4), ast.BitOr: ("|", 6), ast.BitXor: ("^", 7),
    ast.BitAnd: ("&", 8), ast.LShift: ("<<", 9), ast.RShift: (">>", 9), ast.Add: ("+", 10),
    ast.Sub: ("-", 10), ast.Mult: ("*", 11), ast.Div: ("/", 11), ast.FloorDiv: ("//", 11),
    ast.Mod: ("%", 11), ast.MatMult: ("@", 11), ast.UAdd: ("+", 12), ast.USub: ("-", 12),
    ast.Invert: ("~", 12), ast.Pow: ("**", 13),
}  # fmt: skip
"""Signs with how strongly they bind."""
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_LOOSEST, _TEST, _COMPARISON, _UNARY, _POWER, _ATOM = 0, 1, 5, 12, 13, 15


def source_of(node: ast.expr) -> str:
    """The expression as text that parses to it again."""
    return _Writer('"').write(node, _LOOSEST)


def operator_sign(op: ast.operator) -> str:
    """`+` for `ast.Add`, and so on."""
    return _OPERATORS[type(op)][0]


def quoted(text: str, quote: str = '"') -> str:
    """A string literal; what cannot be seen is written as an escape."""
    return quote + _escaped(text, quote) + quote


def _escaped(text: str, quote: str) -> str:
    out = []
    for c in text:
        if c in ("\\", quote):
            out.append("\\" + c)
        elif c in "\n\t\r":
            out.append({"\n": "\\n", "\t": "\\t", "\r": "\\r"}[c])
        elif c.isprintable():
            out.append(c)
        else:
            out.append(ascii(c)[1:-1])
    return "".join(out)


class _Writer:
    """Writes expressions; inside the braces of an f-string with the other quote."""

    def __init__(self, quote: str) -> None:
        self.quote = quote

    def write(self, node: ast.expr, level: int) -> str:
        """Text of `node` for a place that wants at least this strength, else in parentheses."""
        known: Callable[[ast.expr], tuple[str, int]] | None
        known = getattr(self, f"_{type(node).__name__.lower()}", None)
        text, own = known(node) if known else (ast.unparse(node), _LOOSEST)
        return f"({text})" if own < level else text

    def _list_of(self, nodes: list[ast.expr]) -> str:
        return ", ".join(self.write(n, _TEST) for n in nodes)

    def _constant(self, node: ast.Constant) -> tuple[str, int]:
        value = node.value
        if isinstance(value, str):
            return ("u" if node.kind else "") + quoted(value, self.quote), _ATOM
        if isinstance(value, bytes):
            body = repr(value)[2:-1]
            if repr(value)[1] == '"':
                body = body.replace("'", "'")
            body = re.sub(r"\\'", "'", body)
            return f"b{self.quote}{body.replace(self.quote, chr(92) + self.quote)}{self.quote}", _ATOM
        written = getattr(node, "written", "") or repr(value).replace("inf", "1e309")
        return written, _ATOM

    def _name(self, node: ast.Name) -> tuple[str, int]:
        return node.id, _ATOM

    def _attribute(self, node: ast.Attribute) -> tuple[str, int]:
        inside = self.write(node.value, _ATOM)
        number = isinstance(node.value, ast.Constant) and isinstance(node.value.value, int)
        return f"({inside}).{node.attr}" if number else f"{inside}.{node.attr}", _ATOM

    def _subscript(self, node: ast.Subscript) -> tuple[str, int]:
        index = node.slice
        if (
            isinstance(index, ast.Tuple)
            and index.elts
            and not any(isinstance(e, ast.Starred) for e in index.elts)
        ):
            inside = ", ".join(self.write(e, _LOOSEST) for e in index.elts) + (
                "," if len(index.elts) == 1 else ""
            )
        else:
            inside = self.write(index, _LOOSEST)
        return f"{self.write(node.value, _ATOM)}[{inside}]", _ATOM

    def _slice(self, node: ast.Slice) -> tuple[str, int]:
        lower, upper = (self.write(n, _TEST) if n else "" for n in (node.lower, node.upper))
        return f"{lower}:{upper}" + (f":{self.write(node.step, _TEST)}" if node.step else ""), _LOOSEST

    def _call(self, node: ast.Call) -> tuple[str, int]:
        words = [self.write(a, _TEST) for a in node.args]
        words += [f"{k.arg}={self.write(k.value, _TEST)}" if k.arg else f"**{self.write(k.value, _TEST)}"
                  for k in node.keywords]  # fmt: skip
        return f"{self.write(node.func, _ATOM)}({', '.join(words)})", _ATOM

    def _binop(self, node: ast.BinOp) -> tuple[str, int]:
        sign, own = _OPERATORS[type(node.op)]
        left, right = (own + 1, _UNARY) if isinstance(node.op, ast.Pow) else (own, own + 1)
        return f"{self.write(node.left, left)} {sign} {self.write(node.right, right)}", own

    def _unaryop(self, node: ast.UnaryOp) -> tuple[str, int]:
        sign, own = _OPERATORS[type(node.op)]
        return f"{sign}{self.write(node.operand, own)}", own

    def _boolop(self, node: ast.BoolOp) -> tuple[str, int]:
        sign, own = _OPERATORS[type(node.op)]
        return f" {sign} ".join(self.write(v, own + 1) for v in node.values), own

    def _compare(self, node: ast.Compare) -> tuple[str, int]:
        words = [self.write(node.left, _COMPARISON + 1)]
        for op, right in zip(node.ops, node.comparators, strict=True):
            words += [_COMPARE[type(op)], self.write(right, _COMPARISON + 1)]
        return " ".join(words), _COMPARISON

    def _ifexp(self, node: ast.IfExp) -> tuple[str, int]:
        then, test = (self.write(n, _TEST + 1) for n in (node.body, node.test))
        return f"{then} if {test} else {self.write(node.orelse, _TEST)}", _TEST

    def _lambda(self, node: ast.Lambda) -> tuple[str, int]:
        names = ast.unparse(node.args)
        return f"lambda{' ' if names else ''}{names}: {self.write(node.body, _TEST)}", _TEST

    def _tuple(self, node: ast.Tuple) -> tuple[str, int]:
        return f"({self._list_of(node.elts)}{',' if len(node.elts) == 1 else ''})", _ATOM

    def _list(self, node: ast.List) -> tuple[str, int]:
        return f"[{self._list_of(node.elts)}]", _ATOM

    def _starred(self, node: ast.Starred) -> tuple[str, int]:
        return f"*{self.write(node.value, _COMPARISON + 1)}", _TEST

    def _dict(self, node: ast.Dict) -> tuple[str, int]:
        pairs = [
            f"{self.write(k, _TEST)}: {self.write(v, _TEST)}" if k else f"**{self.write(v, _COMPARISON + 1)}"
            for k, v in zip(node.keys, node.values, strict=True)
        ]
        return f"{{{', '.join(pairs)}}}", _ATOM

    def _listcomp(self, node: ast.ListComp) -> tuple[str, int]:
        words = [self.write(node.elt, _TEST)]
        for g in node.generators:
            targets = g.target.elts if isinstance(g.target, ast.Tuple) else [g.target]
            words.append(f"{'async ' * g.is_async}for {', '.join(self.write(t, _ATOM) for t in targets)}")
            words.append(f"in {self.write(g.iter, _TEST + 1)}")
            words += [f"if {self.write(test, _TEST + 1)}" for test in g.ifs]
        return f"[{' '.join(words)}]", _ATOM

    def _joinedstr(self, node: ast.JoinedStr) -> tuple[str, int]:
        """With the other quote in the braces; `ast.unparse` where that does not do."""
        inner = "'" if self.quote == '"' else '"'
        parts = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                parts.append(_escaped(str(part.value), self.quote).replace("{", "{{").replace("}", "}}"))
                continue
            text = self._braces(part, inner) if isinstance(part, ast.FormattedValue) else ""
            if not text or self.quote in text or "\\" in text:
                return ast.unparse(node), _ATOM
            parts.append(text)
        return f"f{self.quote}{''.join(parts)}{self.quote}", _ATOM

    def _braces(self, part: ast.FormattedValue, quote: str) -> str:
        inside = _Writer(quote).write(part.value, _TEST + 1)
        spec = ""
        if isinstance(part.format_spec, ast.JoinedStr):
            if not all(isinstance(v, ast.Constant) for v in part.format_spec.values):
                return ""
            spec = ":" + "".join(str(v.value) for v in part.format_spec.values if isinstance(v, ast.Constant))
        sign = "" if part.conversion == -1 else f"!{chr(part.conversion)}"
        return f"{{{' ' * inside.startswith('{')}{inside}{sign}{spec}}}"
