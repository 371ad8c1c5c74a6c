"""Scopes of a program: which frame binds a name, and with what. Rules: Python reference, section 4.2."""

from __future__ import annotations

import ast
from typing import Any, Literal, NamedTuple

Comprehension = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Binding(NamedTuple):
    """One place where a name gets a value."""

    kind: Literal["value", "element", "update", "import", "definition", "class", "parameter", "other"]
    """`value`: the expression `source`; `element`: an element of it; `update`: `+=` and the like;
    `definition` and `parameter`: the function `source`; `import`: module and name."""
    node: ast.AST
    source: Any = None


class Frame:
    """The module, a function, a class or a comprehension."""

    def __init__(self, node: ast.AST, parent: Frame | None) -> None:
        self.node, self.parent = node, parent
        self.bound: dict[str, list[Binding]] = {}
        self.elsewhere: dict[str, Frame | None] = {}
        """Names declared `global` or `nonlocal`, with the frame they belong to."""

    @property
    def module(self) -> Frame:
        """The outermost frame."""
        return self if self.parent is None else self.parent.module

    def home(self, name: str) -> Frame:
        """The frame a binding written here goes to."""
        return self.elsewhere.get(name) or self

    def owner(self, name: str) -> Frame | None:
        """The frame whose name a read here sees; None for a built-in or unknown name."""
        if name in self.elsewhere:
            home = self.elsewhere[name]
            return home if home is not None and name in home.bound else None
        frame: Frame | None = self
        while frame is not None:
            if name in frame.bound and (frame is self or not isinstance(frame.node, ast.ClassDef)):
                return frame
            frame = frame.parent
        return None


