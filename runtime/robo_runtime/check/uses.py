"""Things written in a place where they cannot be: functions without brackets, results that are nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from robo_runtime.check.arguments import Arguments
from robo_runtime.check.frames import Frames
from robo_runtime.check.lookup import Known
from robo_runtime.check.pins import Pins
from robo_runtime.check.problem import Problem
from robo_runtime.check.types import Types
from robo_runtime.check.values import Values
from robo_runtime.check.wording import in_words
from robo_runtime.registry import Callable, Function

_FUNCTIONS = ("function", "method", "kit", "user")
_COUNT = "Use a list or `range(…)`."
_SWITCHING = ("on", "off", "toggle")
_EMPTY = Known("python", "None")


class Uses:
    """Judges how a program uses what it knows."""

    def __init__(self, types: Types, values: Values, pins: Pins, arguments: Arguments) -> None:
        self.types, self.values, self.pins, self.arguments = types, values, pins, arguments
        self.frames: Frames = types.frames

    def problems(self, node: ast.AST) -> Iterator[Problem]:
        """What is wrong with one node; the nodes below are judged on their own."""
        if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
            yield from self._bare(node)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield from self._set_attribute(node)
        elif isinstance(node, ast.Call):
            yield from self._nothing(node)
            yield from self._switching(node)
        elif isinstance(node, ast.Subscript):
            yield from self._item(node)
        elif isinstance(node, ast.For):
            yield from self._iterated(node)
        elif isinstance(node, ast.Assign):
            yield from self._colours(node)

    def _place(self, node: ast.expr) -> str:
        """`statement`, `value` where the value counts, or nothing where it may be handed on."""
        parent = self.frames.parent.get(node)
        if isinstance(parent, ast.Expr):
            return "statement"
        if isinstance(parent, ast.Compare | ast.BinOp | ast.UnaryOp | ast.BoolOp | ast.FormattedValue):
            return "value"
        if isinstance(parent, ast.If | ast.While | ast.IfExp) and parent.test is node:
            return "value"
        return ""

    def _bare(self, node: ast.Attribute | ast.Name) -> Iterator[Problem]:
        place = self._place(node)
        if not place or isinstance(self.frames.parent.get(node), ast.BoolOp):
            return
        parent = self.frames.parent[node]
        if isinstance(parent, ast.Compare) and any(isinstance(op, ast.Is | ast.IsNot) for op in parent.ops):
            return
        known = self.types.infer(node)
        if known is not None and known.kind in _FUNCTIONS:
            text = ast.unparse(node)
            what = "does nothing" if place == "statement" else "is always the function itself"
            yield Problem.at(node, "api", f"`{text}` without brackets {what}.", f"Write `{text}()`.")

    def _nothing(self, node: ast.Call) -> Iterator[Problem]:
        """A result that is always nothing, used as a value."""
        parent = self.frames.parent.get(node)
        assigned = isinstance(parent, ast.Assign | ast.AnnAssign | ast.AugAssign) and parent.value is node
        argument = isinstance(parent, ast.Call) and node in parent.args
        if not assigned and not argument and self._place(node) != "value":
            return
        callee = self.types.infer(node.func)
        if callee is None or callee.kind not in ("function", "method", "kit"):
            return
        if argument and self._takes_function(parent, node):
            return
        if self.types.infer(node) == _EMPTY and not self._none_is_a_value(callee):
            text = ast.unparse(node.func)
            names = self._getters(callee)
            others = " or ".join(f"`{name}()`" for name in names[:3])
            fix = f"Read the value with {others}." if others else f"Write `{text}(…)` on a line of its own."
            yield Problem.at(node, "api", f"`{text}` gives no value back.", fix)

    def _takes_function(self, call: ast.AST | None, node: ast.Call) -> bool:
        """Whether the argument is a callback: that has a sentence of its own."""
        assert isinstance(call, ast.Call)
        callee = self.types.infer(call.func)
        target = self.types.callable_of(callee) if callee else None
        if isinstance(target, Function):
            return any(p.type == "function" for p in target.parameters.values())
        if isinstance(target, Callable):
            return any("function" in a.type_names for s in target.signatures for a in s.arguments)
        return False

    def _none_is_a_value(self, callee: Known) -> bool:
        target = self.types.callable_of(callee)
        return isinstance(target, Callable) and any(s.returns == "object" for s in target.signatures)

    def _getters(self, callee: Known) -> list[str]:
        owner = callee.name.rpartition(".")[0]
        return self.types.getters(Known("instance", owner)) if callee.kind == "method" else []

    def _switching(self, node: ast.Call) -> Iterator[Problem]:
        """`Pin(34).on()`: the pin was made without a mode, so only its use shows what is wanted."""
        func = node.func
        if isinstance(func, ast.Attribute) and (
            func.attr in _SWITCHING or (func.attr == "value" and node.args)
        ):
            known = self.types.infer(func.value)
            if known is not None and known[:2] == ("instance", "machine.Pin"):
                for problem in self.pins.problems(func.value, "output"):
                    yield problem._replace(line=node.lineno, column=node.col_offset)

    def _set_attribute(self, node: ast.Attribute) -> Iterator[Problem]:
        base = self.types.infer(node.value)
        if base is None or base.kind not in ("instance", "class", "module", "object"):
            return
        text, found = ast.unparse(node), self.types.attribute(base, node.attr)
        if found is not None and found.kind in _FUNCTIONS:
            yield Problem.at(
                node, "api", f"`{text}` is a function, no place for a value.", f"Write `{text}(…)`."
            )
        elif found is None and base.kind != "module":
            yield Problem.at(
                node,
                "api",
                f"`{ast.unparse(node.value)}` has no `{node.attr}` to set.",
                "Call one of its functions.",
            )

    def _item(self, node: ast.Subscript) -> Iterator[Problem]:
        known = self.types.infer(node.value)
        text = ast.unparse(node.value)
        if known is None:
            return
        plain = known.kind == "python" and known.name in ("int", "float", "bool", "None")
        if plain or known.kind in _FUNCTIONS or known.kind in ("module", "object"):
            yield Problem.at(node, "api", f"`{text}` has no items.", "Look where it gets its value.")
        elif known.kind == "instance":
            owner = self.types.class_of(known)
            if not owner.item:
                name = in_words(known.name.rpartition(".")[2])
                yield Problem.at(
                    node,
                    "api",
                    f"`{text}` is {name}, which has no items.",
                    "Leave out the square brackets.",
                )
            elif owner.length and (count := self._count(node.value, owner.length)) is not None:
                for index in self.values.of(node.slice):
                    if isinstance(index, int) and not -count <= index < count:
                        yield Problem.at(
                            node,
                            "range",
                            f"`{text}` has {count} lights, numbered 0 to {count - 1}; there is no {index}.",
                            "Count from 0.",
                        )
                        return

    def _made(self, node: ast.expr) -> ast.Call | None:
        """The constructor call behind a name that is bound once."""
        if isinstance(node, ast.Name):
            owner = self.frames.of[node].owner(node.id)
            bound = owner.bound[node.id] if owner else []
            if len(bound) == 1 and bound[0].kind == "value" and isinstance(bound[0].source, ast.Call):
                return bound[0].source
        return node if isinstance(node, ast.Call) else None

    def _count(self, node: ast.expr, argument: str) -> int | None:
        call = self._made(node)
        callee = self.types.infer(call.func) if call else None
        if call is None or callee is None or callee.kind != "class":
            return None
        names = [a.name for a in self.types.class_of(callee).constructor.signatures[0].arguments]
        given = dict(zip(names, call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg}
        count = self.values.one(given[argument]) if argument in given else None
        return count if isinstance(count, int) else None

    def _iterated(self, node: ast.For) -> Iterator[Problem]:
        known = self.types.infer(node.iter)
        if known is None:
            return
        text = ast.unparse(node.iter)
        where = (node.iter.lineno, node.iter.col_offset)
        if known.kind == "python" and known.name in ("int", "float", "bool", "None"):
            fix = f"Write `range({text})`." if known.name == "int" else _COUNT
            yield Problem(*where, "api", f"`{text}` cannot be counted through.", fix)
        elif known.kind in _FUNCTIONS or (known.kind == "instance" and not self.types.class_of(known).item):
            yield Problem(*where, "api", f"`{text}` cannot be counted through.", _COUNT)

    def _colours(self, node: ast.Assign) -> Iterator[Problem]:
        """`np[0] = (255, 0, 0)`: how many numbers, and how large."""
        for target in node.targets:
            if not isinstance(target, ast.Subscript) or isinstance(target.slice, ast.Slice):
                continue
            known = self.types.infer(target.value)
            owner = self.types.class_of(known) if known is not None and known.kind == "instance" else None
            if owner is None or not owner.item or owner.item_each is None:
                continue
            label, value = f"A number of `{ast.unparse(target)}`", node.value
            if isinstance(value, ast.Tuple | ast.List):
                sizes = owner.item_sizes
                if (
                    sizes
                    and len(value.elts) not in sizes
                    and not any(isinstance(e, ast.Starred) for e in value.elts)
                ):
                    yield Problem.at(
                        value,
                        "range",
                        f"A light needs {sizes[0]} numbers (red, green, blue), not {len(value.elts)}.",
                        "Write e.g. `(255, 0, 0)`.",
                    )
                yield from self.arguments.numbers(value.elts, label, *owner.item_each)
            elif (kind := self.types.infer(value)) is not None and kind.name not in ("tuple", "list"):
                yield Problem.at(
                    value,
                    "api",
                    f"`{ast.unparse(target)}` needs three numbers in brackets.",
                    "Write e.g. `(255, 0, 0)`.",
                )
