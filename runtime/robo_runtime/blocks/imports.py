"""Import lines: those that blocks need are not shown, but written when the program is."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from robo_runtime.blocks.patterns import Import
from robo_runtime.registry import Registry

_FIRST = ("Pin", "PWM", "ADC", "I2C", "SPI", "UART", "Timer", "TouchPad", "RTC", "WDT")
"""Of `machine`, in this order, then the rest: https://docs.micropython.org/en/latest/library/machine.html."""


def import_lines(needs: Iterable[Import], registry: Registry) -> list[ast.stmt]:
    """Statements for what is needed: from machine, from other modules, whole modules, by the alphabet."""
    members: dict[str, set[str]] = {}
    whole: set[str] = set()
    for module, name in needs:
        if name:
            members.setdefault(module, set()).add(name)
        else:
            whole.add(module)
    out: list[ast.stmt] = []
    for module in sorted(members, key=lambda m: (m != "machine", m)):
        known = list(_FIRST) if module == "machine" else []
        names = [n for n in known if n in members[module]] + sorted(members[module] - set(known))
        out.append(ast.ImportFrom(module, [ast.alias(n, None) for n in names], 0))
    return out + [ast.Import([ast.alias(module, None)]) for module in sorted(whole)]


def imported_by(statements: Iterable[ast.stmt]) -> set[Import]:
    """What import statements already bring."""
    found: set[Import] = set()
    for s in statements:
        if isinstance(s, ast.Import):
            found |= {(a.name, "") for a in s.names if not a.asname}
        elif isinstance(s, ast.ImportFrom) and s.module and not s.level:
            found |= {(s.module, a.name) for a in s.names if not a.asname}
    return found
