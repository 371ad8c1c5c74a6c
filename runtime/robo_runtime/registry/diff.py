"""What differs between two registries: names added, removed, changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from robo_runtime.registry.models import Callable, Registry


class Change(NamedTuple):
    """One difference. `what`: added, removed or changed; `name` as programs write it."""

    what: str
    name: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        sign = {"added": "+", "removed": "-", "changed": "~"}[self.what]
        if self.what == "changed":
            return f"{sign} {self.name}\n    was {self.before}\n    is  {self.after}"
        return f"{sign} {self.after or self.before or self.name}"


def registry_diff(before: Registry, after: Registry) -> list[Change]:
    """Differences of firmware functions, enums, boards and MicroPython callables, in order of name."""
    return list(_compare(dict(_entries(before)), dict(_entries(after))))


def _compare(before: dict[str, str], after: dict[str, str]) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None:
            yield Change("added", name, after=new or "")
        elif new is None:
            yield Change("removed", name, before=old)
        elif old != new:
            yield Change("changed", name, old, new)


def _entries(registry: Registry) -> Iterator[tuple[str, str]]:
    for name, function in registry.functions.items():
        extra = (
            f"  # {function.category}, grade {function.grade_min}, {', '.join(function.hardware_required)}"
        )
        yield name, function.signature + extra
    for name, values in registry.enums.items():
        yield f"enum {name}", f"enum {name}: {', '.join(values)}"
    for name, board in registry.boards.items():
        yield f"board {name}", f"board {name}: {board.model_dump_json(exclude={'name'})}"
    for module in registry.modules.values():
        for name, found in module.functions.items():
            yield f"{module.name}.{name}", f"{module.name}.{name}{_text(found)}"
        for name in module.constants:
            yield f"{module.name}.{name}", f"{module.name}.{name}"
        for class_name, klass in module.classes.items():
            full = f"{module.name}.{class_name}"
            yield full, f"{full}{_text(klass.constructor)}"
            for name, found in klass.methods.items():
                yield f"{full}.{name}", f"{full}.{name}{_text(found)}"
            for name in klass.constants:
                yield f"{full}.{name}", f"{full}.{name}"


def _text(found: Callable) -> str:
    return " or ".join(str(s.model_dump(mode="json", exclude_defaults=True)) for s in found.signatures)
