"""Wrong arguments: the sources refuse what the registry refuses, in the same words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from robo_runtime.paths import firmware_dir
from robo_runtime.registry import Function, Parameter, load_registry
from robo_runtime.simulate import simulate

REGISTRY = load_registry()
GIVEN = {"function": "print", "dict": "{}"}
WRONG = {"int": ["1.5", '"1"', "True"], "float": ['"1"', "True"], "bool": ["1"], "str": ["1"], "enum": ["1", '"?"'],
         "function": ["1"], "dict": ["1"]}  # fmt: skip


def literal(parameter: Parameter) -> str:
    """A legal value."""
    return GIVEN.get(parameter.type, parameter.sample)


def wrong(parameter: Parameter) -> Iterator[str]:
    """Values that are not legal: of other types, and just outside the range."""
    yield from WRONG[parameter.type]
    if parameter.range is not None:
        low, high = parameter.range
        step = 1 if parameter.type == "int" else 0.5
        yield from (repr(low - step), repr(high + step))


def calls() -> Iterator[str]:
    """Each function with one wrong argument."""
    for name, function in REGISTRY.functions.items():
        for key, parameter in function.parameters.items():
            for value in wrong(parameter):
                yield call(name, function, {key: value})


def call(name: str, function: Function, changed: dict[str, str]) -> str:
    """A call by keywords."""
    given = {key: changed.get(key, literal(p)) for key, p in function.parameters.items()}
    return f"{name}({', '.join(f'{key}={value}' for key, value in given.items())})"


PROGRAMS = {text: f"from robokit import {text.split('.')[0].split('(')[0]}\n{text}" for text in calls()}


def test_every_parameter_is_tried() -> None:
    assert len(PROGRAMS) > 400


@pytest.mark.parametrize("text", PROGRAMS)
def test_a_wrong_argument_is_refused_in_the_same_words(text: str) -> None:
    native = simulate(PROGRAMS[text], until=100.0).error
    source = simulate(PROGRAMS[text], until=100.0, firmware=firmware_dir()).error
    assert native is not None and native.startswith("line 2: ")
    assert source == native


@pytest.mark.parametrize(
    "name",
    [n for n, f in REGISTRY.functions.items() if f.parameters and "ble." not in n and "mqtt." not in n],
)
def test_the_ends_of_a_range_are_accepted(name: str) -> None:
    function = REGISTRY.functions[name]
    for end in (0, 1):
        ends = {
            key: repr(p.range[end])
            for key, p in function.parameters.items()
            if p.range is not None and p.type != "tuple"
        }
        if ends and name not in ("wait", "wait_ms", "system.sleep"):
            code = f"from robokit import {name.split('.')[0]}\n{call(name, function, ends)}"
            assert simulate(code, until=30.0, firmware=firmware_dir()).error is None, code