class Frames(ast.NodeVisitor):
    """The frames of a program, and the frame that each node is evaluated in."""

    def __init__(self, tree: ast.Module, star_names: dict[str, frozenset[str]]) -> None:
        """`star_names` are the names that `from module import *` binds, by module."""
        self._stars = star_names
        self.of: dict[ast.AST, Frame] = {}
        self.parent: dict[ast.AST, ast.AST] = {}
        self.changed: set[str] = set()
        """Names of lists that get elements after they were made."""
        self.module = self._frame = Frame(tree, None)
        self.all = [self.module]
        self.visit(tree)

    def visit(self, node: ast.AST) -> None:
        """Note the node's frame, bind what it binds, go on with its children."""
        self.of[node] = self._frame
        for child in ast.iter_child_nodes(node):
            self.parent[child] = node
        super().visit(node)

    def _bind(self, name: str, binding: Binding) -> None:
        self._frame.home(name).bound.setdefault(name, []).append(binding)

    def _targets(self, target: ast.expr, kind: Any, source: ast.expr | None) -> None:
        """Bind the names of an assignment's target; a tuple takes a tuple apart."""
        if isinstance(target, ast.Name):
            self._bind(target.id, Binding(kind, target, source))
        elif isinstance(target, ast.Starred):
            self._targets(target.value, "other", None)
        elif isinstance(target, ast.Tuple | ast.List):
            parts = source.elts if kind == "value" and isinstance(source, ast.Tuple | ast.List) else []
            matched = len(parts) == len(target.elts) and not any(isinstance(p, ast.Starred) for p in parts)
            for i, part in enumerate(target.elts):
                self._targets(part, kind if matched else "other", parts[i] if matched else None)

    def _inside(self, node: ast.AST, *parts: Any) -> Frame:
        """Visit parts of a node in a new frame of it."""
        outer, self._frame = self._frame, Frame(node, self._frame)
        inner = self._frame
        self.all.append(inner)
        self._enter(node)
        for part in parts:
            for child in part if isinstance(part, list) else [part]:
                self.visit(child)
        self._frame = outer
        return inner

    def _enter(self, node: ast.AST) -> None:
        if isinstance(node, Definition):
            for statement in node.body if isinstance(node.body, list) else []:
                self._declare(statement)
            for a in ast.walk(node.args):
                if isinstance(a, ast.arg):
                    self._bind(a.arg, Binding("parameter", a, node))

    def _declare(self, node: ast.AST) -> None:
        """`global` and `nonlocal` anywhere in a function's own body."""
        if isinstance(node, ast.Global | ast.Nonlocal):
            for name in node.names:
                home: Frame | None = self._frame.module
                if isinstance(node, ast.Nonlocal):
                    home = self._frame.parent
                    while home is not None and not _binds(home.node, name):
                        home = home.parent
                self._frame.elsewhere[name] = home
        elif not isinstance(node, (*Definition, ast.ClassDef)):
            for child in ast.iter_child_nodes(node):
                self._declare(child)

    def _definition(self, node: Any) -> None:
        spec = node.args
        for part in (*getattr(node, "decorator_list", []), *spec.defaults, *spec.kw_defaults):
            if part is not None:
                self.visit(part)
        if not isinstance(node, ast.Lambda):
            self._bind(node.name, Binding("definition", node, node))
        self.of[spec] = self._frame
        for a in ast.walk(spec):
            if isinstance(a, ast.arg) and a.annotation is not None:
                self.visit(a.annotation)
        self._inside(node, node.body)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _definition

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        self._bind(node.name, Binding("class", node, node))
        self._inside(node, node.body)

    def _comprehension(self, node: Any) -> None:
        first = node.generators[0]
        self.visit(first.iter)
        self.of[first] = self._frame
        outer, self._frame = self._frame, Frame(node, self._frame)
        self.all.append(self._frame)
        for generator in node.generators:
            if generator is not first:
                self.visit(generator.iter)
                self.of[generator] = self._frame
            for child in ast.iter_child_nodes(generator):
                self.parent[child] = generator
            self._targets(generator.target, "element", generator.iter)
            for part in (generator.target, *generator.ifs):
                self.visit(part)
        for part in (getattr(node, name, None) for name in ("elt", "key", "value")):
            if part is not None:
                self.visit(part)
        self._frame = outer

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._targets(target, "value", node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._targets(node.target, "value", node.value)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._targets(node.target, "update", None)
        self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        inner = self._frame
        while isinstance(self._frame.node, Comprehension) and self._frame.parent is not None:
            self._frame = self._frame.parent
        self._targets(node.target, "value", node.value)
        self._frame = inner
        self.generic_visit(node)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._targets(node.target, "element", node.iter)
        self.generic_visit(node)

    visit_AsyncFor = visit_For

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.value, ast.Name) and not isinstance(node.ctx, ast.Load):
            self.changed.add(node.value.id)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and node.attr in ("append", "insert", "extend"):
            self.changed.add(node.value.id)
        self.generic_visit(node)

    def visit_withitem(self, node: ast.withitem) -> None:
        if node.optional_vars is not None:
            self._targets(node.optional_vars, "other", None)
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self._bind(node.name, Binding("other", node))
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            first = alias.name.split(".")[0]
            self._bind(
                alias.asname or first, Binding("import", node, (alias.name if alias.asname else first, ""))
            )

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        for alias in node.names:
            names = self._stars.get(module, frozenset()) if alias.name == "*" else {alias.name}
            for name in names:
                self._bind(alias.asname or name, Binding("import", node, (module, name)))


def _binds(node: ast.AST, name: str) -> bool:
    """Whether a function binds a name, functions inside it left out."""
    if not isinstance(node, Definition):
        return False
    if any(isinstance(a, ast.arg) and a.arg == name for a in ast.walk(node.args)):
        return True
    waiting: list[ast.AST] = list(node.body) if isinstance(node.body, list) else []
    while waiting:
        child = waiting.pop()
        if isinstance(child, ast.Name) and child.id == name and not isinstance(child.ctx, ast.Load):
            return True
        if isinstance(child, (*Definition, ast.ClassDef)):
            if getattr(child, "name", None) == name:
                return True
        else:
            waiting.extend(ast.iter_child_nodes(child))
    return False
