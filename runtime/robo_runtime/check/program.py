"""The API check: does a program use only what the kit and its board have?"""

from __future__ import annotations

import ast
import difflib
import warnings
from collections.abc import Iterable, Iterator

from robo_runtime.check.arguments import Arguments
from robo_runtime.check.frames import Frames
from robo_runtime.check.lookup import Known
from robo_runtime.check.names import name_problems
from robo_runtime.check.operations import Operations
from robo_runtime.check.pins import Pins
from robo_runtime.check.problem import Problem
from robo_runtime.check.syntax_words import syntax_words
from robo_runtime.check.types import Types
from robo_runtime.check.uses import Uses
from robo_runtime.check.values import Values
from robo_runtime.check.wording import in_words
from robo_runtime.errors import RoboError
from robo_runtime.registry import Board, Registry

_FOREIGN = {
    "Match": ("match", "Use `if` and `elif`."),
    "TryStar": ("except*", "Use `except`."),
    "TypeAlias": ("type", "Remove the line."),
}
"""Python that the board does not know, and what does instead."""


def check_program(code: str, registry: Registry, board: str = "esp32") -> list[Problem]:
    """Problems of a program in order of their lines; empty when it is fine. Nothing is executed.

    Raises:
        RoboError: there is no board of that name.
    """
    if board not in registry.boards:
        raise RoboError(f"unknown board {board!r}; known: {', '.join(registry.boards)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
            compile(tree, "program", "exec", dont_inherit=True)  # break outside a loop and the like
        found = list(_Checker(tree, registry, registry.boards[board]).problems())
    except (SyntaxError, ValueError) as e:
        line, column = getattr(e, "lineno", None) or 1, getattr(e, "offset", None) or 0
        text = getattr(e, "msg", None) or str(e)
        return [Problem(line, max(column - 1, 0), "syntax", *syntax_words(text))]
    except (RecursionError, MemoryError):
        return [Problem(1, 0, "syntax", "The program is nested too deeply.", "Write shorter expressions.")]
    return sorted(dict.fromkeys(found))


def api_functions(code: str, registry: Registry) -> list[str]:
    """Qualified names of the registry that a program calls, sorted: `machine.Pin`, `time.sleep`, `led.on`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
        types = _Checker(tree, registry, next(iter(registry.boards.values()))).types
        known = [types.infer(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        return sorted({k.name for k in known if k is not None and types.callable_of(k) is not None})
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


class _Checker:
    def __init__(self, tree: ast.Module, registry: Registry, board: Board) -> None:
        self.tree, self.registry, self.board = tree, registry, board
        stars = {name: frozenset(module.members()) for name, module in registry.modules.items()}
        stars[registry.module] = frozenset(registry.objects)
        self.frames = Frames(tree, stars)
        self.types = Types(registry, self.frames)
        self.values = Values(self.frames)
        self.pins = Pins(board, self.types, self.values)
        self.arguments = Arguments(self.types, self.values, self.pins)
        self.uses = Uses(self.types, self.values, self.pins, self.arguments)
        self.operations = Operations(self.types, self.values)

    def problems(self) -> Iterator[Problem]:
        """Everything that is wrong, in no particular order."""
        yield from name_problems(self.frames, self._importable())
        for node in ast.walk(self.tree):
            if foreign := _FOREIGN.get(type(node).__name__):
                assert isinstance(node, ast.stmt)
                word, fix = foreign
                yield Problem.at(node, "syntax", f"The board does not know `{word}`.", fix)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                yield from self._imports(node)
            elif isinstance(node, ast.Attribute):
                yield from self._attribute(node)
            elif isinstance(node, ast.Call):
                yield from self._call(node)
            yield from self.uses.problems(node)
            yield from self.operations.problems(node)

    def _importable(self) -> dict[str, str]:
        """Import line by name, for remedies; the kit's names give way to the standard ones."""
        lines = {name: f"from {self.registry.module} import {name}" for name in self.registry.objects}
        for module in self.registry.modules.values():
            lines |= {
                name: f"from {module.name} import {name}" for name in module.classes if name[0].isupper()
            }
        for module in self.registry.modules.values():
            lines[module.name.split(".")[0]] = f"import {module.name}"
        machine = self.registry.modules.get("machine")
        lines |= {name: f"from machine import {name}" for name in (machine.classes if machine else ())}
        return lines | {"sleep": "from time import sleep", "sleep_ms": "from time import sleep_ms"}

    def _imports(self, node: ast.Import | ast.ImportFrom) -> Iterator[Problem]:
        """Modules and names that do not exist, unless the program is ready for that."""
        if self._tried(node):
            return
        modules = {*self.registry.modules, self.registry.module}
        packages = {name.split(".")[0] for name in modules}
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name not in modules | packages:
                    yield self._no_module(node, alias.name, modules)
            return
        name = node.module or ""
        if node.level:
            fix = f"Write `from {name or 'machine'} import …`."
            yield Problem.at(node, "api", "Modules are named without a dot before them here.", fix)
            return
        if name not in modules | packages:
            yield self._no_module(node, name, modules)
            return
        members = set(self.registry.objects) if name == self.registry.module else set()
        members |= self.registry.modules[name].members() if name in self.registry.modules else set()
        members |= {m[len(name) + 1 :].split(".")[0] for m in modules if m.startswith(f"{name}.")}
        for alias in node.names:
            if alias.name != "*" and alias.name not in members:
                text, there = (
                    f"`{name}` has no `{alias.name}`.",
                    ", ".join(f"`{m}`" for m in sorted(members)[:5]),
                )
                yield self._unknown(node, text, alias.name, members, f"There is {there} and more.")

    def _tried(self, node: ast.stmt) -> bool:
        parent = self.frames.parent.get(node)
        if not isinstance(parent, ast.Try) or node not in parent.body:
            return False
        caught = [ast.unparse(h.type) if h.type else "" for h in parent.handlers]
        return any(c in ("", "Exception", "ImportError") for c in caught)

    def _no_module(self, node: ast.stmt, name: str, modules: set[str]) -> Problem:
        text = f"There is no module `{name}` here."
        if name[:1] == "u" and name[1:] in modules:
            return Problem.at(node, "api", text, f"Its name is `{name[1:]}`, without the u.")
        return self._unknown(node, text, name, modules, "Use what the board has, e.g. `machine` or `time`.")

    def _attribute(self, node: ast.Attribute) -> Iterator[Problem]:
        if isinstance(node.ctx, ast.Store):
            return
        base = self.types.infer(node.value)
        members = self.types.members(base) if base is not None else None
        if base is None or members is None or self.types.attribute(base, node.attr) is not None:
            return
        if base.kind in ("python", "builtin") and node.attr in members:
            return
        what = ast.unparse(node.value)
        text = f"`{what}` has no `{node.attr}`."
        if base.kind == "python" and base.name == "None":
            text = f"`{what}` gives nothing back, so it has no `{node.attr}`."
        yield self._unknown(node, text, node.attr, members, self._instead(base, node.attr, members))

    def _instead(self, base: Known, name: str, members: list[str]) -> str:
        """Who has what was looked for, and what there is here."""
        classes, objects = self.types.owners(name) if base.kind != "module" else ([], [])
        owners = [*map(in_words, classes), *(f"`{o}`" for o in objects if o != base.name)]
        fix = f"`{name}` belongs to {' or '.join(owners[:3])}." if owners else ""
        if shown := [m for m in members if not m.startswith("_")][:5]:
            more = " and more" if len(members) > len(shown) else ""
            fix += f" There is {', '.join(f'`{m}`' for m in shown)}{more}."
        return fix.strip() or "Look where it gets its value."

    def _call(self, node: ast.Call) -> Iterator[Problem]:
        known = self.types.infer(node.func)
        if known is None:
            return
        if self.types.is_callable(known) is False:
            text = ast.unparse(node.func)
            fix = "Remove the brackets."
            if known.kind == "object":
                members = self.types.members(known) or []
                fix = f"Write e.g. `{text}.{members[0]}()`."
            elif known.kind == "module" and known.name in self.registry.modules:
                fix = f"It is a module: write `{text}.` and the name of a function."
            yield Problem.at(node, "api", f"`{text}` cannot be called.", fix)
            return
        own = self._own_numbers(node, known.name)
        yield from own or self.arguments.problems(node, known)

    def _own_numbers(self, node: ast.Call, name: str) -> list[Problem]:
        """Timers and buses that this board does not have."""
        short = name.removeprefix("machine.")
        if not name.startswith("machine.") or short not in self.board.ids:
            return []
        given = node.args[:1] or [k.value for k in node.keywords if k.arg == "id"]
        low, high = self.board.ids[short]
        for number in self.values.of(given[0]) if given else ():
            if isinstance(number, int) and not low <= number <= high:
                text = f"The {self.board.title} has {short} {low} to {high}, not {number}."
                return [
                    Problem(given[0].lineno, given[0].col_offset, "range", text, "Choose another number.")
                ]
        return []

    @staticmethod
    def _unknown(
        node: ast.stmt | ast.expr, text: str, name: str, known: Iterable[str], otherwise: str
    ) -> Problem:
        near = difflib.get_close_matches(name, list(known), n=3)
        fix = f"Did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else otherwise
        return Problem.at(node, "api", text, fix)
