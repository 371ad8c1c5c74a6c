"""What a web page needs to offer the blocks: their definitions, and a toolbox in categories."""

from __future__ import annotations

from typing import Any

from robo_runtime.blocks import control
from robo_runtime.blocks.library import Library
from robo_runtime.registry import Function, Parameter
from robo_runtime.registry.models import COLOURS

_LOGIC = ("controls_if", "logic_compare", "robo_between", "robo_compare", "logic_operation", "logic_negate",
          "logic_boolean", "logic_null", "logic_ternary")  # fmt: skip
_LOOPS = ("controls_whileUntil", "controls_repeat_ext", "robo_for_range", "controls_forEach",
          "robo_for_names", "controls_flow_statements", "robo_pass", "robo_try", "robo_with")  # fmt: skip
_MATH = ("math_number", "math_arithmetic", "robo_operation", "robo_single", "math_single", "math_modulo",
         "math_round", "math_constrain", "math_random_int", "math_change", "robo_change")  # fmt: skip
_TEXT = ("text", "text_join", "robo_format", "text_print", "text_append", "text_length", "robo_bytes")
_LISTS = ("lists_create_with", "lists_repeat", "lists_length", "robo_item", "robo_set_item",
          "robo_change_item", "robo_slice", "robo_list_for", "robo_pair", "robo_triple", "robo_tuple",
          "robo_dict")  # fmt: skip
_SHADOWS: dict[tuple[str, str], float] = {
    ("controls_repeat_ext", "TIMES"): 10, ("robo_for_range", "START"): 0, ("robo_for_range", "STOP"): 10,
    ("math_arithmetic", "A"): 1, ("math_arithmetic", "B"): 1, ("math_modulo", "DIVIDEND"): 64,
    ("math_modulo", "DIVISOR"): 10, ("math_random_int", "FROM"): 1, ("math_random_int", "TO"): 6,
    ("math_change", "DELTA"): 1, ("robo_item", "INDEX"): 0, ("robo_set_item", "INDEX"): 0,
}  # fmt: skip
"""Numbers that lie in sockets until something else is plugged in."""


def page(library: Library) -> dict[str, Any]:
    """`definitions` for `Blockly.defineBlocksWithJsonArray` and a `toolbox` for `Blockly.inject`."""
    return {"definitions": library.definitions, "toolbox": toolbox(library)}


def toolbox(library: Library) -> dict[str, Any]:
    """The categories of the kit, of Python, and of each module of MicroPython."""
    kit = [
        _category(
            name, COLOURS[name], [_kit(f) for f in library.registry.functions.values() if f.category == name]
        )
        for name in COLOURS
        if any(f.category == name for f in library.registry.functions.values())
    ]
    python = [
        _category(name, colour, [_plain(type_) for type_ in types])
        for name, colour, types in (
            ("logic", 210, _LOGIC), ("loops", 120, _LOOPS), ("math", 230, _MATH), ("text", 160, _TEXT),
            ("lists", 260, _LISTS),
        )
    ]  # fmt: skip
    own = [
        {"kind": "category", "name": "variables", "colour": "330", "custom": "VARIABLE"},
        {"kind": "category", "name": "functions", "colour": "290", "custom": "PROCEDURE"},
    ]
    more = {"kind": "category", "name": "MicroPython", "colour": "15", "contents": _modules(library)}
    shown = {*_LOGIC, *_LOOPS, *_MATH, *_TEXT, *_LISTS}
    rest = [d["type"] for d in control.DEFINITIONS if d["type"] not in shown]
    rest += [c.type for c in library.calls if c.type.startswith("py_")]
    rest += [c.type for c in library.calls if c.kind == "kit" and c.type.endswith("_with")]
    last = _category("Python", 60, [_plain(type_) for type_ in rest])
    return {"kind": "categoryToolbox", "contents": [*kit, *python, *own, more, last]}


def _category(name: str, colour: int, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": "category", "name": name, "colour": str(colour), "contents": blocks}


def _plain(type_: str) -> dict[str, Any]:
    inputs = {
        name: {"shadow": {"type": "math_number", "fields": {"NUM": number}}}
        for (block, name), number in _SHADOWS.items()
        if block == type_
    }
    return {"kind": "block", "type": type_} | ({"inputs": inputs} if inputs else {})


def _kit(function: Function) -> dict[str, Any]:
    """A block of the kit with a likely value in each socket that must be filled."""
    definition = function.block()
    places = {name.upper(): p for name, p in function.parameters.items()}
    inputs = {}
    for argument in definition.get("args0", []):
        parameter = places.get(argument.get("name", ""))
        if argument["type"] == "input_value" and parameter and (shadow := _shadow(parameter)):
            inputs[argument["name"]] = {"shadow": shadow}
    return {"kind": "block", "type": definition["type"]} | ({"inputs": inputs} if inputs else {})


def _shadow(p: Parameter) -> dict[str, Any] | None:
    if not p.required and p.default is None:
        return None
    value = p.default if not p.required else None
    if p.type in ("int", "float"):
        number = value if value is not None else float(p.sample) if p.type == "float" else int(p.sample)
        return {"type": "math_number", "fields": {"NUM": number}}
    if p.type == "str":
        return {"type": "text", "fields": {"TEXT": value if value is not None else "hello"}}
    if p.type == "bool":
        return {"type": "logic_boolean", "fields": {"BOOL": "TRUE" if value or p.required else "FALSE"}}
    return None


def _modules(library: Library) -> list[dict[str, Any]]:
    found = []
    for name in library.registry.modules:
        base = f"mp_{name.replace('.', '_')}_"
        calls = [c.type for c in library.calls if c.module == name and c.kind in ("module", "method")]
        types = [*calls, *(t for t in library.constants if t.startswith(base))]
        own = [t for t in types if t.startswith(base)]
        found.append(_category(name, 15, [_plain(type_) for type_ in dict.fromkeys(own)]))
    return [category for category in found if category["contents"]]
