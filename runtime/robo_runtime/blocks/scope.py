"""What the names of a program stand for: imports, functions, variables and the classes of their values."""

from __future__ import annotations

import ast
from collections import Counter

from robo_runtime.blocks.library import Library


class Scope:
    """The names of one program.

    Args:
        raw: statements that are to be shown as source text, and so define nothing that blocks could use.
    """

    def __init__(self, tree: ast.Module, library: Library, raw: frozenset[int] = frozenset()) -> None:
        self.library = library
        self.imported: dict[str, str] = {}
        """Names that imports bind, and what they are: `robokit.led`, `machine.Pin`, `time`."""
        for statement in tree.body:
            self._read_import(statement)
        nodes = list(ast.walk(tree))
        names = [n for n in nodes if isinstance(n, ast.Name)]
        self.assigned = {n.id for n in names if not isinstance(n.ctx, ast.Load)}
        self.used = Counter(n.id for n in names if isinstance(n.ctx, ast.Load))
        self.parameters = {a.arg for n in nodes if isinstance(n, ast.arguments) for a in _arguments(n)}
        for name in {*self.assigned, *self.parameters}:
            self.imported.pop(name, None)
        defined = [s for i, s in enumerate(tree.body) if isinstance(s, ast.FunctionDef) and i not in raw]
        self.functions = {f.name: f for f in defined if self._simple(f, defined)}
        self.valued = _called_for_value(nodes) & self.functions.keys()
        self.module_names = assigned_names(tree.body)
        self.classes: dict[str, str] = {}
        """The class of what a variable holds, as far as it is plain to see."""
        self.items: dict[str, str] = {}
        """The class of what the list in a variable holds."""
        for node in nodes:
            self._learn(node)
        for node in nodes:
            if isinstance(node, (ast.For, ast.comprehension)) and isinstance(node.target, ast.Name):
                self._know(node.target.id, self._class_of_item(node.iter))

    def is_variable(self, name: str) -> bool:
        """Whether a name is a variable of the program, and nothing else."""
        return (name in self.assigned or name in self.parameters) and name not in self.functions

    def qualified(self, node: ast.expr) -> tuple[str, str] | None:
        """What an expression names: as `robokit.led.on` or `machine.Pin`, and how it is written; or None."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.imported:
            return None
        return ".".join([self.imported[node.id], *reversed(parts)]), ".".join([node.id, *reversed(parts)])

    def class_of(self, node: ast.expr) -> str:
        """The class of what an expression gives, where it is plain to see; or an empty word."""
        if isinstance(node, ast.Name):
            return self.classes.get(node.id, "")
        if isinstance(node, ast.Subscript):
            return self._class_of_item(node.value)
        if isinstance(node, ast.Call) and (named := self.qualified(node.func)):
            module, _, name = named[0].rpartition(".")
            return name if self.library.exported.get((module, name)) == "class" else ""
        return ""

    def _class_of_item(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return self.items.get(node.id, "")
        if isinstance(node, ast.List | ast.Tuple) and node.elts:
            return self.class_of(node.elts[0])
        return self.class_of(node.elt) if isinstance(node, ast.ListComp) else ""

    def _learn(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            self._know(name, self.class_of(node.value))
            if item := self._class_of_item(node.value):
                self.items[name] = item

    def _know(self, name: str, cls: str) -> None:
        if cls:
            self.classes[name] = cls

    def _read_import(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if not alias.asname and "." not in alias.name:
                    self.imported[alias.name] = alias.name
        elif isinstance(statement, ast.ImportFrom) and not statement.level:
            for alias in statement.names:
                if not alias.asname:
                    self.imported[alias.name] = f"{statement.module}.{alias.name}"

    def _simple(self, f: ast.FunctionDef, defined: list[ast.FunctionDef]) -> bool:
        """Whether Blockly's blocks for functions can say it; to them `F` and `f` are one name."""
        same = [g for g in defined if g.name.lower() == f.name.lower()]
        names = [a.arg for a in f.args.args]
        return (
            len(same) == 1
            and f.name not in self.assigned
            and f.name not in self.parameters
            and f.name not in self.imported
            and plain_function(f)
            and len({n.lower() for n in names}) == len(names)
        )


def plain_function(f: ast.FunctionDef) -> bool:
    """Whether a function has plain parameters and a body without inner functions and `yield`."""
    a = f.args
    beyond = (a.posonlyargs, a.vararg, a.kwonlyargs, a.kwarg, a.defaults, f.decorator_list, f.returns)
    inner = (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef, ast.Yield, ast.YieldFrom, ast.Await)
    return (
        not any(beyond)
        and not getattr(f, "type_params", None)
        and all(arg.annotation is None for arg in a.args)
        and not any(isinstance(n, inner) and n is not f for n in ast.walk(f))
    )


def _arguments(a: ast.arguments) -> list[ast.arg]:
    return [*a.posonlyargs, *a.args, *a.kwonlyargs, *(x for x in (a.vararg, a.kwarg) if x)]


def _called_for_value(nodes: list[ast.AST]) -> set[str]:
    """Functions whose answer is used somewhere."""
    alone = {id(n.value) for n in nodes if isinstance(n, ast.Expr)}
    return {
        n.func.id
        for n in nodes
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and id(n) not in alone
    }


def assigned_names(body: list[ast.stmt]) -> list[str]:
    """Variables that statements set, in the order of their first setting; not those of inner functions."""
    found: dict[str, None] = {}
    todo: list[ast.AST] = list(reversed(body))
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            for n in target.elts if isinstance(target, ast.Tuple) else [target]:
                if isinstance(n, ast.Name):
                    found[n.id] = None
        todo.extend(reversed(list(ast.iter_child_nodes(node))))
    return list(found)


def shared_names(f: ast.FunctionDef, module_names: list[str]) -> list[str]:
    """Variables that a function sets and the program has, too: what `global` names unless told otherwise."""
    own = {a.arg for a in _arguments(f.args)}
    return [name for name in assigned_names(f.body) if name in module_names and name not in own]
