"""What a block type looks like: its fields, its sockets, its mouths, and where it may stand.

Blockly's own blocks are in a table, checked against the npm package by a test; the shapes of ours are read
from the same JSON definitions that Blockly reads.
"""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple

Checks = frozenset[str] | None
"""Names of types that may be plugged in, or that a block gives; None for anything."""


class Field(NamedTuple):
    """A value typed or chosen on a block."""

    kind: Literal["text", "number", "variable", "dropdown", "checkbox"]
    options: tuple[str, ...] = ()


class Shape(NamedTuple):
    """One type of block. `inputs` are sockets for values, `rows` are mouths for stacks of blocks."""

    type: str
    place: Literal["value", "statement", "top"]
    fields: dict[str, Field] = {}
    inputs: dict[str, Checks] = {}
    rows: tuple[str, ...] = ()
    output: Checks = None
    more: tuple[tuple[str, Checks], ...] = ()
    """Sockets that a mutator adds: the pattern of their names, and what fits in."""
    more_rows: str = ""
    """The pattern of the mouths that a mutator adds."""

    def input_checks(self, name: str) -> Checks:
        """What fits into a socket. Raises KeyError: there is none of this name."""
        if name in self.inputs:
            return self.inputs[name]
        for pattern, checks in self.more:
            if re.fullmatch(pattern, name):
                return checks
        raise KeyError(name)

    def has_row(self, name: str) -> bool:
        """Whether there is a mouth of this name."""
        return name in self.rows or bool(self.more_rows and re.fullmatch(self.more_rows, name))


def fits(output: Checks, wanted: Checks) -> bool:
    """Whether Blockly lets a block that gives `output` into a socket for `wanted`."""
    return output is None or wanted is None or bool(output & wanted)


def shape_of(definition: dict[str, Any]) -> Shape:
    """The shape of a block from its JSON definition."""
    fields: dict[str, Field] = {}
    inputs: dict[str, Checks] = {}
    rows = []
    for key in sorted(k for k in definition if re.fullmatch(r"args\d+", k)):
        for argument in definition[key]:
            kind, name = argument["type"], argument.get("name", "")
            if kind == "input_value":
                inputs[name] = _checks(argument.get("check"))
            elif kind == "input_statement":
                rows.append(name)
            elif kind == "field_dropdown":
                fields[name] = Field("dropdown", tuple(option[1] for option in argument["options"]))
            elif kind in _FIELDS:
                fields[name] = Field(_FIELDS[kind])
    place: Literal["value", "statement"] = "value" if "output" in definition else "statement"
    output = _checks(definition.get("output"))
    return Shape(definition["type"], place, fields, inputs, tuple(rows), output)


_FIELDS: dict[str, Literal["text", "number", "variable", "checkbox"]] = {
    "field_input": "text", "field_multilinetext": "text", "field_colour": "text", "field_number": "number",
    "field_angle": "number", "field_slider": "number", "field_variable": "variable",
    "field_checkbox": "checkbox",
}  # fmt: skip


def _checks(value: Any) -> Checks:
    return None if value is None else frozenset([value] if isinstance(value, str) else value)


_VAR = {"VAR": Field("variable")}
_NUMBER, _BOOLEAN, _STRING, _ARRAY = (frozenset([t]) for t in ("Number", "Boolean", "String", "Array"))
_SIZED = _STRING | _ARRAY


def _op(*options: str, name: str = "OP") -> dict[str, Field]:
    return {name: Field("dropdown", options)}


_ITEMS = ((r"ADD\d+", None),)
_ARGUMENTS = ((r"ARG\d+", None),)

