"""What the registry knows about modules, classes, functions and their members."""

from __future__ import annotations

from typing import Any, NamedTuple

from robo_runtime.check import builtin
from robo_runtime.registry import Callable, Class, Function, Registry

NUMBERS = ("int", "float", "bool")
_CALLABLE = frozenset(["class", "function", "method", "kit", "user", "builtin"])


class Known(NamedTuple):
    """What an expression is."""

    kind: str
    """module, class, instance, function, method, constant of MicroPython; object, kit (a function) of the
    kit; user (a function of the program); builtin (a function or type of Python); python (a value of a type
    of Python)."""
    name: str
    """`machine`, `machine.PWM`, `machine.PWM.duty`, `led`, `led.on`, `list`…; the function's for user."""
    of: Known | None = None
    """What every element of a list or tuple is; the registry's constant behind a number."""
    node: Any = None
    """The definition of a user function."""


class Lookup:
    """Questions about what is known, answered by the registry alone."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def module(self, name: str) -> Known | None:
        """A module or package of that name."""
        known = name == self.registry.module or name in self.registry.modules
        return Known("module", name) if known or self._packages(name) else None

    def _packages(self, name: str) -> bool:
        return any(m.startswith(name + ".") for m in self.registry.modules)

    def module_member(self, module: str, member: str) -> Known | None:
        """A name imported from, or read off, a module."""
        if module == self.registry.module:
            if member in self.registry.functions:
                return Known("kit", member)
            return Known("object", member) if member in self.registry.objects else None
        found = self.registry.modules.get(module)
        if found is None:
            return None
        if member in found.constants:
            return self._constant(f"{module}.{member}", found.constants[member], module)
        kind = "class" if member in found.classes else "function" if member in found.functions else ""
        return Known(kind, f"{module}.{member}") if kind else None

    def _constant(self, name: str, annotation: str, module: str) -> Known:
        constant = Known("constant", name)
        value = self.annotated(annotation, module)
        return (
            value._replace(of=constant) if value is not None and value.name in NUMBERS else value or constant
        )

    def class_of(self, known: Known) -> Class:
        """The class behind a class or an instance."""
        module, _, name = known.name.rpartition(".")
        return self.registry.modules[module].classes[name]

    def callable_of(self, known: Known) -> Callable | Function | None:
        """What is called when `known` is called; None for things the registry does not describe."""
        module, _, name = known.name.rpartition(".")
        if known.kind == "kit":
            return self.registry.functions[known.name]
        if known.kind == "class":
            return self.class_of(known).constructor
        if known.kind == "instance":
            return self.class_of(known).call
        if known.kind == "function":
            return self.registry.modules[module].functions[name]
        if known.kind == "method":
            return self.class_of(Known("instance", module)).methods[name]
        return None

    def annotated(self, annotation: str, module: str) -> Known | None:
        """What an annotation of a module stands for."""
        if annotation in builtin.MEMBERS:
            return Known("python", annotation)
        classes = self.registry.modules[module].classes if module in self.registry.modules else {}
        return Known("instance", f"{module}.{annotation}") if annotation in classes else None

    def attribute(self, base: Known, name: str) -> Known | None:
        """`base.name`, None where there is no such thing."""
        if base.kind == "module":
            return self.module(f"{base.name}.{name}") or self.module_member(base.name, name)
        if base.kind == "object":
            full = f"{base.name}.{name}"
            return Known("kit", full) if full in self.registry.functions else None
        if base.kind in ("class", "instance"):
            owner = self.class_of(base)
            if name in owner.methods:
                return Known("method", f"{base.name}.{name}")
            if name in owner.constants:
                return self._constant(f"{base.name}.{name}", owner.constants[name], base.name.split(".")[0])
        return None

    def members(self, base: Known) -> list[str] | None:
        """Attributes of `base`; None when they are not known."""
        if base.kind == "module":
            if base.name == self.registry.module:
                return sorted(self.registry.objects)
            found = self.registry.modules.get(base.name)
            return sorted(found.members()) if found else []
        if base.kind == "object":
            return [f.qualified_name.split(".")[-1] for f in self.registry.objects[base.name]]
        if base.kind in ("class", "instance"):
            owner = self.class_of(base)
            return [*owner.methods, *owner.constants]
        if base.kind == "python" and base.name in builtin.MEMBERS:
            return sorted(builtin.MEMBERS[base.name])
        if base.kind == "builtin":
            return sorted(builtin.MEMBERS.get(base.name, ()))
        return None

    def owners(self, name: str) -> tuple[list[str], list[str]]:
        """Classes, and objects of the kit, with a function of that name."""
        modules = self.registry.modules.values()
        classes = [
            cls for module in modules for cls, found in module.classes.items() if name in found.methods
        ]
        functions = self.registry.functions.values()
        objects = [f.object for f in functions if f.qualified_name.endswith(f".{name}")]
        return list(dict.fromkeys(classes)), list(dict.fromkeys(objects))

    def getters(self, known: Known) -> list[str]:
        """Methods of an instance or kit object that need no argument and give a number or text."""
        if known.kind == "object":
            return [
                f.qualified_name.split(".")[-1]
                for f in self.registry.objects[known.name]
                if f.kind == "value" and not any(p.required for p in f.parameters.values())
            ]
        if known.kind != "instance":
            return []
        owner = self.class_of(known)
        wanted = ("int", "float", "str", "bytes")
        return [
            name
            for name, method in owner.methods.items()
            if any(
                s.returns in wanted and not any(a.required for a in s.arguments) for s in method.signatures
            )
        ]

    def is_callable(self, known: Known) -> bool | None:
        """Whether calling it makes sense; None when that is not known."""
        if known.kind in _CALLABLE:
            return True
        if known.kind == "instance":
            return self.class_of(known).call is not None
        return False if known.kind in ("module", "object", "python", "constant") else None
