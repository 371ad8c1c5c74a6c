"""Grammars of tool calls and of JSON schemas; `jsonschema`, CPython's `ast` and llama.cpp are the judges."""

from __future__ import annotations

import ast
import inspect
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from robo_runtime.cache import configured_registry
from robo_runtime.check import check_program
from robo_runtime.errors import RoboError
from robo_runtime.grammar.calls import calls_gbnf
from robo_runtime.grammar.cli import app
from robo_runtime.grammar.schema import schema_gbnf
from robo_runtime.grammar.schema_scalars import SchemaError
from robo_runtime.grammar.tools import Tool, ToolsError, parse_tools, registry_tools
from typer.testing import CliRunner

from benchmarks.grammar.engines import ENGINES, engine, missing
from tests.runtime.gbnf_walk import Writer, pattern, read

REGISTRY = configured_registry()
TOOLS = registry_tools(REGISTRY)
WEATHER = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 1, "maxLength": 20},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "unit": {"enum": ["C", "F", None]},
        "limit": {"type": "number", "exclusiveMinimum": 0, "maximum": 2.5},
        "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "minItems": 1, "maxItems": 3},
        "at": {"type": "array", "prefixItems": [{"type": "number"}, {"type": "boolean"}], "items": False},
        "more": {"type": "object", "additionalProperties": {"type": "integer"}},
        "free": {},
    },
    "required": ["days", "tags"],
    "additionalProperties": False,
    "$defs": {"tag": {"anyOf": [{"type": "string", "enum": ["wet", 'so "so"', "trocken\n"]}, {"const": 7}]}},
}
OPENAI = [
    {"type": "function", "function": {"name": "weather", "description": "It rains.", "parameters": WEATHER}},
    {"name": "stop", "inputSchema": {"type": "object", "properties": {}}},
]


def sentences(grammar: str, seed: int, count: int, patience: int = 150) -> list[str]:
    writer = Writer(read(grammar), seed)
    return [writer.sentence(patience=patience) for _ in range(count)]