BUILT_IN: dict[str, Shape] = {
    shape.type: shape
    for shape in (
        Shape(
            "controls_if", "statement",
            inputs={"IF0": _BOOLEAN}, rows=("DO0",), more=((r"IF\d+", _BOOLEAN),), more_rows=r"DO\d+|ELSE",
        ),
        Shape("controls_ifelse", "statement", inputs={"IF0": _BOOLEAN}, rows=("DO0", "ELSE")),
        Shape("controls_repeat", "statement", {"TIMES": Field("number")}, rows=("DO",)),
        Shape("controls_repeat_ext", "statement", inputs={"TIMES": _NUMBER}, rows=("DO",)),
        Shape("controls_whileUntil", "statement", _op("WHILE", "UNTIL", name="MODE"), {"BOOL": _BOOLEAN},
              ("DO",)),
        Shape("controls_for", "statement", _VAR, dict.fromkeys(("FROM", "TO", "BY"), _NUMBER), ("DO",)),
        Shape("controls_forEach", "statement", _VAR, {"LIST": _ARRAY}, ("DO",)),
        Shape("controls_flow_statements", "statement", _op("BREAK", "CONTINUE", name="FLOW")),
        Shape("logic_boolean", "value", _op("TRUE", "FALSE", name="BOOL"), output=_BOOLEAN),
        Shape("logic_null", "value"),
        Shape("logic_compare", "value", _op("EQ", "NEQ", "LT", "LTE", "GT", "GTE"), {"A": None, "B": None},
              output=_BOOLEAN),
        Shape("logic_operation", "value", _op("AND", "OR"), {"A": _BOOLEAN, "B": _BOOLEAN}, output=_BOOLEAN),
        Shape("logic_negate", "value", inputs={"BOOL": _BOOLEAN}, output=_BOOLEAN),
        Shape("logic_ternary", "value", inputs={"IF": _BOOLEAN, "THEN": None, "ELSE": None}),
        Shape("math_number", "value", {"NUM": Field("number")}, output=_NUMBER),
        Shape("math_arithmetic", "value", _op("ADD", "MINUS", "MULTIPLY", "DIVIDE", "POWER"),
              {"A": _NUMBER, "B": _NUMBER}, output=_NUMBER),
        Shape("math_single", "value", _op("ROOT", "ABS", "NEG", "LN", "LOG10", "EXP", "POW10"),
              {"NUM": _NUMBER}, output=_NUMBER),
        Shape("math_trig", "value", _op("SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN"),
              {"NUM": _NUMBER}, output=_NUMBER),
        Shape("math_round", "value", _op("ROUND", "ROUNDUP", "ROUNDDOWN"), {"NUM": _NUMBER}, output=_NUMBER),
        Shape("math_modulo", "value", inputs={"DIVIDEND": _NUMBER, "DIVISOR": _NUMBER}, output=_NUMBER),
        Shape("math_constrain", "value", inputs=dict.fromkeys(("VALUE", "LOW", "HIGH"), _NUMBER),
              output=_NUMBER),
        Shape("math_random_int", "value", inputs={"FROM": _NUMBER, "TO": _NUMBER}, output=_NUMBER),
        Shape("math_random_float", "value", output=_NUMBER),
        Shape("math_constant", "value", output=_NUMBER, fields=_op(
            "PI", "E", "GOLDEN_RATIO", "SQRT2", "SQRT1_2", "INFINITY", name="CONSTANT")),
        Shape("math_change", "statement", _VAR, {"DELTA": _NUMBER}),
        Shape("text", "value", {"TEXT": Field("text")}, output=_STRING),
        Shape("text_join", "value", output=_STRING, more=_ITEMS),
        Shape("text_append", "statement", _VAR, {"TEXT": None}),
        Shape("text_length", "value", inputs={"VALUE": _SIZED}, output=_NUMBER),
        Shape("text_isEmpty", "value", inputs={"VALUE": _SIZED}, output=_BOOLEAN),
        Shape("text_print", "statement", inputs={"TEXT": None}),
        Shape("lists_create_empty", "value", output=_ARRAY),
        Shape("lists_create_with", "value", output=_ARRAY, more=_ITEMS),
        Shape("lists_repeat", "value", inputs={"ITEM": None, "NUM": _NUMBER}, output=_ARRAY),
        Shape("lists_length", "value", inputs={"VALUE": _SIZED}, output=_NUMBER),
        Shape("lists_isEmpty", "value", inputs={"VALUE": _SIZED}, output=_BOOLEAN),
        Shape("variables_get", "value", _VAR),
        Shape("variables_set", "statement", _VAR, {"VALUE": None}),
        Shape("procedures_defnoreturn", "top", {"NAME": Field("text")}, rows=("STACK",)),
        Shape("procedures_defreturn", "top", {"NAME": Field("text")}, {"RETURN": None}, ("STACK",)),
        Shape("procedures_callnoreturn", "statement", more=_ARGUMENTS),
        Shape("procedures_callreturn", "value", more=_ARGUMENTS),
        Shape("procedures_ifreturn", "statement", inputs={"CONDITION": _BOOLEAN, "VALUE": None}),
    )
}  # fmt: skip
"""Blockly's own blocks that have a meaning here, by type."""
