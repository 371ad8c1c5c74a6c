"""JSON schema -> GBNF: every text the grammar writes is a value that the schema allows, bounds included.

llama-cpp-python's own converter ignores `minimum` and `maximum`, confuses a `$ref` with a property of the
same name, and passes over what it does not know. Here a key that cannot be kept is an error. The grammar may
be narrower than the schema: properties keep their order, there is one way to space, and an object whose
properties are listed has no others. Reference: https://json-schema.org/draft/2020-12/json-schema-validation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from robo_runtime.grammar.gbnf import Grammar, literal, repeated
from robo_runtime.grammar.schema_scalars import BOUNDS, TYPES, Dialect, ScalarRules, SchemaError

NOTES = frozenset(
    "title description default examples example deprecated readOnly writeOnly format strict $schema $id"
    " $anchor $comment $defs definitions contentEncoding contentMediaType".split()
)
"""Keys that say nothing about which values are legal. `format` is one of them by the standard."""
_KEYS: dict[str, frozenset[str]] = {
    "object": frozenset(["properties", "required", "additionalProperties"]),
    "array": frozenset(["items", "prefixItems", "minItems", "maxItems"]),
    "string": frozenset(["minLength", "maxLength"]),
    "integer": BOUNDS,
    "number": BOUNDS,
}
_ANY_TYPE = frozenset(["type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "nullable"])


def schema_gbnf(schema: Any, dialect: Dialect = "json") -> str:
    """A grammar whose sentences are the values of a JSON schema, spaced as `json.dumps` does.

    Raises:
        SchemaError: a key has a wrong value, is not known, or cannot be kept by a grammar.
    """
    g = Grammar()
    g.rule("root", SchemaRules(g, dialect, schema).rule(schema))
    return g.text()


class SchemaRules(ScalarRules):
    """Makes the rules for the schemas inside one document.

    Args:
        document: what `$ref` points into.
    """

    def __init__(self, g: Grammar, dialect: Dialect, document: Any) -> None:
        super().__init__(g, dialect)
        self.document = document
        self._refs: dict[str, str] = {}
        self._leads: dict[str, set[str]] = {}
        self._value = ""

    def rule(self, schema: Any, path: str = "#") -> str:
        """The name of the rule for a schema.

        Args:
            path: where it stands, for messages.
        """
        try:
            name = self._rule(schema, path)
        except RecursionError:
            raise SchemaError(f"{path}: the schema is nested too deeply") from None
        for pointer in self._leads:
            if pointer in self._reached(pointer):
                raise SchemaError(f"{pointer}: refers to itself without an object or list between")
        return name

    def _reached(self, start: str) -> set[str]:
        """References that `start` leads to without a bracket between."""
        found: set[str] = set()
        waiting = [start]
        while waiting:
            fresh = self._leads.get(waiting.pop(), set()) - found
            found |= fresh
            waiting.extend(fresh)
        return found

    def _rule(self, schema: Any, path: str, via: str = "") -> str:
        """`via` is the reference that led here, if no bracket was opened since."""
        if schema is True or schema == {}:
            return self._any()
        if not isinstance(schema, dict):
            raise SchemaError(f"{path}: expected a schema (an object), got {schema!r}")
        schema = {key: value for key, value in schema.items() if key not in NOTES}
        if not schema:
            return self._any()
        if schema.get("nullable") is True:
            inner = {key: value for key, value in schema.items() if key != "nullable"}
            return self.g.share(self._rule(inner, path, via), f'"{self.words[None]}"')
        if "$ref" in schema:
            self.only(schema, path, "$ref")
            return self._ref(schema["$ref"], f"{path}/$ref", via)
        for key in ("anyOf", "oneOf"):
            if key in schema:
                self.only(schema, path, key, "type")
                return self._union(schema[key], f"{path}/{key}", via)
        if "allOf" in schema:
            return self._rule(self._merged(schema, path), path, via)
        if "const" in schema:
            return self.constants([schema["const"]], schema, path)
        if "enum" in schema:
            return self.constants(schema["enum"], schema, path)
        return self._typed(schema, path)

    def _typed(self, schema: Mapping[str, Any], path: str) -> str:
        kinds = schema["type"] if "type" in schema else self._implied(schema, path)
        kinds = kinds if isinstance(kinds, list) else [kinds]
        for kind in kinds:
            if kind not in TYPES:
                raise SchemaError(f"{path}/type: expected one of {', '.join(TYPES)}, got {kind!r}")
        known = _ANY_TYPE.union(*(_KEYS[kind] for kind in kinds if kind in _KEYS))
        for key in schema:
            if key not in known and not key.startswith("x-"):
                what = "/".join(kinds)
                raise SchemaError(
                    f"{path}/{key}: cannot be kept by a grammar for {what}; remove it, or list the values"
                    " with enum"
                )
        made = [getattr(self, f"_{kind}")(schema, path) for kind in dict.fromkeys(kinds)]
        return self.g.share(*made) if len(made) > 1 else str(made[0])

    @staticmethod
    def _implied(schema: Mapping[str, Any], path: str) -> str:
        for kind, keys in _KEYS.items():
            if keys & schema.keys():
                return "number" if kind == "integer" else kind
        raise SchemaError(f"{path}/{next(iter(schema))}: unknown key, and no type is given")

    def _ref(self, pointer: Any, path: str, via: str) -> str:
        if not isinstance(pointer, str) or not pointer.startswith("#"):
            raise SchemaError(f"{path}: expected a place in this schema such as '#/$defs/x', got {pointer!r}")
        if via:
            self._leads.setdefault(via, set()).add(pointer)
        if pointer not in self._refs:
            self._refs[pointer] = name = self.g.fresh()
            self.g.rule(name, self._rule(self._target(pointer, path), pointer, pointer))
        return self._refs[pointer]

    def _target(self, pointer: str, path: str) -> Any:
        found = self.document
        for step in pointer[1:].split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
                found = found[int(step)]
            elif isinstance(found, dict) and step in found:
                found = found[step]
            else:
                raise SchemaError(f"{path}: there is no {pointer} in this schema")
        return found

    def _union(self, schemas: Any, path: str, via: str) -> str:
        if not isinstance(schemas, list) or not schemas:
            raise SchemaError(f"{path}: expected a list of schemas, got {schemas!r}")
        return self.g.share(*dict.fromkeys(self._rule(s, f"{path}/{i}", via) for i, s in enumerate(schemas)))

    def _merged(self, schema: Mapping[str, Any], path: str) -> dict[str, Any]:
        """`allOf` as one schema; two that say different things about the same key are not merged."""
        parts = schema["allOf"]
        if not isinstance(parts, list) or not parts:
            raise SchemaError(f"{path}/allOf: expected a list of schemas, got {parts!r}")
        out = {key: value for key, value in schema.items() if key != "allOf"}
        for i, part in enumerate(parts):
            seen: set[str] = set()
            while isinstance(part, dict) and "$ref" in part and part["$ref"] not in seen:
                seen.add(part["$ref"])
                part = self._target(str(part["$ref"]), f"{path}/allOf/{i}/$ref")
            if not isinstance(part, dict):
                raise SchemaError(f"{path}/allOf/{i}: expected a schema (an object), got {part!r}")
            for key, value in part.items():
                old = out.get(key, value)
                if key == "properties" and isinstance(old, dict) and isinstance(value, dict):
                    if any(old[name] != value[name] for name in old.keys() & value.keys()):
                        raise SchemaError(f"{path}/allOf/{i}/properties: a property is described twice")
                    out[key] = old | value
                elif key == "required" and isinstance(old, list) and isinstance(value, list):
                    out[key] = list(dict.fromkeys([*old, *value]))
                elif old != value and key not in NOTES:
                    raise SchemaError(f"{path}/allOf/{i}/{key}: {value!r} contradicts {old!r}")
                else:
                    out[key] = old
        return out

    def _any(self) -> str:
        """Any value at all."""
        if not self._value:
            self._value = name = self.g.fresh()
            anything = {"items": True}
            members = self._object({"additionalProperties": True}, "#")
            kinds = (self._boolean({}, ""), f'"{self.words[None]}"', self._array(anything, "#"), members)
            self.g.rule(name, "s-text", "s-number", *kinds)
        return self._value

    def _array(self, schema: Mapping[str, Any], path: str) -> str:
        low, high = self.counts(schema, path, "minItems", "maxItems")
        first, more = schema.get("prefixItems", []), schema.get("items", True)
        if isinstance(more, list):  # before draft 2020-12
            first, more = more, False
        if not isinstance(first, list):
            raise SchemaError(f"{path}/prefixItems: expected a list of schemas, got {first!r}")
        if high is not None and len(first) > high:
            raise SchemaError(f"{path}/maxItems: {high} is less than prefixItems has, {len(first)}")
        if more is False and low > len(first):
            raise SchemaError(f"{path}/minItems: {low} is more than the items that are described")
        head = [self._rule(s, f"{path}/prefixItems/{i}") for i, s in enumerate(first)]
        begin = ' ", " '.join(head)
        if more is False or high == len(first):
            return self.g.share(f'"[" {begin} "]"' if head else '"[]"')
        item = self._rule(more, f"{path}/items")
        fixed = max(len(first), 1)
        top = None if high is None else high - fixed
        more_items = repeated(f'(", " {item})', max(low - fixed, 0), top)
        if head:
            return self.g.share(f'"[" {begin} {more_items} "]"')
        some = f'{item} {more_items} "]"'
        return self.g.share(f'"[" ({some})' if low else f'"[" ("]"|{some})')

    def _object(self, schema: Mapping[str, Any], path: str) -> str:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not isinstance(properties, dict) or not all(isinstance(name, str) for name in properties):
            raise SchemaError(f"{path}/properties: expected an object of schemas, got {properties!r}")
        if not isinstance(required, list) or not all(isinstance(r, str) for r in required):
            raise SchemaError(f"{path}/required: expected a list of names, got {required!r}")
        extra = schema.get("additionalProperties", True)
        for name in required:
            if name not in properties:
                if extra is False:
                    raise SchemaError(f"{path}/required: {name!r} is not among the properties")
                properties = properties | {name: extra}
        if not properties:
            return '"{}"' if extra is False or "properties" in schema else self._map(extra, path)
        rest = first = '"}"'
        for name, value in reversed(properties.items()):
            key = literal(json.dumps(name, ensure_ascii=False) + ": ")
            pair = f"{key} {self._rule(value, f'{path}/properties/{name}')} {rest}"
            optional = name not in required
            first = self.g.share(pair, *([first] if optional else []))
            rest = self.g.share(f'", " {pair}', *([rest] if optional else []))
        return self.g.share(f'"{{" {first}')

    def _map(self, values: Any, path: str) -> str:
        pair = f's-text ": " {self._rule(values, f"{path}/additionalProperties")}'
        return self.g.share(f'"{{" ("}}"|{pair} (", " {pair})* "}}")')
