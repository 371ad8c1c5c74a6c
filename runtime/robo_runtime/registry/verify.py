"""What loading cannot see: every example must pass the API check, every generator must write Python."""

from __future__ import annotations

import ast

from robo_runtime.check import api_functions, check_program
from robo_runtime.registry.models import Function, Registry


def registry_problems(registry: Registry) -> list[str]:
    """Sentences that name file and key; empty when everything is in order."""
    found = []
    for name, function in registry.functions.items():
        for key, text in _function_problems(function, registry):
            found.append(f"firmware/{function.category}.yaml: functions.{name}.{key}: {text}")
    return found + _block_names(registry)


def _function_problems(function: Function, registry: Registry) -> list[tuple[str, str]]:
    found = [("example", str(problem)) for problem in check_program(function.program, registry)]
    if not found and function.qualified_name not in api_functions(function.program, registry):
        found.append(("example", f"it does not call `{function.qualified_name}`"))
    generator = function.code_generator()
    code = generator["template"]
    for name in function.parameters:
        code = code.replace(f"${{{name.upper()}}}", "value")
    try:
        ast.parse("\n".join([*generator["imports"], code]))
    except SyntaxError as e:
        found.append(("generator", f"it writes no Python: {code!r}: {e.msg}"))
    return found


def _block_names(registry: Registry) -> list[str]:
    seen: dict[str, str] = {}
    found = []
    for name, function in registry.functions.items():
        block = function.block()["type"]
        if (other := seen.setdefault(block, name)) != name:
            found.append(
                f"firmware/{function.category}.yaml: functions.{name}.blockly: the block {block!r} is that of"
                f" {other} already"
            )
    return found
