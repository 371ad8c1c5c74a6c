"""What names stand for in a program: modules, classes, instances and functions of the registry."""

from __future__ import annotations

import ast
from typing import NamedTuple

from robo_runtime.registry import Callable, Class, Function, Registry

EXCEPTIONS = (
    "Exception BaseException ArithmeticError AssertionError AttributeError EOFError ImportError IndexError"
    " KeyError KeyboardInterrupt LookupError MemoryError NameError NotImplementedError OSError OverflowError"
    " RuntimeError StopIteration SyntaxError SystemExit TypeError ValueError ZeroDivisionError"
).split()
BUILTINS = frozenset(
    (
        "abs all any bin bool bytearray bytes callable chr dict dir divmod enumerate filter float frozenset"
        " getattr globals hasattr hash hex id input int isinstance issubclass iter len list locals map max"
        " memoryview min next object oct ord pow print property range repr reversed round set setattr slice"
        " sorted staticmethod classmethod str sum super tuple type zip __name__ __file__ open"
    ).split()
    + EXCEPTIONS
)


class Known(NamedTuple):
    """What an expression is, as far as the registry knows it."""

    kind: str
    """module, class, instance, function, object (of the kit), kit (a kit function), constant."""
    name: str
    """`machine`, `machine.PWM`, `time.sleep`, `robokit.led`, `led.on`…"""


class Scope:
    """Names and what they stand for; the whole program is one scope, as beginners' programs use it."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.names: dict[str, Known | None] = {}

    def bind(self, name: str, known: Known | None) -> None:
        """Note what a name stands for; a name bound to two kinds of things is not known any more."""
        if name in self.names and self.names[name] != known:
            known = None
        self.names[name] = known

    def module_member(self, module: str, member: str) -> Known | None:
        """A name imported from, or read off, a module."""
        if module == self.registry.module:
            if member in self.registry.functions:
                return Known("kit", member)
            return Known("object", member) if member in self.registry.objects else None
        found = self.registry.modules.get(module)
        if found is None:
            return None
        for kind, group in (
            ("class", found.classes),
            ("function", found.functions),
            ("constant", found.constants),
        ):
            if member in group:
                return Known(kind, f"{module}.{member}")
        return None

    def class_of(self, known: Known) -> Class:
        """The class behind a class or an instance."""
        module, _, name = known.name.rpartition(".")
        return self.registry.modules[module].classes[name]

    def callable_of(self, known: Known) -> Callable | Function | None:
        """What is called when `known` is called; None for things the registry does not describe."""
        if known.kind == "kit":
            return self.registry.functions[known.name]
        if known.kind == "class":
            return self.class_of(known).constructor
        if known.kind == "function":
            module, _, name = known.name.rpartition(".")
            return self.registry.modules[module].functions[name]
        if known.kind == "method":
            owner, _, name = known.name.rpartition(".")
            return self.class_of(Known("instance", owner)).methods[name]
        return None

    def infer(self, node: ast.expr) -> Known | None:
        """What an expression stands for, None where that is not known."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if isinstance(node, ast.Attribute):
            base = self.infer(node.value)
            return self.attribute(base, node.attr) if base else None
        if isinstance(node, ast.Call):
            callee = self.infer(node.func)
            if callee is not None and callee.kind == "class":
                return Known("instance", callee.name)
            if callee is not None and callee.kind in ("function", "method"):
                return self._returned(callee)
        return None

    def _returned(self, callee: Known) -> Known | None:
        found = self.callable_of(callee)
        returns = found.signatures[0].returns if isinstance(found, Callable) and found.signatures else ""
        module = callee.name.split(".")[0]
        classes = self.registry.modules[module].classes if module in self.registry.modules else {}
        return Known("instance", f"{module}.{returns}") if returns in classes else None

    def attribute(self, base: Known, name: str) -> Known | None:
        """`base.name`, None where there is no such thing."""
        if base.kind == "module":
            submodule = f"{base.name}.{name}"
            if any(m == submodule or m.startswith(submodule + ".") for m in self.registry.modules):
                return Known("module", submodule)
            return self.module_member(base.name, name)
        if base.kind == "object":
            full = f"{base.name}.{name}"
            return Known("kit", full) if full in self.registry.functions else None
        if base.kind in ("class", "instance"):
            owner = self.class_of(base)
            if name in owner.methods:
                return Known("method", f"{base.name}.{name}")
            return Known("constant", f"{base.name}.{name}") if name in owner.constants else None
        return None

    def members(self, base: Known) -> list[str]:
        """Attributes of `base`, for suggestions."""
        if base.kind == "module":
            return (
                sorted(self.registry.modules[base.name].members())
                if base.name in self.registry.modules
                else []
            )
        if base.kind == "object":
            return [f.qualified_name.split(".")[-1] for f in self.registry.objects[base.name]]
        owner = self.class_of(base)
        return [*owner.methods, *owner.constants]
