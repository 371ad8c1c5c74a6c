"""What the names and expressions of a program stand for, as far as the registry knows.

Flow-insensitive: a name that is bound to two kinds of things anywhere is not known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from robo_runtime.check import builtin
from robo_runtime.check.frames import Binding, Frame, Frames
from robo_runtime.check.lookup import NUMBERS, Known, Lookup
from robo_runtime.check.matching import match
from robo_runtime.registry import Function, Registry

_NONE = Known("python", "None")


class Types(Lookup):
    """The kinds of everything in one program."""

    def __init__(self, registry: Registry, frames: Frames) -> None:
        super().__init__(registry)
        self.frames = frames
        self._names: dict[tuple[Frame, str], Known | None] = {}
        self._busy: set[object] = set()
        self._calls: dict[ast.AST, list[ast.Call] | None] | None = None

    def name(self, frame: Frame, name: str) -> Known | None:
        """What a name stands for where it is read in `frame`."""
        owner = frame.owner(name)
        if owner is None:
            return Known("builtin", name) if name in builtin.ARGUMENTS else None
        key = (owner, name)
        if key not in self._names:
            if key in self._busy:
                return None
            self._busy.add(key)
            bindings = [b for b in owner.bound[name] if b.kind != "update"]
            found = _same(self._bound(owner, b) for b in bindings)
            changed = len(bindings) < len(owner.bound[name]) or name in self.frames.changed
            self._names[key] = found._replace(of=None) if found and changed else found
            self._busy.discard(key)
        return self._names[key]

    def _bound(self, frame: Frame, binding: Binding) -> Known | None:
        if binding.kind == "value":
            return self.infer(binding.source)
        if binding.kind == "element":
            return self._element(binding.source)
        if binding.kind == "definition":
            return Known("user", binding.source.name, node=binding.source)
        if binding.kind == "import":
            module, name = binding.source
            return self.module_member(module, name) if name else self.module(module)
        if binding.kind == "parameter":
            return self._parameter(binding.source, binding.node.arg)  # type: ignore[attr-defined]
        return None

    def _element(self, iterable: ast.expr) -> Known | None:
        found = self.infer(iterable)
        if found is None or found.kind != "python":
            return None
        return Known("python", "int") if found.name == "range" else found.of

    def _parameter(self, function: Any, name: str) -> Known | None:
        """What all calls of a function give a parameter; nothing is known when others may call it too."""
        calls = self._calls_of(function)
        if not calls or isinstance(function, ast.Lambda) or function.args.vararg or function.args.kwarg:
            return None
        spec = function.args
        positional = [a.arg for a in (*spec.posonlyargs, *spec.args)]
        defaults = dict(zip(positional[::-1], spec.defaults[::-1], strict=False))
        found = []
        for call in calls:
            given: dict[str | None, ast.expr] = {**dict(zip(positional, call.args, strict=False))}
            given |= {k.arg: k.value for k in call.keywords}
            value = given.get(name, defaults.get(name))
            if value is None or isinstance(value, ast.Starred) or None in given:
                return None
            found.append(self.infer(value))
        return _same(found)

    def _calls_of(self, function: ast.AST) -> list[ast.Call] | None:
        if self._calls is None:
            calls: dict[ast.AST, list[ast.Call] | None] = {}
            self._calls = calls
            for node, frame in self.frames.of.items():
                if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
                    continue
                owner = frame.owner(node.id)
                for binding in owner.bound[node.id] if owner else ():
                    if binding.kind == "definition":
                        parent = self.frames.parent.get(node)
                        made = calls.setdefault(binding.source, [])
                        if not isinstance(parent, ast.Call) or parent.func is not node:
                            calls[binding.source] = None  # handed on, as a callback
                        elif made is not None:
                            made.append(parent)
        return self._calls.get(function)

    def infer(self, node: ast.expr) -> Known | None:
        """What an expression stands for, None where that is not known."""
        if id(node) in self._busy or len(self._busy) > 200:
            return None
        self._busy.add(id(node))
        try:
            return self._infer(node)
        finally:
            self._busy.discard(id(node))

    def _infer(self, node: ast.expr) -> Known | None:
        if isinstance(node, ast.Name):
            return self.name(self.frames.of[node], node.id)
        if isinstance(node, ast.Attribute):
            base = self.infer(node.value)
            return self.attribute(base, node.attr) if base else None
        if isinstance(node, ast.Call):
            return self._result(node)
        if isinstance(node, ast.Constant):
            return Known("python", type(node.value).__name__.replace("NoneType", "None"))
        if isinstance(node, ast.JoinedStr):
            return Known("python", "str")
        if isinstance(node, ast.Lambda):
            return Known("user", "lambda", node=node)
        if isinstance(node, ast.List | ast.Tuple):
            return Known("python", type(node).__name__.lower(), _same(map(self.infer, node.elts)))
        if isinstance(node, ast.ListComp):
            return Known("python", "list", self.infer(node.elt))
        if isinstance(node, ast.Dict | ast.DictComp):
            return Known("python", "dict")
        if isinstance(node, ast.Subscript):
            base = self.infer(node.value)
            if base is not None and base.kind == "python" and base.name in ("list", "tuple"):
                return base if isinstance(node.slice, ast.Slice) else base.of
            item = base is not None and base.kind == "instance" and self.class_of(base).item
            return Known("python", "tuple") if item else None
        if isinstance(node, ast.IfExp):
            return _same(map(self.infer, (node.body, node.orelse)))
        if isinstance(node, ast.NamedExpr):
            return self.infer(node.value)
        if isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
            return Known("python", "bool")
        if isinstance(node, ast.UnaryOp):
            return self._number(node.op, [node.operand])
        return self._number(node.op, [node.left, node.right]) if isinstance(node, ast.BinOp) else None

    def _number(self, op: ast.AST, operands: list[ast.expr]) -> Known | None:
        """Arithmetic on numbers, so that a float on its way to `duty()` is seen."""
        names = [k.name if k and k.kind == "python" else "" for k in map(self.infer, operands)]
        if not all(name in NUMBERS for name in names) or isinstance(op, ast.Pow):
            return None
        whole = "float" not in names and not isinstance(op, ast.Div)
        return Known("python", "int" if whole else "float")

    def _result(self, call: ast.Call) -> Known | None:
        callee = self.infer(call.func)
        if callee is None:
            return None
        if callee.kind == "class":
            return Known("instance", callee.name)
        if callee.kind == "user":
            return self._user_result(callee.node)
        if callee.kind == "builtin":
            if callee.name in ("abs", "round"):
                kind = self.infer(call.args[0]) if len(call.args) == 1 else None
                return Known("python", "int") if kind and callee.name == "round" else kind
            if callee.name in ("min", "max") and len(call.args) > 1:  # one float makes a float possible
                return self._number(ast.Add(), call.args)
            returns = builtin.RETURNS.get(callee.name)
            return Known("python", returns) if returns else None
        target = self.callable_of(callee)
        if isinstance(target, Function):
            kind_ = {"enum": "str", "function": ""}.get(target.returns.type, target.returns.type)
            return Known("python", kind_) if kind_ else None
        if target is None:
            return None
        fitting = (s.returns for s in target.signatures if isinstance(match(s, call), dict))
        return self.annotated(next(fitting, ""), callee.name.split(".")[0])

    def _user_result(self, function: Any) -> Known | None:
        if isinstance(function, ast.Lambda):
            return self.infer(function.body)
        if isinstance(function, ast.AsyncFunctionDef) or function.decorator_list:
            return None
        frame = next(f for f in self.frames.all if f.node is function)
        own = [n for n, f in self.frames.of.items() if f is frame]
        if any(isinstance(n, ast.Yield | ast.YieldFrom) for n in own):
            return None
        values = [n.value for n in own if isinstance(n, ast.Return)]
        return _same(self.infer(v) if v is not None else _NONE for v in values) if values else _NONE


def _same(found: Iterable[Known | None]) -> Known | None:
    """The kind all have, None when they differ or one is unknown. A constant is one of its values.

    Two functions of one name differ: which of them is called, only the run knows.
    """
    kinds = list(found)
    if not kinds or any(k is None for k in kinds):
        return None
    first = kinds[0]
    if all(k == first for k in kinds):
        return first
    plain = {(k.kind, k.name) for k in kinds if k is not None}
    if len(plain) > 1 or first is None or first.kind == "user":
        return None
    return Known(*plain.pop())
