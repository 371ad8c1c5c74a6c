"""The API check: does a program use only what the kit and its board have?"""

from __future__ import annotations

import ast
import difflib
import warnings
from collections.abc import Iterator

from robo_runtime.check.arguments import call_problems, pin_problems
from robo_runtime.check.names import name_problems
from robo_runtime.check.problem import Problem
from robo_runtime.check.types import Known, Scope
from robo_runtime.errors import RoboError
from robo_runtime.registry import Board, Registry

_OUTPUT_DEVICES = {"machine.PWM", "neopixel.NeoPixel"}
"""Classes whose first argument must be a pin that can switch."""


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
    except (SyntaxError, ValueError, RecursionError, MemoryError) as e:
        line, column = getattr(e, "lineno", None) or 1, getattr(e, "offset", None) or 0
        text = getattr(e, "msg", None) or str(e)
        return [Problem(line, max(column - 1, 0), "syntax", f"This line cannot be read: {text}.", "")]
    checker = _Checker(tree, registry, registry.boards[board])
    found = [*checker.imports(), *checker.calls_and_attributes(), *name_problems(tree, checker.importable())]
    return sorted(dict.fromkeys(found))


def api_functions(code: str, registry: Registry) -> list[str]:
    """Qualified names of the registry that a program uses, sorted: `machine.Pin`, `time.sleep`, `led.on`."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return []
    scope = _Checker(tree, registry, next(iter(registry.boards.values()))).scope
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (known := scope.infer(node.func)) and scope.callable_of(known):
            found.add(known.name)
    return sorted(found)


class _Checker:
    def __init__(self, tree: ast.Module, registry: Registry, board: Board) -> None:
        self.tree, self.registry, self.board = tree, registry, board
        self.scope = Scope(registry)
        self.pins: dict[str, ast.Call] = {}
        self._bind()

    def _bind(self) -> None:
        """What every name of the program stands for, imports first, then assignments in order."""
        own = {n.name for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.asname or alias.name.split(".")[0]
                    self.scope.bind(name, Known("module", alias.name if alias.asname else name))
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    member = self.scope.module_member(node.module, alias.name)
                    self.scope.bind(alias.asname or alias.name, member)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._assign(target, node.value)
            elif isinstance(node, ast.For):
                element = (
                    node.iter.elts[0]
                    if isinstance(node.iter, ast.List | ast.Tuple) and node.iter.elts
                    else None
                )
                for part in ast.walk(node.target):
                    if isinstance(part, ast.Name):
                        self.scope.bind(part.id, self.scope.infer(element) if element is not None else None)
            elif isinstance(node, ast.AugAssign | ast.AnnAssign) and isinstance(node.target, ast.Name):
                self.scope.bind(node.target.id, None)
            elif isinstance(node, ast.arg):
                self.scope.bind(node.arg, None)
        for name in own:
            self.scope.bind(name, None)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if (
            isinstance(target, ast.Tuple)
            and isinstance(value, ast.Tuple)
            and len(target.elts) == len(value.elts)
        ):
            for t, v in zip(target.elts, value.elts, strict=True):
                self._assign(t, v)
        elif isinstance(target, ast.Name):
            known = self.scope.infer(value)
            self.scope.bind(target.id, known)
            if known == Known("instance", "machine.Pin") and isinstance(value, ast.Call):
                self.pins[target.id] = value
        else:
            for part in ast.walk(target):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    self.scope.bind(part.id, None)

    def importable(self) -> dict[str, str]:
        """Import line by name, for remedies; the kit's names give way to the standard ones."""
        lines = {name: f"from {self.registry.module} import {name}" for name in self.registry.objects}
        for module in self.registry.modules.values():
            lines[module.name] = f"import {module.name}"
        for name in ("Pin", "PWM", "ADC", "I2C", "SoftI2C", "SPI", "UART", "Timer", "TouchPad", "RTC", "WDT"):
            lines[name] = f"from machine import {name}"
        return lines | {"NeoPixel": "from neopixel import NeoPixel", "sleep": "from time import sleep"}

    def imports(self) -> Iterator[Problem]:
        """Modules and names that do not exist."""
        modules = {*self.registry.modules, self.registry.module}
        modules |= {name.split(".")[0] for name in modules}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name not in modules:
                        yield self._unknown(
                            node, f"There is no module `{alias.name}` here.", alias.name, modules
                        )
            elif isinstance(node, ast.ImportFrom):
                if node.module not in modules or node.level:
                    yield self._unknown(
                        node, f"There is no module `{node.module}` here.", node.module or "", modules
                    )
                    continue
                for alias in node.names:
                    if alias.name != "*" and self.scope.module_member(node.module or "", alias.name) is None:
                        known = self._members(node.module or "")
                        yield self._unknown(
                            node, f"`{node.module}` has no `{alias.name}`.", alias.name, known
                        )

    def _members(self, module: str) -> set[str]:
        if module == self.registry.module:
            return set(self.registry.objects)
        return self.registry.modules[module].members() if module in self.registry.modules else set()

    def calls_and_attributes(self) -> Iterator[Problem]:
        """Attributes that do not exist and calls that do not fit."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute):
                base = self.scope.infer(node.value)
                if base is None or base.kind not in ("module", "object", "class", "instance"):
                    continue
                if self.scope.attribute(base, node.attr) is None and not self._assigned_here(node):
                    text = f"`{ast.unparse(node.value)}` has no `{node.attr}`."
                    yield self._unknown(node, text, node.attr, self.scope.members(base))
            elif isinstance(node, ast.Call):
                yield from self._call(node)

    @staticmethod
    def _assigned_here(node: ast.Attribute) -> bool:
        return isinstance(node.ctx, ast.Store)

    def _call(self, node: ast.Call) -> Iterator[Problem]:
        known = self.scope.infer(node.func)
        if known is None:
            return
        text = ast.unparse(node.func)
        if known.kind in ("module", "object", "constant", "instance"):
            yield Problem(
                node.lineno, node.col_offset, "api", f"`{text}` cannot be called.", "Remove the brackets."
            )
            return
        target = self.scope.callable_of(known)
        if target is None:
            return
        yield from call_problems(node, text, target, self.board, self.pins)
        if known.name in _OUTPUT_DEVICES and node.args:
            yield from pin_problems(node.args[0], "output", {}, self.board, self.pins)

    @staticmethod
    def _unknown(node: ast.stmt | ast.expr, text: str, name: str, known: object) -> Problem:
        near = difflib.get_close_matches(name, list(known), n=3)  # type: ignore[call-overload]
        fix = f"Did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else ""
        return Problem(node.lineno, node.col_offset, "api", text, fix)
