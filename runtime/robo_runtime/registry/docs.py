"""The registry as Markdown."""

from __future__ import annotations

import difflib
from pathlib import Path

from robo_runtime.files import read_data, write_text
from robo_runtime.paths import configs_dir
from robo_runtime.registry.models import (
    Argument,
    Board,
    Callable,
    Class,
    Function,
    Module,
    PinRole,
    Registry,
)


def docstrings(module: str) -> dict[str, str]:
    """What MicroPython's documentation says of a module's names (`PWM.freq`); empty where it says nothing.

    Read when asked for: programs are written and checked without it.
    """
    path = configs_dir() / "micropython" / "docs" / f"{module}.yaml"
    return read_data(path) if path.exists() else {}


_ROLES: dict[PinRole, str] = {
    "any": "pin", "output": "output pin", "input": "input pin", "adc": "ADC pin", "touch": "touch pin",
    "dac": "DAC pin",
}  # fmt: skip


def function_page(function: Function) -> str:
    """One firmware function: signature, what it does, arguments, example."""
    lines = [f"### `{function.signature}`", "", function.description, ""]
    for name, p in function.parameters.items():
        limits = f", {p.range[0]} to {p.range[1]}" if p.range else ""
        limits += f", one of {', '.join(p.values)}" if p.values else ""
        unit = f" in {p.unit}" if p.unit else ""
        default = "" if p.required else f"; {p.default!r} when left out"
        lines.append(f"- `{name}`: {p.type}{unit}{limits}{default}")
    returns = function.returns
    if returns.type != "None":
        unit = f" in {returns.unit}" if returns.unit else ""
        limits = f", {returns.range[0]} to {returns.range[1]}" if returns.range else ""
        limits += f", one of {', '.join(returns.values)}" if returns.values else ""
        lines.append(f"- gives back: {returns.type}{unit}{limits}")
    needs = f"; needs {', '.join(function.hardware_required)}" if function.hardware_required else ""
    lines += ["", f"From grade {function.grade_min}{needs}.", ""]
    return "\n".join([*lines, "```python", function.program.strip(), "```", ""])


def argument_text(a: Argument) -> str:
    """One parameter as stub text: `freq: 1..40000000 = 5000`."""
    star = {"var": "*", "varkw": "**"}.get(a.kind, "")
    if a.values:
        kind = " or ".join(a.values)
    elif a.range:
        kind = f"{a.range[0]}..{a.range[1]}" + (" each" if a.annotation == "tuple" else "")
    elif a.pin or a.role:
        kind = _ROLES[a.pin or a.role or "any"]
    else:
        kind = a.annotation
    text = f"{star}{a.name}" + (f": {kind}" if kind else "")
    return text + (f" = {a.default}" if a.default else "")


def _calls(name: str, callable_: Callable, said: str = "") -> list[str]:
    lines = []
    for s in callable_.signatures:
        arrow = f" -> {s.returns}" if s.returns not in ("", "None") else ""
        words = [argument_text(a) for a in s.arguments]
        first = next((i for i, a in enumerate(s.arguments) if a.kind == "kw"), None)
        if first is not None and not any(a.kind == "var" for a in s.arguments):
            words.insert(first, "*")
        lines.append(f"- `{name}({', '.join(words)}){arrow}`")
    text = callable_.doc or said
    return lines + ([f"  {text}"] if text else [])


def class_page(name: str, klass: Class, said: dict[str, str] | None = None) -> str:
    """One class of a MicroPython module; `said` are the module's docstrings."""
    said = said or {}
    lines = [f"### `{name}`", "", *([klass.doc, ""] if klass.doc else []), *_calls(name, klass.constructor)]
    for method, found in klass.methods.items():
        lines += _calls(f".{method}", found, said.get(f"{name}.{method}", ""))
    if klass.call:
        lines += _calls(f"{name.lower()}", klass.call)
    if klass.item:
        lines.append("- items: `x[i]`, `x[i] = …`, `len(x)`")
    if klass.constants:
        lines.append(f"- constants: {', '.join(f'`{c}`' for c in klass.constants)}")
    return "\n".join(lines) + "\n"


def module_page(module: Module) -> str:
    """One MicroPython module."""
    lines = [f"## `{module.name}`", "", *([module.doc, ""] if module.doc else [])]
    said = docstrings(module.name)
    for name, function in module.functions.items():
        lines += _calls(name, function, said.get(name, ""))
    for name, klass in module.classes.items():
        lines += ["", class_page(name, klass, said).rstrip()]
    if module.constants:
        lines += ["", f"Constants: {', '.join(f'`{c}`' for c in module.constants)}"]
    return "\n".join(lines) + "\n"


def board_page(board: Board) -> str:
    """What the pins of a board can do, as a table."""
    lines = [f"## {board.title}", "", "| pin | output | pull | ADC | touch | DAC | note |", "|---" * 7 + "|"]
    for pin in sorted(board.pins):
        both = "yes" if board.can(pin, "output") else ""
        adc = "" if not board.can(pin, "adc") else "2" if pin in board.adc2 else "1"
        touch, dac = ("yes" if board.can(pin, role) else "" for role in ("touch", "dac"))  # type: ignore[arg-type]
        notes = [board.notes.get(pin, "")]
        notes += ["Built-in LED."] if pin == board.led else []
        notes += (
            ["Default SCL."] if pin == board.i2c_scl else ["Default SDA."] if pin == board.i2c_sda else []
        )
        notes += ["Decides how the chip starts."] if pin in board.strapping and not notes[0] else []
        cells = [str(pin), both, both, adc, touch, dac, " ".join(n for n in notes if n)]
        lines.append(f"| {' | '.join(cells)} |")
    flash = ", ".join(map(str, board.flash))
    lines += ["", f"Pins {flash} belong to the flash memory."] if flash else []
    lines += ["ADC 2 does not work while Wi-Fi is on."] if board.adc2 else []
    return "\n".join(lines) + "\n"


def nearest(name: str, registry: Registry) -> str:
    """'; did you mean …?' or nothing."""
    classes = [f"{m.name}.{c}" for m in registry.modules.values() for c in m.classes]
    known = [*registry.functions, *registry.modules, *classes, *registry.boards, *registry.enums]
    near = difflib.get_close_matches(name, known, n=3)
    return f"; did you mean {' or '.join(near)}?" if near else "; `robo registry show` lists them"


def write_pages(registry: Registry, out: Path) -> int:
    """Write all pages into `out`, with an index; returns how many."""
    pages: dict[str, str] = {}
    for function in registry.functions.values():
        head = f"# {function.category.capitalize()}\n\n"
        pages[function.category] = pages.get(function.category, head) + function_page(function) + "\n"
    index = ["# API", "", f"## The kit: `{registry.module}`", ""]
    index += [f"- [{name}]({name}.md)" for name in pages]
    index += ["", "## MicroPython", ""]
    for module in registry.modules.values():
        pages[f"module-{module.name}"] = module_page(module)
        index.append(f"- [{module.name}](module-{module.name}.md): {module.doc}")
    index += ["", "## Boards", ""]
    for board in registry.boards.values():
        pages[f"board-{board.name}"] = board_page(board)
        index.append(f"- [{board.title}](board-{board.name}.md)")
    pages["index"] = "\n".join(index) + "\n"
    for name, text in pages.items():
        write_text(out / f"{name}.md", text)
    return len(pages)
