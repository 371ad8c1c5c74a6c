"""Stacks of blocks as a program."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from robo_runtime.blocks.from_values import Expressions
from robo_runtime.blocks.imports import import_lines, imported_by
from robo_runtime.blocks.library import Library
from robo_runtime.blocks.scope import assigned_names, shared_names
from robo_runtime.blocks.tree import Block, Workspace

_CALLS = {"procedures_callnoreturn": "procedures_callreturn"}


class Statements:
    """Writes the statements of one workspace."""

    def __init__(self, library: Library, where: str, taken: frozenset[str] = frozenset()) -> None:
        self.library = library
        self.values = Expressions(library, where, taken)
        self.values.row = self.row
        self.values.one = self.statement

    def module(self, workspace: Workspace) -> ast.Module:
        """The program: the imports its blocks need, then what the stacks say from top to bottom."""
        body: list[ast.stmt] = []
        for block in (b for stack in workspace.stacks for b in stack):
            for statement in self._statements(block):
                body += [*self.values.before, statement]
                self.values.before.clear()
        functions = [s for s in body if isinstance(s, ast.FunctionDef)]
        shared = assigned_names(body)
        for function in functions:
            _share(function, shared)
        missing = self.values.needs - imported_by(body)
        return ast.Module([*import_lines(missing, self.library.registry), *body], [])

    def row(self, blocks: list[Block]) -> list[ast.stmt]:
        """The statements of a row of blocks; of an empty one `pass`."""
        return [s for block in blocks for s in self._statements(block)] or [ast.Pass()]

    def _statements(self, block: Block) -> Iterator[ast.stmt]:
        """The statement of a block with its comment; source text may be several, or none."""
        if block.type == "robo_raw":
            yield from self._raw(block)
        else:
            yield _commented(self.statement(block), block.comment)

    def statement(self, block: Block) -> ast.stmt:
        """The statement of a block."""
        special = getattr(self, f"make_{block.type}", None)
        if special is not None:
            return special(block)
        made: Any
        if (call := self.library.by_type.get(block.type)) is not None:
            made = self.values.call(block, call)
        elif self.library.shapes[block.type].place == "value":  # lying about by itself
            made = self.values.value(block)
        elif block.type == "robo_raw":
            made = next(self._raw(block), ast.Pass())
        else:
            made = self.values.by_rule(block)
        return made if isinstance(made, ast.stmt) else ast.Expr(made)

    def _raw(self, block: Block) -> Iterator[ast.stmt]:
        code = str(block.fields.get("CODE", ""))
        try:
            parsed = ast.parse(code).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as e:
            self.values.fail(block, f"fields.CODE: {code!r:.60} is no MicroPython: {e}")
        if len(parsed) == 1:
            parsed[0].source = code  # type: ignore[attr-defined]
        for i, statement in enumerate(parsed):
            yield _commented(statement, "" if i else block.comment)

    def make_controls_if(self, block: Block) -> ast.stmt:
        """Branches are counted by the sockets and by what the mutator saved."""
        more = block.extra.get("elseIfCount", 0)
        tests = (more if isinstance(more, int) and 0 <= more < 1000 else 0) + 1
        tests = max([tests, *(int(name[2:]) + 1 for name in block.inputs)])
        has_else = bool(block.extra.get("hasElse")) or "ELSE" in block.rows
        rest = self.row(block.rows.get("ELSE", [])) if has_else else []
        for i in reversed(range(tests)):
            test = self.values.socket(block, f"IF{i}")
            rest = [ast.If(test, self.row(block.rows.get(f"DO{i}", [])), rest)]
        return rest[0]

    def make_controls_ifelse(self, block: Block) -> ast.stmt:
        """The block with `else` from the start."""
        block.extra["hasElse"] = True
        return self.make_controls_if(block)

    def make_controls_repeat(self, block: Block) -> ast.stmt:
        """The number of times is typed on the block."""
        times = ast.Call(ast.Name("range"), [ast.Constant(block.fields.get("TIMES", 10))], [])
        return ast.For(ast.Name("_", ast.Store()), times, self.row(block.rows.get("DO", [])), [])

    def make_controls_for(self, block: Block) -> ast.stmt:
        """Blockly counts up to and including the last number."""
        start, last, step = (self.values.socket(block, key) for key in ("FROM", "TO", "BY"))
        whole = isinstance(last, ast.Constant) and isinstance(last.value, int)
        stop = ast.Constant(last.value + 1) if whole else ast.BinOp(last, ast.Add(), ast.Constant(1))  # type: ignore[attr-defined]
        args: list[ast.expr] = [start, stop, step]
        if isinstance(step, ast.Constant) and step.value == 1:
            args.pop()
        if "VAR" not in block.fields:
            self.values.fail(block, "fields.VAR: no variable is chosen")
        target = ast.Name(self.values.name(str(block.fields["VAR"])), ast.Store())
        return ast.For(target, ast.Call(ast.Name("range"), args, []), self.row(block.rows.get("DO", [])), [])

    def make_robo_try(self, block: Block) -> ast.stmt:
        """One kind of error, or several with commas between."""
        caught: ast.expr | None = None
        if str(block.fields.get("ERROR", "")).strip():
            words = self.values.names(block, "ERROR", dotted=True)
            names: list[ast.expr] = [ast.parse(word, mode="eval").body for word in words]
            caught = names[0] if len(names) == 1 else ast.Tuple(names, ast.Load())
        held = self.values.names(block, "AS")[0] if str(block.fields.get("AS", "")).strip() else None
        handler = ast.ExceptHandler(caught, held, self.row(block.rows.get("EXCEPT", [])))
        last = self.row(block.rows["FINALLY"]) if "FINALLY" in block.rows else []
        return ast.Try(self.row(block.rows.get("DO", [])), [handler], [], last)

    def make_robo_global(self, block: Block) -> ast.stmt:
        """Blockly's variables belong to the whole program; a function says so."""
        return ast.Global([self.values.name(name) for name in self.values.names(block, "NAMES")])

    def make_robo_import(self, block: Block) -> ast.stmt:
        """An import as the program has it."""
        return ast.Import([ast.alias(self.values.names(block, "MODULE", dotted=True)[0], None)])

    def make_robo_import_from(self, block: Block) -> ast.stmt:
        """An import as the program has it."""
        module = self.values.names(block, "MODULE", dotted=True)[0]
        return ast.ImportFrom(module, [ast.alias(n, None) for n in self.values.names(block, "NAMES")], 0)

    def make_robo_callback(self, block: Block) -> ast.stmt:
        """Outside a mouth for an event: a call."""
        name = self.values.name(str(block.fields.get("NAME", "")), "function")
        return ast.Expr(ast.Call(ast.Name(name, ast.Load()), [], []))

    def make_procedures_callnoreturn(self, block: Block) -> ast.stmt:
        """A call of a function of the workspace."""
        return ast.Expr(self.values.make_procedures_callreturn(block))

    def make_procedures_defnoreturn(self, block: Block) -> ast.stmt:
        """A function."""
        shown = str(block.fields.get("NAME", "")).strip()
        if not shown:
            self.values.fail(block, "fields.NAME: a function needs a name")
        params = block.extra.get("params", [])
        if not isinstance(params, list):
            self.values.fail(block, "extraState.params: expected a list of parameters")
        names = []
        for i, p in enumerate(params):
            if not isinstance(p, dict) or not isinstance(p.get("name"), str):
                self.values.fail(block, f'extraState.params.{i}: expected {{"name": …}}, got {p!r:.60}')
            names.append(self.values.name(p["name"]))
        body = [s for b in block.rows.get("STACK", []) for s in self._statements(b)]
        if "RETURN" in block.inputs:
            body.append(ast.Return(self.values.value(block.inputs["RETURN"])))
        arguments = ast.arguments([], [ast.arg(n) for n in names], None, [], [], None, [])
        function = ast.FunctionDef(
            self.values.name(shown, "function"), arguments, body or [ast.Pass()], [], None
        )
        function.local = block.notes.local  # type: ignore[attr-defined]
        return function

    make_procedures_defreturn = make_procedures_defnoreturn


def _share(function: ast.FunctionDef, module_names: list[str]) -> None:
    """Put in the `global` that a function of blocks needs: its variables are those of the program."""
    if not hasattr(function, "local"):
        return
    named = {n for s in ast.walk(function) if isinstance(s, ast.Global) for n in s.names}
    own = {*function.local, *named}
    if names := [n for n in shared_names(function, module_names) if n not in own]:
        function.body.insert(0, ast.Global(names))


def _commented(statement: ast.stmt, comment: str) -> ast.stmt:
    if comment:
        statement.comment = comment  # type: ignore[attr-defined]
    return statement
