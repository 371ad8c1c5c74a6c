"""Reading the workspace JSON strictly: what is wrong is said with the block's id and the key."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from robo_runtime.blocks.shapes import Field, Shape
from robo_runtime.blocks.tree import Block, Notes, Value, Variable, Workspace
from robo_runtime.errors import RoboError

MAX_DEPTH = 60
"""Deepest nesting of blocks in blocks."""
MAX_BLOCKS = 20_000
"""Most blocks in a workspace."""
_SLOPE = math.sin(math.radians(3))
"""Blockly sorts stacks from top to bottom, of two beside each other the left one first."""


class BlockError(RoboError):
    """A workspace that cannot be read, or blocks that mean no program; names the block and the key."""


def parsed(text: str, where: str) -> Any:
    """The JSON in `text`.

    Raises:
        BlockError: it is no JSON, or nested so deeply that it is no workspace.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise BlockError(f"{where}: nested too deeply for a workspace; save it again from Blockly") from None
    except ValueError as e:
        raise BlockError(f"{where}: is no JSON: {e}; expected what Blockly saves") from None


class _Top(NamedTuple):
    x: float
    y: float
    row: list[Block]


class Loader:
    """Reads one workspace.

    Args:
        shapes: the known block types.
        where: the file's name, for messages.
    """

    def __init__(self, shapes: Mapping[str, Shape], where: str) -> None:
        self.shapes, self.where = shapes, where
        self.variables: dict[str, str] = {}
        self.count = 0

    def load(self, data: Any) -> Workspace:
        """The workspace that `data` says; disabled blocks are left out, as Blockly's generators do.

        Raises:
            BlockError: it is no workspace; a block of an unknown type; a field, socket or mouth that its type
                does not have, or with a value of the wrong kind; too many or too deeply nested blocks.
        """
        if not isinstance(data, dict) or not isinstance(data.get("blocks", {}), dict):
            self._fail('no workspace; expected {"blocks": {"languageVersion": 0, "blocks": [...]}}')
        if "blocks" not in data and not data.keys() <= {"variables", "workspaceComments"}:
            self._fail(f"no workspace: it has no key `blocks`, only {', '.join(map(repr, list(data)[:5]))}")
        self._read_variables(data.get("variables", []))
        states = data.get("blocks", {}).get("blocks", [])
        if not isinstance(states, list):
            self._fail(f"blocks.blocks: expected a list of blocks, got {_short(states)}")
        tops = []
        for i, state in enumerate(states):
            if row := self._row(state, f"blocks.blocks.{i}", 0):
                x, y = (self._number(state.get(key, 0), f"blocks.blocks.{i}.{key}") for key in ("x", "y"))
                tops.append(_Top(x, y, row))
        tops.sort(key=lambda top: top.y + _SLOPE * top.x)
        return Workspace([top.row for top in tops], self._remarks(data.get("workspaceComments", [])))

    def _fail(self, text: str) -> Any:
        raise BlockError(f"{self.where}: {text}")

    def _number(self, value: Any, key: str) -> float:
        if not _is_number(value):
            self._fail(f"{key}: expected a number, got {_short(value)}")
        return float(value)

    def _read_variables(self, entries: Any) -> None:
        if not isinstance(entries, list):
            self._fail(f"variables: expected a list, got {_short(entries)}")
        for i, entry in enumerate(entries):
            name, key = (entry.get(k) if isinstance(entry, dict) else None for k in ("name", "id"))
            if not isinstance(name, str) or not isinstance(key, str):
                self._fail(f'variables.{i}: expected {{"name": …, "id": …}}, got {_short(entry)}')
            self.variables[str(key)] = str(name)

    def _remarks(self, entries: Any) -> list[str]:
        texts = (
            [e.get("text") if isinstance(e, dict) else None for e in entries]
            if isinstance(entries, list)
            else [None]
        )
        for i, text in enumerate(texts):
            if not isinstance(text, str):
                self._fail(f'workspaceComments.{i}: expected {{"text": …}}')
        return [str(text) for text in texts]

    def _row(self, state: Any, key: str, depth: int) -> list[Block]:
        """A block and those below it."""
        row = []
        while state is not None:
            block, enabled = self._block(state, key, depth)
            if enabled:
                row.append(block)
            key = f"block {block.id}: next"
            below = state.get("next")
            state = below.get("block", below.get("shadow")) if isinstance(below, dict) else below
            if below is not None and state is None:
                self._fail(f'{key}: expected {{"block": …}}, got {_short(below)}')
        if len(row) > 1 and (odd := next((b for b in row if self.shapes[b.type].place != "statement"), None)):
            self._fail(f"block {odd.id} ({odd.type}): cannot stand in a row; it is no statement")
        if last := next((b for b in row[:-1] if b.type == "controls_flow_statements"), None):
            self._fail(f"block {last.id} ({last.type}): next: nothing can follow it; remove what is below")
        return row

    def _block(self, state: Any, key: str, depth: int) -> tuple[Block, bool]:
        if not isinstance(state, dict) or not isinstance(state.get("type"), str):
            self._fail(f'{key}: expected a block {{"type": …}}, got {_short(state)}')
        self.count += 1
        name = state.get("id") or f"#{self.count}"
        if not isinstance(name, str):
            self._fail(f"{key}.id: expected a string, got {_short(name)}")
        at = f"block {name} ({state['type']})"
        if self.count > MAX_BLOCKS:
            self._fail(f"{at}: more than {MAX_BLOCKS:,} blocks; does a block hold itself?")
        if depth > MAX_DEPTH:
            self._fail(f"{at}: nested more than {MAX_DEPTH} deep; move inner blocks into functions")
        shape = self.shapes.get(state["type"])
        if shape is None:
            self._fail(f"{at}: type: no block of this type; `robo blocks definitions` lists them all")
            raise AssertionError
        block = Block(state["type"], notes=Notes.read(state.get("data")), id=name)
        block.extra = self._mapping(state, "extraState", at)
        block.comment = self._comment(state, at)
        for field, value in self._mapping(state, "fields", at).items():
            if field in shape.fields:
                block.fields[field] = self._field(value, shape.fields[field], f"{at}: fields.{field}")
            elif not state["type"].startswith("procedures_"):  # those save the label NAME, too
                self._fail(f"{at}: fields.{field}: unknown; it has {', '.join(shape.fields) or 'no fields'}")
        for socket, inside in self._mapping(state, "inputs", at).items():
            self._inside(block, shape, socket, inside, f"{at}: inputs.{socket}", depth + 1)
        return block, state.get("enabled", True) is not False and not state.get("disabledReasons")

    def _mapping(self, state: dict[str, Any], key: str, at: str) -> dict[str, Any]:
        value = state.get(key, {})
        if isinstance(value, str) and key == "extraState":  # XML of old mutators; ours save JSON
            return {}
        if not isinstance(value, dict):
            self._fail(f"{at}: {key}: expected an object, got {_short(value)}")
        return dict(value)

    def _comment(self, state: dict[str, Any], at: str) -> str:
        comment = self._mapping(state, "icons", at).get("comment", {})
        text = comment.get("text", "") if isinstance(comment, dict) else None
        if not isinstance(text, str):
            self._fail(f"{at}: icons.comment.text: expected a string, got {_short(comment)}")
        return str(text)

    def _field(self, value: Any, field: Field, key: str) -> Value:
        if field.kind == "variable":
            name = value.get("name") if isinstance(value, dict) else value
            if isinstance(value, dict) and isinstance(value.get("id"), str):
                name = self.variables.get(value["id"], name)
            if not isinstance(name, str):
                self._fail(f'{key}: expected {{"id": …}} of an entry in `variables`, got {_short(value)}')
            return Variable(name)
        if field.kind == "number":
            if isinstance(value, str):  # Blockly takes numbers written as text
                value = _as_number(value)
            if not _is_number(value):
                self._fail(f"{key}: expected a number, got {_short(value)}")
            return value
        if field.kind == "checkbox":
            if not isinstance(value, bool) and value not in ("TRUE", "FALSE"):
                self._fail(f"{key}: expected true or false, got {_short(value)}")
            return value in (True, "TRUE")
        if not isinstance(value, str):
            self._fail(f"{key}: expected a string, got {_short(value)}")
        if field.kind == "dropdown" and value not in field.options:
            choices = ", ".join(field.options[:12]) + (", …" if len(field.options) > 12 else "")
            self._fail(f"{key}: {value!r:.60} is none of its choices: {choices}")
        return str(value)

    def _inside(self, block: Block, shape: Shape, name: str, state: Any, key: str, depth: int) -> None:
        inner = state.get("block", state.get("shadow")) if isinstance(state, dict) else state
        if inner is None and isinstance(state, dict):
            return
        inner = inner if isinstance(inner, dict) else {"type": inner}
        if shape.has_row(name):
            if row := self._row(inner, key, depth):
                if self.shapes[row[0].type].place != "statement":
                    self._fail(f"{key}: {row[0].type} ({row[0].id}) is no statement and cannot be in a mouth")
                block.rows[name] = row
            return
        try:
            shape.input_checks(name)
        except KeyError:
            known = ", ".join((*shape.inputs, *shape.rows)) or "none"
            self._fail(f"{key}: unknown; this block has the inputs: {known}")
        inside, enabled = self._block(inner, key, depth)
        if self.shapes[inside.type].place != "value" or inner.get("next"):
            self._fail(f"{key}: {inside.type} ({inside.id}) gives no value and cannot be plugged in")
        if enabled:
            block.inputs[name] = inside


def _is_number(value: Any) -> bool:
    """Whether JavaScript has it as a finite number."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and abs(value) <= sys.float_info.max


def _as_number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _short(value: Any) -> str:
    return f"{value!r:.60}"
