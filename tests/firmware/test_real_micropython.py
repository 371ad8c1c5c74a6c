"""The kit's sources in a real MicroPython, on the virtual board of the cross-check."""

from __future__ import annotations

from functools import lru_cache

import pytest
from robo_runtime.crosscheck import Program, interpreter, run_real
from robo_runtime.errors import RoboError
from robo_runtime.paths import firmware_dir
from robo_runtime.registry import load_registry
from robo_runtime.simulate import Limits, Trace, World, simulate
from robo_runtime.simulate.board import Board
from robo_runtime.simulate.chips import plug_chips
from robo_runtime.simulate.firmware import load_firmware
from robo_runtime.simulate.wiring import wired

from tests.firmware.kit_view import difference
from tests.firmware.programs import CASES
from tests.firmware.test_sources_match_the_kit import example

try:
    FOUND, missing = str(interpreter()), ""
except RoboError as e:
    FOUND, missing = "", str(e)
pytestmark = pytest.mark.skipif(bool(missing), reason=missing)

SETTINGS = load_firmware().settings
CHANGING_CHIPS = {"colours"}
"""Registers of the host's chips do not change with time."""

REGISTRY = load_registry()
EXAMPLES = {name: Program(name, example(name), World(), 30.0) for name in REGISTRY.functions}
PROGRAMS = {c.name: Program(c.name, c.code, World.model_validate(c.world), c.until) for c in CASES}
LATE = {case.name: case.late for case in CASES}


def plugged(program: Program) -> Program:
    """The program in a world of pins, with chips that hold their first readings."""
    world = wired(program.world, program.code, SETTINGS)
    board = Board(world, program.until, Limits())
    plug_chips(board, SETTINGS)
    chips = {address: dict(chip.items()) for address, chip in board.parts["i2c"].items()}
    return program._replace(world=world.model_copy(update={"i2c": {**world.i2c, **chips}}))


@lru_cache(maxsize=2)
def real(examples: bool) -> dict[str, Trace]:
    """All programs, one after the other in one Node.js."""
    todo = [plugged(program) for program in (EXAMPLES if examples else PROGRAMS).values()]
    with pytest.MonkeyPatch.context() as patch:  # other tests move the cache folder, not the interpreter
        patch.setenv("ROBO_MICROPYTHON", FOUND)
        traces = run_real(todo, libraries=[firmware_dir()], wiring=SETTINGS)
        return {program.name: trace for program, trace in zip(todo, traces, strict=True)}


def same(program: Program, trace: Trace) -> None:
    """A program did in MicroPython what it does on the built-in kit."""
    assert trace.error is None
    if program.name not in CHANGING_CHIPS:
        native = simulate(program.code, program.world, program.until)
        assert difference(native, trace, LATE.get(program.name, 0.06)) is None


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_has_the_same_effects_in_micropython(name: str) -> None:
    same(PROGRAMS[name], real(False)[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_the_same_effects_in_micropython(name: str) -> None:
    same(EXAMPLES[name], real(True)[name])
