"""The grammar of tool calls: one or more, as JSON or as lines of Python with nothing but literals in them."""

from __future__ import annotations

import json
import keyword
from collections.abc import Sequence
from typing import Any, Literal, get_args

from robo_runtime.grammar.gbnf import Grammar, words
from robo_runtime.grammar.schema import NOTES, SchemaRules
from robo_runtime.grammar.signatures import Atom, Param, Signature, call_rule
from robo_runtime.grammar.tools import Tool, ToolsError

_OF_ARGUMENTS = {"type", "properties", "required", "additionalProperties"}

Style = Literal["json", "python"]
STYLES: tuple[Style, ...] = get_args(Style)


def calls_gbnf(tools: Sequence[Tool], style: Style = "json", *, most: int | None = None) -> str:
    """GBNF text for calls of `tools`.

    Args:
        style: `json` is `[{"name": "robot.stop", "arguments": {}}, …]`, `python` is `robot.stop()` and so on,
            one on each line. Both are written as `json.dumps` and `repr` space them.
        most: the largest number of calls; None for no limit.

    Raises:
        SchemaError: a schema cannot be kept by a grammar.
        ToolsError: there is no tool, or a name that is no Python name.
    """
    if not tools:
        raise ToolsError("there is no tool to call; give one or more")
    g = Grammar()
    more = "*" if most is None else f"{{0,{most - 1}}}"
    if style == "json":
        name = words(g, {json.dumps(t.name, ensure_ascii=False)[1:-1]: _arguments(g, t) for t in tools})
        call = g.share(f'"{{\\"name\\": \\"" {name}')
        g.rule("root", f'"[" {call} (", " {call}){more} "]" "\\n"?')
        return g.text()
    for tool in tools:
        _check_names(tool)
    call = words(g, {t.name: f'"(" {_call(g, t)}' for t in tools})
    g.rule("root", f'{call} ("\\n" {call}){more} "\\n"?')
    return g.text()


def _arguments(g: Grammar, tool: Tool) -> str:
    rules = SchemaRules(g, "json", tool.parameters)
    return f'"\\", \\"arguments\\": " {rules.rule(tool.parameters, tool.name)} "}}"'


def _call(g: Grammar, tool: Tool) -> str:
    """What follows the opening bracket; parameters that may be left out come last."""
    rules = SchemaRules(g, "python", tool.parameters)
    properties: dict[str, Any] = tool.parameters.get("properties", {})
    required = set(tool.parameters.get("required", ()))
    signature: Signature = tuple(
        Param(name, frozenset([(name,)]), name in required)
        for name in sorted(properties, key=lambda name: name not in required)
    )

    def value(atoms: frozenset[Atom]) -> str:
        [(name,)] = atoms
        return rules.rule(properties[str(name)], f"{tool.name}/properties/{name}")

    return call_rule(g, [signature], value, "")


def _check_names(tool: Tool) -> None:
    properties = tool.parameters.get("properties", {})
    if other := tool.parameters.keys() - _OF_ARGUMENTS - NOTES:
        raise ToolsError(
            f"{tool.name}: {', '.join(sorted(other))} cannot be kept in calls of Python; use json"
        )
    if not isinstance(properties, dict):
        raise ToolsError(f"{tool.name}: properties must be an object of schemas, not {properties!r}")
    unknown = set(tool.parameters.get("required", ())) - set(properties)
    if unknown:
        raise ToolsError(f"{tool.name}: required names {', '.join(sorted(unknown))}, which has no schema")
    for name in [*tool.name.split("."), *properties]:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ToolsError(
                f"{tool.name}: {name!r} is no Python name; rename it, or use the style json for these tools"
            )
