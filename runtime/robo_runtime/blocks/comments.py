"""Comments and spellings of a program: what `ast` leaves out, brought to its nodes."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from typing import Any


def annotate(tree: ast.Module, code: str) -> list[str]:
    """Give each statement its `comment` and each number its spelling (`written`).

    A comment goes to the statement on whose lines it stands, else to the one below, else to the last.

    Returns:
        The lines on top of the program, which are about the whole of it.
    """
    lines = code.splitlines()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            _keep_spelling(node, lines)
    statements = sorted(_statements(tree.body), key=lambda s: (s.lineno, s.col_offset))
    first = statements[0].lineno if statements else len(lines) + 1
    top: list[str] = []
    for line, alone, text in _comments(code):
        if line < first:
            top.append(text)
        elif target := _target(statements, line, alone):
            before: str = getattr(target, "comment", "")
            _set(target, "comment", f"{before}\n{text}" if before else text)
    return top


def take_comment(statement: ast.stmt) -> str:
    """The comment of a statement."""
    return str(getattr(statement, "comment", ""))


def give_comment(statement: ast.stmt, text: str) -> None:
    """Put a comment before that of a statement."""
    if text:
        _set(statement, "comment", "\n".join(t for t in (text, take_comment(statement)) if t))


def _set(node: ast.AST, name: str, value: Any) -> None:
    setattr(node, name, value)


def _keep_spelling(node: ast.Constant, lines: list[str]) -> None:
    if node.lineno != node.end_lineno or node.lineno > len(lines):
        return
    text = lines[node.lineno - 1].encode()[node.col_offset : node.end_col_offset].decode(errors="replace")
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # inside f-strings places are not told
        return
    if type(value) is type(node.value) and value == node.value and text.strip("()") == text:
        _set(node, "written", text)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        for key in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(statement, key, []))
        for handler in getattr(statement, "handlers", []):
            yield from _statements(handler.body)


def _comments(code: str) -> Iterator[tuple[int, bool, str]]:
    """Line, whether nothing else stands on it, and text."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT:
                alone = not token.line[: token.start[1]].strip()
                yield token.start[0], alone, token.string[1:].removeprefix(" ").rstrip()
    except (tokenize.TokenError, IndentationError):
        return


def _target(statements: list[ast.stmt], line: int, alone: bool) -> ast.stmt | None:
    around = [s for s in statements if s.lineno <= line <= (s.end_lineno or s.lineno)]
    inner = around[-1] if around else None
    if inner is not None and (not alone or not hasattr(inner, "body")):
        return inner
    below = next((s for s in statements if s.lineno > line), None)
    return below or statements[-1]
