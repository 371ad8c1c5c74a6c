"""Schemas of single values, texts, numbers and constants, as GBNF."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Literal

from robo_runtime.errors import RoboError
from robo_runtime.grammar.gbnf import Grammar, repeated, words
from robo_runtime.grammar.ranges import FRACTION, float_range, int_range

Dialect = Literal["json", "python"]
"""How values are written: `true` and `null`, or `True` and `None`."""

_WORDS: dict[Dialect, dict[Any, str]] = {
    "json": {True: "true", False: "false", None: "null"},
    "python": {True: "True", False: "False", None: "None"},
}
TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
BOUNDS = frozenset(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])
_MOST = 2000  # llama.cpp refuses to repeat something more often
_LARGEST = 10**15 - 1  # larger whole numbers are not exact in every JSON reader


class SchemaError(RoboError):
    """A JSON schema that cannot be turned into a grammar; the text names the key and the way to it."""


class ScalarRules:
    """Rules for values without other values inside."""

    def __init__(self, g: Grammar, dialect: Dialect) -> None:
        self.g, self.words = g, _WORDS[dialect]
        g.rule("s-text", r'"\"" s-char* "\""')
        g.rule("s-char", r'[^"\\\x00-\x1f\x7f]', r'"\\" (["\\bfnrt]|"u" s-code)')
        g.rule("s-code", "[0-9a-cA-CefEF] s-hex{3}", "[dD] [0-7] s-hex{2}")  # no halves of a pair
        g.rule("s-hex", "[0-9a-fA-F]")
        g.rule("s-whole", '"-"? [1-9] [0-9]{0,14}', '"0"')
        g.rule("s-number", f'"-"? ("0"|[1-9] [0-9]{{0,14}}) ("." [0-9]{{1,{FRACTION}}})?')

    @staticmethod
    def only(schema: Mapping[str, Any], path: str, *keys: str) -> None:
        """Raise SchemaError if the schema has other keys than these."""
        for key in schema:
            if key not in keys:
                raise SchemaError(f"{path}/{key}: cannot be combined with {keys[0]}; put it inside")

    def constants(self, values: Any, schema: Mapping[str, Any], path: str) -> str:
        """The rule for one of some values; those that are not of the schema's type are no choice."""
        if not isinstance(values, list) or not values:
            raise SchemaError(f"{path}/enum: expected a list of values, got {values!r}")
        if any(isinstance(v, float) and not math.isfinite(v) for v in values):
            raise SchemaError(f"{path}/enum: {values!r} holds a number that JSON does not have")
        self.only(schema, path, "enum", "const", "type")
        kinds = schema.get("type", list(TYPES))
        kinds = kinds if isinstance(kinds, list) else [kinds]
        legal = [v for v in values if any(_is(v, str(kind)) for kind in kinds)]
        if not legal:
            raise SchemaError(f"{path}/enum: none of the values is of type {'/'.join(map(str, kinds))}")
        return self.g.share(words(self.g, {self._written(v): "" for v in legal}))

    def _written(self, value: Any) -> str:
        if isinstance(value, dict):
            inside = (f"{json.dumps(k, ensure_ascii=False)}: {self._written(v)}" for k, v in value.items())
            return f"{{{', '.join(inside)}}}"
        if isinstance(value, list):
            return f"[{', '.join(map(self._written, value))}]"
        if value is None or isinstance(value, bool):
            return self.words[value]
        return json.dumps(value, ensure_ascii=False)

    def _boolean(self, _: Any, __: str) -> str:
        return self.g.share(f'"{self.words[True]}"', f'"{self.words[False]}"')

    def _null(self, _: Any, __: str) -> str:
        return self.g.share(f'"{self.words[None]}"')

    def _string(self, schema: Mapping[str, Any], path: str) -> str:
        low, high = self.counts(schema, path, "minLength", "maxLength")
        if (low, high) == (0, None):
            return "s-text"
        return self.g.share(f'"\\"" {repeated("s-char", low, high)} "\\""')

    @staticmethod
    def counts(schema: Mapping[str, Any], path: str, least: str, most: str) -> tuple[int, int | None]:
        """The values of a pair of keys such as `minItems` and `maxItems`; None for no upper bound."""
        for key in (least, most):
            value = schema.get(key, 0)
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
                raise SchemaError(f"{path}/{key}: expected a whole number from 0 to {_MOST}, got {value!r}")
        low, high = schema.get(least, 0), schema.get(most)
        if high is not None and low > high:
            raise SchemaError(f"{path}/{least}: {low} is more than {most}, {high}")
        return low, high

    def _integer(self, schema: Mapping[str, Any], path: str) -> str:
        low, high = self._bounds(schema, path, Decimal(1))
        if low is None and high is None:
            return "s-whole"
        lowest, highest = (int(b) if b is not None else s for b, s in ((low, -_LARGEST), (high, _LARGEST)))
        return int_range(self.g, lowest, highest, hexadecimal=False)

    def _number(self, schema: Mapping[str, Any], path: str) -> str:
        low, high = self._bounds(schema, path, Decimal(1).scaleb(-FRACTION))
        if low is None and high is None:
            return "s-number"
        lowest, highest = (
            b if b is not None else Decimal(s) for b, s in ((low, -_LARGEST), (high, _LARGEST))
        )
        return float_range(self.g, lowest, highest)

    @staticmethod
    def _bounds(schema: Mapping[str, Any], path: str, step: Decimal) -> tuple[Decimal | None, Decimal | None]:
        """The bounds as numbers that can be written with steps of `step`; None for no bound."""
        found: dict[str, Decimal] = {}
        for key in BOUNDS:
            value = schema.get(key)
            if value is None or (isinstance(value, bool) and key.startswith("exclusive")):
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise SchemaError(f"{path}/{key}: expected a number, got {value!r}")
            if abs(value) > _LARGEST:
                raise SchemaError(f"{path}/{key}: {value!r} is too large to be exact; use at most {_LARGEST}")
            up = key.lower().endswith("minimum")
            bound = Decimal(str(value)).quantize(step, ROUND_CEILING if up else ROUND_FLOOR)
            open_ = key.startswith("exclusive") or schema.get(f"exclusive{key.capitalize()}") is True
            if open_ and bound == Decimal(str(value)):
                bound += step if up else -step
            found[key] = bound
        lows = [b for key, b in found.items() if key.lower().endswith("minimum")]
        highs = [b for key, b in found.items() if key.lower().endswith("maximum")]
        low, high = max(lows, default=None), min(highs, default=None)
        if low is not None and high is not None and low > high:
            raise SchemaError(f"{path}: no number lies between its bounds")
        return low, high


def _is(value: Any, kind: str) -> bool:
    """Whether a JSON value is of a type of JSON schema."""
    if isinstance(value, bool) or value is None:
        return kind == {True: "boolean", False: "boolean", None: "null"}[value]
    if isinstance(value, int | float):
        return kind == "number" or (kind == "integer" and value == value // 1)
    names = {"string": str, "array": list, "object": dict}
    return kind in names and isinstance(value, names[kind])
