"""Blocks as the syllabus writes them: a tree of types, fields, inputs and nested stacks.

Blocks of the kit come from the registry; the others are Blockly's own, listed in `STANDARD`. `workspace`
turns a tree into the JSON that Blockly loads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pydantic import field_validator
from robo_runtime.files import Strict
from robo_runtime.registry import Registry

Value = bool | int | float | str


class Block(Strict):
    """One block with everything inside it."""

    type: str
    fields: dict[str, Value] = {}
    """Values typed or chosen on the block."""
    inputs: dict[str, Block] = {}
    """Blocks plugged in, by the name of the socket."""
    statements: dict[str, list[Block]] = {}
    """Stacks inside, by the name of the mouth."""

    @field_validator("inputs", "statements")
    @classmethod
    def _not_empty(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name, inside in value.items():
            if inside == []:
                raise ValueError(f"{name} is empty: leave it out")
        return value

    def walk(self, where: str) -> Iterator[tuple[str, Block]]:
        """This block and all inside it, each with its path."""
        yield where, self
        for name, block in self.inputs.items():
            yield from block.walk(f"{where}.inputs.{name}")
        for name, stack in self.statements.items():
            for i, block in enumerate(stack):
                yield from block.walk(f"{where}.statements.{name}.{i}")


class Shape(NamedTuple):
    """Names a block type has, as patterns, and whether it plugs into a socket."""

    fields: str = ""
    inputs: str = ""
    statements: str = ""
    value: bool = False


STANDARD: dict[str, Shape] = {
    "controls_if": Shape(inputs=r"IF\d+", statements=r"DO\d+|ELSE"),
    "controls_repeat_ext": Shape(inputs="TIMES", statements="DO"),
    "controls_whileUntil": Shape(fields="MODE", inputs="BOOL", statements="DO"),
    "logic_boolean": Shape(fields="BOOL", value=True),
    "logic_compare": Shape(fields="OP", inputs="A|B", value=True),
    "logic_negate": Shape(inputs="BOOL", value=True),
    "logic_operation": Shape(fields="OP", inputs="A|B", value=True),
    "math_arithmetic": Shape(fields="OP", inputs="A|B", value=True),
    "math_change": Shape(fields="VAR", inputs="DELTA"),
    "math_number": Shape(fields="NUM", value=True),
    "math_round": Shape(fields="OP", inputs="NUM", value=True),
    "text": Shape(fields="TEXT", value=True),
    "text_join": Shape(inputs=r"ADD\d+", value=True),
    "variables_get": Shape(fields="VAR", value=True),
    "variables_set": Shape(fields="VAR", inputs="VALUE"),
}
"""Blockly's own blocks that the kit's toolbox offers."""


def kit_shapes(registry: Registry) -> dict[str, Shape]:
    """The shapes of the kit's blocks, by type."""
    shapes = {}
    for function in registry.functions.values():
        definition = function.block()
        names: dict[str, list[str]] = {"field": [], "input_value": [], "input_statement": []}
        for key, arguments in definition.items():
            for argument in arguments if key.startswith("args") else ():
                kind = "field" if argument["type"].startswith("field") else argument["type"]
                names.setdefault(kind, []).append(re.escape(argument.get("name", "")))
        shapes[definition["type"]] = Shape(
            "|".join(names["field"]), "|".join(names["input_value"]), "|".join(names["input_statement"]),
            "output" in definition,
        )  # fmt: skip
    return shapes


def block_problems(stack: Sequence[Block], registry: Registry) -> list[str]:
    """What is wrong with a workspace, each with the path to the block."""
    shapes = STANDARD | kit_shapes(registry)
    found = []
    for i, top in enumerate(stack):
        for where, block in top.walk(str(i)):
            shape = shapes.get(block.type)
            if shape is None:
                found.append(f"{where}.type: no block {block.type!r} in the kit or among Blockly's own")
                continue
            for kind in ("fields", "inputs", "statements"):
                for name in getattr(block, kind):
                    if not re.fullmatch(getattr(shape, kind) or "(?!)", name):
                        known = getattr(shape, kind).replace("|", ", ") or f"no {kind}"
                        found.append(f"{where}.{kind}.{name}: {block.type} has {known}")
            plugged = re.search(r"\.inputs\.\w+$", where) is not None
            if plugged != shape.value:
                place = "plugged into a socket" if plugged else "standing in a stack"
                found.append(f"{where}.type: {block.type} cannot be {place}")
    return found


def kit_blocks(stack: Sequence[Block], registry: Registry) -> set[str]:
    """Qualified names of the kit functions whose blocks are in a workspace."""
    names = {function.block()["type"]: name for name, function in registry.functions.items()}
    used = {block.type for i, top in enumerate(stack) for _, block in top.walk(str(i))}
    return {names[type_] for type_ in used if type_ in names}


def workspace(stack: Sequence[Block]) -> dict[str, Any]:
    """The JSON that `Blockly.serialization.workspaces.load` reads."""
    variables = dict.fromkeys(
        str(block.fields["VAR"])
        for i, top in enumerate(stack)
        for _, block in top.walk(str(i))
        if "VAR" in block.fields
    )
    return {
        "blocks": {"languageVersion": 0, "blocks": [_chain(stack)] if stack else []},
        "variables": [{"name": name, "id": name} for name in variables],
    }


def _chain(stack: Sequence[Block]) -> dict[str, Any]:
    """A stack: each block holds the next."""
    first = _serial(stack[0])
    return first | ({"next": {"block": _chain(stack[1:])}} if len(stack) > 1 else {})


def _serial(block: Block) -> dict[str, Any]:
    fields = {name: {"id": value} if name == "VAR" else value for name, value in block.fields.items()}
    inputs = {name: {"block": _serial(inside)} for name, inside in block.inputs.items()}
    inputs |= {name: {"block": _chain(inside)} for name, inside in block.statements.items()}
    extra: dict[str, Any] = {}
    if block.type == "controls_if":
        branches = sum(name.startswith("DO") for name in block.statements)
        extra = {"elseIfCount": branches - 1, "hasElse": "ELSE" in block.statements}
    elif block.type == "text_join":
        extra = {"itemCount": len(block.inputs)}
    parts = {"fields": fields, "inputs": inputs, "extraState": extra}
    return {"type": block.type} | {key: value for key, value in parts.items() if value}
