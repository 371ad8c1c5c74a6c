"""Blockly block definitions (the JSON that `Blockly.defineBlocksWithJsonArray` takes) and what they tell."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from robo_runtime.errors import RoboError


class Block(NamedTuple):
    """One block: its type, what it says, its inputs by name in order."""

    type: str
    message: str
    tooltip: str
    inputs: dict[str, dict[str, Any]]
    gives: str
    """Type of the value it plugs in as; None for a statement."""
    category: str


_CHECKS = {"Number": "int", "String": "str", "Boolean": "bool", "Array": "list"}
_TEXT = ("field_label", "field_image", "input_dummy", "input_end_row")


def read_blocks(path: Path) -> list[Block]:
    """Read a list of definitions, a mapping of them by type, or a toolbox that contains definitions.

    Raises:
        RoboError: no such file, not JSON, or a definition without type; the text names which.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RoboError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as e:
        raise RoboError(f"{path}: is not readable as JSON: {e}") from None
    if isinstance(data, dict):
        data = data.get("blocks", [{"type": k, **v} for k, v in data.items() if isinstance(v, dict)])
    if not isinstance(data, list):
        raise RoboError(f"{path}: expected a list of block definitions")
    blocks = []
    for i, definition in enumerate(data):
        if not isinstance(definition, dict) or not isinstance(definition.get("type"), str):
            raise RoboError(f"{path}: block {i}: has no `type`; a definition is {{type, message0, args0, …}}")
        blocks.append(_block(definition, f"{path}: block {definition['type']}"))
    return blocks


def _block(definition: dict[str, Any], where: str) -> Block:
    inputs: dict[str, dict[str, Any]] = {}
    for key in sorted(k for k in definition if re.fullmatch(r"args\d+", k)):
        for argument in definition[key]:
            if not isinstance(argument, dict) or "type" not in argument:
                raise RoboError(f"{where}: {key}: an argument without `type`")
            if argument["type"] not in _TEXT and "name" in argument:
                inputs[argument["name"]] = _input(argument)
    messages = " ".join(str(definition[k]) for k in sorted(definition) if re.fullmatch(r"message\d+", k))
    gives = "None"
    if "output" in definition:
        check = definition["output"]
        gives = _CHECKS.get(check[0] if isinstance(check, list) and check else check, "int")
    category = str(definition.get("category", ""))
    return Block(definition["type"], re.sub(r"\s*%\d+\s*", " ", messages).strip(),
                 str(definition.get("tooltip", "")), inputs, gives, category)  # fmt: skip


def _input(argument: dict[str, Any]) -> dict[str, Any]:
    kind = argument["type"]
    if kind in ("field_number", "field_angle", "field_slider"):
        low, high = argument.get("min"), argument.get("max")
        if kind == "field_angle":
            low, high = low if low is not None else 0, high if high is not None else 360
        whole = argument.get("precision", 1) in (0, 1) and all(
            isinstance(v, int) for v in (low, high, argument.get("value")) if v is not None
        )
        entry: dict[str, Any] = {"type": "int" if whole else "float"}
        if low is not None and high is not None:
            entry["range"] = [low, high]
        return entry
    if kind == "field_dropdown":
        values = [o[1] for o in argument.get("options", []) if isinstance(o, list) and len(o) == 2]
        if values and all(re.fullmatch(r"-?\d+", str(v)) for v in values):
            numbers = [int(v) for v in values]
            return {"type": "int", "range": [min(numbers), max(numbers)]}
        return {"type": "enum", "values": [str(v) for v in values]}
    if kind == "field_checkbox":
        return {"type": "bool"}
    if kind == "field_colour":
        return {"type": "str"}
    if kind == "input_statement":
        return {"type": "function"}
    check = argument.get("check")
    known = check[0] if isinstance(check, list) and check else check
    return {"type": _CHECKS.get(known, "str")} if known else {}
