"""Programs to workspaces and back."""

from __future__ import annotations

import ast
import warnings
from typing import Any

from robo_runtime.blocks.comments import annotate
from robo_runtime.blocks.control import RAW, RAW_VALUE
from robo_runtime.blocks.from_blocks import Statements
from robo_runtime.blocks.library import Library
from robo_runtime.blocks.loading import BlockError, Loader
from robo_runtime.blocks.source_statements import program_text
from robo_runtime.blocks.to_blocks import Program
from robo_runtime.blocks.tree import Workspace, saved
from robo_runtime.errors import RoboError
from robo_runtime.registry import Registry

__all__ = ["BlockError", "Blocks"]


class Blocks:
    """The blocks of a registry: programs to workspaces and back.

    Example:
        >>> blocks = Blocks(load_registry())
        >>> workspace = blocks.workspace("from robokit import led\\n\\nled.on()\\n")
        >>> blocks.program(workspace)
    """

    def __init__(self, registry: Registry) -> None:
        self.library = Library(registry)

    def workspace(self, code: str, where: str = "program") -> dict[str, Any]:
        """The workspace JSON of a MicroPython program; `program` gives the same syntax tree back.

        Args:
            where: the file's name, for messages.

        Raises:
            RoboError: the program does not parse, or is nested too deeply.
        """
        return saved(self.tree(code, where))

    def program(self, data: Any, where: str = "workspace") -> str:
        """The MicroPython program of a workspace, as `json.load` gives it.

        Raises:
            BlockError: `data` is no workspace, or its blocks mean no program; names the block and the key.
        """
        return self._text(Loader(self.library.shapes, where).load(data), where)

    def tree(self, code: str, where: str = "program") -> Workspace:
        """As `workspace`, the blocks themselves."""
        try:
            tree = _parse(code, where)
            wanted = ast.dump(tree)
            shown = _dumps(tree)
            for imports in (False, True):
                if (made := self._attempt(code, wanted, where, frozenset(), imports)) is not None:
                    return made
            alone = self._written(code, where, frozenset())
            wrong = [i for i, dump in enumerate(shown) if alone is None or dump not in alone]
            everything = frozenset(range(len(tree.body)))
            for raw in (frozenset(wrong), everything):
                if (made := self._attempt(code, wanted, where, raw, True)) is not None:
                    return made
        except RecursionError:
            raise RoboError(
                f"{where}: nested too deeply for blocks; split long expressions into several lines"
            ) from None
        raise RoboError(f"{where}: cannot be shown as blocks; please report this program")

    def _attempt(
        self, code: str, wanted: str, where: str, raw: frozenset[int], imports: bool
    ) -> Workspace | None:
        """The workspace, when the way back gives the program again."""
        made = self._made(code, where, raw, imports)
        try:
            text = self._text(made, where)
            same = ast.dump(_parse(text, where)) == wanted
        except (RoboError, ValueError):
            return None
        return made if same else None

    def _written(self, code: str, where: str, raw: frozenset[int]) -> set[str] | None:
        """The statements that come back, to find those that do not."""
        try:
            return set(_dumps(_parse(self._text(self._made(code, where, raw, True), where), where)))
        except (RoboError, ValueError):
            return None

    def _made(self, code: str, where: str, raw: frozenset[int], imports: bool) -> Workspace:
        tree = _parse(code, where)
        remarks = annotate(tree, code)
        made = Program(tree, code, self.library, raw, imports).workspace()
        made.remarks = [text for text in ("\n".join(remarks), *made.remarks) if text]
        return made

    def _text(self, workspace: Workspace, where: str) -> str:
        statements = Statements(self.library, where)
        module = statements.module(workspace)
        needed = {name or m.split(".")[0] for m, name in statements.values.needs}
        clash = needed & set(statements.values.variables())
        if clash:
            statements = Statements(self.library, where, frozenset(needed))
            module = statements.module(workspace)
        try:
            text = program_text(module, workspace.remarks)
        except ValueError:  # of `ast.unparse`: no quotes are left for a text in a joined text
            raise BlockError(
                f"{where}: a joined text holds a text with quotes or line ends; put it into a variable first"
            ) from None
        _parse(text, where)
        return text


def share(workspace: Workspace) -> tuple[int, int]:
    """How many statements a workspace has without imports, and how many are blocks through and through."""
    total = real = 0
    todo = [block for stack in workspace.stacks for block in stack]
    while todo:
        block = todo.pop()
        todo += [b for inner in _within(block) for row in inner.rows.values() for b in row]
        if block.type in ("robo_import", "robo_import_from"):
            continue
        total += 1
        real += all(inner.type not in (RAW, RAW_VALUE) for inner in _within(block))
    return total, real


def _within(block: Any) -> list[Any]:
    """A block and what is plugged into it, mouths left out."""
    found, todo = [], [block]
    while todo:
        found.append(todo.pop())
        todo += found[-1].inputs.values()
    return found


def _parse(code: str, where: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except SyntaxError as e:
        raise RoboError(f"{where}:{e.lineno}: {e.msg}; mend that first, `robo check` says more") from None
    except (ValueError, MemoryError) as e:
        raise RoboError(f"{where}: is no MicroPython program: {e}") from None


def _dumps(tree: ast.Module) -> list[str]:
    return [ast.dump(statement) for statement in tree.body]
