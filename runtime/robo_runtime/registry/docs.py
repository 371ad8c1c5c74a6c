"""The registry as Markdown."""

from __future__ import annotations

import difflib
from pathlib import Path

from robo_runtime.files import write_text
from robo_runtime.registry.models import Argument, Callable, Function, Module, Registry


def function_page(function: Function) -> str:
    """One firmware function: signature, what it does, arguments, example."""
    lines = [f"### `{function.signature}`", "", function.description, ""]
    for name, p in function.parameters.items():
        limits = f", {p.range[0]} to {p.range[1]}" if p.range else ""
        limits += f", one of {', '.join(p.values)}" if p.values else ""
        unit = f" in {p.unit}" if p.unit else ""
        default = "" if p.required else f"; {p.default!r} when left out"
        lines.append(f"- `{name}`: {p.type}{unit}{limits}{default}")
    if function.returns.type != "None":
        unit = f" in {function.returns.unit}" if function.returns.unit else ""
        lines.append(f"- gives back: {function.returns.type}{unit}")
    lines += ["", f"From grade {function.grade_min}; needs {', '.join(function.hardware_required)}.", ""]
    return "\n".join([*lines, "```python", function.program.strip(), "```", ""])


def _argument(a: Argument) -> str:
    star = {"var": "*", "varkw": "**"}.get(a.kind, "")
    return f"{star}{a.name}" + ("" if a.required or star else "=…")


def _calls(name: str, callable_: Callable) -> list[str]:
    lines = []
    for s in callable_.signatures:
        arrow = f" -> {s.returns}" if s.returns not in ("", "None") else ""
        lines.append(f"- `{name}({', '.join(map(_argument, s.arguments))}){arrow}`")
    return lines


def module_page(module: Module) -> str:
    """One MicroPython module."""
    lines = [f"## `{module.name}`", "", module.doc, ""]
    for name, function in module.functions.items():
        lines += _calls(name, function)
    for name, klass in module.classes.items():
        lines += ["", f"### `{name}`", "", klass.doc, "", *_calls(name, klass.constructor)]
        for method, found in klass.methods.items():
            lines += _calls(f".{method}", found)
        if klass.constants:
            lines.append(f"- constants: {', '.join(klass.constants)}")
    if module.constants:
        lines += ["", f"Constants: {', '.join(module.constants)}"]
    return "\n".join(lines) + "\n"


def nearest(name: str, registry: Registry) -> str:
    """'; did you mean …?' or nothing."""
    near = difflib.get_close_matches(name, [*registry.functions, *registry.modules], n=3)
    return f"; did you mean {' or '.join(near)}?" if near else "; `robo registry show` lists them"


def write_pages(registry: Registry, out: Path) -> int:
    """Write all pages into `out`; returns how many."""
    pages: dict[str, str] = {}
    for function in registry.functions.values():
        head = f"# {function.category.capitalize()}\n\n"
        pages[function.category] = pages.get(function.category, head) + function_page(function) + "\n"
    for module in registry.modules.values():
        pages[f"module-{module.name}"] = module_page(module)
    for name, text in pages.items():
        write_text(out / f"{name}.md", text)
    return len(pages)
