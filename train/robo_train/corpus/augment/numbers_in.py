"""Finding numbers in programs, prompts, checks and worlds, and exchanging them everywhere at once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

_STANDALONE = r"(?<![\w.,]){0}(?![\w]|[.,]\d)"
_AFTER_LETTER = (
    r"(?<=\b[A-Za-z]){0}(?![\w]|[.,]\d)|(?<=\bGPIO){0}(?!\w)|(?<=\bgpio){0}(?!\w)|(?<=\bpin){0}(?!\w)"
)


def literals(code: str) -> Iterator[tuple[int, int, str]]:
    """Line (from 0), column and text of every number in a program."""
    lines = code.split("\n")
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            text = ast.get_source_segment(code, node)
            if text and "\n" not in text and lines[node.lineno - 1].isascii():
                yield node.lineno - 1, node.col_offset, text


def pin_literals(code: str) -> set[tuple[int, int]]:
    """Where pin numbers stand: in `Pin(2)`, in `…_pin=5`, in a row of numbers that `Pin(n)` walks through."""
    found: set[tuple[int, int]] = set()

    def note(nodes: list[ast.expr]) -> None:
        for n in nodes:
            if isinstance(n, ast.Constant) and type(n.value) is int:
                found.add((n.lineno - 1, n.col_offset))

    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Pin":
            note(node.args[:1])
        elif isinstance(node, ast.keyword) and node.arg and node.arg.endswith("_pin"):
            note([node.value])
        elif isinstance(node, ast.ListComp) and any(
            isinstance(n, ast.Name) and n.id == "Pin" for n in ast.walk(node.elt)
        ):
            note(getattr(node.generators[0].iter, "elts", []))
    return found


def exchange_in_code(code: str, places: dict[tuple[int, int], tuple[str, str]]) -> str:
    """Write other numbers at places of a program: `{(line, column): (old, new)}`."""
    lines = code.split("\n")
    for (line, column), (old, new) in sorted(places.items(), reverse=True):
        lines[line] = lines[line][:column] + new + lines[line][column + len(old) :]
    return "\n".join(lines)


def exchange_in_text(text: str, new: dict[str, str], pins: bool = False) -> str:
    """Every standalone number that `new` has, at once; with `pins` also behind a letter: D4, GPIO4."""
    if not new:
        return text
    numbers = "(?:" + "|".join(sorted(map(re.escape, new), key=len, reverse=True)) + ")"
    pattern = _STANDALONE.format(numbers) + ("|" + _AFTER_LETTER.format(numbers) if pins else "")
    return re.sub(pattern, lambda m: new[m[0]], text)


def exchange_pins_in_data(value: Any, new: dict[int, int], key: str = "") -> Any:
    """Pins in checks (`sig`, `key`, `keys`) and worlds (inputs by pin)."""
    if isinstance(value, dict):
        return {
            (str(new.get(int(k), int(k))) if isinstance(k, str) and k.isdecimal() else k):
            exchange_pins_in_data(v, new, k) for k, v in value.items()
        }  # fmt: skip
    if isinstance(value, list):
        if key == "sig" and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int):
            return [value[0], new.get(value[1], value[1])]
        return [exchange_pins_in_data(v, new, key if key in ("sig", "keys") else "") for v in value]
    if key in ("key", "keys") and type(value) is int:
        return new.get(value, value)
    return value


def exchange_values(value: Any, new: dict[float, Any]) -> Any:
    """Numbers of checks exchanged, where they are values and not times, pins or signals."""
    if isinstance(value, dict):
        return {
            k: v if k in ("from", "to", "sig", "key") else exchange_values(v, new) for k, v in value.items()
        }
    if isinstance(value, list):
        return [exchange_values(v, new) for v in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return new.get(float(value), value)
