"""Tools a model may call: the kit's functions, or those of an OpenAI tools list, with JSON schemas."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from robo_runtime.errors import RoboError
from robo_runtime.files import read_data
from robo_runtime.registry.models import Parameter, Registry

_SCHEMA_KEYS = ("parameters", "inputSchema", "input_schema")  # OpenAI, MCP, Anthropic


class ToolsError(RoboError):
    """A list of tools that cannot be used."""


class Tool(NamedTuple):
    """One function that may be called."""

    name: str
    description: str
    parameters: dict[str, Any]
    """A JSON schema of an object: the arguments by name."""

    def openai(self) -> dict[str, Any]:
        """The same as an entry of OpenAI's `tools`."""
        return {"type": "function", "function": self._asdict()}


def registry_tools(registry: Registry) -> list[Tool]:
    """The kit's functions as tools; one that needs a callback cannot be called from outside a program."""
    return [
        Tool(name, function.description, _arguments(function.parameters))
        for name, function in registry.functions.items()
        if not any(p.type == "function" and p.required for p in function.parameters.values())
    ]


def _arguments(parameters: dict[str, Parameter]) -> dict[str, Any]:
    given = {name: p for name, p in parameters.items() if p.type != "function"}
    return {
        "type": "object",
        "properties": {name: _schema(p) for name, p in given.items()},
        "required": [name for name, p in given.items() if p.required],
        "additionalProperties": False,
    }


def _schema(p: Parameter) -> dict[str, Any]:
    number = {"int": "integer", "float": "number"}
    bounds = {"minimum": p.range[0], "maximum": p.range[1]} if p.range is not None else {}
    unit = {"description": f"in {p.unit}"} if p.unit else {}
    default = {} if p.required else {"default": p.default}
    if p.type in number:
        return {"type": number[p.type], **bounds, **unit, **default}
    if p.type == "enum":
        return {"type": "string", "enum": list(p.values or ()), **default}
    if p.type in ("tuple", "list"):
        return {"type": "array", "items": {"type": "integer", **bounds} if bounds else {}, **default}
    return {"type": {"bool": "boolean", "str": "string", "dict": "object"}.get(p.type, "null"), **default}


def read_tools(path: Path) -> list[Tool]:
    """Tools from a JSON or YAML file; see `parse_tools`.

    Raises:
        ConfigError: the file cannot be read.
        ToolsError: it holds no tools.
    """
    return parse_tools(read_data(path), str(path))


def parse_tools(data: Any, where: str = "tools") -> list[Tool]:
    """Tools from a list of them, or from an object with the key `tools`.

    An entry is OpenAI's `{"type": "function", "function": {"name", "parameters"}}`, or just
    `{"name", "parameters"}`; MCP's `inputSchema` is read as `parameters`.

    Raises:
        ToolsError: names the entry and key, and what was expected.
    """
    if isinstance(data, dict) and "tools" in data:
        data = data["tools"]
    if not isinstance(data, list) or not data:
        raise ToolsError(f'{where}: expected a list with one tool or more, or {{"tools": [...]}}')
    tools = [_tool(entry, f"{where}[{i}]") for i, entry in enumerate(data)]
    seen: set[str] = set()
    for tool in tools:
        if tool.name in seen:
            raise ToolsError(f"{where}: two tools are called {tool.name!r}; give each a name of its own")
        seen.add(tool.name)
    return tools


def _tool(entry: Any, where: str) -> Tool:
    if isinstance(entry, dict) and isinstance(entry.get("function"), dict):
        if entry.get("type", "function") != "function":
            raise ToolsError(f"{where}.type: expected 'function', got {entry['type']!r}")
        entry, where = entry["function"], f"{where}.function"
    if not isinstance(entry, dict):
        raise ToolsError(f'{where}: expected an object with "name" and "parameters"')
    name = entry.get("name")
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise ToolsError(f"{where}.name: expected the tool's name, got {name!r}")
    found = [key for key in _SCHEMA_KEYS if entry.get(key) is not None]
    schema = entry[found[0]] if found else {}
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        raise ToolsError(
            f"{where}.{found[0] if found else 'parameters'}: expected a JSON schema of type object"
        )
    return Tool(
        name, str(entry.get("description") or ""), schema or {"type": "object", "additionalProperties": False}
    )
