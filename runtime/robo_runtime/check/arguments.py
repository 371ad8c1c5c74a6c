"""Calls against signatures: how many arguments, which keywords, which types, values and pins."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from typing import Any

from robo_runtime.check.builtin_calls import builtin_problems
from robo_runtime.check.lookup import Known
from robo_runtime.check.matching import kit_signature, match, user_signature, written
from robo_runtime.check.pins import Pins
from robo_runtime.check.problem import Problem
from robo_runtime.check.types import Types
from robo_runtime.check.values import Values
from robo_runtime.check.wording import ACCEPTS, describe, wrong_type
from robo_runtime.registry import Argument, Callable, Function, Parameter

_PIN = (("python", "int"), ("instance", "machine.Pin"))
_KIT_TAKES = {
    name: {("python", name)} for name in ("int", "bool", "str", "list", "tuple", "dict", "None")
} | {"float": {("python", "float"), ("python", "int")}}


def _illegal(where: tuple[int, int], label: str, parameter: Parameter, value: Any) -> Problem:
    """A value that is known and that the kit's function does not take."""
    kind = Known("python", type(value).__name__.replace("NoneType", "None"))
    wanted = "str" if parameter.type == "enum" else parameter.type
    if kind[:2] not in _KIT_TAKES[wanted]:
        return wrong_type(where, label, wanted, kind, value)._replace(kind="range")
    if parameter.values:
        shown = [*parameter.values[:6], *(["…"] if len(parameter.values) > 6 else [])]
        near = difflib.get_close_matches(str(value), parameter.values, n=1, cutoff=0.5)
        fix = f"Did you mean `{near[0]}`?" if near else f"Write e.g. `{shown[0]}`."
        return Problem(*where, "range", f"{label} must be one of {', '.join(shown)}, not {value!r}.", fix)
    low, high = parameter.range or (value, value)
    text = f"{label} must be from {low} to {high}, not {value!r}."
    return Problem(*where, "range", text, "Choose a number in that range.")


