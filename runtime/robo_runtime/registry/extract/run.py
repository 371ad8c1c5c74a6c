"""Blocks and sources put together: sources give names, order and defaults, blocks give ranges and choices."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import yaml

from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_folder
from robo_runtime.paths import configs_dir
from robo_runtime.registry.extract.blocks import Block, read_blocks
from robo_runtime.registry.extract.sources import SourceFunction, parameters, read_sources, returns
from robo_runtime.registry.firmware import Category, Parameter

_WORDS: dict[str, str] = {
    "motion": "motor motors drive robot wheel wheels car move base chassis track tracks",
    "pixels": "pixel pixels neopixel neopixels strip ring rgb ws2812",
    "led": "led leds light lights lamp",
    "display": "display oled lcd screen matrix text",
    "sound": "sound buzzer tone speaker beep music melody audio whistle",
    "servo": "servo servos gripper arm claw",
    "sensor": "sensor sensors distance temperature humidity ultrasonic gas soil line imu accel read",
    "input": "button buttons knob touch joystick key keypad encoder switch",
    "wireless": "wifi wireless ble bluetooth mqtt radio espnow http web network",
}


@dataclass
class Extracted:
    """A registry's firmware part, and what could not be settled."""

    module: str
    categories: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """Functions as the YAML writes them, by category and name."""
    notes: list[str] = field(default_factory=list)
    """For the kit's maker: blocks without function, guesses to look over."""

    @property
    def count(self) -> int:
        """How many functions there are."""
        return sum(len(functions) for functions in self.categories.values())


def extract(blocks: Path | None, firmware: Path, module: str = "", grade: int = 3) -> Extracted:
    """Read a kit.

    Args:
        blocks: Blockly definitions in JSON; None for a kit without blocks.
        firmware: folder of its Python sources.
        module: what programs import from; the folder's name when empty.
        grade: school grade from which functions may be used, until the maker says better.

    Raises:
        RoboError: unreadable input, or no public function in the sources.
    """
    functions = read_sources(firmware)
    known = read_blocks(blocks) if blocks else []
    found = Extracted(module or _identifier(firmware.resolve().stem))
    if not functions:
        raise RoboError(f"{firmware}: no public functions; programs call functions and methods of objects")
    used: set[str] = set()
    said = {
        f.name.split(".")[0]: b.category.lower()
        for f in functions
        for b in known
        if b.category.lower() in get_args(Category) and _same(b.type, f.name)
    }
    for function in functions:
        if len(function.name.split(".")) > 2 or not re.fullmatch(r"[a-z_]\w*(\.[a-z_]\w*)?", function.name):
            rule = "a name is `word` or `object.word`, in small letters"
            found.notes.append(f"{function.where}: {function.name}: left out; {rule}")
            continue
        block = next((b for b in known if _same(b.type, function.name)), None)
        if block:
            used.add(block.type)
        entry = _entry(function, block, grade, found.notes)
        category = said.get(function.name.split(".")[0]) or _category(function.name)
        found.categories.setdefault(category, {})[function.name] = entry
    for block in known:
        if block.type not in used:
            found.notes.append(f"block {block.type}: no function of that name in the sources; left out")
    return found


def _identifier(text: str) -> str:
    return re.sub(r"\W", "_", text).lower()


def _same(block: str, name: str) -> bool:
    """`motor_drive`, `motorDrive`, `mykit_motor_drive` are blocks of `motor.drive`."""
    plain, wanted = (re.sub(r"[^a-z0-9]", "", t.lower()) for t in (block, name))
    return plain == wanted or (len(wanted) > 4 and plain.endswith(wanted))


def _category(name: str) -> str:
    """By the words of a name, those of its object first; a block's own category goes before this."""
    words = re.findall(r"[a-z0-9]+", name.lower().replace("_", " "))
    for category, likely in _WORDS.items():
        if words[0] in likely.split():
            return category
    return next((c for c, likely in _WORDS.items() if set(words) & set(likely.split())), "control")


def _entry(function: SourceFunction, block: Block | None, grade: int, notes: list[str]) -> dict[str, Any]:
    first = next((line for line in function.doc.split("\n") if line.strip()), "")
    text = first or (block.tooltip or block.message if block else "")
    if len(text) < 3:
        text = f"{function.name.replace('.', ' ').replace('_', ' ')}."
        notes.append(f"{function.where}: {function.name}: has no docstring; write a description")
    inputs = {k.lower(): v for k, v in block.inputs.items()} if block else {}
    entries = {
        name: _settled(name, own, inputs, function, notes) for name, own in parameters(function).items()
    }
    gives = returns(function)
    if block and gives == "None" and block.gives != "None":
        notes.append(f"{function.where}: {function.name}: its block gives a value, the function does not")
    entry: dict[str, Any] = {"description": text.strip()}
    if entries:
        entry["parameters"] = entries
    if gives != "None":
        entry["returns"] = {"type": gives}
    return entry | {"grade_min": grade}


def _settled(
    name: str,
    own: dict[str, Any],
    inputs: dict[str, dict[str, Any]],
    function: SourceFunction,
    notes: list[str],
) -> dict[str, Any]:
    """A parameter from its source, made precise by the block's input of that name."""
    block = inputs.get(name.lower(), {})
    entry = dict(own)
    if block.get("type") == "enum":
        entry = {"type": "enum", "values": block["values"]} | (
            {"default": own["default"]} if "default" in own else {}
        )
    elif "range" in block and "range" not in entry and entry["type"] in ("int", "float", "str"):
        entry["type"] = "float" if "float" in (entry["type"], block["type"]) else "int"
        entry["range"] = block["range"]
    elif block.get("type") == "function":
        entry["type"] = "function"
    elif entry["type"] == "str" and block.get("type") in ("int", "bool"):
        entry["type"] = block["type"]
    if entry["type"] == "None":
        entry["type"] = "str"
    problem = _problem(entry)
    if problem:
        notes.append(
            f"{function.where}: {function.name}: {name}: {problem}; its default was left out of the range"
        )
        entry.pop("range", None)
        if _problem(entry):
            entry.pop("default", None)
    return entry


def _problem(entry: dict[str, Any]) -> str:
    try:
        Parameter.model_validate(entry)
    except ValueError as e:
        return str(e).split("\n")[2].strip() if "\n" in str(e) else str(e)
    return ""


def write_registry(found: Extracted, out: Path) -> None:
    """Write `out` as a whole registry: the kit's firmware, and MicroPython and boards as they are here.

    Raises:
        RoboError: `out` exists and is not a registry, or cannot be written.
    """
    if out.exists() and not (out / "firmware").is_dir() and any(out.iterdir()):
        raise RoboError(f"{out}: exists and is no registry; name a new folder")
    with atomic_folder(out) as temporary:
        for room in ("micropython", "boards"):
            target = temporary / room
            target.mkdir()
            for path in sorted((configs_dir() / room).glob("*.yaml")):
                (target / path.name).write_bytes(path.read_bytes())
        firmware = temporary / "firmware"
        firmware.mkdir()
        (firmware / "kit.yaml").write_text(f"module: {found.module}\nenums: {{}}\n", encoding="utf-8")
        for category, functions in sorted(found.categories.items()):
            text = yaml.safe_dump(
                {"category": category, "functions": functions}, sort_keys=False, allow_unicode=True, width=110
            )
            (firmware / f"{category}.yaml").write_text(text, encoding="utf-8")
