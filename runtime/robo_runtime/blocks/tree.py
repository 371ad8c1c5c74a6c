"""Blocks as a tree, and the workspace JSON that Blockly saves and loads.

https://developers.google.com/blockly/guides/configure/web/serialization describes the format. A row of blocks
is a list here; in the JSON each block holds the next.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Value = bool | int | float | str
WIDTH, ROW_HEIGHT, GAP = 200, 40, 60
"""Of comments, blocks and the space between stacks, in Blockly's units; only for a first look."""


class Variable(str):
    """The value of a field that chooses a variable: its name."""


class Notes(NamedTuple):
    """How a block was written in a program, where one block has several spellings; kept in its `data`."""

    order: tuple[str, ...] | None = None
    """Arguments as written: `seconds` by position, `speed=` by name."""
    spelled: str = ""
    """The called name, where it is not the usual one: `machine.Pin`."""
    callback: str = ""
    """The function that a mouth stands for: `tick`, `moved(direction)`, `lambda t`."""
    local: tuple[str, ...] = ()
    """Variables that are the function's own although the program has others of the same name."""
    written: str = ""
    """A number as written: `0x3C`."""

    def text(self) -> str:
        """For the block's `data`; empty when there is nothing to say."""
        said = {key: value for key, value in self._asdict().items() if value or value == ()}
        if not self.local:
            said.pop("local", None)
        return json.dumps(said, ensure_ascii=False, separators=(",", ":")) if said else ""

    @classmethod
    def read(cls, text: Any) -> Notes:
        """What `text` gave; `data` of others, which may be anything, is no note."""
        try:
            data = json.loads(text)
            order, local = (tuple(data.pop(key, ())) if key in data else None for key in ("order", "local"))
            if all(isinstance(v, str) for v in (*data.values(), *(order or ()), *(local or ()))):
                return cls(order=order, local=local or (), **data)
        except (TypeError, ValueError, AttributeError, RecursionError):
            pass
        return cls()


NO_NOTES = Notes()


@dataclass
class Block:
    """One block with everything inside it."""

    type: str
    fields: dict[str, Value] = field(default_factory=dict)
    inputs: dict[str, Block] = field(default_factory=dict)
    rows: dict[str, list[Block]] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    """What its mutator saves: how many branches, parameters, …"""
    notes: Notes = NO_NOTES
    comment: str = ""
    id: str = ""

    def walk(self) -> Iterator[Block]:
        """This block and all inside it, from top to bottom."""
        todo = [self]
        while todo:
            block = todo.pop()
            yield block
            inside = [*block.inputs.values(), *(b for row in block.rows.values() for b in row)]
            todo.extend(reversed(inside))


@dataclass
class Workspace:
    """Stacks of blocks from top to bottom, and the comments that lie beside them."""

    stacks: list[list[Block]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def walk(self) -> Iterator[Block]:
        """All blocks, from top to bottom."""
        for stack in self.stacks:
            for block in stack:
                yield from block.walk()


def saved(workspace: Workspace) -> dict[str, Any]:
    """The JSON that `Blockly.serialization.workspaces.load` reads; blocks get ids in their order."""
    for number, block in enumerate(workspace.walk(), 1):
        block.id = block.id or f"b{number}"
    tops, y = [], 0
    for stack in workspace.stacks:
        tops.append(_row(stack) | {"x": 0, "y": y})
        y += ROW_HEIGHT * sum(1 for top in stack for _ in top.walk()) + GAP
    data: dict[str, Any] = {"blocks": {"languageVersion": 0, "blocks": tops}}
    if names := list(dict.fromkeys(_variables(workspace))):
        data["variables"] = [{"name": name, "id": name} for name in names]
    if workspace.remarks:
        data["workspaceComments"] = [
            {"id": f"c{i}", "text": text, "x": 2 * WIDTH, "y": 2 * GAP * i, "width": WIDTH,
             "height": 2 * ROW_HEIGHT}
            for i, text in enumerate(workspace.remarks)
        ]  # fmt: skip
    return data


def _variables(workspace: Workspace) -> Iterator[str]:
    for block in workspace.walk():
        yield from (str(value) for value in block.fields.values() if isinstance(value, Variable))
        if block.type.startswith("procedures_def"):
            yield from (p["name"] for p in block.extra.get("params", ()))


def _row(row: list[Block]) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for block in reversed(row):
        state = _state(block) | ({"next": {"block": state}} if state else {})
    return state


def _state(block: Block) -> dict[str, Any]:
    inputs = {name: {"block": _state(inside)} for name, inside in block.inputs.items()}
    inputs |= {name: {"block": _row(row)} for name, row in block.rows.items() if row}
    fields = {
        name: {"id": str(value)} if isinstance(value, Variable) else value
        for name, value in block.fields.items()
    }
    icon = {"text": block.comment, "pinned": False, "height": 2 * ROW_HEIGHT, "width": WIDTH}
    parts = {
        "data": block.notes.text(), "extraState": block.extra, "fields": fields, "inputs": inputs,
        "icons": {"comment": icon} if block.comment else {},
    }  # fmt: skip
    return {"type": block.type, "id": block.id} | {key: value for key, value in parts.items() if value}
