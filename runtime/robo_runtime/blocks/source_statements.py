"""Statements as text, with their comments, and blank lines where the corpus has them."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator

from robo_runtime.blocks.source import operator_sign, source_of


def program_text(tree: ast.Module, remarks: list[str]) -> str:
    """The program: remarks as comments on top, imports, parts, the rest."""
    lines = [line for remark in remarks for line in _comment(remark)]
    before: ast.stmt | None = None
    parts = True
    for statement in tree.body:
        imports = isinstance(statement, ast.Import | ast.ImportFrom)
        part = isinstance(statement, ast.Assign) and parts
        if before is not None and (
            isinstance(before, ast.Import | ast.ImportFrom) != imports
            or isinstance(before, ast.FunctionDef)
            or isinstance(statement, ast.FunctionDef)
            or (parts and not part and not imports)
        ):
            lines.append("")
        parts = part or imports
        lines += _statement(statement)
        before = statement
    return "\n".join([*lines, ""]) if lines else ""


def _comment(text: str) -> list[str]:
    return [f"# {line}".rstrip() for line in text.splitlines()] if text else []


def _statement(node: ast.stmt) -> Iterator[str]:
    yield from _comment(getattr(node, "comment", ""))
    if source := getattr(node, "source", ""):
        yield from _verbatim(source, node)
        return
    known = _WRITERS.get(type(node))
    yield from known(node) if known else ast.unparse(node).splitlines()  # type: ignore[operator]


def _verbatim(source: str, node: ast.stmt) -> list[str]:
    """Lines as written, where a deeper indentation leaves their meaning alone."""
    if '"""' in source or "'''" in source or "\\\n" in source:
        return ast.unparse(node).splitlines()
    return textwrap.dedent(source).strip("\n").splitlines()


def _body(body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        for line in _statement(statement):
            yield f"    {line}" if line else line


def _if(node: ast.If) -> Iterator[str]:
    yield f"if {source_of(node.test)}:"
    yield from _body(node.body)
    rest = node.orelse
    if len(rest) == 1 and isinstance(rest[0], ast.If) and not getattr(rest[0], "comment", ""):
        lines = list(_if(rest[0]))
        yield f"el{lines[0]}"
        yield from lines[1:]
    elif rest:
        yield "else:"
        yield from _body(rest)


def _loop(head: str, node: ast.For | ast.While) -> Iterator[str]:
    yield f"{head}:"
    yield from _body(node.body)
    if node.orelse:
        yield "else:"
        yield from _body(node.orelse)


def _targets(node: ast.expr) -> str:
    return ", ".join(source_of(e) for e in node.elts) if _bare(node) else source_of(node)  # type: ignore[attr-defined]


def _bare(node: ast.expr) -> bool:
    """A tuple that needs no parentheses."""
    return isinstance(node, ast.Tuple) and len(node.elts) > 1


def _for(node: ast.For) -> Iterator[str]:
    return _loop(f"for {_targets(node.target)} in {source_of(node.iter)}", node)


def _while(node: ast.While) -> Iterator[str]:
    return _loop(f"while {source_of(node.test)}", node)


def _function(node: ast.FunctionDef) -> Iterator[str]:
    if node.decorator_list or node.returns or getattr(node, "type_params", None):
        yield from ast.unparse(node).splitlines()
        return
    yield f"def {node.name}({ast.unparse(node.args)}):"
    yield from _body(node.body)


def _try(node: ast.Try) -> Iterator[str]:
    yield "try:"
    yield from _body(node.body)
    for handler in node.handlers:
        caught = f" {source_of(handler.type)}" if handler.type else ""
        yield f"except{caught}{f' as {handler.name}' if handler.name else ''}:"
        yield from _body(handler.body)
    for word, body in (("else", node.orelse), ("finally", node.finalbody)):
        if body:
            yield f"{word}:"
            yield from _body(body)


def _with(node: ast.With) -> Iterator[str]:
    items = [
        source_of(item.context_expr) + (f" as {source_of(item.optional_vars)}" if item.optional_vars else "")
        for item in node.items
    ]
    yield f"with {', '.join(items)}:"
    yield from _body(node.body)


def _assign(node: ast.Assign) -> Iterator[str]:
    pair = isinstance(node.targets[0], ast.Tuple) and len(node.targets) == 1
    value = _targets(node.value) if pair else source_of(node.value)
    yield f"{' = '.join(_targets(t) for t in node.targets)} = {value}"


def _augmented(node: ast.AugAssign) -> Iterator[str]:
    yield f"{source_of(node.target)} {operator_sign(node.op)}= {source_of(node.value)}"


def _return(node: ast.Return) -> Iterator[str]:
    yield f"return {source_of(node.value)}" if node.value else "return"


def _expression(node: ast.Expr) -> Iterator[str]:
    yield source_of(node.value)


_WRITERS = {
    ast.If: _if, ast.For: _for, ast.While: _while, ast.FunctionDef: _function, ast.Try: _try, ast.With: _with,
    ast.Assign: _assign, ast.AugAssign: _augmented, ast.Return: _return, ast.Expr: _expression,
}  # fmt: skip