class Arguments:
    """Judges the arguments of one program's calls."""

    def __init__(self, types: Types, values: Values, pins: Pins) -> None:
        self.types, self.values, self.pins = types, values, pins

    def problems(self, call: ast.Call, callee: Known) -> Iterator[Problem]:
        """Everything wrong with one call of something known."""
        name = ast.unparse(call.func)
        if callee.kind == "user":
            if not getattr(callee.node, "decorator_list", []):
                found = match(user_signature(callee.node), call)
                if isinstance(found, str):
                    yield self._unfit(call, name, [written(name, user_signature(callee.node))], [found])
        elif callee.kind == "builtin":
            yield from builtin_problems(call, callee.name, self.types)
        elif isinstance(target := self.types.callable_of(callee), Function):
            found = match(kit_signature(target), call)
            if isinstance(found, str):
                yield self._unfit(call, name, [target.signature], [found])
                return
            for key, value in found.items():
                yield from self._kit_value(name, key, target.parameters[key], value)
        elif target is not None:
            yield from self._micropython(call, name, callee, target)

    def _micropython(self, call: ast.Call, name: str, callee: Known, target: Callable) -> Iterator[Problem]:
        fits = [match(s, call) for s in target.signatures]
        chosen = [(s, f) for s, f in zip(target.signatures, fits, strict=True) if isinstance(f, dict)]
        if not chosen:
            forms = list(dict.fromkeys(written(name, s) for s in target.signatures))
            yield self._unfit(call, name, forms, [f for f in fits if isinstance(f, str)])
            return
        native = callee.name.startswith("machine.")
        alternatives = []
        for signature, found in chosen:
            by_name = {a.name: a for a in signature.arguments}
            known = [(by_name[key], node) for key, node in found.items() if key in by_name]
            alternatives.append(
                [p for a, node in known for p in self._value(name, callee.name, a, node, found, native)]
            )
        yield from min(alternatives, key=len)

    @staticmethod
    def _unfit(call: ast.Call, name: str, forms: list[str], reasons: list[str]) -> Problem:
        counts = {str(k.arg): sum(f"{k.arg}=" in form for form in forms) for k in call.keywords}
        split = [f"`{name}`" for name, count in counts.items() if 0 < count < len(forms)]
        if len(split) > 1:
            reasons = [f"takes only one of {' and '.join(split)}"]
        reason = next((r for r in reasons if not r.startswith("has no")), reasons[0])
        return Problem.at(call, "api", f"`{name}` {reason}.", f"Write `{' or '.join(forms)}`.")

    def _kit_value(self, name: str, key: str, parameter: Parameter, node: ast.expr) -> Iterator[Problem]:
        where, label = (node.lineno, node.col_offset), f"`{key}` of `{name}`"
        if parameter.type == "function":
            yield from self._function(label, node)
            return
        known = self.types.infer(node)
        wanted = "str" if parameter.type == "enum" else parameter.type
        for value in self.values.of(node):
            if parameter.mismatch(value):
                yield _illegal(where, label, parameter, value)
                return
        if known is not None and not self.values.of(node) and known[:2] not in _KIT_TAKES[wanted]:
            yield wrong_type(where, label, wanted, known)

    def _value(
        self, name: str, full: str, a: Argument, node: ast.expr, found: dict[str, ast.expr], native: bool
    ) -> Iterator[Problem]:
        where, label = (node.lineno, node.col_offset), f"`{a.name}` of `{name}`"
        known = self.types.infer(node)
        names = a.type_names
        if a.pin is not None or (a.role is not None and native):
            if known is not None and known[:2] not in _PIN:
                if not (a.default == "None" and known.name == "None"):
                    text = f"{label} must be a pin number or a Pin, not {describe(known)}."
                    yield Problem(*where, "pin", text, "Write the number, e.g. 4.")
                return
            mode = found.get("mode") if full == "machine.Pin" or full == "machine.Signal" else None
            yield from self.pins.problems(node, a.pin or a.role or "any", mode, found.get("pull"))
        elif a.values is not None:
            yield from self._one_of(where, label, a, node, known)
        elif a.range is not None:
            yield from self._in_range(where, label, a, node, known)
        elif names == ["function"] or names == ["function", "None"]:
            if not names[1:] or self.values.of(node) != (None,):
                yield from self._function(label, node)
        elif known is not None and not self._fits(known, names, native, a.default):
            yield wrong_type(where, label, " | ".join(names), known)
        elif a.role is not None:
            yield from self.pins.problems(node, a.role)

    def _fits(self, known: Known, names: list[str], native: bool, default: str) -> bool:
        if not names or "object" in names:
            return True
        if known.kind == "python":
            if known.name == "int" and native and "Pin" in names:
                return True
            if known.name == "None" and default == "None":
                return True
            return any(known.name in ACCEPTS.get(name, ()) for name in names)
        if known.kind == "instance":
            return known.name.rpartition(".")[2] in names
        return known.kind == "constant" or ("function" in names and bool(self.types.is_callable(known)))

    def _one_of(
        self, where: tuple[int, int], label: str, a: Argument, node: ast.expr, known: Known | None
    ) -> Iterator[Problem]:
        assert a.values is not None
        constant = known.of.name if known is not None and known.of is not None else ""
        if constant:
            wrong = not any(constant.endswith(f".{value}") or constant == value for value in a.values)
            shown = ".".join(constant.split(".")[-2:])
        else:
            values = self.values.of(node)
            legal = [*a.values, a.default]
            bad = [v for v in values if repr(v) not in legal]
            wrong, shown = bool(bad), repr(bad[0]) if bad else ""
            if not values and known is not None and (known.kind, known.name) != ("python", "int"):
                wrong, shown = True, describe(known)
        if wrong:
            allowed = list(dict.fromkeys(".".join(v.split(".")[-2:]) for v in a.values))
            text = f"{label} must be one of {', '.join(allowed)}, not {shown}."
            yield Problem(*where, "range", text, f"Write e.g. `{allowed[0]}`.")

    def _in_range(
        self, where: tuple[int, int], label: str, a: Argument, node: ast.expr, known: Known | None
    ) -> Iterator[Problem]:
        assert a.range is not None
        low, high = a.range
        if a.annotation == "tuple" and isinstance(node, ast.Tuple | ast.List):
            for element in node.elts:
                yield from self._number(element, f"A number in {label}", "int", low, high)
        elif a.annotation == "tuple":
            if known is not None and not self._fits(known, ["tuple"], False, ""):
                yield wrong_type(where, label, "tuple", known)
        elif known is not None and known.name == "None" and a.default == "None":
            return
        else:
            yield from self._number(node, label, a.annotation, low, high)

    def _number(self, node: ast.expr, label: str, kind: str, low: float, high: float) -> Iterator[Problem]:
        where = (node.lineno, node.col_offset)
        known = self.types.infer(node)
        if known is not None and (known.kind != "python" or known.name not in ACCEPTS[kind]):
            yield wrong_type(where, label, kind, known, self.values.one(node))
            return
        for value in self.values.of(node):
            if isinstance(value, int | float) and not isinstance(value, bool) and not low <= value <= high:
                text = f"{label} must be from {low} to {high}, not {value!r}."
                yield Problem(*where, "range", text, "Choose a number in that range.")
                return

    def numbers(self, nodes: list[ast.expr], label: str, low: float, high: float) -> Iterator[Problem]:
        """Judge numbers that are no arguments, as those of `np[0] = (r, g, b)`."""
        for node in nodes:
            yield from self._number(node, label, "int", low, high)

    def _function(self, label: str, node: ast.expr) -> Iterator[Problem]:
        where = (node.lineno, node.col_offset)
        if isinstance(node, ast.Call):
            callee, result = self.types.infer(node.func), self.types.infer(node)
            if callee is not None and callee.kind not in ("class", "instance") and result is not None:
                text = f"{label} must be the function itself; `{ast.unparse(node)}` calls it right away."
                yield Problem(*where, "api", text, f"Write `{ast.unparse(node.func)}` without brackets.")
            return
        known = self.types.infer(node)
        if known is not None and self.types.is_callable(known) is False:
            yield wrong_type(where, label, "function", known)
