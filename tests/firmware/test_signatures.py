"""Every function of the registry is in the kit's sources, with the same parameters, order and defaults."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from robo_runtime.paths import firmware_dir
from robo_runtime.registry import load_registry
from robo_runtime.simulate.firmware import load_firmware

REGISTRY = load_registry()
PACKAGE = firmware_dir() / REGISTRY.module
FILES = sorted(PACKAGE.glob("*.py"))
UNSAID: Any = None
"""The sources' default of a speed: the kit's default speed, which robot.set_default_speed changes."""


def functions(file: Path) -> dict[str, ast.FunctionDef]:
    """The functions that a file defines at its top level."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def defined(name: str) -> ast.FunctionDef:
    """The definition of a function of the kit: `led.on` in led.py, `wait` in control.py."""
    thing, _, method = name.rpartition(".")
    return functions(PACKAGE / f"{thing or 'control'}.py")[method]


@pytest.mark.parametrize("name", REGISTRY.functions)
def test_a_function_has_the_parameters_of_the_registry(name: str) -> None:
    arguments = defined(name).args
    parameters = REGISTRY.functions[name].parameters
    assert not (arguments.posonlyargs or arguments.kwonlyargs or arguments.vararg or arguments.kwarg)
    assert [a.arg for a in arguments.args] == list(parameters)
    given = [ast.literal_eval(default) for default in arguments.defaults]
    wanted = [p.default for p in parameters.values() if not p.required]
    if name.startswith("robot.") and "speed" in parameters and not parameters["speed"].required:
        assert given.pop() is UNSAID and wanted.pop() == load_firmware().settings["SPEED"]
    assert given == wanted and [type(value) for value in given] == [type(value) for value in wanted]


@pytest.mark.parametrize("name", REGISTRY.functions)
def test_a_function_says_what_the_registry_says(name: str) -> None:
    said = ast.get_docstring(defined(name)) or ""
    assert said.startswith(REGISTRY.functions[name].description.rstrip("."))


def test_plain_functions_are_exported_by_the_package() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    imported = {a.name for node in tree.body if isinstance(node, ast.ImportFrom) for a in node.names}
    assert imported == {name for name in REGISTRY.functions if "." not in name}


def test_the_package_finds_each_part_when_it_is_imported_alone() -> None:
    parts = {name.split(".")[0] for name in REGISTRY.functions if "." in name}
    text = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    assert {part for part in parts if f'name == "{part}":\n        import robokit.{part}\n' in text} == parts


def test_the_pins_can_do_what_is_asked_of_them() -> None:
    board, settings = REGISTRY.boards["esp32"], load_firmware().settings
    pins = settings["PINS"]
    outputs = [*pins["led"], pins["pixels"], pins["buzzer"], *pins["servo"], *pins["motor"], *pins["stepper"],
               *pins["relay"], pins["distance"]["trigger"], *pins["i2c"].values(), pins["probe"], pins["temperature"]]  # fmt: skip
    pulled_up = [*pins["button"].values(), *pins["obstacle"].values()]
    analog = [
        pins["knob"],
        *pins["joystick"].values(),
        *pins["line"].values(),
        *(pins[k] for k in settings["SPAN"]),
        pins["battery"],
    ]
    inputs = [pins["motion"], pins["remote"], *pins["encoder"], pins["distance"]["echo"]]
    used = {*outputs, *pulled_up, *analog, *inputs}
    assert used <= set(board.pins) and not used & {*board.console, *board.flash}
    assert not {*outputs, *pulled_up} & set(board.input_only)
    assert set(analog) <= set(board.adc) - set(board.adc2), "the second converter stops while WiFi runs"
    assert set(pins["touch"]) <= set(board.touch)


def test_no_file_is_long_and_all_have_a_subject() -> None:
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert len(text.splitlines()) < 300 and ast.get_docstring(ast.parse(text)), file.name


def test_the_readme_shows_the_wiring_as_it_is() -> None:
    pins = load_firmware().settings["PINS"]
    rows = {}
    for line in (firmware_dir() / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 2 and cells[1].replace(", ", "").isdigit():
            rows[cells[0]] = [int(pin) for pin in cells[1].split(", ")]
    names = {
        "led": "LED 1 to 4", "pixels": "NeoPixel", "buzzer": "passive buzzer", "servo": "servo 1 to 4", "touch": "touch pad",
        "motor": "motor driver", "encoder": "wheel encoder", "stepper": "ULN2003", "relay": "relay 1, 2", "button": "button A",
        "knob": "potentiometer", "joystick": "joystick", "remote": "infrared", "distance": "HC-SR04", "obstacle": "obstacle",
        "line": "line sensor", "temperature": "DHT22", "probe": "DS18B20", "light": "light sensor", "sound": "microphone",
        "soil": "soil", "gas": "gas", "rain": "rain", "battery": "battery", "motion": "PIR", "i2c": "I2C",
    }  # fmt: skip
    assert set(names) == set(pins) and len(rows) == len(pins)
    for kind, start in names.items():
        (shown,) = [row for name, row in rows.items() if name.startswith(start)]
        placed = pins[kind]
        wanted = (
            list(placed.values())
            if isinstance(placed, dict)
            else [placed]
            if isinstance(placed, int)
            else list(placed)
        )
        assert shown == wanted, kind
