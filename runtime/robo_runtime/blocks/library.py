"""All blocks of a registry: their definitions, shapes and rules, found by what they stand for."""

from __future__ import annotations

import ast
import re
from functools import cached_property
from typing import Any, NamedTuple

from robo_runtime.blocks import control
from robo_runtime.blocks.calls import Call, calls_of, constant_spellings
from robo_runtime.blocks.patterns import Import, Pattern, Rule, rule_of
from robo_runtime.blocks.shapes import BUILT_IN, Shape, shape_of
from robo_runtime.registry import Registry


class Constants(NamedTuple):
    """A block of the constants of a class or of a module."""

    type: str
    owner: str
    names: tuple[str, ...]
    spelled: tuple[tuple[str, Import], ...]
    """What stands before the dot, the usual first, with what is imported."""

    @property
    def definition(self) -> dict[str, Any]:
        """Its Blockly definition."""
        options = [[name, name] for name in self.names]
        return {
            "type": self.type, "message0": f"{self.owner} . %1",
            "args0": [{"type": "field_dropdown", "name": "NAME", "options": options}],
            "output": None, "colour": 15, "tooltip": f"A constant of {self.owner}.",
        }  # fmt: skip


class Library:
    """What blocks there are, for one registry."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.calls = calls_of(registry)
        self.by_type = {call.type: call for call in self.calls}
        self.constants = {c.type: c for c in self._all_constants()}
        self.shapes: dict[str, Shape] = dict(BUILT_IN)
        for definition in self.definitions:
            self.shapes[definition["type"]] = shape_of(definition)
        patterns = [*self._kit_patterns(), *control.PATTERNS]
        self.rules = [rule_of(p, self.shapes[p.type]) for p in patterns]
        self.rules_by_type: dict[str, list[Rule]] = {}
        for rule in self.rules:
            self.rules_by_type.setdefault(rule.pattern.type, []).append(rule)

    @cached_property
    def definitions(self) -> list[dict[str, Any]]:
        """Blockly definitions of all blocks that Blockly lacks."""
        kit = [f.block() for f in self.registry.functions.values()]
        known = {d["type"] for d in kit}
        derived = [c.definition for c in self.calls if c.type not in known]
        constants = [c.definition for c in self.constants.values()]
        return [*kit, *control.DEFINITIONS, *derived, *constants]

    @cached_property
    def named(self) -> dict[str, list[Call]]:
        """Functions and constructors by module and name: `robokit.led.on`, `machine.Pin`, `len`."""
        found: dict[str, list[Call]] = {}
        for call in self.calls:
            if call.kind == "kit":
                found.setdefault(f"{call.module}.{call.name}", []).append(call)
            elif call.kind == "module":
                found.setdefault(f"{call.module}.{call.name.split('.')[-1]}", []).append(call)
            elif call.kind == "builtin":
                found.setdefault(call.name, []).append(call)
        return found

    @cached_property
    def constants_of(self) -> dict[str, Constants]:
        """The blocks of constants by what stands before the dot: `machine.Pin`, `network`."""
        found = {}
        for c in self.constants.values():
            module = c.spelled[0][1][0]
            found[module if c.owner == module else f"{module}.{c.owner}"] = c
        return found

    @cached_property
    def methods(self) -> dict[str, list[Call]]:
        """Methods by name; those of Python's own types come first."""
        found: dict[str, list[Call]] = {}
        for call in sorted(self.calls, key=lambda c: c.owner != ""):
            if call.kind == "method":
                found.setdefault(call.name, []).append(call)
        return found

    @cached_property
    def rules_for(self) -> dict[type[ast.AST], list[Rule]]:
        """The rules for showing a program, by the kind of syntax they match."""
        found: dict[type[ast.AST], list[Rule]] = {}
        for rule in self.rules:
            inside = rule.tree.value if isinstance(rule.tree, ast.Expr) else rule.tree
            anything = isinstance(inside, ast.Name)
            if not rule.pattern.only_back and not anything:
                found.setdefault(type(rule.tree), []).append(rule)
        return found

    @cached_property
    def exported(self) -> dict[tuple[str, str], str]:
        """The kind of each name of a module: `function`, `class`, `constant` or, of the kit, `kit`."""
        found = {(self.registry.module, name): "kit" for name in self.registry.objects}
        for module in self.registry.modules.values():
            for kind, names in (
                ("function", module.functions), ("class", module.classes), ("constant", module.constants),
            ):  # fmt: skip
                found |= {(module.name, name): kind for name in names}
        return found

    def _kit_patterns(self) -> list[Pattern]:
        """The kit's functions whose generator is more than a plain call."""
        found = []
        for f in self.registry.functions.values():
            type_, generator = f.block()["type"], f.code_generator()
            if type_ not in self.by_type:
                code = re.sub(r"\$\{(\w+)\}", r"\1", generator["template"])
                found.append(Pattern(type_, code, imports=((f.module, f.object),)))
        return found

    def _all_constants(self) -> list[Constants]:
        found = []
        for module in self.registry.modules.values():
            base = f"mp_{module.name.replace('.', '_')}"
            own = (*((c, cls.constants) for c, cls in module.classes.items()), ("", module.constants))
            for owner, constants in own:
                names = tuple(name for name in constants if not owner or name[0].isupper())
                if names:
                    type_ = f"{base}_{owner}_constant" if owner else f"{base}_constant"
                    spelled = constant_spellings(module, owner)
                    found.append(Constants(type_, owner or module.name, names, spelled))
        return found
