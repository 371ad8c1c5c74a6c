"""A program as stacks of blocks."""

from __future__ import annotations

import ast
import textwrap
from typing import Any

from robo_runtime.blocks.calls import Call
from robo_runtime.blocks.comments import give_comment, take_comment
from robo_runtime.blocks.control import RAW
from robo_runtime.blocks.library import Library
from robo_runtime.blocks.loading import MAX_DEPTH
from robo_runtime.blocks.scope import Scope, shared_names
from robo_runtime.blocks.source import source_of
from robo_runtime.blocks.to_calls import ends_with_answer
from robo_runtime.blocks.to_values import Values
from robo_runtime.blocks.tree import Block, Notes, Workspace

MAX_ROW = 150
"""Most blocks above and around a block: in the JSON each holds the next, and readers go only so deep."""
MAX_STACK = MAX_ROW // 2
"""Most blocks in a stack; what follows is a stack below it."""


class Program:
    """Makes the blocks of one program.

    Args:
        tree: with comments and spellings (`comments.annotate`).
        raw: numbers of top-level statements to be shown as source text.
        imports: show import lines as blocks; else they are left to be derived.
    """

    def __init__(
        self,
        tree: ast.Module,
        code: str,
        library: Library,
        raw: frozenset[int] = frozenset(),
        imports: bool = False,
    ) -> None:
        self.tree, self.raw, self.imports = tree, raw, imports
        self.lines = code.splitlines()
        self.scope = Scope(tree, library, raw)
        self.values = Values(self.scope)
        self.values.body = self.row
        self.values.inside = self._inside
        self._level = 0
        self._above = 0
        """How many blocks stand above and around the one in hand."""

    def workspace(self) -> Workspace:
        """The stacks: functions lie between what stands before and after them."""
        out = Workspace()
        stack: list[Block] = []
        body = self.tree.body
        inline = self._inlined()
        pending = ""
        for i, statement in enumerate(body):
            give_comment(statement, pending)
            pending = ""
            if i in inline:
                self.values.inline[inline[i].name] = inline[i]
                pending = take_comment(statement)
                continue
            if self._hidden(statement) and i not in self.raw:
                pending = take_comment(statement)
                continue
            if len(stack) >= MAX_STACK:
                out.stacks.append(stack)
                stack = []
            self._above = len(stack)
            block = self._raw(statement) if i in self.raw else self.statement(statement)
            top = block.type.startswith("procedures_def")
            if stack and top:
                out.stacks.append(stack)
                stack = []
            if top:
                out.stacks.append([block])
            else:
                stack.append(block)
        if stack:
            out.stacks.append(stack)
        for row in out.stacks:
            _go_on(row)
        if pending:
            out.remarks.append(pending)
        return out

    def _hidden(self, statement: ast.stmt) -> bool:
        return isinstance(statement, ast.Import | ast.ImportFrom) and not self.imports

    def _inlined(self) -> dict[int, ast.FunctionDef]:
        """Functions that are shown in the mouth of the kit's block right below them, by their number."""
        found = {}
        for i, (f, after) in enumerate(zip(self.tree.body, self.tree.body[1:], strict=False)):
            if (
                not isinstance(f, ast.FunctionDef)
                or f.name not in self.scope.functions
                or {i, i + 1} & self.raw
            ):
                continue
            call = after.value if isinstance(after, ast.Expr) else None
            if isinstance(call, ast.Call) and self.scope.used[f.name] == 1 and self._takes(call, f.name):
                found[i] = f
        return found

    def _takes(self, node: ast.Call, name: str) -> bool:
        named = self.scope.qualified(node.func)
        calls = self.scope.library.named.get(named[0], []) if named else []
        given = [*node.args, *(k.value for k in node.keywords)]
        plain = all(isinstance(a, ast.Name | ast.Constant) for a in given)
        return plain and any(_has_mouth(c) for c in calls) and any(
            isinstance(a, ast.Name) and a.id == name for a in given
        )  # fmt: skip

    def row(self, body: list[ast.stmt]) -> list[Block]:
        """The blocks of a body; an empty one says `pass`."""
        if len(body) == 1 and isinstance(body[0], ast.Pass) and not take_comment(body[0]):
            return []
        above, made = self._above, []
        for i, statement in enumerate(body):
            self._above = above + i + 1
            made.append(self.statement(statement))
        self._above = above
        _go_on(made)
        return made

    def statement(self, node: ast.stmt) -> Block:
        """The block of a statement, with its comment."""
        self._level += 1
        try:
            block = None
            if self._level <= MAX_DEPTH // 2 - 2 and not self._long(node):
                special = getattr(self, f"_{type(node).__name__.lower()}", None)
                block = special(node) if special else self.values.by_rule(node, "statement")
            if block is None:
                return self._raw(node)
            block.comment = "\n".join(t for t in (take_comment(node), block.comment) if t)
            return block
        finally:
            self._level -= 1

    def _long(self, node: ast.stmt) -> bool:
        return self._above > MAX_ROW or any(
            self._above + len(getattr(node, key, ())) > MAX_ROW for key in ("body", "orelse", "finalbody")
        )

    def _raw(self, node: ast.stmt) -> Block:
        """The statement as text: as it is written, where that is the same."""
        source = self._source(node)
        outside = "\n".join(
            line for line in take_comment(node).splitlines() if line and f"# {line}" not in source
        )
        return Block(RAW, {"CODE": source}, comment=outside)

    def _source(self, node: ast.stmt) -> str:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        text = textwrap.dedent("\n".join(self.lines[first - 1 : node.end_lineno]))
        try:
            parsed = ast.parse(text).body
        except SyntaxError:
            parsed = []
        if len(parsed) == 1 and ast.dump(parsed[0]) == ast.dump(node):
            return text
        return ast.unparse(node)

    def _expr(self, node: ast.Expr) -> Block:
        return self.values.statement_of(node.value)

    def _assign(self, node: ast.Assign) -> Block | None:
        return self.values.by_rule(node, "statement") if len(node.targets) == 1 else None

    def _pass(self, node: ast.Pass) -> Block:
        return Block("robo_pass")

    def _if(self, node: ast.If) -> Block:
        inputs, rows = {}, {}
        tests, rest = 0, [node.orelse]
        branch: ast.If | None = node
        while branch is not None:
            inputs[f"IF{tests}"] = self.values.socket("controls_if", f"IF{tests}", branch.test)
            if branch is not node:
                give_comment(branch.body[0], take_comment(branch))
            rows[f"DO{tests}"] = self.row(branch.body)
            rest.append(branch.orelse)
            inner = branch.orelse
            branch = inner[0] if len(inner) == 1 and isinstance(inner[0], ast.If) else None
            tests += 1
        extra: dict[str, Any] = {"elseIfCount": tests - 1} if tests > 1 else {}
        if rest[-1]:
            rows["ELSE"] = self.row(rest[-1])
            extra["hasElse"] = True
        return Block("controls_if", inputs=inputs, rows={k: v for k, v in rows.items() if v}, extra=extra)

    def _try(self, node: ast.Try) -> Block | None:
        if node.orelse or len(node.handlers) != 1:
            return None
        handler = node.handlers[0]
        error = source_of(handler.type).strip("()") if handler.type else ""
        fields = {"ERROR": error, "AS": handler.name or ""}
        rows = {"DO": self.row(node.body), "EXCEPT": self.row(handler.body)}
        if node.finalbody:
            rows["FINALLY"] = self.row(node.finalbody) or [Block("robo_pass")]
        return Block("robo_try", dict(fields), rows={k: v for k, v in rows.items() if v})

    def _global(self, node: ast.Global) -> Block:
        return Block("robo_global", {"NAMES": ", ".join(node.names)})

    def _import(self, node: ast.Import) -> Block | None:
        alias = node.names[0]
        plain = len(node.names) == 1 and not alias.asname
        return Block("robo_import", {"MODULE": alias.name}) if plain else None

    def _importfrom(self, node: ast.ImportFrom) -> Block | None:
        if node.level or any(a.asname or a.name == "*" for a in node.names):
            return None
        names = ", ".join(a.name for a in node.names)
        return Block("robo_import_from", {"MODULE": node.module or "", "NAMES": names})

    def _functiondef(self, node: ast.FunctionDef) -> Block | None:
        if self.scope.functions.get(node.name) is not node or self._level > 1:
            return None
        body, notes = self.function_body(node)
        names = [a.arg for a in node.args.args]
        block = Block("procedures_defnoreturn", {"NAME": node.name}, notes=notes)
        if names:
            block.extra = {"params": [{"name": n, "id": n} for n in names]}
        answer = None
        if node.name in self.scope.valued or ends_with_answer(node):
            block.type = "procedures_defreturn"
        if ends_with_answer(node) and isinstance(last := body[-1], ast.Return) and last.value:
            answer, body = last.value, body[:-1]
            block.comment = take_comment(last)
        if body and (row := self.row(body)):
            block.rows["STACK"] = row
        if answer is not None:
            block.inputs["RETURN"] = self.values.socket(block.type, "RETURN", answer)
        return block

    def _inside(self, f: ast.FunctionDef) -> tuple[list[Block], Notes]:
        body, notes = self.function_body(f)
        return self.row(body), notes

    def function_body(self, f: ast.FunctionDef) -> tuple[list[ast.stmt], Notes]:
        """What a function's block shows: without the `global` that is derived, with a note where none is."""
        shared = shared_names(f, self.scope.module_names)
        named = [n for s in ast.walk(f) if isinstance(s, ast.Global) for n in s.names]
        first = f.body[0]
        if isinstance(first, ast.Global) and first.names == shared and len(f.body) > 1 and named == shared:
            give_comment(f.body[1], take_comment(first))
            return f.body[1:], Notes()
        return f.body, Notes(local=tuple(n for n in shared if n not in named))


def _go_on(row: list[Block]) -> None:
    """Blockly lets nothing stand below its block that leaves a loop; a program may have something there."""
    for block in row[:-1]:
        if block.type == "controls_flow_statements":
            block.type = "robo_flow"


def _has_mouth(call: Call) -> bool:
    return any(a["type"] == "input_statement" for a in call.definition.get("args0", ()))