class TestSchemas:
    def test_whatever_the_grammar_writes_is_valid(self) -> None:
        jsonschema.Draft202012Validator.check_schema(WEATHER)
        seen = set()
        for text in sentences(schema_gbnf(WEATHER), seed=1, count=120):
            value = json.loads(text)
            jsonschema.validate(value, WEATHER)
            seen |= value.keys()
        assert seen == WEATHER["properties"].keys()

    def test_values_in_its_order_and_spacing_are_accepted(self) -> None:
        rules = read(
            schema_gbnf(
                {**WEATHER, "properties": {k: v for k, v in WEATHER["properties"].items() if k != "free"}}
            )
        )
        whole = re.compile(pattern(rules, rules["root"]))
        for value in (
            {"days": 1, "tags": ["wet"]},
            {"city": "Köln", "days": 14, "unit": None, "limit": 2.5, "tags": [7, 7, "trocken\n"]},
            {"days": 3, "tags": ['so "so"'], "at": [-0.5, True], "more": {"a": 1, "b": -20}},
        ):
            assert whole.fullmatch(json.dumps(value)), value
            assert whole.fullmatch(json.dumps(value, ensure_ascii=False)), value
        for text in ('{"days": 0, "tags": [7]}', '{"days": 15, "tags": [7]}', '{"days": 1.5, "tags": [7]}',
                     '{"days": 1, "tags": []}', '{"days": 1, "tags": [8]}', '{"tags": [7]}', '{"days": 1}',
                     '{"days": 0x5, "tags": [7]}', '{"days": 1, "tags": [7], "limit": 0}',
                     '{"days": 1, "tags": [7], "limit": 2.6}', '{"days": 1, "tags": [7], "other": 1}',
                     '{"city": "", "days": 1, "tags": [7]}', '{"days": 1, "tags": [7], "at": [1]}'):  # fmt: skip
            assert not whole.fullmatch(text), text

    @settings(max_examples=60, deadline=None)
    @given(st.integers(-300, 300), st.integers(0, 400), st.booleans(), st.booleans())
    def test_bounds_of_whole_numbers_are_exact(
        self, low: int, span: int, open_low: bool, open_high: bool
    ) -> None:
        schema = {
            "type": "integer",
            "exclusiveMinimum" if open_low else "minimum": low,
            "exclusiveMaximum" if open_high else "maximum": low + span,
        }
        legal = [n for n in range(low - 5, low + span + 6) if _valid(n, schema)]
        if not legal:
            with pytest.raises(SchemaError, match="no number lies between"):
                schema_gbnf(schema)
            return
        rules = read(schema_gbnf(schema))
        whole = re.compile(pattern(rules, rules["root"]))
        found = [n for n in range(low - 5, low + span + 6) if whole.fullmatch(str(n))]
        assert found == legal

    @settings(max_examples=60, deadline=None)
    @given(st.decimals(-9, 9, places=2), st.decimals(0, 9, places=3), st.booleans())
    def test_bounds_of_decimal_numbers_are_exact(self, low: Any, span: Any, open_high: bool) -> None:
        high = float(low + span)
        schema = {
            "type": "number",
            "minimum": float(low),
            "exclusiveMaximum" if open_high else "maximum": high,
        }
        try:
            rules = read(schema_gbnf(schema))
        except SchemaError:
            assert open_high
            assert high <= float(low)
            return
        whole = re.compile(pattern(rules, rules["root"]))
        for k in range(-10, 11):
            for base in (float(low), high, 0.0):
                text = f"{base + k / 1000:.3f}"
                if not text.startswith("-0.000"):
                    assert bool(whole.fullmatch(text)) == _valid(float(text), schema), text

    @pytest.mark.parametrize("name", ENGINES)
    def test_engines_read_the_grammar_of_a_schema_alike(self, name: str) -> None:
        if why := missing(name):
            pytest.skip(why)
        accepts = engine(name, schema_gbnf(WEATHER))
        for value in (
            {"days": 14, "tags": ["wet", 7]},
            {"city": "K\u00f6ln", "days": 1, "limit": 0.5, "tags": [7], "at": [-0.5, True]},
            {"days": 1, "tags": ['so "so"'], "more": {"a": 1}, "free": [{"b": [None, "\U0001f600", 1.5]}]},
        ):
            assert accepts(json.dumps(value, ensure_ascii=False)), value
        for text in ('{"days": 15, "tags": [7]}', '{"days": 1}', '{"tags": [7], "days": 1}', '{"days":1,"tags":[7]}',
                     '{"days": 1, "tags": [7, 7, 7, 7]}', '{"days": 1, "tags": [7], "limit": 0}'):  # fmt: skip
            assert not accepts(text), text

    def test_a_schema_may_refer_to_itself_inside_an_object(self) -> None:
        tree = {
            "$ref": "#/$defs/node",
            "$defs": {
                "node": {
                    "type": "object",
                    "properties": {"value": {"type": "integer"}, "left": {"$ref": "#/$defs/node"}},
                    "required": ["value"],
                }
            },
        }
        for text in sentences(schema_gbnf(tree), seed=3, count=40):
            jsonschema.validate(json.loads(text), tree)

    def test_limits_that_leave_no_room_are_kept(self) -> None:
        schema = {
            "type": "object",
            "properties": {
                "one": {"type": "array", "items": {"type": "null"}, "maxItems": 1},
                "none": {"type": "string", "maxLength": 0},
                "pair": {
                    "type": "array",
                    "prefixItems": [{"const": 1}],
                    "items": {"const": 2},
                    "maxItems": 2,
                },
            },
            "required": ["one", "none", "pair"],
        }
        grammar = schema_gbnf(schema)
        assert "{0,0}" not in grammar
        found = set(sentences(grammar, seed=1, count=40))
        assert found == {
            f'{{"one": {one}, "none": "", "pair": {pair}}}'
            for one in ("[]", "[null]")
            for pair in ("[1]", "[1, 2]")
        }

    def test_a_reference_and_a_property_of_the_same_name_are_two_things(self) -> None:
        """llama-cpp-python's converter takes one for the other."""
        schema = {
            "type": "object",
            "properties": {"mode": {"enum": ["a"]}, "second": {"$ref": "#/$defs/mode"}},
            "required": ["mode", "second"],
            "$defs": {"mode": {"enum": ["b"]}},
        }
        assert sentences(schema_gbnf(schema), seed=0, count=1) == ['{"mode": "a", "second": "b"}']

    def test_components_joined_by_all_of_are_one_object(self) -> None:
        part = {"type": "object", "properties": {"b": {"type": "null"}}, "required": ["b"]}
        schema = {
            "allOf": [{"type": "object", "properties": {"a": {"const": True}}, "required": ["a"]}, part]
        }
        assert sentences(schema_gbnf(schema), seed=0, count=1) == ['{"a": true, "b": null}']

    @pytest.mark.parametrize(
        ("schema", "message"),
        [
            ([], r"#: expected a schema"),
            ({"type": "text"}, r"#/type: expected one of object, .* got 'text'"),
            ({"type": "string", "pattern": "^a$"}, r"#/pattern: cannot be kept by a grammar for string"),
            ({"type": "integer", "multipleOf": 5}, r"#/multipleOf: cannot be kept"),
            ({"type": "array", "items": {"type": "integer", "minimum": "1"}}, r"#/items/minimum: expected a number"),
            ({"type": "integer", "minimum": 5, "maximum": 4}, r"#: no number lies between"),
            ({"type": "array", "uniqueItems": True}, r"#/uniqueItems: cannot be kept"),
            ({"type": "array", "minItems": 3, "maxItems": 2}, r"#/minItems: 3 is more than maxItems, 2"),
            ({"type": "string", "maxLength": 5000}, r"#/maxLength: expected a whole number from 0 to 2000"),
            ({"enum": []}, r"#/enum: expected a list of values"),
            ({"enum": [1], "type": "string"}, r"#/enum: none of the values is of type string"),
            ({"$ref": "https://example.org/x"}, r"#/\$ref: expected a place in this schema"),
            ({"$ref": "#/$defs/none"}, r"#/\$ref: there is no #/\$defs/none"),
            ({"$ref": "#"}, r"#: refers to itself without an object or list between"),
            ({"anyOf": [{"$ref": "#"}, {"type": "null"}]}, r"#: refers to itself"),
            ({"not": {"type": "null"}}, r"#/not: unknown key, and no type is given"),
            ({"type": "object", "properties": {"a": {"type": "object", "required": ["b"], "additionalProperties": False}}},
             r"#/properties/a/required: 'b' is not among the properties"),
            ({"allOf": [{"type": "string"}, {"type": "null"}]}, r"#/allOf/1/type: 'null' contradicts 'string'"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_kept_is_an_error_with_its_place(self, schema: Any, message: str) -> None:
        with pytest.raises(SchemaError, match=message):
            schema_gbnf(schema)

    def test_a_schema_nested_a_million_times_is_an_error(self) -> None:
        schema: dict[str, Any] = {"type": "null"}
        for _ in range(20_000):
            schema = {"type": "array", "items": schema}
        with pytest.raises(SchemaError, match="nested too deeply"):
            schema_gbnf(schema)


def _valid(value: Any, schema: dict[str, Any]) -> bool:
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))


class TestCalls:
    def test_json_calls_of_the_kit_pass_the_schemas_of_its_tools(self) -> None:
        by_name = {tool.name: tool for tool in TOOLS}
        called = set()
        for text in sentences(calls_gbnf(TOOLS), seed=2, count=90):
            calls = json.loads(text)
            assert calls
            for call in calls:
                assert call.keys() == {"name", "arguments"}
                jsonschema.validate(call["arguments"], by_name[call["name"]].parameters)
                called.add(call["name"])
        assert len(called) > 40

    def test_lines_of_python_pass_the_api_check_and_hold_literals_only(self) -> None:
        for text in sentences(calls_gbnf(TOOLS, "python"), seed=4, count=80):
            tree = ast.parse(text)
            for statement in tree.body:
                assert isinstance(statement, ast.Expr)
                call = statement.value
                assert isinstance(call, ast.Call)
                for value in [*call.args, *(k.value for k in call.keywords)]:
                    ast.literal_eval(value)
            objects = sorted({line.split("(")[0].split(".")[0] for line in text.split("\n") if line})
            program = f"from robokit import {', '.join(objects)}\n\n{text}\n"
            assert check_program(program, REGISTRY) == [], program

    def test_tools_of_openai_and_mcp_are_called_as_their_schemas_say(self) -> None:
        tools = parse_tools(OPENAI)
        assert [t.name for t in tools] == ["weather", "stop"]
        for text in sentences(calls_gbnf(tools), seed=5, count=40):
            for call in json.loads(text):
                schema = WEATHER if call["name"] == "weather" else {"type": "object", "maxProperties": 0}
                jsonschema.validate(call["arguments"], schema)
        signature = inspect.signature(
            lambda *, days, tags, city=0, unit=0, limit=0, at=0, more=0, free=0: None
        )
        for text in sentences(calls_gbnf(tools, "python"), seed=6, count=30):
            for statement in ast.parse(text).body:
                call = statement.value  # type: ignore[attr-defined]
                if call.func.id == "weather":
                    names = ["days", "tags", "city", "unit", "limit", "at", "more", "free"][: len(call.args)]
                    given = dict(zip(names, call.args, strict=True)) | {k.arg: k.value for k in call.keywords}
                    signature.bind(**given)
                    values = {name: ast.literal_eval(node) for name, node in given.items()}
                    jsonschema.validate(values, WEATHER)

    @pytest.mark.parametrize("name", ENGINES)
    def test_engines_accept_right_calls_and_refuse_wrong_ones(self, name: str) -> None:
        if why := missing(name):
            pytest.skip(why)
        accepts = engine(name, calls_gbnf(TOOLS))
        right = [
            [{"name": "robot.stop", "arguments": {}}],
            [{"name": "robot.move_forward", "arguments": {"speed": 40}}, {"name": "wait", "arguments": {"seconds": 1.5}}],
            [{"name": "pixels.fill", "arguments": {"color": "red"}}, {"name": "say", "arguments": {"text": "हाय"}}],
        ]  # fmt: skip
        for calls in right:
            assert accepts(json.dumps(calls, ensure_ascii=False)), calls
        for text in ("[]", '[{"name": "robot.fly", "arguments": {}}]', '[{"name": "robot.stop"}]',
                     '[{"name": "robot.move_forward", "arguments": {"speed": 101}}]',
                     '[{"name": "robot.move_forward", "arguments": {"speed": "40"}}]',
                     '[{"name": "robot.stop", "arguments": {"speed": 4}}]',
                     '[{"name": "timer.every", "arguments": {"ms": 5}}]',
                     '[{"name": "pixels.fill", "arguments": {"color": "gold"}}]'):  # fmt: skip
            assert not accepts(text), text
        accepts = engine(name, calls_gbnf(TOOLS, "python"))
        assert accepts("robot.move_forward(speed=40)\nwait(1.5)\nrobot.stop()\n")
        for text in ("", "robot.move_forward(speed=101)", "robot.move_forward(40, speed=40)", "robot.stop(1)",
                     "robot.move_forward(x)", "x = robot.stop()", "robot.stop() wait(1)", "wait(1 + 1)"):  # fmt: skip
            assert not accepts(text), text

    def test_a_changed_range_of_the_registry_changes_the_calls(self) -> None:
        forward = REGISTRY.functions["robot.move_forward"]
        speed = forward.parameters["speed"].model_copy(update={"range": (0, 120)})
        faster = forward.model_copy(update={"parameters": {"speed": speed}})
        changed = REGISTRY.model_copy(
            update={"functions": {**REGISTRY.functions, "robot.move_forward": faster}}
        )
        for registry, most in ((REGISTRY, 100), (changed, 120)):
            [tool] = [t for t in registry_tools(registry) if t.name == "robot.move_forward"]
            rules = read(calls_gbnf([tool], "python"))
            whole = re.compile(pattern(rules, rules["root"]))
            legal = [n for n in range(-5, 200) if whole.fullmatch(f"robot.move_forward({n})")]
            assert legal == list(range(most + 1))

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ([], "expected a list with one tool"),
            ({"tool": 1}, "expected a list with one tool"),
            ([1], r"tools\[0\]: expected an object"),
            ([{"name": 5}], r"tools\[0\].name: expected the tool's name"),
            ([{"type": "retrieval", "function": {"name": "x"}}], r"tools\[0\].type: expected 'function'"),
            ([{"name": "x", "parameters": {"type": "array"}}], r"tools\[0\].parameters: expected a JSON schema of type object"),
            ([{"name": "x"}, {"name": "x"}], "two tools are called 'x'"),
        ],
    )  # fmt: skip
    def test_a_list_that_is_none_is_named(self, data: Any, message: str) -> None:
        with pytest.raises(ToolsError, match=message):
            parse_tools(data)

    def test_names_that_python_does_not_have_need_json(self) -> None:
        tools = [Tool("get-weather", "", {"type": "object", "properties": {}})]
        assert calls_gbnf(tools)
        with pytest.raises(ToolsError, match=r"'get-weather' is no Python name; .* style json"):
            calls_gbnf(tools, "python")

    def test_a_tool_without_parameters_is_called_with_none(self) -> None:
        [tool] = parse_tools([{"type": "function", "function": {"name": "now"}}])
        assert sentences(calls_gbnf([tool], "json"), 0, 1, patience=0) == [
            '[{"name": "now", "arguments": {}}]'
        ]
        assert sentences(calls_gbnf([tool], "python"), 0, 1, patience=0) == ["now()"]


def test_the_command_prints_the_grammars(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert run(app, ["calls"]).stdout == calls_gbnf(TOOLS)
    file = tmp_path / "tools.json"
    file.write_text(json.dumps({"tools": OPENAI}), encoding="utf-8")
    found = run(app, ["calls", "--tools", str(file), "--style", "python"]).stdout
    assert found == calls_gbnf(parse_tools(OPENAI), "python")
    file.write_text(json.dumps(WEATHER), encoding="utf-8")
    assert run(app, ["schema", str(file)]).stdout == schema_gbnf(WEATHER)
    wrong = run(app, ["calls", "--style", "xml"])
    assert isinstance(wrong.exception, RoboError)
    assert "use json or python" in str(wrong.exception)
